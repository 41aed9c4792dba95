// SPDX-License-Identifier: Apache-2.0

/// The name of a sysctl in a pod, and the namespace that it belongs to.
package struct SysctlName: Hashable, Sendable {
    package enum Namespace: String, Hashable, Sendable {
        case ipc = "IPC"
        case network = "Net"
    }
    /// With dots as separators; a dot within a part is a slash: `net.ipv4.conf.eth0/1.arp_filter`.
    package let dotted: String

    /// - Parameter name: as written; when its first separator is a slash, dots and slashes change places.
    ///
    /// Source: sysctl.d(5).
    package init(_ name: String) {
        if let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" {
            dotted = String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
        } else {
            dotted = name
        }
    }

    /// Whether a node takes it without being configured for it; each came with a kernel version.
    ///
    /// Source: the Kubernetes documentation, "Using sysctls in a Kubernetes Cluster", 1.36.
    package func isSafe(on kernel: KernelVersion) -> Bool {
        Self.safe[dotted].map { kernel >= $0 } ?? false
    }

    package var namespace: Namespace? {
        if dotted.hasPrefix("net.") { return .network }
        let isIPC =
            dotted == "kernel.sem" || dotted.hasPrefix("kernel.shm") || dotted.hasPrefix("kernel.msg")
            || dotted.hasPrefix("fs.mqueue.")
        return isIPC ? .ipc : nil
    }

    private static let safe: [String: KernelVersion] = [
        "kernel.shm_rmid_forced": KernelVersion(0, 0),
        "net.ipv4.ip_local_port_range": KernelVersion(0, 0),
        "net.ipv4.tcp_syncookies": KernelVersion(0, 0),
        "net.ipv4.ping_group_range": KernelVersion(0, 0),
        "net.ipv4.ip_unprivileged_port_start": KernelVersion(0, 0),
        "net.ipv4.ip_local_reserved_ports": KernelVersion(3, 16),
        "net.ipv4.tcp_keepalive_time": KernelVersion(4, 5),
        "net.ipv4.tcp_fin_timeout": KernelVersion(4, 6),
        "net.ipv4.tcp_keepalive_intvl": KernelVersion(4, 5),
        "net.ipv4.tcp_keepalive_probes": KernelVersion(4, 5),
        "net.ipv4.tcp_rmem": KernelVersion(4, 15),
        "net.ipv4.tcp_wmem": KernelVersion(4, 15),
    ]
}
