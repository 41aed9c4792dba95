// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import LinuxTypes

extension Node {
    /// Whether this node takes a pod at all, in the kubelet's order and words; nil when it does.
    ///
    /// A rejected pod is `Failed` and never starts.
    package func admit(_ pod: Pod) -> Rejection? {
        forbiddenSysctl(pod) ?? wrongSystem(pod) ?? hugePages(pod) ?? appArmorRejection(pod)
    }

    /// Why the pod's sandbox cannot be made; the pod stays `Pending`, with this text in an event `FailedCreatePodSandBox`.
    ///
    /// What is asked for and would not be enforced is refused here: another runtime may be asked for as a stronger wall.
    package func sandboxRefusal(_ pod: Pod) -> String? {
        if let name = pod.spec.runtimeClassName, !name.isEmpty {
            return "spec.runtimeClassName: RuntimeClass \"\(name)\" not found"
        }
        if pod.spec.hostUsers == false, !hasUserNamespaces {
            return "can't set `spec.hostUsers: false`, runtime does not support user namespaces"
        }
        if let refusal = identityRefusal(pod) { return refusal }
        for name in (pod.spec.resources?.limits ?? [:]).keys.sorted() where name != "cpu" && name != "memory" {
            return "spec.resources.limits[\(name)]: this limit of a pod as a whole is not supported"
        }
        return nil
    }

    /// A sandbox runs as the pod says, whatever its containers say.
    ///
    /// Source: CRI, `run_as_group`: without `run_as_user` the runtime must refuse it; containerd does.
    private func identityRefusal(_ pod: Pod) -> String? {
        guard let context = pod.spec.securityContext else { return nil }
        let field = "spec.securityContext"
        if let group = context.runAsGroup, context.runAsUser == nil {
            return "\(field).runAsGroup: user group \"\(group)\" is specified without user: "
                + "set \(field).runAsUser too, or runAsGroup on the containers"
        }
        guard pod.spec.hostUsers == false else { return nil }
        let ids =
            [("runAsUser", context.runAsUser), ("runAsGroup", context.runAsGroup), ("fsGroup", context.fsGroup)]
            + (context.supplementalGroups ?? []).enumerated().map { ("supplementalGroups[\($0)]", $1) }
        for case (let name, let id?) in ids where id >= Int64(IDMapping.podSize) {
            return "\(field).\(name): \(id) is not mapped in the pod's user namespace, which has ids below "
                + "\(IDMapping.podSize)"
        }
        return nil
    }

    private func forbiddenSysctl(_ pod: Pod) -> Rejection? {
        for sysctl in pod.spec.securityContext?.sysctls ?? [] {
            let name = SysctlName(sysctl.name)
            let subject = "forbidden sysctl: \"\(name.dotted)\""
            guard name.isSafe(on: kernel) || isAllowedUnsafe(name) else {
                return Rejection(reason: "SysctlForbidden", message: "\(subject) not allowlisted")
            }
            let isShared =
                switch name.namespace {
                case .network: pod.spec.hostNetwork == true
                case .ipc: pod.spec.hostIPC == true
                case nil: false
                }
            if isShared, let namespace = name.namespace {
                return Rejection(
                    reason: "SysctlForbidden", message: "\(subject) not allowed with host \(namespace.rawValue) enabled"
                )
            }
        }
        return nil
    }

    /// A name that belongs to no namespace would change the machine, whatever the list says.
    func isAllowedUnsafe(_ name: SysctlName) -> Bool {
        name.namespace != nil
            && allowedUnsafeSysctls.contains { pattern in
                let dotted = SysctlName(pattern).dotted
                return dotted.hasSuffix("*") ? name.dotted.hasPrefix(dotted.dropLast()) : name.dotted == dotted
            }
    }

    private func wrongSystem(_ pod: Pod) -> Rejection? {
        // The kubelet looks at the pod's label, and at the selector only as a scheduler would.
        if let label = pod.metadata.labels?["kubernetes.io/os"], label != "linux" {
            return Rejection(
                reason: "PodOSSelectorNodeLabelDoesNotMatch",
                message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label")
        }
        if let system = pod.spec.os?.name, system != "linux" {
            return Rejection(
                reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS")
        }
        if let selected = pod.spec.nodeSelector?["kubernetes.io/os"], selected != "linux" {
            return Rejection(
                reason: "NodeAffinity",
                message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
        }
        return nil
    }

    /// This node offers no huge pages, and bounds nobody's use of them: a limit would not be kept.
    private func hugePages(_ pod: Pod) -> Rejection? {
        let asked = pod.podContainers.map { $0.container.resources }.flatMap { resources in
            Array((resources.requests ?? [:]).merging(resources.limits ?? [:]) { $1 })
        }.filter { $0.key.hasPrefix("hugepages-") && $0.value.value > 0 }
        guard let name = asked.map(\.key).min() else { return nil }
        return Rejection(
            reason: "OutOf\(name)",
            message: "Node didn't have enough resource: \(name), requested: "
                + "\(pod.spec.containerRequests(name)?.value ?? 0), used: 0, capacity: 0")
    }

    /// Any profile but Unconfined, asked for anywhere in the pod, needs AppArmor: RuntimeDefault too.
    private func appArmorRejection(_ pod: Pod) -> Rejection? {
        func reject(_ message: String) -> Rejection {
            Rejection(reason: "AppArmor", message: "Cannot enforce AppArmor: \(message)")
        }
        let profiles =
            [pod.spec.securityContext?.appArmorProfile]
            + (pod.podContainers + pod.ephemeralContainers).map { $0.container.securityContext?.appArmorProfile }
        let annotations = (pod.metadata.annotations ?? [:]).filter {
            $0.key.hasPrefix("container.apparmor.security.beta.kubernetes.io/")
        }.values.sorted()
        let isAsked =
            profiles.contains { $0 != nil && $0?.type != "Unconfined" }
            || annotations.contains { !$0.isEmpty && $0 != "unconfined" }
        guard isAsked else { return nil }
        guard hasAppArmor else { return reject("AppArmor is not enabled on the host") }
        if annotations.contains("localhost/") {
            return reject("invalid empty AppArmor profile name: \"localhost/\"")
        }
        return nil
    }
}
