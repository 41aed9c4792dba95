// SPDX-License-Identifier: Apache-2.0
import CArchive
import LinuxKernel

/// One entry of a tar file, as values.
struct TarEntry {
    enum Kind: Hashable {
        case regular(size: Int64)
        case folder
        case link(to: String)
        /// A second name for another entry's file.
        case hardLink(to: String)
        case device(FileKind, DeviceNumber)
        case fifo
    }
    /// As it is written: unchecked.
    let path: String
    let kind: Kind
    let uid: UInt32
    let gid: UInt32
    /// Set-id and sticky bits too: `0o7777`.
    let permissions: UInt32
    /// Of the modification: seconds since the epoch.
    let seconds: Int64
    let nanoseconds: Int64
    let attributes: [(name: String, value: [UInt8])]

    init(_ raw: OpaquePointer, subject: String) throws(ImageError) {
        func text(_ value: UnsafePointer<CChar>?, _ what: String) throws(ImageError) -> String? {
            guard let value = unsafe value else { return nil }
            guard let text = unsafe String(validatingCString: value) else {
                throw ImageError(.invalidImage, "\(subject): \(what) is not UTF-8: \(unsafe String(cString: value))")
            }
            return text
        }
        let path = try unsafe text(archive_entry_pathname(raw), "the path of an entry") ?? ""
        self.path = path
        func id(_ value: Int64, _ what: String) throws(ImageError) -> UInt32 {
            // The greatest 32-bit number is no id: chown(2) takes it for "leave it".
            guard let id = UInt32(exactly: value), id != .max else {
                throw ImageError(.invalidImage, "\(subject): \(path): \(what) \(value) is out of range")
            }
            return id
        }
        uid = try id(unsafe archive_entry_uid(raw), "uid")
        gid = try id(unsafe archive_entry_gid(raw), "gid")
        permissions = unsafe archive_entry_perm(raw) & 0o7777
        seconds = unsafe Int64(archive_entry_mtime(raw))
        nanoseconds = unsafe Int64(archive_entry_mtime_nsec(raw))
        attributes = unsafe Self.attributes(of: raw)
        kind = try unsafe Self.kind(
            of: raw, hardLink: text(archive_entry_hardlink(raw), "the target of \(path)"),
            link: text(archive_entry_symlink(raw), "the target of \(path)"), subject: "\(subject): \(path)")
    }

    private static func kind(
        of raw: OpaquePointer, hardLink: String?, link: String?, subject: String
    ) throws(ImageError) -> Kind {
        if let hardLink { return .hardLink(to: hardLink) }
        let device = unsafe DeviceNumber(
            major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(raw)),
            minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(raw)))
        switch unsafe archive_entry_filetype(raw) {
        case 0o100000: return .regular(size: unsafe max(0, archive_entry_size(raw)))
        case 0o040000: return .folder
        case 0o120000: return .link(to: link ?? "")
        case 0o020000: return .device(.characterDevice, device)
        case 0o060000: return .device(.blockDevice, device)
        case 0o010000: return .fifo
        case let other:
            throw ImageError(
                .invalidImage, "\(subject): an entry of the kind \(String(other, radix: 8)) has no place in a layer")
        }
    }

    private static func attributes(of raw: OpaquePointer) -> [(name: String, value: [UInt8])] {
        var attributes: [(name: String, value: [UInt8])] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        unsafe archive_entry_xattr_reset(raw)
        while unsafe archive_entry_xattr_next(raw, &name, &value, &size) == ARCHIVE_OK {
            guard let name = unsafe name else { continue }
            let bytes = unsafe Array(UnsafeRawBufferPointer(start: value, count: size))
            attributes.append((unsafe String(cString: name), bytes))
        }
        return attributes
    }
}
