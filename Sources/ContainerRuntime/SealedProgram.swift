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

    /// Executes the calling program again through such a mount, unless it already runs from one.
    package static func enter(arguments: [String], environment: [String]) throws(SyscallError) {
        let own = try File.open("/proc/self/exe", [.path])
        guard try !File.isOnReadOnlyMount(own.raw) else { return }
        // Not owned: execve(2) closes it, or the process ends.
        let sealed = try open("/proc/self/exe").release()
        try Process.execute(descriptor: sealed, arguments, environment: environment)
    }
}
