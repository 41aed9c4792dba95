// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Makes C.UTF-8 the locale of the thread that makes the value, until it goes, on the same thread.
///
/// For C libraries that take file names, which are bytes, for text of the locale. Source: uselocale(3).
@safe package struct UTF8Locale: ~Copyable {
    private let locale: UnsafeMutableRawPointer
    private let before: UnsafeMutableRawPointer?

    /// Nil when the machine has no such locale.
    package init?() {
        var before: UnsafeMutableRawPointer?
        guard let locale = unsafe clinux_begin_utf8(&before) else { return nil }
        unsafe self.locale = unsafe locale
        unsafe self.before = unsafe before
    }

    deinit { unsafe clinux_end_utf8(locale, before) }
}
