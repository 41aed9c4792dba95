// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel

/// A volume's files, replaced all at once: who reads them through `..data` sees the old ones or the new ones.
///
/// The files are in a folder `..YYYY_MM_DD_HH_MM_SS.NNN`; `..data` is a link to it, and each name at the top is a link to
/// `..data/NAME`. A write that was cut off leaves at most a folder that nothing names, which the next one removes.
struct AtomicFolder {
    let path: String

    /// Makes the folder hold these files and no others; whether anything had to be written.
    ///
    /// One writer at a time: the files are asked for once the folder is locked. `beforeSwap` is called when the new files are
    /// there and nobody sees them yet.
    func write(
        _ newest: () throws -> VolumeFiles, beforeSwap: (borrowing OwnedDescriptor) throws -> Void
    ) throws -> Bool {
        let root = try File.open(path, [.readOnly, .directory, .noFollow])
        _ = try FileLock.take(root.raw, exclusive: true, wait: true)
        let files = try newest()
        let current = try currentFolder(root.raw)
        let isNew = try current == nil || !holds(files, in: "\(path)/\(current!)")
        if isNew {
            let name = try makeFolder(root.raw)
            try fill(name, with: files, at: root.raw)
            try beforeSwap(root)
            try removeIfThere("..data_tmp", root.raw)
            try File.makeLink("..data_tmp", to: name, at: root.raw)
            try File.rename("..data_tmp", to: "..data", from: root.raw, in: root.raw)
        }
        try link(files, at: root.raw)
        try removeStale(root.raw)
        return isNew
    }

    /// The folder that `..data` names; nil when there is none.
    private func currentFolder(_ root: Int32) throws(SyscallError) -> String? {
        do { return try File.linkTarget("..data", at: root) } catch  where error.errno == .noEntry { return nil }
    }

    private func holds(_ files: VolumeFiles, in folder: String) throws(SyscallError) -> Bool {
        guard try Set(Self.paths(in: folder)) == Set(files.files.keys) else { return false }
        for (name, file) in files.files where try File.read("\(folder)/\(name)") != file.content { return false }
        return true
    }

    /// The paths of all files below a folder; none when it is not there.
    private static func paths(in folder: String, _ prefix: String = "") throws(SyscallError) -> [String] {
        var paths: [String] = []
        let names: [String]
        do { names = try File.names(in: folder) } catch  where error.errno == .noEntry { return [] }
        for name in names {
            let path = "\(folder)/\(name)"
            if try File.status(path).kind == .directory {
                paths += try Self.paths(in: path, "\(prefix)\(name)/")
            } else {
                paths.append(prefix + name)
            }
        }
        return paths
    }

    private func makeFolder(_ root: Int32) throws(SyscallError) -> String {
        // 2026-11-25T00:03:44Z
        let time = Date().formatted(.iso8601).dropLast().map { $0 == "-" || $0 == ":" || $0 == "T" ? "_" : $0 }
        while true {
            let name = "..\(String(time)).\(UInt32.random(in: 1_000_000_000...UInt32.max))"
            do { try File.makeFolder(name, at: root) } catch  where error.errno == .exists { continue }
            try setMode(name, 0o755, at: root)
            return name
        }
    }

    private func fill(_ name: String, with files: VolumeFiles, at root: Int32) throws(SyscallError) {
        let folder = try File.open(name, [.path, .directory, .noFollow], at: root)
        for (path, file) in files.files {
            var parent = ""
            for part in path.split(separator: "/").dropLast() {
                parent += parent.isEmpty ? "\(part)" : "/\(part)"
                do { try File.makeFolder(parent, at: folder.raw) } catch  where error.errno == .exists { continue }
                try setMode(parent, 0o755, at: folder.raw)
            }
            let open = try File.open(path, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600, at: folder.raw)
            try File.write(file.content, to: open.raw, subject: "\(self.path)/\(path)")
            if let owner = file.owner { try File.changeOwner(of: open.raw, uid: owner, gid: nil) }
            try File.changePermissions(of: open.raw, to: file.mode)
        }
    }

    private func setMode(_ name: String, _ mode: UInt32, at folder: Int32) throws(SyscallError) {
        let made = try File.open(name, [.path, .noFollow], at: folder)
        try File.changePermissions(of: made.raw, to: mode)
    }

    /// Gives each name at the top its link; a file's owner has the link of a file at the top, too.
    private func link(_ files: VolumeFiles, at root: Int32) throws(SyscallError) {
        for name in Set(files.files.keys.map(Self.top)) {
            do { try File.makeLink(name, to: "..data/\(name)", at: root) } catch  where error.errno == .exists {}
            if let owner = files.files[name]?.owner { try File.changeOwner(name, uid: owner, gid: nil, at: root) }
        }
    }

    /// Removes links of names that are gone, and folders that `..data` does not name.
    private func removeStale(_ root: Int32) throws(SyscallError) {
        let current = try currentFolder(root)
        let listing = try File.open(".", [.readOnly, .directory], at: root)
        let names = try File.names(in: listing.raw, subject: path)
        var kept: Set<String> = ["..data"]
        if let current {
            kept.insert(current)
            kept.formUnion(try Self.paths(in: "\(path)/\(current)").map(Self.top))
        }
        for name in names where !kept.contains(name) { try File.removeTree(name, at: root) }
    }

    private func removeIfThere(_ name: String, _ root: Int32) throws(SyscallError) {
        do { try File.remove(name, at: root) } catch  where error.errno == .noEntry {}
    }

    private static func top(_ path: String) -> String { String(path.prefix { $0 != "/" }) }
}
