// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

extension Node {
    /// What is set in a pod's own network and IPC namespaces before any container starts, by name with dots.
    ///
    /// The pod's sysctls, and the runtime's own where the pod has a network namespace and names others. A pod in a user
    /// namespace keeps the kernel's `ping_group_range`: the runtime's names ids that are not mapped there.
    package func sysctls(of pod: Pod) -> [String: Decided<String>] {
        var sysctls: [String: Decided<String>] = [:]
        if pod.spec.hostNetwork != true {
            for (name, value) in defaults.sysctls
            where !(pod.spec.hostUsers == false && name == "net.ipv4.ping_group_range") {
                sysctls[name] = Decided(value, from: .node)
            }
        }
        for (index, sysctl) in (pod.spec.securityContext?.sysctls ?? []).enumerated() {
            let field = "spec.securityContext.sysctls[\(index)]"
            sysctls[SysctlName(sysctl.name).dotted] = Decided(sysctl.value, from: .pod(field: field))
        }
        return sysctls
    }
}
