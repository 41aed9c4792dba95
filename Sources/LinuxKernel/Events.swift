// SPDX-License-Identifier: Apache-2.0
import CLinux

/// What a descriptor is ready for.
///
/// Source: epoll_ctl(2).
package struct Readiness: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let input = Self(rawValue: 0x001)
    package static let output = Self(rawValue: 0x004)
    package static let error = Self(rawValue: 0x008)
    package static let hangUp = Self(rawValue: 0x010)
}

/// Waits for many descriptors at once.
///
/// Source: epoll(7).
package struct EventQueue: ~Copyable {
    private let descriptor: OwnedDescriptor

    package init() throws(SyscallError) {
        descriptor = OwnedDescriptor(taking: try check(clinux_epoll_create(), "epoll_create1", on: "a queue"))
    }

    /// Reports `source` under `token` until it is removed or closed.
    package func add(_ source: Int32, _ readiness: Readiness = .input, token: UInt64) throws(SyscallError) {
        try check(
            clinux_epoll_add(descriptor.raw, source, readiness.rawValue, token), "epoll_ctl(EPOLL_CTL_ADD)",
            on: "descriptor \(source)")
    }

    package func remove(_ source: Int32) throws(SyscallError) {
        try check(
            clinux_epoll_remove(descriptor.raw, source), "epoll_ctl(EPOLL_CTL_DEL)", on: "descriptor \(source)")
    }

    /// The tokens that are ready; none when `milliseconds` have passed (nil: for ever).
    package func wait(milliseconds: Int32?) throws(SyscallError) -> [(token: UInt64, readiness: Readiness)] {
        var tokens = [UInt64](repeating: 0, count: 64)
        var events = [UInt32](repeating: 0, count: 64)
        let count = try check(
            unsafe clinux_epoll_wait(descriptor.raw, &tokens, &events, 64, milliseconds ?? -1), "epoll_wait",
            on: "the queue")
        return (0..<Int(count)).map { (tokens[$0], Readiness(rawValue: events[$0])) }
    }
}

/// Signals as events: they are blocked and read from a descriptor.
///
/// Source: signalfd(2).
package struct SignalQueue: ~Copyable {
    private let descriptor: OwnedDescriptor
    package var raw: Int32 { descriptor.raw }

    package init(_ signals: [Int32]) throws(SyscallError) {
        descriptor = OwnedDescriptor(
            taking: try check(unsafe clinux_signalfd(signals, signals.count), "signalfd", on: "\(signals)"))
    }

    /// The next signal that came, or nil.
    package func next() throws(SyscallError) -> Int32? {
        var sender: Int32 = 0
        let number = unsafe clinux_signalfd_read(descriptor.raw, &sender)
        if number == -Errno.again.number { return nil }
        return try check(number, "read", on: "signalfd")
    }
}

/// Numbers of signal(7), the same on every architecture that is supported.
package enum Signal {
    package static let hangUp: Int32 = 1
    package static let interrupt: Int32 = 2
    package static let quit: Int32 = 3
    package static let kill: Int32 = 9
    package static let brokenPipe: Int32 = 13
    package static let terminate: Int32 = 15
    package static let child: Int32 = 17
    package static let windowChange: Int32 = 28
}

extension Signal {
    /// A number or a name in any case, with or without `SIG`: `9`, `KILL`, `sigterm`, `RTMIN+3`.
    package static func number(named word: String) -> Int32? {
        if let number = Int32(word) { return (1...64).contains(number) ? number : nil }
        let upper = word.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if name.hasPrefix("RTMIN+"), let above = Int32(name.dropFirst("RTMIN+".count)), (0...30).contains(above) {
            return 34 + above
        }
        return names.firstIndex(of: name).map { Int32($0 + 1) }
    }

    /// Indexed by number less one.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH",
        "IO",
        "PWR", "SYS",
    ]
}
