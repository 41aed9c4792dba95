// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes

/// What a container runtime does for a pod that says nothing: one table, a column a runtime.
package struct NodeDefaults: Hashable, Sendable {
    /// The runtime's name: `containerd`, `crio`.
    package let name: String
    package let capabilities: CapabilitySet
    /// Written into each pod's own network namespace unless the pod sets them itself.
    package let sysctls: [String: String]
    /// Masked on top of what the kubelet asks for.
    package let extraMaskedPaths: [String]
    /// A privileged container keeps its capabilities when its user is not root: they are raised as ambient ones.
    package let privilegedIsAmbient: Bool
    /// What RuntimeDefault's filter answers to a call that it does not name.
    package let seccompErrno: UInt32
    /// The AppArmor profile that RuntimeDefault stands for.
    package let appArmorProfile: String
    /// Whether a Localhost AppArmor profile confines a privileged container too.
    package let appArmorConfinesPrivileged: Bool

    package static let containerd = Self(
        name: "containerd",
        capabilities: CapabilitySet(rawValue: 0x0000_0000_a804_25fb),
        sysctls: [
            "net.ipv4.ip_unprivileged_port_start": "0",
            "net.ipv4.ping_group_range": "0 2147483647",
        ],
        extraMaskedPaths: [],
        privilegedIsAmbient: false,
        seccompErrno: 1,  // EPERM
        appArmorProfile: "cri-containerd.apparmor.d",
        appArmorConfinesPrivileged: true)

    package static let crio = Self(
        name: "crio",
        capabilities: CapabilitySet(rawValue: 0x0000_0000_0000_05fb),
        sysctls: [:],
        extraMaskedPaths: ["/sys/fs/selinux"],
        privilegedIsAmbient: true,
        seccompErrno: 38,  // ENOSYS
        appArmorProfile: "crio-default",
        appArmorConfinesPrivileged: false)
}
