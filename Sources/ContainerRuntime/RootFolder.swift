// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Places inside a container's root, which is hostile: the kernel keeps each walk in it, and a place is used by descriptor.
///
/// Source: openat2(2), `RESOLVE_IN_ROOT`; CVE-2019-18837, CVE-2021-30465.
struct RootFolder: Sendable {
    let raw: Int32

    /// Opens what a path names inside the root.
    func open(_ path: String, _ flags: OpenFlags = [.path], links: Bool = true) throws(SyscallError) -> OwnedDescriptor
    {
        try File.open(
            path, flags, at: raw, resolve: links ? [.inRoot, .noMagicLinks] : [.inRoot, .noMagicLinks, .noSymlinks])
    }

    /// Opens it, or nothing when it is not there.
    func openIfPresent(_ path: String, links: Bool = true) throws(SyscallError) -> OwnedDescriptor? {
        do { return try open(path, links: links) } catch
            where error.errno == .noEntry || error.errno == .notDirectory
        {
            return nil
        }
    }

    /// Opens a folder, which is made with all above it when it is missing, mode 0755.
    func makeFolders(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        if let folder = try openIfPresent(path) {
            guard try File.status(of: folder.raw).kind == .directory else {
                throw SyscallError(call: "openat2", subject: path, errno: .notDirectory)
            }
            return folder
        }
        let (above, name) = Self.split(path)
        let parent = try makeFolders(above)
        try File.makeFolderIfMissing(name, at: parent.raw)
        return try open(path, [.path, .directory])
    }

    /// Opens a mount point of the kind that its source needs, which is made when it is missing.
    func makeMountPoint(_ path: String, folder: Bool, links: Bool = true) throws(SyscallError) -> OwnedDescriptor {
        if let place = try openIfPresent(path, links: links) { return place }
        if folder { return try makeFolders(path) }
        let (above, name) = Self.split(path)
        let parent = try makeFolders(above)
        _ = try File.open(name, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o644, at: parent.raw)
        return try open(path)
    }

    /// `/a/b/c` as `/a/b` and `c`.
    static func split(_ path: String) -> (above: String, name: String) {
        let parts = path.split(separator: "/")
        return ("/" + parts.dropLast().joined(separator: "/"), parts.last.map(String.init) ?? ".")
    }
}
