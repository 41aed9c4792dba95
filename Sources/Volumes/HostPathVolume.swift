// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel

/// `hostPath`: a file or folder of the machine, checked or made as its `type` says.
///
/// Links are followed: the path is the machine's owner's.
struct HostPathVolume {
    let path: String
    let type: String

    init(_ source: HostPathVolumeSource) {
        path = source.path
        type = source.type ?? ""
    }

    /// Checks the path, and makes what may be missing.
    func prepare() throws(SetUpError) {
        if path.split(separator: "/").contains("..") {
            throw SetUpError("invalid HostPath `\(path)`: must not contain '..'")
        }
        guard path.hasPrefix("/") else { throw SetUpError("invalid HostPath `\(path)`: must be an absolute path") }
        switch type {
        // containerd makes the folder when it mounts it.
        case "": if try kind() == nil { try make("mkdir") { () throws(SyscallError) in try Self.makeFolders(path) } }
        case "DirectoryOrCreate":
            if try kind() == nil { try make("mkdir") { () throws(SyscallError) in try Self.makeFolders(path) } }
            try check(.directory, "a directory")
        case "Directory": try check(.directory, "a directory")
        case "FileOrCreate":
            if try kind() == nil { try make("open") { () throws(SyscallError) in try Self.makeFile(path) } }
            try check(.regular, "a file")
        case "File": try check(.regular, "a file")
        case "Socket": try check(.socket, "a socket file")
        case "CharDevice": try check(.characterDevice, "a character device")
        case "BlockDevice": try check(.blockDevice, "a block device")
        default: throw SetUpError("\(type) is an invalid volume type")
        }
    }

    /// What the path names; nil when nothing.
    private func kind() throws(SetUpError) -> FileKind? {
        do { return try File.followedStatus(path).kind } catch
            where error.errno == .noEntry || error.errno == .notDirectory
        {
            return nil
        } catch {
            throw SetUpError("\(error)")
        }
    }

    private func check(_ wanted: FileKind, _ name: String) throws(SetUpError) {
        if try kind() != wanted { throw SetUpError("hostPath type check failed: \(path) is not \(name)") }
    }

    /// The kubelet's words: those of Go's `PathError`.
    private func make(_ call: String, _ work: () throws(SyscallError) -> Void) throws(SetUpError) {
        do { try work() } catch {
            throw SetUpError("\(call) \(error.subject): \(error.errno.description.lowercased())")
        }
    }

    /// Makes a folder and all above it that are missing, each 0755 whatever the creation mask is.
    static func makeFolders(_ path: String) throws(SyscallError) {
        do { try File.makeFolder(path) } catch  where error.errno == .exists { return } catch
            where error.errno == .noEntry
        {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            try makeFolders(String(path[..<slash]))
            return try makeFolders(path)
        } catch  where error.errno == .notDirectory {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            let above = String(path[..<slash])
            // The one that is no folder is told, not what was to be below it.
            if try File.exists(above) {
                throw SyscallError(call: "mkdir", subject: above, errno: .notDirectory)
            }
            return try makeFolders(above)
        }
        let folder = try File.open(path, [.path, .directory, .noFollow])
        try File.changePermissions(of: folder.raw, to: 0o755)
    }

    /// Makes an empty file, 0644 whatever the creation mask is; the folder must be there.
    private static func makeFile(_ path: String) throws(SyscallError) {
        let file = try File.open(path, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o644)
        try File.changePermissions(of: file.raw, to: 0o644)
    }
}
