// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Classic BPF programs that answer system calls.
///
/// Source: seccomp(2).
package enum SystemCallFilter {
    /// Flags of `SECCOMP_SET_MODE_FILTER`.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let synchroniseThreads = Self(rawValue: UInt32(CLINUX_SECCOMP_FLAG_TSYNC))
        package static let log = Self(rawValue: UInt32(CLINUX_SECCOMP_FLAG_LOG))
        package static let allowSpeculation = Self(rawValue: UInt32(CLINUX_SECCOMP_FLAG_SPEC_ALLOW))
    }

    /// Adds a filter to the calling thread for good; execve(2) keeps it.
    ///
    /// It needs no_new_privs or `CAP_SYS_ADMIN` in the user namespace. An instruction is `struct sock_filter`, 8 bytes.
    package static func load(_ instructions: [UInt64], flags: Flags) throws(SyscallError) {
        try check(
            unsafe instructions.withUnsafeBytes { bytes in
                unsafe clinux_seccomp_load(bytes.baseAddress, instructions.count, flags.rawValue)
            }, "seccomp(SECCOMP_SET_MODE_FILTER)", on: "\(instructions.count) instructions")
    }
}
