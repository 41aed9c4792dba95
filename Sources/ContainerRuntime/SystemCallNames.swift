// SPDX-License-Identifier: Apache-2.0
import CSeccomp

/// The names of this machine's system calls, as libseccomp knows them.
package enum SystemCallNames {
    /// Whether the native architecture has a system call with this name.
    package static func isKnown(_ name: String) -> Bool { unsafe seccomp_syscall_resolve_name(name) >= 0 }
}
