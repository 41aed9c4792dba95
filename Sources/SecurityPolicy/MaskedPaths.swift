// SPDX-License-Identifier: Apache-2.0

/// The paths of `/proc` and `/sys` that the kubelet hides from a container, and those that it makes read-only.
package enum MaskedPaths {
    /// Hidden from every container whose procMount is Default; the runtime passes over what the machine does not have.
    ///
    /// The CPUs are the numbers of `/sys/devices/system/cpu/possible`; whether a path exists is asked of each one's
    /// `thermal_throttle` alone.
    package static func masked(possibleCPUs: [Int], exists: (String) -> Bool) -> [String] {
        always + possibleCPUs.map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }.filter(exists)
    }

    static let always = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
    ]

    package static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
