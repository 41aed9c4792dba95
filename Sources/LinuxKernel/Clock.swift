// SPDX-License-Identifier: Apache-2.0
import CLinux

/// The machine's clocks.
///
/// Source: clock_gettime(2).
package enum Clock {
    /// Nanoseconds since the epoch; it jumps when somebody sets it.
    package static var realtime: Int64 { clinux_realtime() }
    /// Nanoseconds since some point; it never jumps.
    package static var monotonic: Int64 { clinux_monotonic() }

    package static func sleep(milliseconds: Int32) { clinux_sleep_milliseconds(milliseconds) }
}
