// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes

/// The machine that a pod is decided for: its runtime's defaults, the kubelet's options and what its kernel has.
package struct Node: Hashable, Sendable {
    package var defaults: NodeDefaults
    /// The kubelet's `seccompDefault`: RuntimeDefault where a pod names no profile.
    package var seccompDefault: Bool
    /// The kubelet's `allowedUnsafeSysctls`: names, or prefixes that end in `*`.
    package var allowedUnsafeSysctls: [String]
    /// Where Localhost profiles lie.
    package var seccompRoot: String
    /// What this machine can grant at all: never more than its own bounding set.
    package var capabilities: CapabilitySet
    package var kernel: KernelVersion
    package var hasAppArmor: Bool
    package var hasSELinux: Bool
    /// The contexts of containers, with the categories of the pod that is decided for; nil where the policy has none.
    package var seLinuxDefaults: SELinuxDefaults?
    /// Whether cgroups are of version 2, where a container gets a cgroup namespace of its own.
    package var hasUnifiedCgroups: Bool
    /// Whether the runtime can give a pod a user namespace.
    package var hasUserNamespaces: Bool
    /// Numbers from `/sys/devices/system/cpu/possible`.
    package var possibleCPUs: [Int]
    /// Those of the CPUs' `thermal_throttle` folders that this machine has.
    package var thermalThrottles: Set<String>
    package var memory: Bytes
    /// The lowest score that this machine may give; nil with CAP_SYS_RESOURCE, which has no such bound.
    package var lowestScoreAdjustment: Int?

    package init(
        defaults: NodeDefaults, capabilities: CapabilitySet, kernel: KernelVersion, possibleCPUs: [Int], memory: Bytes
    ) {
        self.defaults = defaults
        self.capabilities = capabilities
        self.kernel = kernel
        self.possibleCPUs = possibleCPUs
        self.memory = memory
        seccompDefault = false
        allowedUnsafeSysctls = []
        seccompRoot = "/var/lib/kubelet/seccomp"
        hasAppArmor = false
        hasSELinux = false
        hasUnifiedCgroups = true
        hasUserNamespaces = false
        thermalThrottles = []
    }

    /// The paths that are hidden from a container whose procMount is Default.
    package var maskedPaths: [String] {
        MaskedPaths.masked(possibleCPUs: possibleCPUs, exists: thermalThrottles.contains) + defaults.extraMaskedPaths
    }
}
