// SPDX-License-Identifier: Apache-2.0

/// The kinds of Linux namespaces.
///
/// Source: namespaces(7).
///
/// The raw value is the OCI runtime spec's word.
package enum NamespaceKind: String, CaseIterable, Hashable, Sendable, Codable {
    case user, network, ipc, uts, pid, mount, cgroup, time

    /// The name of the link below `/proc/PID/ns`.
    package var procName: String {
        switch self {
        case .network: "net"
        case .mount: "mnt"
        default: rawValue
        }
    }

    /// The `CLONE_NEW…` flag for clone(2), unshare(2) and setns(2).
    package var cloneFlag: UInt64 {
        switch self {
        case .time: 0x0000_0080
        case .mount: 0x0002_0000
        case .cgroup: 0x0200_0000
        case .uts: 0x0400_0000
        case .ipc: 0x0800_0000
        case .user: 0x1000_0000
        case .pid: 0x2000_0000
        case .network: 0x4000_0000
        }
    }
}
