// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Calls on paths relative to a descriptor; `File.here` is the working folder.
package enum File {
    /// The working folder as a starting point.
    ///
    /// Source: openat(2), `AT_FDCWD`.
    package static let here: Int32 = AT_FDCWD

    package static func open(
        _ path: String, _ flags: OpenFlags, mode: UInt32 = 0, at folder: Int32 = here
    ) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try check(unsafe clinux_openat(folder, path, flags.rawValue, mode), "open", on: path))
    }

    /// Opens a path under constraints that the kernel keeps for the whole walk.
    ///
    /// Source: openat2(2), Linux 5.6.
    package static func open(
        _ path: String, _ flags: OpenFlags, mode: UInt32 = 0, at folder: Int32, resolve: Resolve
    ) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(
            taking: try check(
                unsafe clinux_openat2(
                    folder, path, UInt64(UInt32(bitPattern: flags.rawValue)), UInt64(mode), resolve.rawValue),
                "openat2", on: path))
    }

    /// The status of a path; a link itself, not what it names.
    package static func status(_ path: String, at folder: Int32 = here) throws(SyscallError) -> FileStatus {
        try status(path, at: folder, flags: AT_SYMLINK_NOFOLLOW)
    }

    /// The status of what a path names, links followed.
    package static func followedStatus(_ path: String, at folder: Int32 = here) throws(SyscallError) -> FileStatus {
        try status(path, at: folder, flags: 0)
    }

    /// The status of an open file.
    package static func status(of descriptor: Int32) throws(SyscallError) -> FileStatus {
        try status("", at: descriptor, flags: Int32(CLINUX_AT_EMPTY_PATH))
    }

    private static func status(_ path: String, at folder: Int32, flags: Int32) throws(SyscallError) -> FileStatus {
        var raw = clinux_stat()
        try check(
            unsafe clinux_stat(folder, path, flags, &raw), "statx", on: path.isEmpty ? "descriptor \(folder)" : path)
        return try FileStatus(raw, subject: path.isEmpty ? "descriptor \(folder)" : path)
    }

    /// Whether the path names anything, links not followed; any other failure than "no such" is thrown.
    package static func exists(_ path: String, at folder: Int32 = here) throws(SyscallError) -> Bool {
        do {
            _ = try status(path, at: folder)
            return true
        } catch  where error.errno == .noEntry || error.errno == .notDirectory {
            return false
        }
    }

    package static func makeFolder(
        _ path: String, mode: UInt32 = 0o755, at folder: Int32 = here
    ) throws(SyscallError) {
        try check(unsafe clinux_mkdirat(folder, path, mode), "mkdir", on: path)
    }

    /// Makes a folder unless it is there; anything else at that place is an error.
    package static func makeFolderIfMissing(
        _ path: String, mode: UInt32 = 0o755, at folder: Int32 = here
    ) throws(SyscallError) {
        do { try makeFolder(path, mode: mode, at: folder) } catch  where error.errno == .exists {
            guard try followedStatus(path, at: folder).kind == .directory else { throw error }
        }
    }

    /// Makes a folder and all above it that are missing.
    package static func makeFolders(_ path: String, mode: UInt32 = 0o755) throws(SyscallError) {
        do { try makeFolderIfMissing(path, mode: mode) } catch  where error.errno == .noEntry {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            try makeFolders(String(path[..<slash]), mode: mode)
            try makeFolderIfMissing(path, mode: mode)
        }
    }

    package static func makeNode(
        _ path: String, kind: FileKind, permissions: UInt32, device: DeviceNumber, at folder: Int32 = here
    ) throws(SyscallError) {
        try check(
            unsafe clinux_mknodat(folder, path, kind.bits | permissions, device.major, device.minor), "mknod", on: path)
    }

    package static func makeLink(_ path: String, to target: String, at folder: Int32 = here) throws(SyscallError) {
        try check(unsafe clinux_symlinkat(target, folder, path), "symlink", on: path)
    }

    package static func linkTarget(_ path: String, at folder: Int32 = here) throws(SyscallError) -> String {
        var size = 4096
        while true {
            var buffer = [UInt8](repeating: 0, count: size)
            let length = try check(
                unsafe buffer.withUnsafeMutableBytes {
                    unsafe clinux_readlinkat(folder, path, $0.baseAddress, $0.count)
                },
                "readlink", on: path)
            if length < size { return String(decoding: buffer[..<length], as: UTF8.self) }
            size *= 2
        }
    }

    package static func remove(_ path: String, at folder: Int32 = here) throws(SyscallError) {
        try check(unsafe clinux_unlinkat(folder, path, 0), "unlink", on: path)
    }

    package static func removeFolder(_ path: String, at folder: Int32 = here) throws(SyscallError) {
        try check(unsafe clinux_unlinkat(folder, path, AT_REMOVEDIR), "rmdir", on: path)
    }

    package static func rename(
        _ old: String, to new: String, from: Int32 = here, in folder: Int32 = here, replace: Bool = true
    ) throws(SyscallError) {
        try check(unsafe clinux_renameat(from, old, folder, new, replace ? 0 : 1), "rename", on: "\(old) to \(new)")
    }

    /// Changes owner and group of the path itself, never of what a link names; nil leaves one as it is.
    package static func changeOwner(
        _ path: String, uid: UInt32?, gid: UInt32?, at folder: Int32 = here
    ) throws(SyscallError) {
        try check(
            unsafe clinux_fchownat(folder, path, uid ?? .max, gid ?? .max, AT_SYMLINK_NOFOLLOW), "fchownat", on: path)
    }

    /// Changes owner and group of an open file; nil leaves one as it is.
    package static func changeOwner(of descriptor: Int32, uid: UInt32?, gid: UInt32?) throws(SyscallError) {
        try check(
            unsafe clinux_fchownat(descriptor, "", uid ?? .max, gid ?? .max, Int32(CLINUX_AT_EMPTY_PATH)), "fchownat",
            on: "descriptor \(descriptor)")
    }

    /// Changes the permission bits of an open file, `O_PATH` too.
    package static func changePermissions(of descriptor: Int32, to permissions: UInt32) throws(SyscallError) {
        try check(clinux_fchmod_path(descriptor, permissions), "fchmodat2", on: "descriptor \(descriptor)")
    }

    /// Whether the caller, as it is now, may execute what a path names.
    ///
    /// - Throws: `EACCES` when it may not. Source: access(2), `X_OK`.
    package static func checkExecutable(_ path: String) throws(SyscallError) {
        try check(unsafe clinux_access(path, 1), "access", on: path)
    }

    /// The file system's magic number.
    ///
    /// Source: statfs(2).
    package static func systemType(of descriptor: Int32) throws(SyscallError) -> Int64 {
        try check(clinux_file_system_type(descriptor), "fstatfs", on: "descriptor \(descriptor)")
    }

    /// Moves the place of the next read or write, in bytes from the start.
    ///
    /// Source: lseek(2).
    package static func seek(_ descriptor: Int32, to offset: Int64) throws(SyscallError) {
        try check(clinux_lseek(descriptor, offset, SEEK_SET), "lseek", on: "descriptor \(descriptor)")
    }

    /// Whether the mount on which a file was opened is read-only.
    ///
    /// Source: statfs(2), `ST_RDONLY`.
    package static func isOnReadOnlyMount(_ descriptor: Int32) throws(SyscallError) -> Bool {
        try mountFlags(of: descriptor).contains("ro")
    }

    /// Those of `ro`, `nosuid`, `nodev` and `noexec` that the mount has on which a file was opened.
    ///
    /// Source: statfs(2), `f_flags`.
    package static func mountFlags(of descriptor: Int32) throws(SyscallError) -> [String] {
        let flags = try check(clinux_mount_flags(descriptor), "fstatfs", on: "descriptor \(descriptor)")
        return ["ro", "nosuid", "nodev", "noexec"].enumerated().filter { flags & 1 << Int64($0.offset) != 0 }.map(
            \.element)
    }

    package static func synchronise(_ descriptor: Int32) throws(SyscallError) {
        try check(clinux_fsync(descriptor), "fsync", on: "descriptor \(descriptor)")
    }
}

extension File {
    /// Reads an open file to its end, at most `limit` bytes.
    ///
    /// - Throws: `EFBIG` when there is more: never a part taken for the whole.
    package static func readAll(
        _ descriptor: Int32, limit: Int, subject: String
    ) throws(SyscallError) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let length = try check(
                unsafe part.withUnsafeMutableBytes { unsafe clinux_read(descriptor, $0.baseAddress, $0.count) }, "read",
                on: subject)
            if length == 0 { return bytes }
            bytes.append(contentsOf: part[..<length])
            if bytes.count > limit { throw SyscallError(call: "read", subject: subject, errno: Errno(EFBIG)) }
        }
    }

    /// One read of at most `count` bytes; empty at the end.
    package static func read(_ descriptor: Int32, upTo count: Int, subject: String) throws(SyscallError) -> [UInt8] {
        var part = [UInt8](repeating: 0, count: count)
        let length = try check(
            unsafe part.withUnsafeMutableBytes { unsafe clinux_read(descriptor, $0.baseAddress, $0.count) }, "read",
            on: subject)
        part.removeSubrange(length...)
        return part
    }

    package static func read(_ path: String, limit: Int = 16 << 20) throws(SyscallError) -> [UInt8] {
        let file = try open(path, [.readOnly])
        return try readAll(file.raw, limit: limit, subject: path)
    }

    package static func readText(_ path: String, limit: Int = 16 << 20) throws(SyscallError) -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Writes all bytes.
    package static func write(
        _ bytes: [UInt8], to descriptor: Int32, subject: String
    ) throws(SyscallError) {
        var done = 0
        while done < bytes.count {
            done += try check(
                unsafe bytes.withUnsafeBytes { all in
                    unsafe clinux_write(descriptor, all.baseAddress! + done, all.count - done)
                }, "write", on: subject)
        }
    }

    /// Writes one value to a file of procfs, sysfs or cgroupfs, in one write(2): a part would be another value.
    package static func writeValue(_ value: String, to path: String, at folder: Int32 = here) throws(SyscallError) {
        let file = try open(path, [.writeOnly], at: folder)
        try write(Array(value.utf8), to: file.raw, subject: path)
    }

    /// Replaces a file as a whole: a reader sees the old bytes or the new ones, also after a crash.
    ///
    /// `durable` costs a write to the disk; it is false for what need not outlive a crash of the machine.
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600, durable: Bool = true
    ) throws(SyscallError) {
        let scratch = "\(path).new-\(clinux_get_pid())"
        do {
            let file = try open(scratch, [.writeOnly, .create, .truncate, .noFollow], mode: mode)
            try write(bytes, to: file.raw, subject: path)
            try changePermissions(of: file.raw, to: mode)
            if durable { try synchronise(file.raw) }
            try rename(scratch, to: path)
        } catch {
            // The first error is the one to tell; a left-over scratch file is overwritten by the next try.
            _ = unsafe clinux_unlinkat(here, scratch, 0)
            throw error
        }
    }

    /// The names in a folder but `.` and `..`, in no order.
    package static func names(in descriptor: Int32, subject: String) throws(SyscallError) -> [String] {
        var names: [String] = []
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        while true {
            let length = try check(
                unsafe buffer.withUnsafeMutableBytes { unsafe clinux_getdents(descriptor, $0.baseAddress, $0.count) },
                "getdents64", on: subject)
            if length == 0 { return names }
            var offset = 0
            while offset < length {
                // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name; getdents64(2)
                let size = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
                let name = buffer[(offset + 19)..<(offset + size)].prefix { $0 != 0 }
                let text = String(decoding: name, as: UTF8.self)
                if text != "." && text != ".." { names.append(text) }
                offset += size
            }
        }
    }

    package static func names(in path: String) throws(SyscallError) -> [String] {
        let folder = try open(path, [.readOnly, .directory])
        return try names(in: folder.raw, subject: path)
    }
}

/// Magic numbers of file systems.
///
/// Source: statfs(2).
package enum FileSystemType {
    package static let proc: Int64 = 0x9fa0
    package static let cgroup: Int64 = 0x27_e0eb
    package static let cgroup2: Int64 = 0x6367_7270
}
