// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Calls handlers when descriptors are ready or times have come, one after the other on the only thread.
final class EventLoop {
    typealias Handler = (Readiness) throws -> Void

    private let queue: EventQueue
    private var handlers: [UInt64: (descriptor: Int32, handler: Handler)] = [:]
    private var nextToken: UInt64 = 1
    private var timers: [(due: Int64, token: UInt64, handler: () throws -> Void)] = []
    private var ended = false
    /// Called with what a handler throws: one that fails must not end the pod.
    var onError: (any Error) -> Void = { _ in }

    init() throws { queue = try EventQueue() }

    /// A source of events, for ``remove(_:)``.
    struct Token: Hashable { fileprivate let number: UInt64 }

    func add(_ descriptor: Int32, _ readiness: Readiness = .input, _ handler: @escaping Handler) throws -> Token {
        let token = Token(number: nextToken)
        nextToken += 1
        try queue.add(descriptor, readiness, token: token.number)
        handlers[token.number] = (descriptor, handler)
        return token
    }

    /// Stops watching; call it before the descriptor is closed.
    func remove(_ token: Token) throws {
        guard let entry = handlers.removeValue(forKey: token.number) else { return }
        try queue.remove(entry.descriptor)
    }

    /// Calls once after so many seconds; more than a century is for ever.
    @discardableResult
    func after(seconds: Int64, _ handler: @escaping () throws -> Void) -> Token {
        after(nanoseconds: min(max(0, seconds), 3_153_600_000) * 1_000_000_000, handler)
    }

    /// Calls once after so many nanoseconds.
    @discardableResult
    func after(nanoseconds: Int64, _ handler: @escaping () throws -> Void) -> Token {
        let token = Token(number: nextToken)
        nextToken += 1
        timers.append((Clock.monotonic + max(0, nanoseconds), token.number, handler))
        return token
    }

    func cancel(_ token: Token) { timers.removeAll { $0.token == token.number } }

    func end() { ended = true }

    /// Runs until ``end()``; `settle` is called after each round of handlers.
    func run(settle: () throws -> Void) throws {
        attempt(settle)
        while !ended {
            for event in try queue.wait(milliseconds: nextTimeout()) {
                // A handler may have removed a source whose event was already here.
                if let entry = handlers[event.token] { attempt { try entry.handler(event.readiness) } }
            }
            callTimers()
            attempt(settle)
        }
    }

    private func attempt(_ work: () throws -> Void) {
        do { try work() } catch { onError(error) }
    }

    private func nextTimeout() -> Int32? {
        guard let due = timers.map(\.due).min() else { return nil }
        let left = max(0, due - Clock.monotonic)
        return Int32(min(Int64(Int32.max), (left + 999_999) / 1_000_000))
    }

    private func callTimers() {
        let now = Clock.monotonic
        let due = timers.filter { $0.due <= now }
        timers.removeAll { $0.due <= now }
        for timer in due { attempt(timer.handler) }
    }
}
