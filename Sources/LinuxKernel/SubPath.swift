// SPDX-License-Identifier: Apache-2.0

/// Paths below a folder whose content somebody else controls.
package enum SubPath {
    /// Opens (`O_PATH`) what a relative path names below an open folder.
    ///
    /// Links are followed as long as they stay below the folder; one that is absolute, or leads out, is `EXDEV`, and one of
    /// procfs `ELOOP`. The descriptor is what was checked: no later change of the path leads it elsewhere.
    /// Source: openat2(2), CVE-2017-1002101, CVE-2021-25741.
    package static func open(_ path: String, below folder: Int32) throws(SyscallError) -> OwnedDescriptor {
        try File.open(path, [.path], at: folder, resolve: [.beneath, .noMagicLinks])
    }

    /// Opens it, and makes the folders of it that are missing with the permission bits of the folder at the start.
    ///
    /// A folder is made in what was opened, and opened as itself; a link in its place is `ELOOP`.
    package static func make(_ path: String, below folder: Int32) throws(SyscallError) -> OwnedDescriptor {
        do { return try open(path, below: folder) } catch  where error.errno == .noEntry {}
        let names = path.split(separator: "/").filter { $0 != "." }.map(String.init)
        let permissions = try File.status(of: folder).permissions
        var place = try open(".", below: folder)
        var made = false
        for (index, name) in names.enumerated() {
            if !made {
                do {
                    place = try open(names[...index].joined(separator: "/"), below: folder)
                    continue
                } catch  where error.errno == .noEntry {
                    made = true
                }
            }
            place = try makeFolder(name, permissions: permissions, at: place.raw)
        }
        return place
    }

    private static func makeFolder(
        _ name: String, permissions: UInt32, at folder: Int32
    ) throws(SyscallError) -> OwnedDescriptor {
        let isNew: Bool
        do {
            try File.makeFolder(name, mode: permissions, at: folder)
            isNew = true
        } catch  where error.errno == .exists {
            isNew = false
        }
        let made = try File.open(name, [.path, .directory, .noFollow], at: folder)
        // Without the creation mask, and with the set-gid bit.
        if isNew { try File.changePermissions(of: made.raw, to: permissions) }
        return made
    }
}
