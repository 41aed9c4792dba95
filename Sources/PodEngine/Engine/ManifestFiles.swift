// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel

/// The files that `-f` names, read.
package struct ManifestFile: Sendable {
    /// As errors name it: the path that was given, or `-`.
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// More than any manifest, in bytes: a larger file is not read to its end.
    private static let largest = 16 << 20
    private static let endings = [".yaml", ".yml", ".json"]

    /// Reads what these paths name: a file, the manifests of a folder in the order of their names, or `-`, standard input.
    package static func read(_ paths: [String]) throws(EngineError) -> [ManifestFile] {
        var files: [ManifestFile] = []
        for path in paths { files += try read(path) }
        return files
    }

    private static func read(_ path: String) throws(EngineError) -> [ManifestFile] {
        if path == "-" {
            let bytes = try doing("cannot read standard input") { () throws(SyscallError) in
                try File.readAll(0, limit: largest, subject: "standard input")
            }
            return [ManifestFile(name: "standard input", bytes: bytes)]
        }
        let status: FileStatus
        do { status = try File.followedStatus(path) } catch
            where error.errno == .noEntry || error.errno == .notDirectory
        {
            throw .failed("the path \"\(path)\" does not exist")
        } catch { throw .system(error, "cannot read \(path)") }
        guard status.kind == .directory else { return [try readFile(path)] }
        let names = try doing("cannot read \(path)") { () throws(SyscallError) in try File.names(in: path) }
        let manifests = names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
        guard !manifests.isEmpty else {
            throw .failed("the folder \"\(path)\" has no file that ends in \(endings.joined(separator: ", "))")
        }
        var files: [ManifestFile] = []
        for name in manifests { files.append(try readFile(path.hasSuffix("/") ? path + name : "\(path)/\(name)")) }
        return files
    }

    /// The files that these paths name: a file as it is, and of a folder all manifests in it and below it, in the order of
    /// their names.
    ///
    /// Folders whose name begins with a dot are left out, and links to folders are not followed.
    package static func walk(_ paths: [String]) throws(EngineError) -> [String] {
        var found: [String] = []
        for path in paths {
            if path == "-" {
                found.append(path)
                continue
            }
            let status: FileStatus
            do { status = try File.followedStatus(path) } catch
                where error.errno == .noEntry || error.errno == .notDirectory
            {
                throw .failed("the path \"\(path)\" does not exist")
            } catch { throw .system(error, "cannot read \(path)") }
            guard status.kind == .directory else {
                found.append(path)
                continue
            }
            let first = found.count
            try walk(folder: path, &found)
            guard found.count > first else {
                throw .failed("the folder \"\(path)\" has no file that ends in \(endings.joined(separator: ", "))")
            }
        }
        return found
    }

    private static func walk(folder: String, _ found: inout [String]) throws(EngineError) {
        let names = try doing("cannot read \(folder)") { () throws(SyscallError) in try File.names(in: folder) }
        for name in names.sorted() {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            var status = try doing("cannot read \(path)") { () throws(SyscallError) in try File.status(path) }
            if status.kind == .directory {
                if !name.hasPrefix(".") { try walk(folder: path, &found) }
                continue
            }
            guard endings.contains(where: name.hasSuffix) else { continue }
            if status.kind == .symlink {
                status = try doing("cannot read \(path)") { () throws(SyscallError) in try File.followedStatus(path) }
            }
            if status.kind == .regular { found.append(path) }
        }
    }

    /// Reads one of the files that ``walk(_:)`` names.
    package static func readOne(_ path: String) throws(EngineError) -> ManifestFile {
        path == "-" ? try read(path)[0] : try readFile(path)
    }

    /// Replaces the bytes of a file as a whole; its mode and owner stay, and a link to it stays one.
    ///
    /// A file that nobody may write to is not replaced, by root neither: its author says so.
    package static func rewrite(_ path: String, with bytes: [UInt8]) throws(EngineError) {
        try doing("cannot write \(path)") { () throws(SyscallError) in
            let file = try File.open(path, [.writeOnly])
            let status = try File.status(of: file.raw)
            guard status.permissions & 0o222 != 0 else {
                throw SyscallError(call: "open", subject: path, errno: .accessDenied)
            }
            let real = try File.linkTarget("/proc/self/fd/\(file.raw)")
            try File.replace(real, with: bytes, mode: status.permissions)
            let replaced = try File.status(real)
            if (replaced.uid, replaced.gid) != (status.uid, status.gid) {
                try File.changeOwner(real, uid: status.uid, gid: status.gid)
            }
        }
    }

    private static func readFile(_ path: String) throws(EngineError) -> ManifestFile {
        do { return ManifestFile(name: path, bytes: try File.read(path, limit: largest)) } catch
            where error.errno == .fileTooBig
        {
            throw .failed("\(path): is larger than \(largest >> 20) MiB; split it into several files")
        } catch { throw .system(error, "cannot read \(path)") }
    }
}
