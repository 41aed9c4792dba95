// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The kinds of files.
///
/// Source: inode(7).
package enum FileKind: Hashable, Sendable {
    case regular, directory, symlink, characterDevice, blockDevice, fifo, socket

    init?(mode: UInt32) {
        switch mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symlink
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        default: return nil
        }
    }

    var bits: UInt32 {
        switch self {
        case .regular: S_IFREG
        case .directory: S_IFDIR
        case .symlink: S_IFLNK
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        }
    }
}

/// A device number.
///
/// Source: makedev(3).
package struct DeviceNumber: Hashable, Sendable {
    package let major: UInt32
    package let minor: UInt32
    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
    package static let null = Self(major: 1, minor: 3)
}

/// What statx(2) says of a file.
package struct FileStatus: Hashable, Sendable {
    package let kind: FileKind
    /// Permission, set-id and sticky bits: `0o7777`.
    package let permissions: UInt32
    package let uid: UInt32
    package let gid: UInt32
    package let links: UInt32
    /// In bytes.
    package let size: UInt64
    /// What it takes of the disk, in bytes.
    package let allocated: UInt64
    package let inode: UInt64
    package let device: DeviceNumber
    /// The device that a device node stands for.
    package let represents: DeviceNumber
    package let mountID: UInt64
    /// Seconds since the epoch.
    package let modified: Int64

    init(_ raw: clinux_stat, subject: @autoclosure () -> String) throws(SyscallError) {
        guard let kind = FileKind(mode: raw.mode) else {
            throw SyscallError(call: "statx", subject: subject(), errno: .invalid, detail: "unknown kind of file")
        }
        self.kind = kind
        permissions = raw.mode & 0o7777
        uid = raw.uid
        gid = raw.gid
        links = raw.links
        size = raw.size
        allocated = raw.blocks * 512
        inode = raw.inode
        device = DeviceNumber(major: UInt32(raw.dev_major), minor: UInt32(raw.dev_minor))
        represents = DeviceNumber(major: UInt32(raw.rdev_major), minor: UInt32(raw.rdev_minor))
        mountID = raw.mount_id
        modified = raw.mtime_seconds
    }
}
