// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// What fsGroup makes of the files of a volume: their group, and the permission bits that are added.
///
/// Bits are only ever added, and the owning user stays. Source: `spec.securityContext.fsGroup`.
package struct GroupOwnership: Hashable, Sendable {
    /// When a volume is gone through.
    ///
    /// Source: `spec.securityContext.fsGroupChangePolicy`.
    package enum ChangePolicy: String, Hashable, Sendable {
        case always = "Always"
        /// Not when the root of the volume has the group and the bits already.
        case onRootMismatch = "OnRootMismatch"
    }

    package let group: UInt32
    /// Whether the volume's kind is read-only whatever the container asks: the group gets no write bit.
    package let readOnly: Bool

    package init(group: UInt32, readOnly: Bool = false) {
        self.group = group
        self.readOnly = readOnly
    }

    /// The permission bits that this file shall have: `0o7777`; a link has none to change.
    func permissions(of file: FileStatus) -> UInt32 {
        switch file.kind {
        case .symlink: file.permissions
        case .directory: file.permissions | folderBits | 0o2000
        default: file.permissions | fileBits
        }
    }

    private var fileBits: UInt32 { readOnly ? 0o440 : 0o660 }
    private var folderBits: UInt32 { fileBits | 0o110 }

    /// Whether `onRootMismatch` leaves a volume with this root as it is.
    func matches(root: FileStatus) -> Bool {
        root.kind == .directory && root.gid == group && permissions(of: root) == root.permissions
    }

    /// Whether the file has the group and the bits.
    func holds(for file: FileStatus) -> Bool { file.gid == group && permissions(of: file) == file.permissions }
}

/// What applying a ``GroupOwnership`` did.
package struct OwnershipReport: Codable, Hashable, Sendable {
    /// False when the root matched and nothing was walked.
    package var walked: Bool
    /// Files, folders and links that were looked at, the root included.
    package var entries: Int
    /// How many changes the kernel refused; as on any node, they do not stop the pod, but they are told.
    package var refused: Int
    /// The first few refusals.
    package var refusals: [String]

    static let unchanged = Self(walked: false, entries: 0, refused: 0, refusals: [])
}
