// SPDX-License-Identifier: Apache-2.0

/// One line of `/proc/PID/uid_map`: a run of ids inside a user namespace and where it begins outside.
///
/// The names of the fields are the OCI runtime spec's. Source: user_namespaces(7).
package struct IDMapping: Hashable, Sendable, Codable {
    /// How many ids a pod's user namespace has, from 0.
    ///
    /// Source: KubeletConfiguration, `userNamespaces.idsPerPod`.
    package static let podSize: UInt32 = 65_536

    package let containerID: UInt32
    package let hostID: UInt32
    package let size: UInt32

    package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }

    /// Whether the id, as seen inside, lies in this run.
    package func covers(_ id: UInt32) -> Bool { id >= containerID && UInt64(id) < UInt64(containerID) + UInt64(size) }
}
