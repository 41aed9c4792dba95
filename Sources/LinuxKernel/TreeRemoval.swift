// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

extension File {
    /// Removes a path and all below it, by descriptor, never through a link; a path that is not there is fine.
    ///
    /// The tree may be hostile: any names, any depth, changing meanwhile. A folder that is not empty is moved to the top
    /// before it is emptied, so that at most three descriptors are open and no path grows. What is mounted inside is not
    /// touched: that is an error. Several may remove one tree at once.
    package static func removeTree(_ path: String, at folder: Int32 = here) throws(SyscallError) {
        for _ in 0..<1000 {
            do { return try removeOnce(path, at: folder) } catch  where error.errno == .noEntry {
                // Somebody else removes it too: what is left is seen again, and nothing left is the end.
                guard try exists(path, at: folder) else { return }
            } catch  where error.errno == .notEmpty || error.errno == .exists {
                // Somebody put something there meanwhile.
                continue
            }
        }
        throw SyscallError(call: "rmdir", subject: path, errno: .busy, detail: "it is filled while it is removed")
    }

    private static func removeOnce(_ path: String, at folder: Int32) throws(SyscallError) {
        do { return try remove(path, at: folder) } catch  where error.errno == .noEntry {
            return
        } catch  where error.errno == .isDirectory || error.errno == .notPermitted {
            guard try status(path, at: folder).kind == .directory else { throw error }
        }
        // A mount point is refused here (EBUSY), before any of what is mounted is removed.
        do { return try removeFolder(path, at: folder) } catch  where error.errno == .noEntry {
            return
        } catch  where error.errno == .notEmpty || error.errno == .exists {}
        let top = try open(path, [.readOnly, .directory, .noFollow], at: folder)
        var removal = TreeRemoval(top: top.raw, mount: try status(of: top.raw).mountID, path: path)
        try removal.run()
        do { try removeFolder(path, at: folder) } catch  where error.errno == .noEntry {}
    }
}

/// One tree on its way out.
private struct TreeRemoval {
    /// The folder at the top, open.
    let top: Int32
    /// The mount that it lies in.
    let mount: UInt64
    /// Of the top, for messages.
    let path: String
    /// The number in the next name that a moved folder gets.
    private var serial = 0

    init(top: Int32, mount: UInt64, path: String) {
        self.top = top
        self.mount = mount
        self.path = path
    }

    mutating func run() throws(SyscallError) {
        // Folders that are moved to the top while it is read may be seen or not, so it is read until it is empty.
        while try removeEntries(of: top, depth: 0) {}
    }

    /// Removes the entries of a folder; whether there were any.
    private mutating func removeEntries(of folder: Int32, depth: Int) throws(SyscallError) -> Bool {
        let listing = try File.open(".", [.readOnly, .directory], at: folder)
        var found = false
        while let batch = try EntryBatch(next: listing.raw, subject: path) {
            try batch.forEach { (name, _) throws(SyscallError) in
                found = true
                try remove(name, of: folder, depth: depth)
            }
        }
        return found
    }

    private mutating func remove(_ name: EntryName, of folder: Int32, depth: Int) throws(SyscallError) {
        do { return try File.remove(name, at: folder) } catch  where error.errno == .noEntry {
            return
        } catch  where error.errno == .isDirectory || error.errno == .notPermitted {
            guard try File.status(name, at: folder).kind == .directory else { throw error }
        }
        if try removeEmpty(name, of: folder) { return }
        if depth > 0 { return try moveUp(name, of: folder) }
        let inner = try File.open(name, [.readOnly, .directory, .noFollow], at: folder)
        guard try File.status(of: inner.raw).mountID == mount else {
            throw SyscallError(
                call: "rmdir", subject: "\(path)/\(name)", errno: .busy, detail: "something is mounted there")
        }
        _ = try removeEntries(of: inner.raw, depth: depth + 1)
        _ = try removeEmpty(name, of: folder)
    }

    /// Removes a folder if it is empty; whether it is gone.
    private func removeEmpty(_ name: EntryName, of folder: Int32) throws(SyscallError) -> Bool {
        do {
            try File.removeFolder(name, at: folder)
            return true
        } catch  where error.errno == .noEntry {
            return true
        } catch  where error.errno == .notEmpty || error.errno == .exists {
            return false
        }
    }

    private mutating func moveUp(_ name: EntryName, of folder: Int32) throws(SyscallError) {
        while true {
            serial += 1
            do { return try File.rename(name, of: folder, to: "removed-\(serial)", in: top) } catch
                where error.errno == .exists
            {
                continue
            }
        }
    }
}
