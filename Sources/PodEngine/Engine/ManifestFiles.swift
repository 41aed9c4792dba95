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

    private static func readFile(_ path: String) throws(EngineError) -> ManifestFile {
        do { return ManifestFile(name: path, bytes: try File.read(path, limit: largest)) } catch
            where error.errno == .fileTooBig
        {
            throw .failed("\(path): is larger than \(largest >> 20) MiB; split it into several files")
        } catch { throw .system(error, "cannot read \(path)") }
    }
}
