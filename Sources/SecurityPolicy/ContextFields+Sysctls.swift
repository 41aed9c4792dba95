// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// What is set in the pod's own network and IPC namespaces before any container starts.
extension ContextFields {
    /// The pod's sysctls, and the runtime's own where the pod names others and has a network namespace to set them in.
    ///
    /// A pod in a user namespace keeps the kernel's `ping_group_range`: the runtime's names ids that are not mapped there.
    func sysctls(_ node: Node) -> [String: Decided<String>] {
        var sysctls: [String: Decided<String>] = [:]
        if pod.spec.hostNetwork != true {
            for (name, value) in node.defaults.sysctls
            where !(pod.spec.hostUsers == false && name == "net.ipv4.ping_group_range") {
                sysctls[name] = Decided(value, from: .node)
            }
        }
        for (index, sysctl) in (podContext?.sysctls ?? []).enumerated() {
            sysctls[SysctlName(sysctl.name).dotted] = Decided(sysctl.value, from: ofPod("sysctls[\(index)]"))
        }
        return sysctls
    }
}
