// SPDX-License-Identifier: Apache-2.0

/// The machine's procfs by descriptor, which serves a process in whatever namespaces and root it is by then.
///
/// Its `self` is the caller, by the number that the caller has on the machine.
package enum MachineProcesses {
    /// Opens it, while it is in view.
    ///
    /// It must be procfs and its very root: what is written below it decides what a process is confined by.
    /// Source: CVE-2019-16884, CVE-2023-28642.
    package static func open() throws(SyscallError) -> OwnedDescriptor {
        let root = try File.open("/proc", [.path, .directory, .noFollow])
        try verify(root.raw, "/proc")
        // PROC_ROOT_INO of the kernel.
        guard try File.status(of: root.raw).inode == 1 else { throw notProc("/proc") }
        return root
    }

    /// Writes a value for the caller, such as `attr/exec`, which takes it as a whole or not at all.
    ///
    /// No link but `self` and nothing that is mounted upon procfs is on the way. Source: CVE-2025-52881.
    package static func write(_ value: String, to file: String, of root: Int32) throws(SyscallError) {
        // `self` is a link whose text is a number.
        let descriptor = try File.open(
            "self/\(file)", [.writeOnly], at: root, resolve: [.beneath, .noMagicLinks, .sameMount])
        try verify(descriptor.raw, "/proc/self/\(file)")
        try File.write(Array(value.utf8), to: descriptor.raw, subject: "/proc/self/\(file) (\(value))")
    }

    private static func verify(_ descriptor: Int32, _ path: String) throws(SyscallError) {
        guard try File.systemType(of: descriptor) == FileSystemType.proc else { throw notProc(path) }
    }

    private static func notProc(_ path: String) -> SyscallError {
        SyscallError(call: "fstatfs", subject: path, errno: .invalid, detail: "not the machine's procfs")
    }
}
