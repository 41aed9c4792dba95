// SPDX-License-Identifier: Apache-2.0
import LinuxTypes

extension Node {
    /// A node as Kubernetes' documentation describes one, for what is said of manifests on no machine in particular: a
    /// current kernel, cgroup v2, all capabilities, no AppArmor and no SELinux.
    package static func reference(defaults: NodeDefaults = .containerd, seccompDefault: Bool = false) -> Self {
        var node = Node(
            defaults: defaults, capabilities: .all, kernel: KernelVersion(6, 12), possibleCPUs: [0],
            memory: .kibibytes(8 << 20))
        node.seccompDefault = seccompDefault
        node.hasUserNamespaces = true
        return node
    }
}
