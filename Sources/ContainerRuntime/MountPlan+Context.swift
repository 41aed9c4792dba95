// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

extension MountPlan {
    /// File systems that are made for one container and whose files all have its SELinux context.
    ///
    /// procfs, sysfs and cgroups have the contexts that the policy gives them.
    static let takingContext: Set = ["tmpfs", "devpts"]

    /// The option that gives all files of a new file system one SELinux context; none without a label.
    ///
    /// Source: mount(8), `context=`.
    package static func context(_ label: String?) -> [Option] {
        label.map { [Option(key: "context", value: $0)] } ?? []
    }
}

/// The SELinux context that a file has on its disk.
package enum SELinuxAttribute {
    /// Gives it to what an open place names, a link itself too.
    ///
    /// The NUL at the end belongs to it. Source: setfilecon(3).
    package static func set(_ label: String, ofPlace place: Int32) throws(SyscallError) {
        try ExtendedAttributes.set("security.selinux", to: Array(label.utf8) + [0], ofPlace: place)
    }

    /// Gives it to a file, or to a folder and all that is in it; a file system that keeps no contexts is left as it is.
    ///
    /// What is in the tree may be hostile: every entry is opened as itself, below the root and through no link.
    /// Source: CVE-2021-43816.
    package static func setAll(_ label: String, at path: String) throws(SyscallError) {
        let root = try File.open(path, [.path, .noFollow])
        guard try keepsContexts(label, root.raw) else { return }
        guard try File.status(of: root.raw).kind == .directory else { return }
        var folders = ["."]
        while let folder = folders.popLast() {
            let open = try File.open(
                folder, [.readOnly, .directory, .noFollow], at: root.raw, resolve: [.beneath, .noSymlinks])
            for name in try File.names(in: open.raw, subject: "\(path)/\(folder)") {
                let entry: OwnedDescriptor
                // It may be gone meanwhile.
                do { entry = try File.open(name, [.path, .noFollow], at: open.raw) } catch
                    where error.errno == .noEntry
                {
                    continue
                }
                try set(label, ofPlace: entry.raw)
                if try File.status(of: entry.raw).kind == .directory { folders.append("\(folder)/\(name)") }
            }
        }
    }

    private static func keepsContexts(_ label: String, _ root: Int32) throws(SyscallError) -> Bool {
        do {
            try set(label, ofPlace: root)
            return true
        } catch  where error.errno == .notSupported {
            return false
        }
    }
}
