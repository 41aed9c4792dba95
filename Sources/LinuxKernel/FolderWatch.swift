// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Tells that something below watched places has changed; what, the caller looks up.
///
/// Source: inotify(7).
package struct FolderWatch: ~Copyable {
    package struct Change: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let modified = Self(rawValue: 0x2)  // IN_MODIFY
        package static let appeared = Self(rawValue: 0x180)  // IN_MOVED_TO, IN_CREATE
        package static let disappeared = Self(rawValue: 0x240)  // IN_MOVED_FROM, IN_DELETE
    }
    private let descriptor: OwnedDescriptor

    /// Readable when something has changed.
    package var raw: Int32 { descriptor.raw }

    package init() throws(SyscallError) {
        descriptor = OwnedDescriptor(taking: try check(clinux_inotify(), "inotify_init1", on: "a watch"))
    }

    /// Watches a file, or the entries of a folder.
    package func add(_ path: String, _ changes: Change) throws(SyscallError) {
        try check(unsafe clinux_inotify_add(descriptor.raw, path, changes.rawValue), "inotify_add_watch", on: path)
    }

    /// Takes all that was reported so far, so that ``raw`` is readable only for what comes next.
    package func clear() throws(SyscallError) {
        while true {
            do {
                if try File.read(descriptor.raw, upTo: 16 << 10, subject: "inotify").isEmpty { return }
            } catch  where error.errno == .again { return }
        }
    }
}
