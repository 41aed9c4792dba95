// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Terminals and pseudo-terminals.
///
/// Source: pty(7), ioctl_tty(2).
package enum Terminal {
    package struct Size: Hashable, Sendable {
        package var rows: UInt16
        package var columns: UInt16
        package init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    package static func isTerminal(_ descriptor: Int32) -> Bool { clinux_is_terminal(descriptor) == 1 }

    /// The other side of a master that is open; it never goes by a path.
    ///
    /// Source: ioctl_tty(2), `TIOCGPTPEER` (Linux 4.13), CVE-2025-52565.
    package static func openPeer(of master: Int32) throws(SyscallError) -> OwnedDescriptor {
        try check(clinux_pty_unlock(master), "ioctl(TIOCSPTLCK)", on: "descriptor \(master)")
        return OwnedDescriptor(
            taking: try check(clinux_pty_peer(master), "ioctl(TIOCGPTPEER)", on: "descriptor \(master)"))
    }

    /// Makes a terminal the controlling one of the caller's session.
    package static func becomeControlling(_ descriptor: Int32) throws(SyscallError) {
        try check(clinux_controlling_terminal(descriptor), "ioctl(TIOCSCTTY)", on: "descriptor \(descriptor)")
    }

    package static func size(of descriptor: Int32) throws(SyscallError) -> Size {
        var size = Size(rows: 0, columns: 0)
        try check(
            unsafe clinux_window_size_get(descriptor, &size.rows, &size.columns), "ioctl(TIOCGWINSZ)",
            on: "descriptor \(descriptor)")
        return size
    }

    package static func setSize(_ size: Size, of descriptor: Int32) throws(SyscallError) {
        try check(
            clinux_window_size_set(descriptor, size.rows, size.columns), "ioctl(TIOCSWINSZ)",
            on: "descriptor \(descriptor)")
    }

    /// Raw mode until the value is restored.
    package struct SavedMode: Sendable {
        fileprivate let state: [UInt8]
        fileprivate let descriptor: Int32

        package func restore() throws(SyscallError) {
            try check(
                unsafe state.withUnsafeBytes { unsafe clinux_terminal_restore(descriptor, $0.baseAddress) },
                "tcsetattr", on: "descriptor \(descriptor)")
        }
    }

    package static func makeRaw(_ descriptor: Int32) throws(SyscallError) -> SavedMode {
        var state = [UInt8](repeating: 0, count: clinux_terminal_state_size())
        try check(
            unsafe state.withUnsafeMutableBytes { unsafe clinux_terminal_raw(descriptor, $0.baseAddress) },
            "tcsetattr", on: "descriptor \(descriptor)")
        return SavedMode(state: state, descriptor: descriptor)
    }
}
