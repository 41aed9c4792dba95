// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A number of errno(3) with its text.
package struct Errno: Hashable, Sendable, CustomStringConvertible {
    package let number: Int32
    package init(_ number: Int32) { self.number = number }

    /// The C library's text: `Operation not permitted`.
    package var description: String { unsafe String(cString: strerror(number)) }

    package static let notPermitted = Self(EPERM)
    package static let noEntry = Self(ENOENT)
    package static let noProcess = Self(ESRCH)
    package static let interrupted = Self(EINTR)
    package static let tooBig = Self(E2BIG)
    package static let badDescriptor = Self(EBADF)
    package static let noChild = Self(ECHILD)
    package static let again = Self(EAGAIN)
    package static let accessDenied = Self(EACCES)
    package static let busy = Self(EBUSY)
    package static let exists = Self(EEXIST)
    package static let crossDevice = Self(EXDEV)
    package static let notDirectory = Self(ENOTDIR)
    package static let isDirectory = Self(EISDIR)
    package static let invalid = Self(EINVAL)
    package static let noSpace = Self(ENOSPC)
    package static let quotaExceeded = Self(EDQUOT)
    package static let readOnly = Self(EROFS)
    package static let brokenPipe = Self(EPIPE)
    package static let nameTooLong = Self(ENAMETOOLONG)
    package static let fileTooBig = Self(EFBIG)
    package static let noRoute = Self(ENETUNREACH)
    package static let refused = Self(ECONNREFUSED)
    package static let connectionReset = Self(ECONNRESET)
    package static let noSystemCall = Self(ENOSYS)
    package static let notEmpty = Self(ENOTEMPTY)
    package static let tooManyLinks = Self(ELOOP)
    package static let notSupported = Self(EOPNOTSUPP)
    package static let execFormat = Self(ENOEXEC)
    package static let io = Self(EIO)
}

/// A kernel call that failed.
package struct SyscallError: Error, Hashable, CustomStringConvertible {
    /// As the manual writes it: `prctl(PR_CAPBSET_DROP)`.
    package let call: String
    /// What it acted on: a path, a uid, a capability number.
    package let subject: String
    package let errno: Errno
    /// What the kernel said beyond the number: the messages of fsopen(2), the nearest to a cause that it gives.
    package let detail: String

    package init(call: String, subject: String, errno: Errno, detail: String = "") {
        self.call = call
        self.subject = subject
        self.errno = errno
        self.detail = detail
    }

    package var description: String {
        "\(call) on \(subject): \(errno)" + (detail.isEmpty ? "" : " (\(detail))")
    }
}

/// Turns `-errno` into an error that names the call and its subject; any other result is passed on.
@discardableResult
func check<Result: SignedInteger>(
    _ result: Result, _ call: @autoclosure () -> String, on subject: @autoclosure () -> some CustomStringConvertible
) throws(SyscallError) -> Result {
    guard result < 0 else { return result }
    throw SyscallError(call: call(), subject: subject().description, errno: Errno(Int32(-result)))
}
