// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import KubernetesAPI

/// Rules about what a pod has of the node: ports, sysctls, defaults.
extension FindingRule {
    static let hostRules: [Self] = [
        lowPort, lowPortElsewhere, sysctlUnsafe, sysctlOfTheMachine, userNamespaceVolume, runtimeDifference,
    ]

    private static let lowPort = Self(
        "low-port", .warning, "A port below 1024 for a user other than root.",
        reason: """
            Binding a port below net.ipv4.ip_unprivileged_port_start needs NET_BIND_SERVICE in effect, which no user but \
            root has. containerd sets that sysctl to 0 in each pod's own network; CRI-O leaves it at 1024, and a pod on the \
            host's network has the host's, which is 1024 unless somebody changed it.
            """,
        remedy: """
            Listen on a port of 1024 or above (a Service maps it), or set the safe sysctl \
            net.ipv4.ip_unprivileged_port_start: "0" on the pod.
            """
    ) { scope in
        let onHost = scope.pod.spec.hostNetwork == true
        return try lowPorts(
            scope, from: firstFreePort(scope, scope.node),
            where: onHost ? "on the host's network" : "under \(scope.node.defaults.name)")
    }

    private static let lowPortElsewhere = Self(
        "low-port-elsewhere", .note, "A port below 1024 that a user other than root has under containerd alone.",
        reason: """
            containerd sets net.ipv4.ip_unprivileged_port_start to 0 in each pod's own network, so that any user may listen \
            on port 80. CRI-O and older versions leave it at 1024: there the same pod gets "permission denied".
            """,
        remedy: """
            Set the safe sysctl net.ipv4.ip_unprivileged_port_start: "0" on the pod, or listen on a port of 1024 or above.
            """
    ) { scope in
        // Where it fails here too, low-port says so.
        guard firstFreePort(scope, scope.node) == 0 else { return [] }
        var other = scope.node
        other.defaults = .crio
        return try lowPorts(scope, from: firstFreePort(scope, other), where: "under CRI-O")
    }

    /// The lowest port that needs no capability in the pod's network.
    private static func firstFreePort(_ scope: FindingScope, _ node: Node) -> Int32 {
        let name = "net.ipv4.ip_unprivileged_port_start"
        let isOwn = scope.pod.spec.hostNetwork != true
        let written = (scope.pod.spec.securityContext?.sysctls ?? []).last { SysctlName($0.name).dotted == name }?.value
        return (written ?? (isOwn ? node.defaults.sysctls[name] : nil)).flatMap { Int32($0) } ?? 1024
    }

    private static func lowPorts(_ scope: FindingScope, from first: Int32, where place: String) throws -> [Finding] {
        guard first > 1 else { return [] }
        return try scope.each { container in
            let ports = container.place.container.ports ?? []
            guard let uid = container.nonRootUser, !ports.isEmpty || container.image?.exposedPorts.isEmpty == false,
                container.effective?.capabilitySets.effective.contains(.netBindService) == false
            else { return [] }
            var found = ports.enumerated().filter { (1..<first).contains($1.containerPort) }.map {
                Finding(
                    "\(container.place.path).ports[\($0)].containerPort",
                    "uid \(uid) cannot listen on port \($1.containerPort) \(place)")
            }
            // Whoever writes ports knows them better than the image.
            if ports.isEmpty, let image = container.image {
                found = image.exposedPorts.compactMap { Int32($0.prefix { $0 != "/" }) }.filter {
                    (1..<first).contains($0)
                }.sorted().map {
                    Finding(
                        "\(container.place.path).image",
                        "image \(image.reference) exposes port \($0), on which uid \(uid) cannot listen \(place)")
                }
            }
            guard !found.isEmpty, try container.execution()?.sets.permitted.contains(.netBindService) != true else {
                return []
            }
            return found
        }
    }

    private static let sysctlUnsafe = Self(
        "sysctl-unsafe", .warning, "A sysctl that nodes refuse unless they are configured for it.",
        reason: """
            The kubelet takes the safe sysctls, and those that its option allowedUnsafeSysctls names. A pod with another one \
            is rejected on the node: status.reason SysctlForbidden. The API server takes it.
            """,
        remedy: "Allow it on the nodes that the pod may go to, and select these; or do without."
    ) { scope in
        sysctls(scope).filter {
            isNamespaced($0.name) && !$0.name.isSafe(on: scope.node.kernel) && !scope.node.isAllowedUnsafe($0.name)
        }.map {
            Finding("\($0.path).name", "\($0.name.dotted) is not among the safe sysctls: the node rejects the pod")
        }
    }

    private static let sysctlOfTheMachine = Self(
        "sysctl-not-namespaced", .error, "A sysctl that belongs to the whole machine.",
        reason: """
            Only sysctls of a namespace can be set for one pod: net.*, kernel.shm*, kernel.msg*, kernel.sem and fs.mqueue.*. \
            The kubelet does not start with an option that allows another one: it would change the machine for everybody.
            """,
        remedy: "Set it on the node (sysctl.d, a tuning operator)."
    ) { scope in
        sysctls(scope).filter { !isNamespaced($0.name) }.map {
            Finding("\($0.path).name", "\($0.name.dotted) is not namespaced: no node sets it for a pod")
        }
    }

    /// The kubelet knows two more than runtimes set.
    private static func isNamespaced(_ name: SysctlName) -> Bool {
        name.namespace != nil || name.dotted == "kernel.domainname" || name.dotted.hasPrefix("user.")
    }

    private static func sysctls(_ scope: FindingScope) -> [(path: String, name: SysctlName)] {
        (scope.pod.spec.securityContext?.sysctls ?? []).enumerated().map {
            ("\(ContextFields.podPath).sysctls[\($0)]", SysctlName($1.name))
        }
    }

    private static let userNamespaceVolume = Self(
        "user-namespace-volume", .warning, "A volume that cannot be mounted in a user namespace.",
        reason: """
            With hostUsers: false the runtime maps the ids of each volume at its mount, which the file system must support. \
            NFS does not: the container is not created. Source: mount_setattr(2), "ID-mapped mounts".
            """,
        remedy: "Use a volume with another file system, or do without the user namespace."
    ) { scope in
        guard scope.pod.spec.hostUsers == false else { return [] }
        return scope.mounts { _, _, path, volume in
            guard volume.nfs != nil else { return nil }
            return Finding(
                "\(path).name", "NFS volume \"\(volume.name)\" cannot have the ids of the pod's user namespace")
        }
    }

    private static let runtimeDifference = Self(
        "runtime-difference", .note, "A container that gets less under CRI-O than under containerd.",
        reason: """
            Default capabilities are the runtime's. containerd grants 14, CRI-O 9: MKNOD, NET_RAW, SETFCAP, SYS_CHROOT and \
            AUDIT_WRITE are missing there. A container that drops some of them by name is one whose author counts on the \
            rest of a runtime's defaults.
            """,
        remedy: "Drop ALL and add what is needed, which is the same everywhere."
    ) { scope in
        scope.each { container in
            guard !container.isPrivileged, let capabilities = container.context?.capabilities,
                container.nonRootUser == nil
            else { return [] }
            let lists = (capabilities.add ?? []) + (capabilities.drop ?? [])
            guard !lists.contains(where: { CapabilitySet.canonical($0) == "ALL" }), !lists.isEmpty,
                let request = try? CapabilityRequest(
                    add: capabilities.add ?? [], drop: capabilities.drop ?? [], field: container.path)
            else { return [] }
            let available = scope.node.capabilities
            let here = request.resolve(defaults: NodeDefaults.containerd.capabilities, available: available)
            let there = request.resolve(defaults: NodeDefaults.crio.capabilities, available: available)
            let missing = here.subtracting(there)
            guard !missing.isEmpty else { return [] }
            let names = missing.ociNames.map { String($0.dropFirst(4)) }.joined(separator: ", ")
            return [Finding("\(container.path).capabilities", "under CRI-O the container does not have \(names)")]
        }
    }
}
