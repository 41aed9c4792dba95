// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

extension File {
    /// One read into the buffer; returns how many bytes came, 0 at the end.
    package static func read(
        _ descriptor: Int32, into buffer: inout [UInt8], subject: @autoclosure () -> String
    ) throws(SyscallError) -> Int {
        try check(
            unsafe buffer.withUnsafeMutableBytes { unsafe clinux_read(descriptor, $0.baseAddress, $0.count) }, "read",
            on: subject())
    }

    /// Writes all bytes at the descriptor's own place.
    package static func write(
        _ bytes: RawSpan, to descriptor: Int32, subject: @autoclosure () -> String
    ) throws(SyscallError) {
        try unsafe writeParts(of: bytes, subject: subject()) { part, size, _ in
            unsafe clinux_write(descriptor, part, size)
        }
    }

    /// Writes all bytes from `offset` on; a place before it that nothing was written to is a hole.
    package static func write(
        _ bytes: RawSpan, to descriptor: Int32, at offset: Int64, subject: @autoclosure () -> String
    ) throws(SyscallError) {
        try unsafe writeParts(of: bytes, subject: subject()) { part, size, done in
            unsafe clinux_pwrite(descriptor, part, size, offset + Int64(done))
        }
    }

    private static func writeParts(
        of bytes: RawSpan, subject: @autoclosure () -> String, _ write: (UnsafeRawPointer, Int, Int) -> Int
    ) throws(SyscallError) {
        var done = 0
        while done < bytes.byteCount {
            done += try check(
                unsafe bytes.withUnsafeBytes { unsafe write($0.baseAddress! + done, $0.count - done, done) }, "write",
                on: subject())
        }
    }

    /// Makes the file this long; what is new of it is a hole.
    package static func setSize(of descriptor: Int32, to size: Int64, subject: String) throws(SyscallError) {
        try check(clinux_ftruncate(descriptor, size), "ftruncate", on: subject)
    }

    /// Back to the beginning of an open file.
    package static func rewind(_ descriptor: Int32, subject: String) throws(SyscallError) {
        try check(clinux_lseek(descriptor, 0, SEEK_SET), "lseek", on: subject)
    }

    /// A second name for a file; a link is not followed.
    ///
    /// Source: linkat(2).
    package static func makeHardLink(
        _ path: String, at folder: Int32, to old: String, from: Int32
    ) throws(SyscallError) {
        try check(unsafe clinux_linkat(from, old, folder, path, 0), "link", on: "\(path) to \(old)")
    }

    /// A name for the file that is open, whatever its other names are.
    ///
    /// Needs `CAP_DAC_READ_SEARCH`. Source: linkat(2), `AT_EMPTY_PATH`.
    package static func makeHardLink(_ path: String, at folder: Int32, to file: Int32) throws(SyscallError) {
        try check(
            unsafe clinux_linkat(file, "", folder, path, Int32(CLINUX_AT_EMPTY_PATH)), "linkat(AT_EMPTY_PATH)", on: path
        )
    }

    /// Sets the time of modification of the path itself, never of what a link names.
    package static func setModified(
        _ path: String, at folder: Int32, seconds: Int64, nanoseconds: Int64
    ) throws(SyscallError) {
        try check(unsafe clinux_set_mtime(folder, path, seconds, nanoseconds), "utimensat", on: path)
    }

    /// Writes out all of the file system that an open file lies in.
    ///
    /// Source: syncfs(2).
    package static func synchroniseSystem(of descriptor: Int32) throws(SyscallError) {
        try check(clinux_syncfs(descriptor), "syncfs", on: "descriptor \(descriptor)")
    }

    /// What an unprivileged user could still write to the file system that an open file lies in, in bytes.
    package static func availableBytes(of descriptor: Int32) throws(SyscallError) -> Int64 {
        try check(clinux_available_bytes(descriptor), "fstatfs", on: "descriptor \(descriptor)")
    }
}

/// Extended attributes of open files.
///
/// Source: xattr(7).
package enum ExtendedAttributes {
    package static func set(_ name: String, to value: [UInt8], of descriptor: Int32) throws(SyscallError) {
        try check(unsafe clinux_set_xattr(descriptor, name, value, value.count), "fsetxattr", on: name)
    }

    /// Sets it for what an `O_PATH` descriptor names, a link itself too, while the machine's `/proc` is in view.
    package static func set(_ name: String, to value: [UInt8], ofPlace place: Int32) throws(SyscallError) {
        try check(unsafe clinux_set_xattr_place(place, name, value, value.count), "setxattr", on: name)
    }

    /// The value, or nil when the file has no such attribute or its file system keeps none.
    package static func value(_ name: String, of descriptor: Int32) throws(SyscallError) -> [UInt8]? {
        do {
            return try unsafe read("fgetxattr", subject: name) { unsafe clinux_get_xattr(descriptor, name, $0, $1) }
        } catch  where error.errno == Errno(ENODATA) || error.errno == .notSupported {
            return nil
        }
    }

    package static func names(of descriptor: Int32) throws(SyscallError) -> [String] {
        do {
            let list = try unsafe read("flistxattr", subject: "descriptor \(descriptor)") { buffer, size in
                unsafe clinux_list_xattrs(descriptor, buffer?.assumingMemoryBound(to: CChar.self), size)
            }
            return list.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        } catch  where error.errno == .notSupported {
            return []
        }
    }

    private static func read(
        _ call: String, subject: String, _ body: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(SyscallError) -> [UInt8] {
        // 64 KiB is the most that the kernel takes: limits.h, XATTR_SIZE_MAX and XATTR_LIST_MAX.
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let length = try check(
            unsafe buffer.withUnsafeMutableBytes { unsafe body($0.baseAddress, $0.count) }, call, on: subject)
        buffer.removeSubrange(length...)
        return buffer
    }
}
