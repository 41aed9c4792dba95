// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// The runtime's own program, seen through a read-only mount that is attached nowhere.
///
/// A container reaches the file of a process that enters it through `/proc/PID/exe`, and root in the container could
/// write to it: CVE-2019-5736. Through this mount nobody can.
package enum SealedProgram {
    /// A descriptor to execute; the file behind it cannot be written.
    package static func open(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        let program = try Mount.clone(File.here, path: path)
        try Mount.change(program.raw, set: .readOnly, subject: path)
        return program
    }

    /// Refuses to go on in a program whose file could be written from a container.
    ///
    /// The runtime enters the read-only mount before its first line of Swift, see `CSealedStart`.
    package static func require() throws {
        let own = try File.open("/proc/self/exe", [.path])
        guard try !File.isOnReadOnlyMount(own.raw) else { return }
        throw RuntimeError(
            "cannot execute from a read-only mount of its own (CVE-2019-5736); run as root on Linux 5.12 or newer")
    }
}
