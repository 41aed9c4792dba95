// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Network interfaces of the calling thread's network namespace.
///
/// Source: netdevice(7).
package enum NetworkInterface {
    /// Switches an interface on.
    package static func up(_ name: String) throws(SyscallError) {
        try check(unsafe clinux_interface_up(name), "ioctl(SIOCSIFFLAGS)", on: name)
    }
}
