// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LinuxTypes

/// Properties of one mount.
///
/// Source: mount_setattr(2).
package struct MountAttributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let readOnly = Self(rawValue: UInt64(CLINUX_MOUNT_ATTR_RDONLY))
    package static let noSetUserID = Self(rawValue: UInt64(CLINUX_MOUNT_ATTR_NOSUID))
    package static let noDevices = Self(rawValue: UInt64(CLINUX_MOUNT_ATTR_NODEV))
    package static let noExecution = Self(rawValue: UInt64(CLINUX_MOUNT_ATTR_NOEXEC))
    package static let noAccessTime = Self(rawValue: UInt64(CLINUX_MOUNT_ATTR_NOATIME))
    package static let strictAccessTime = Self(rawValue: UInt64(CLINUX_MOUNT_ATTR_STRICTATIME))
    package static let noDirectoryAccessTime = Self(rawValue: UInt64(CLINUX_MOUNT_ATTR_NODIRATIME))

    /// The field of mount_setattr(2) that holds one of three values and so must be cleared before it is set.
    static let accessTimeMask = UInt64(CLINUX_MOUNT_ATTR_ATIME_MASK)
}

/// How mounts made in one place appear in another.
///
/// Source: mount_namespaces(7).
package enum Propagation: Hashable, Sendable {
    case `private`, slave, shared

    var flag: UInt {
        switch self {
        case .private: 1 << 18
        case .slave: 1 << 19
        case .shared: 1 << 20
        }
    }
}

/// Mounts by descriptor.
///
/// Source: fsopen(2), open_tree(2), move_mount(2), mount_setattr(2); Linux 5.12.
package enum Mount {
    /// A new file system that is attached nowhere yet.
    ///
    /// The options are key and value as mount(8) takes them; a nil value is a flag.
    package static func make(
        _ type: String, options: [(key: String, value: String?)] = [], attributes: MountAttributes = []
    ) throws(SyscallError) -> OwnedDescriptor {
        let context = OwnedDescriptor(taking: try check(unsafe clinux_fsopen(type), "fsopen", on: type))
        do {
            // What mount(8) shows as the device; without it the kernel says `none`.
            if !options.contains(where: { $0.key == "source" }) {
                try check(unsafe clinux_fsconfig_string(context.raw, "source", type), "fsconfig", on: "\(type) source")
            }
            for option in options {
                if let value = option.value {
                    try check(
                        unsafe clinux_fsconfig_string(context.raw, option.key, value), "fsconfig",
                        on: "\(type) \(option.key)=\(value)")
                } else {
                    try check(
                        unsafe clinux_fsconfig_flag(context.raw, option.key), "fsconfig", on: "\(type) \(option.key)")
                }
            }
            try check(clinux_fsconfig_create(context.raw), "fsconfig(FSCONFIG_CMD_CREATE)", on: type)
            return OwnedDescriptor(
                taking: try check(clinux_fsmount(context.raw, UInt32(attributes.rawValue)), "fsmount", on: type))
        } catch {
            throw SyscallError(
                call: error.call, subject: error.subject, errno: error.errno, detail: messages(of: context.raw))
        }
    }

    /// Whether procfs can be mounted for a PID namespace that the caller is not in.
    ///
    /// Source: proc(5), the mount option `pidns`, Linux 6.17.
    package static var procShowsOtherNamespaces: Bool {
        let context = unsafe clinux_fsopen("proc")
        guard context >= 0 else { return false }
        let owned = OwnedDescriptor(taking: context)
        return unsafe clinux_fsconfig_string(owned.raw, "pidns", "/proc/self/ns/pid") >= 0
    }

    private static func messages(of context: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 1024)
        let length = unsafe buffer.withUnsafeMutableBytes {
            unsafe clinux_fs_message(context, $0.baseAddress, $0.count)
        }
        guard length > 0 else { return "" }
        let text = String(decoding: buffer[..<length], as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// A copy of the mount that an open place lies in, seen from that place, attached nowhere yet.
    package static func clone(
        _ place: Int32, path: String = "", recursive: Bool = false
    ) throws(SyscallError) -> OwnedDescriptor {
        var flags = UInt32(CLINUX_OPEN_TREE_CLONE)
        if path.isEmpty { flags |= UInt32(CLINUX_AT_EMPTY_PATH) }
        if recursive { flags |= 0x8000 }  // AT_RECURSIVE
        return OwnedDescriptor(
            taking: try check(
                unsafe clinux_open_tree(place, path, flags), "open_tree(OPEN_TREE_CLONE)",
                on: path.isEmpty ? "descriptor \(place)" : path))
    }

    /// Attaches a detached mount, or moves an attached one, onto an open place.
    package static func attach(_ mount: Int32, to place: Int32, subject: String) throws(SyscallError) {
        try check(unsafe clinux_move_mount(mount, place, ""), "move_mount", on: subject)
    }

    /// Attaches a detached mount onto a path.
    package static func attach(_ mount: Int32, toPath path: String) throws(SyscallError) {
        try check(unsafe clinux_move_mount(mount, AT_FDCWD, path), "move_mount", on: path)
    }

    /// Sets and clears properties of a mount, and of all below it when recursive.
    package static func change(
        _ mount: Int32, set: MountAttributes = [], clear: MountAttributes = [], propagation: Propagation? = nil,
        recursive: Bool = false, subject: String
    ) throws(SyscallError) {
        var cleared = clear.rawValue
        if !set.isDisjoint(with: [.noAccessTime, .strictAccessTime])
            || !clear.isDisjoint(with: [.noAccessTime, .strictAccessTime])
        {
            cleared |= MountAttributes.accessTimeMask
        }
        try check(
            unsafe clinux_mount_setattr(
                mount, "", recursive ? 1 : 0, set.rawValue, cleared, UInt64(propagation?.flag ?? 0), -1),
            "mount_setattr", on: subject)
    }

    /// Shifts the owners of a detached mount by a user namespace's mapping.
    ///
    /// Source: mount_setattr(2), `MOUNT_ATTR_IDMAP`.
    package static func mapOwners(of mount: Int32, userNamespace: Int32, subject: String) throws(SyscallError) {
        try check(
            unsafe clinux_mount_setattr(
                mount, "", 0, UInt64(CLINUX_MOUNT_ATTR_IDMAP), 0, 0, userNamespace),
            "mount_setattr(MOUNT_ATTR_IDMAP)", on: subject)
    }

    /// Changes how mounts below a path of this mount namespace are shared, recursively.
    package static func setPropagation(_ propagation: Propagation, of path: String) throws(SyscallError) {
        try check(
            unsafe clinux_set_propagation(path, propagation.flag | 1 << 14), "mount(\(propagation), MS_REC)", on: path)
    }

    /// Parts the caller's mount namespace, a new one, from the namespace that it is a copy of.
    ///
    /// Nothing that is mounted in it goes out, what is mounted outside later comes in, and its root is the caller's: who
    /// joins a mount namespace stands at its root, in a chroot another than the caller's, so that `exec` would be outside
    /// of a container that was made there. The caller has one thread; its working folder becomes the root.
    /// Source: mount_namespaces(7), `MS_SLAVE`; setns(2).
    package static func partNamespace() throws(SyscallError) {
        let root = try File.open("/", [.path])
        let caller = try Process.open(Process.id)
        try Process.join(process: caller.raw, [.mount])
        // From the namespace's root on: the old one is let go below, which peers of its mounts would follow.
        try setPropagation(.slave, of: "/")
        let (own, outer) = (try File.status(of: root.raw), try File.status("/"))
        if (own.mountID, own.inode) == (outer.mountID, outer.inode) { return }
        // The folder of a chroot need not be a mount, and only one can become the root.
        let tree = try clone(root.raw, recursive: true)
        try attach(tree.raw, to: root.raw, subject: "/")
        try Process.changeFolder(to: tree.raw)
        try pivotToWorkingFolder()
    }

    /// Takes a mount, and all below it, out of this mount namespace.
    ///
    /// Source: umount2(2), `MNT_DETACH`.
    package static func detach(_ path: String) throws(SyscallError) {
        try check(unsafe clinux_umount(path, 2), "umount2(MNT_DETACH)", on: path)
    }

    /// Makes the working folder, a mount, the root; the old root is stacked upon it and then let go.
    ///
    /// The mounts of the old root must be slaves or private by now, so that letting go of them is not seen outside.
    /// `pivot_root(".", ".")` needs no folder for the old root. Source: pivot_root(2), NOTES.
    package static func pivotToWorkingFolder() throws(SyscallError) {
        try check(unsafe clinux_pivot_root(".", "."), "pivot_root", on: ".")
        // The new root is what `.` still names: only umount(2) goes up to what is stacked upon it.
        try detach(".")
        try Process.changeFolder("/")
    }
}
