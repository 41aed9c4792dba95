// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Advisory locks on single bytes of a file: one file carries any number of locks and leaves nothing behind.
///
/// They belong to the open file and go with its last descriptor. Source: fcntl(2), open file description locks.
package enum ByteLock {
    /// Takes the lock; false when another holds it and `wait` is false.
    ///
    /// An exclusive lock needs a descriptor that is open for writing, a shared one a descriptor open for reading.
    package static func take(
        _ descriptor: Int32, at offset: Int64, exclusive: Bool = true, wait: Bool
    ) throws(SyscallError) -> Bool {
        let result = clinux_lock_byte(descriptor, offset, exclusive ? 1 : 0, wait ? 1 : 0)
        if result == -Errno.again.number { return false }
        try check(result, wait ? "fcntl(F_OFD_SETLKW)" : "fcntl(F_OFD_SETLK)", on: "byte \(offset)")
        return true
    }

    /// Whether somebody else holds the byte, in any mode.
    package static func isHeld(_ descriptor: Int32, at offset: Int64) throws(SyscallError) -> Bool {
        try check(clinux_byte_is_locked(descriptor, offset), "fcntl(F_OFD_GETLK)", on: "byte \(offset)") == 1
    }
}
