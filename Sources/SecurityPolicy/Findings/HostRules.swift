// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import KubernetesAPI

/// Rules about what a pod has of the node: ports, sysctls, defaults.
extension FindingRule {
    static let hostRules: [Self] = [lowPort, sysctlUnsafe, sysctlOfTheMachine, runtimeDifference]

    private static let lowPort = Self(
        "low-port", .warning, "A port below 1024 for a user other than root.",
        reason: """
            Binding a port below net.ipv4.ip_unprivileged_port_start needs NET_BIND_SERVICE in effect, which no user but \
            root has. containerd sets that sysctl to 0 in each pod's own network; CRI-O leaves it at 1024, and a pod on the \
            host's network has the host's.
            """,
        remedy: """
            Listen on a port of 1024 or above (a Service maps it), or set the safe sysctl \
            net.ipv4.ip_unprivileged_port_start: "0" on the pod.
            """
    ) { scope in
        let isSet = (scope.pod.spec.securityContext?.sysctls ?? []).contains {
            SysctlName($0.name).dotted == "net.ipv4.ip_unprivileged_port_start"
        }
        let onHost = scope.pod.spec.hostNetwork == true
        guard onHost || !isSet else { return [] }
        return scope.each { container in
            guard let uid = container.nonRootUser, !container.isPrivileged,
                container.effective?.capabilitySets.effective.contains(.netBindService) == false
            else { return [] }
            let lower = onHost ? "on the host's network" : "under CRI-O"
            let written = (container.place.container.ports ?? []).enumerated().filter {
                (1..<1024).contains($1.containerPort)
            }.map {
                Finding(
                    "\(container.place.path).ports[\($0)].containerPort",
                    "uid \(uid) cannot listen on port \($1.containerPort) \(lower)")
            }
            guard written.isEmpty, let image = container.image else { return written }
            let exposed = image.exposedPorts.compactMap { Int($0.prefix { $0 != "/" }) }.filter {
                (1..<1024).contains($0)
            }
            return exposed.sorted().map {
                Finding(
                    "\(container.place.path).image",
                    "image \(image.reference) exposes port \($0), on which uid \(uid) cannot listen \(lower)")
            }
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
        sysctls(scope).filter { !$0.name.isSafe(on: scope.node.kernel) && $0.name.namespace != nil }.map {
            Finding("\($0.path).name", "\($0.name.dotted) is not among the safe sysctls: the node rejects the pod")
        }
    }

    private static let sysctlOfTheMachine = Self(
        "sysctl-not-namespaced", .error, "A sysctl that belongs to the whole machine.",
        reason: """
            Only sysctls of the network and IPC namespaces can be set for one pod. The kubelet allows no other one, whatever \
            its options say: it would change the machine for everybody.
            """,
        remedy: "Set it on the node (sysctl.d, a tuning operator)."
    ) { scope in
        sysctls(scope).filter { $0.name.namespace == nil }.map {
            Finding("\($0.path).name", "\($0.name.dotted) is not namespaced: no node sets it for a pod")
        }
    }

    private static func sysctls(_ scope: FindingScope) -> [(path: String, name: SysctlName)] {
        (scope.pod.spec.securityContext?.sysctls ?? []).enumerated().map {
            ("\(ContextFields.podPath).sysctls[\($0)]", SysctlName($1.name))
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
            guard !lists.contains(where: { $0.uppercased() == "ALL" }), !lists.isEmpty,
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
