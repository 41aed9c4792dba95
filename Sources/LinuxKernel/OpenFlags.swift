// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What a path may pass through while the kernel resolves it.
///
/// Source: openat2(2).
package struct Resolve: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The starting folder is `/` of the walk: absolute paths, links and `..` stay in it.
    package static let inRoot = Self(rawValue: UInt64(CLINUX_RESOLVE_IN_ROOT))
    /// Leaving the starting folder is an error.
    package static let beneath = Self(rawValue: UInt64(CLINUX_RESOLVE_BENEATH))
    package static let noSymlinks = Self(rawValue: UInt64(CLINUX_RESOLVE_NO_SYMLINKS))
    package static let noMagicLinks = Self(rawValue: UInt64(CLINUX_RESOLVE_NO_MAGICLINKS))
    /// Nothing that is mounted on the way is entered.
    package static let sameMount = Self(rawValue: UInt64(CLINUX_RESOLVE_NO_XDEV))
}

/// Flags of open(2).
package struct OpenFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let readOnly = Self([])
    package static let writeOnly = Self(rawValue: O_WRONLY)
    package static let readWrite = Self(rawValue: O_RDWR)
    package static let create = Self(rawValue: O_CREAT)
    package static let exclusive = Self(rawValue: O_EXCL)
    package static let truncate = Self(rawValue: O_TRUNC)
    package static let append = Self(rawValue: O_APPEND)
    package static let directory = Self(rawValue: O_DIRECTORY)
    package static let noFollow = Self(rawValue: O_NOFOLLOW)
    package static let nonBlocking = Self(rawValue: O_NONBLOCK)
    package static let noControllingTerminal = Self(rawValue: O_NOCTTY)
    /// A place in the file system, neither readable nor writable.
    ///
    /// Source: open(2), `O_PATH`.
    package static let path = Self(rawValue: Int32(CLINUX_O_PATH))
}
