// SPDX-License-Identifier: Apache-2.0

/// A volume that can be mounted into the containers of its pod.
package struct PreparedVolume: Codable, Hashable, Sendable {
    /// The volume's name in the pod.
    package var name: String
    /// The folder or file of the machine that is bound; with ``memory`` that is where the memory is mounted.
    package var path: String
    /// A tmpfs that the shim mounts at ``path``, each time it starts.
    package var memory: MemoryVolume?
    /// Whether every mount of it is read-only, whatever the container asks.
    package var readOnly: Bool
    /// False while ``memory`` is to be mounted before files can be written to it: prepare again once it is.
    package var isComplete: Bool
    /// What fsGroup did; nil where it does not apply: the root of a ``memory`` has group and bits from the start.
    package var ownership: OwnershipReport?
    package var warnings: [VolumeWarning]
    /// A group that every container of the pod gets for it: a volume's annotation `pv.beta.kubernetes.io/gid`.
    package var supplementalGroup: UInt32?
    /// Whether only the shim's mount namespace shows it.
    package var isMountedByShim: Bool
    /// Whether it shows its owners as a pod's user namespace has them already, and is not shifted once more.
    package var showsMappedOwners = false

    package init(
        name: String, path: String, memory: MemoryVolume? = nil, readOnly: Bool = false,
        ownership: OwnershipReport? = nil, warnings: [VolumeWarning] = []
    ) {
        self.name = name
        self.path = path
        self.memory = memory
        self.readOnly = readOnly
        isComplete = true
        isMountedByShim = memory != nil
        self.ownership = ownership
        self.warnings = warnings
    }
}

/// A tmpfs of a pod.
package struct MemoryVolume: Codable, Hashable, Sendable {
    /// Bytes; nil: the kernel's default, half of the machine's memory.
    package var size: Int64?
    /// Permission bits of its root: `0o1777`, and with fsGroup `0o3777`.
    package var permissions: UInt32
    /// The group of its root.
    package var gid: UInt32?

    package init(size: Int64?, permissions: UInt32, gid: UInt32? = nil) {
        self.size = size
        self.permissions = permissions
        self.gid = gid
    }
}
