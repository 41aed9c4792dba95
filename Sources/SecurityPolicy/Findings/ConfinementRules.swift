// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import KubernetesAPI

/// Rules about seccomp, AppArmor, SELinux, Windows and the process namespace.
extension FindingRule {
    static let confinementRules: [Self] = [
        seccompUnset, seccompUnconfined, seccompLocalhost, seccompLocalhostEmpty, seccompAnnotation, appArmorAbsent,
        seLinuxReplaced, seLinuxLevel, windowsOptions, sharedProcesses,
    ]

    private static let seccompUnset = Self(
        "seccomp-unset", .note, "A restricted container without a seccomp filter.",
        reason: """
            Without a seccompProfile a container runs unconfined, unless the kubelet is started with seccompDefault. Docker \
            and podman apply their default profile instead.
            """,
        remedy: "Set seccompProfile: {type: RuntimeDefault} on the pod."
    ) { scope in
        guard scope.isRestricted, !scope.node.seccompDefault else { return [] }
        return scope.each { container in
            guard container.effective?.seccomp.origin == .kubernetes else { return [] }
            return [
                Finding(
                    container.path, "container \"\(container.name)\" may make every system call",
                    remedy: "set seccompProfile: {type: RuntimeDefault} on the pod")
            ]
        }
    }

    private static let seccompUnconfined = Self(
        "seccomp-overridden", .warning, "A container that turns the pod's seccomp profile off.",
        reason: "The container's profile replaces the pod's: Unconfined means no filter at all.",
        remedy: "Remove the container's seccompProfile, or give it a Localhost profile with the calls that it needs."
    ) { scope in
        guard let pod = scope.pod.spec.securityContext?.seccompProfile, pod.type != "Unconfined" else { return [] }
        return scope.each { container in
            guard !container.isPrivileged, container.context?.seccompProfile?.type == "Unconfined" else { return [] }
            return [
                Finding(
                    "\(container.path).seccompProfile",
                    "container \"\(container.name)\" has no filter, against the pod's \(pod.type)")
            ]
        }
    }

    private static let seccompLocalhost = Self(
        "seccomp-localhost", .note, "A seccomp profile that must lie on the node.",
        reason: """
            A Localhost profile is read from the node's /var/lib/kubelet/seccomp when the container is created. On a node \
            that does not have the file, the container waits with CreateContainerError. A privileged container has no filter.
            """,
        remedy: "Put the file on every node before the pod (Security Profiles Operator, a DaemonSet)."
    ) { scope in
        profiles(scope, ofPrivileged: false).compactMap { path, profile in
            guard profile.type == "Localhost", let file = profile.localhostProfile, !file.isEmpty else { return nil }
            return Finding("\(path).localhostProfile", "the node must have \(scope.node.seccompRoot)/\(file)")
        }
    }

    private static let seccompLocalhostEmpty = Self(
        "seccomp-localhost-empty", .error, "A Localhost seccomp profile without a file.",
        reason: """
            The API server takes localhostProfile: "", and the kubelet refuses the container with \
            CreateContainerConfigError. Before CVE-2023-2431 was mended it ran without a filter.
            """,
        remedy: "Name the profile's file."
    ) { scope in
        profiles(scope, ofPrivileged: true).compactMap { path, profile in
            guard profile.type == "Localhost", profile.localhostProfile == "" else { return nil }
            return Finding("\(path).localhostProfile", "names no file: the kubelet refuses the container")
        }
    }

    private static func profiles(
        _ scope: FindingScope, ofPrivileged: Bool
    ) -> [(path: String, profile: SeccompProfile)] {
        let ofPod = scope.pod.spec.securityContext?.seccompProfile.map {
            ("\(ContextFields.podPath).seccompProfile", $0)
        }
        let own = scope.containers.compactMap { container in
            container.isPrivileged && !ofPrivileged
                ? nil : container.context?.seccompProfile.map { ("\(container.path).seccompProfile", $0) }
        }
        return (ofPod.map { [$0] } ?? []) + own
    }

    private static let seccompAnnotation = Self(
        "seccomp-annotation", .warning, "A seccomp annotation, which nothing reads any more.",
        reason: """
            Since Kubernetes 1.27 the kubelet ignores the annotations seccomp.security.alpha.kubernetes.io/pod and \
            container.seccomp.security.alpha.kubernetes.io/NAME. A pod that has them alone runs without a filter.
            """,
        remedy: "Set seccompProfile, and remove the annotation."
    ) { scope in
        // Beside a field, which says the same as the annotation or is refused, it is merely old.
        guard let annotations = scope.pod.metadata.annotations, !annotations.isEmpty,
            scope.pod.spec.securityContext?.seccompProfile == nil
        else { return [] }
        let prefix = "container.seccomp.security.alpha.kubernetes.io/"
        return annotations.filter { key, value in
            guard value != "unconfined" else { return false }
            guard key != "seccomp.security.alpha.kubernetes.io/pod" else { return true }
            guard key.hasPrefix(prefix) else { return false }
            let name = key.dropFirst(prefix.utf8.count)
            return scope.containers.first { $0.name == name }?.context?.seccompProfile == nil
        }.sorted { $0.key < $1.key }.map {
            Finding("metadata.annotations[\($0.key)]", "\"\($0.value)\" is asked for, and no filter is applied by it")
        }
    }

    private static let appArmorAbsent = Self(
        "app-armor-needed", .note, "An AppArmor profile, which not every node can enforce.",
        reason: """
            A node whose kernel runs without AppArmor (Fedora, RHEL, Bottlerocket, many ARM boards) rejects a pod that asks \
            for any profile but Unconfined, RuntimeDefault too: status.reason AppArmor. Where nothing is asked for, the \
            runtime's default profile is applied on nodes that have AppArmor.
            """,
        remedy: "Leave appArmorProfile out where RuntimeDefault is meant, or select the nodes that have AppArmor."
    ) { scope in
        var asked: [(path: String, profile: AppArmorProfile)] = []
        if let profile = scope.pod.spec.securityContext?.appArmorProfile {
            asked.append(("\(ContextFields.podPath).appArmorProfile", profile))
        }
        for container in scope.containers {
            if let profile = container.context?.appArmorProfile {
                asked.append(("\(container.path).appArmorProfile", profile))
            }
        }
        return asked.filter { $0.profile.type != "Unconfined" && !$0.profile.type.isEmpty }.map { path, profile in
            guard profile.type == "Localhost" else {
                return Finding(path, "a node without AppArmor rejects the pod: \(profile.type) is asked for")
            }
            return Finding(
                path, "the node must have AppArmor, with the profile \"\(profile.localhostProfile ?? "")\" loaded",
                remedy: "load the profile on every node that the pod may go to, and select these")
        }
    }

    private static let seLinuxReplaced = Self(
        "selinux-replaced", .warning, "A container's SELinux options that drop the pod's.",
        reason: """
            seLinuxOptions is replaced as a whole: a container that sets level alone loses the type, role and user that the \
            pod sets, and gets the runtime's default for them.
            """,
        remedy: "Repeat the pod's parts in the container's seLinuxOptions."
    ) { scope in
        guard let pod = scope.pod.spec.securityContext?.seLinuxOptions else { return [] }
        return scope.each { container in
            guard let own = container.context?.seLinuxOptions else { return [] }
            let lost = [
                ("user", pod.user, own.user), ("role", pod.role, own.role), ("type", pod.type, own.type),
                ("level", pod.level, own.level),
            ].filter { $0.1?.isEmpty == false && ($0.2 ?? "").isEmpty }
            guard !lost.isEmpty else { return [] }
            return [
                Finding(
                    "\(container.path).seLinuxOptions",
                    "container \"\(container.name)\" loses the pod's "
                        + lost.map { "\($0.0) \"\($0.1 ?? "")\"" }.joined(separator: ", "))
            ]
        }
    }

    private static let seLinuxLevel = Self(
        "selinux-level-malformed", .error, "An SELinux level that is none.",
        reason: """
            The API server takes any text. containerd takes a level of the form s0, s0-s1 or s0:c123,c456, and refuses to \
            create the container otherwise: the format of 'level' is not correct.
            """,
        remedy: "Write a sensitivity and categories: s0:c123,c456."
    ) { scope in
        scope.each { container in
            guard let refusal = container.refusal, refusal.field.hasSuffix("seLinuxOptions.level") else { return [] }
            return [Finding(refusal.field, refusal.message)]
        }
    }

    private static let windowsOptions = Self(
        "windows-options", .note, "Windows options on a pod that does not say that it is for Windows.",
        reason:
            "Linux nodes take windowsOptions and do nothing with them. With os.name: windows the API server checks them.",
        remedy: "Set os.name: windows, or remove the options."
    ) { scope in
        guard scope.pod.spec.os == nil else { return [] }
        let ofPod =
            scope.pod.spec.securityContext?.windowsOptions == nil ? [] : ["\(ContextFields.podPath).windowsOptions"]
        let own = scope.containers.filter { $0.context?.windowsOptions != nil }.map { "\($0.path).windowsOptions" }
        return (ofPod + own).map { Finding($0, "no effect on a Linux node") }
    }

    private static let sharedProcesses = Self(
        "shared-processes", .note, "Containers that see each other's processes.",
        reason: """
            With shareProcessNamespace a container finds the processes of the others in /proc, with their environment and, \
            through /proc/PID/root, their files, where the users are the same; it can signal them. Process 1 is the \
            sandbox's, so that a program that counts on being process 1 does not work.
            """,
        remedy: "Give the containers users of their own, or remove shareProcessNamespace."
    ) { scope in
        guard scope.pod.spec.shareProcessNamespace == true else { return [] }
        let users = scope.containers.filter { $0.place.kind != .`init` }.map { $0.uid?.value }
        guard Set(users).count < users.count else { return [] }
        return [
            Finding(
                "spec.shareProcessNamespace", "containers of the same user can read each other's environment and files")
        ]
    }
}
