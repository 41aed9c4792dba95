// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The name of one entry of a folder, byte for byte: Linux names need not be UTF-8.
///
/// A name that went through `String` would name another file, or none, once a byte of it is not UTF-8.
package struct EntryName: Sendable, CustomStringConvertible {
    /// With the terminating zero.
    fileprivate let terminated: ArraySlice<UInt8>

    /// Without the terminating zero.
    package var bytes: ArraySlice<UInt8> { terminated.dropLast() }

    /// For messages: bytes that are not UTF-8 are shown as U+FFFD.
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    fileprivate init(terminated: ArraySlice<UInt8>) { self.terminated = terminated }

    /// A path of such names, `a/b/c`; bytes without a zero.
    package init(path: some Sequence<UInt8>) { terminated = ArraySlice(Array(path) + [0]) }

    /// Calls `body` with the name as C takes it.
    fileprivate func withPointer<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe terminated.withUnsafeBytes { unsafe body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    }
}

/// The entries that one read of a folder gave, `.` and `..` left out.
///
/// Source: getdents64(2).
package struct EntryBatch: Sendable {
    private let bytes: [UInt8]

    /// The next entries of an open folder, in `capacity` bytes (an entry takes 24 and its name); nil at its end.
    package init?(next folder: Int32, capacity: Int = 64 << 10, subject: @autoclosure () -> String) throws(SyscallError)
    {
        var buffer = [UInt8](repeating: 0, count: capacity)
        let length = try check(
            unsafe buffer.withUnsafeMutableBytes { unsafe clinux_getdents(folder, $0.baseAddress, $0.count) },
            "getdents64", on: subject())
        if length == 0 { return nil }
        buffer.removeSubrange(length...)
        bytes = buffer
    }

    /// Whether less than half of `capacity` was filled: what follows is most likely the end.
    package func isShort(of capacity: Int = 64 << 10) -> Bool { bytes.count < capacity / 2 }

    /// Calls `body` with each entry and whether the folder says that it is a folder; nil where it does not say.
    ///
    /// What the folder says may be old by the time it is read.
    package func forEach<Failure>(
        _ body: (_ name: EntryName, _ isFolder: Bool?) throws(Failure) -> Void
    ) throws(Failure) {
        var offset = 0
        while offset < bytes.count {
            // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name; getdents64(2)
            let size = Int(bytes[offset + 16]) | Int(bytes[offset + 17]) << 8
            let start = offset + 19
            var end = start
            while bytes[end] != 0 { end += 1 }
            let type = bytes[offset + 18]
            offset += size
            let length = end - start
            if bytes[start] == UInt8(ascii: "."), length == 1 || (length == 2 && bytes[start + 1] == UInt8(ascii: "."))
            {
                continue
            }
            try body(
                EntryName(terminated: bytes[start...end]),
                type == 4 ? true : type == 0 ? nil : false)  // DT_DIR, DT_UNKNOWN
        }
    }
}

extension File {
    /// Opens an entry of an open folder.
    package static func open(
        _ name: EntryName, _ flags: OpenFlags, at folder: Int32
    ) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(
            taking: try check(
                unsafe name.withPointer { unsafe clinux_openat(folder, $0, flags.rawValue, 0) }, "open", on: name))
    }

    /// Opens a path of names under constraints that the kernel keeps for the whole walk.
    ///
    /// Source: openat2(2).
    package static func open(
        _ path: EntryName, _ flags: OpenFlags, at folder: Int32, resolve: Resolve
    ) throws(SyscallError) -> OwnedDescriptor {
        let bits = UInt64(UInt32(bitPattern: flags.rawValue))
        return OwnedDescriptor(
            taking: try check(
                unsafe path.withPointer { unsafe clinux_openat2(folder, $0, bits, 0, resolve.rawValue) }, "openat2",
                on: path))
    }

    /// The status of an entry; of a link itself.
    package static func status(_ name: EntryName, at folder: Int32) throws(SyscallError) -> FileStatus {
        var raw = clinux_stat()
        try check(
            unsafe name.withPointer { unsafe clinux_stat(folder, $0, AT_SYMLINK_NOFOLLOW, &raw) }, "statx", on: name)
        return try FileStatus(raw, subject: name.description)
    }

    /// Whether an entry of an open folder carries file capabilities.
    ///
    /// Source: xattr(7), `security.capability`.
    package static func hasCapabilities(_ name: EntryName, at folder: Int32) throws(SyscallError) -> Bool {
        try check(unsafe name.withPointer { unsafe clinux_has_file_capabilities(folder, $0) }, "lgetxattr", on: name)
            == 1
    }

    package static func remove(_ name: EntryName, at folder: Int32) throws(SyscallError) {
        try check(unsafe name.withPointer { unsafe clinux_unlinkat(folder, $0, 0) }, "unlink", on: name)
    }

    package static func removeFolder(_ name: EntryName, at folder: Int32) throws(SyscallError) {
        try check(unsafe name.withPointer { unsafe clinux_unlinkat(folder, $0, AT_REMOVEDIR) }, "rmdir", on: name)
    }

    /// Moves an entry of one open folder to a new name in another; a name that is taken is `EEXIST`.
    package static func rename(
        _ name: EntryName, of folder: Int32, to new: String, in other: Int32
    ) throws(SyscallError) {
        try check(
            unsafe name.withPointer { unsafe clinux_renameat(folder, $0, other, new, 1) }, "rename",
            on: "\(name) to \(new)")
    }
}
