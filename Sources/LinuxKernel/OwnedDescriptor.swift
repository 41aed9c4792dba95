// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A file descriptor with exactly one owner, closed when its owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    package let raw: Int32
    package init(taking raw: Int32) { self.raw = raw }

    // The result is dropped on purpose: Linux frees the descriptor even when close(2) reports EINTR.
    deinit { _ = close(raw) }

    /// Gives up ownership: the caller closes it.
    package consuming func release() -> Int32 {
        let descriptor = raw
        discard self
        return descriptor
    }

    /// A second descriptor of the same open file, close-on-exec.
    ///
    /// Source: fcntl(2), `F_DUPFD_CLOEXEC`.
    package func duplicate() throws(SyscallError) -> OwnedDescriptor { try Descriptors.duplicate(raw) }
}

extension Optional where Wrapped == OwnedDescriptor {
    /// The descriptor's number, or -1, which the kernel takes for none.
    package var rawOrNone: Int32 {
        switch self {
        case .some(let descriptor): descriptor.raw
        case .none: -1
        }
    }
}

/// Descriptors of the calling process as a whole.
package enum Descriptors {
    /// Closes every descriptor from `first` up but for those in `kept`.
    ///
    /// Source: close_range(2), Linux 5.9.
    package static func closeAll(from first: Int32, except kept: [Int32]) throws(SyscallError) {
        var next = first
        for descriptor in Set(kept).sorted() where descriptor >= first {
            if descriptor > next { try close(UInt32(next), UInt32(descriptor - 1)) }
            next = descriptor + 1
        }
        try close(UInt32(next), UInt32.max)
    }

    private static func close(_ first: UInt32, _ last: UInt32) throws(SyscallError) {
        try check(clinux_close_range(first, last, 0), "close_range", on: "descriptors \(first) to \(last)")
    }

    /// Marks every descriptor from `first` up as close-on-exec.
    ///
    /// Source: close_range(2), `CLOSE_RANGE_CLOEXEC`.
    package static func closeOnExec(from first: UInt32) throws(SyscallError) {
        try check(
            clinux_close_range(first, UInt32.max, 1), "close_range(CLOSE_RANGE_CLOEXEC)",
            on: "descriptors from \(first)")
    }

    /// A second descriptor of the same open file, close-on-exec.
    ///
    /// Source: fcntl(2), `F_DUPFD_CLOEXEC`.
    package static func duplicate(_ descriptor: Int32) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try check(clinux_dup_above(descriptor, 3), "fcntl(F_DUPFD_CLOEXEC)", on: descriptor))
    }

    /// Makes the number `target` a copy of `source`, close-on-exec; what it was before is closed.
    ///
    /// Source: dup3(2).
    package static func replace(_ target: Int32, with source: Int32) throws(SyscallError) {
        try check(clinux_dup3(source, target), "dup3", on: "descriptor \(target)")
    }

    /// Makes `target` (0, 1 or 2) a copy of `source` that survives execve(2).
    ///
    /// Source: dup2(2).
    package static func install(_ source: Int32, as target: Int32) throws(SyscallError) {
        try check(clinux_dup2(source, target), "dup2", on: "descriptor \(target)")
    }
}
