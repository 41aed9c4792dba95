// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// An exchange over a connection that never waits, from the pod's network or the machine's.
final class Conversation {
    private var exchange: any Exchange
    private let target: Shim.Target
    private let sandbox: Sandbox
    private let loop: EventLoop
    private let run: ActionRun
    private let limit: Int64?
    private var link: Link?
    private var token: EventLoop.Token?
    private var watched: Readiness = []
    private var timer: EventLoop.Token?
    private var failure: EventLoop.Token?
    private var pending: [UInt8] = []
    private var isConnected = false

    /// A class can hold it and let go of it.
    private final class Link {
        let socket: TCPSocket
        init(_ socket: consuming TCPSocket) { self.socket = socket }
    }

    init(
        _ exchange: any Exchange, with target: Shim.Target, sandbox: Sandbox, _ loop: EventLoop, _ run: ActionRun,
        limit: Int64?
    ) {
        self.exchange = exchange
        self.target = target
        self.sandbox = sandbox
        self.loop = loop
        self.run = run
        self.limit = limit
    }

    func begin(port: UInt16) throws {
        run.work = { self.close() }
        if let limit {
            timer = loop.after(seconds: limit) { try self.finish(self.exchange.timedOut(after: "\(limit)s")) }
        }
        do { try connect(port) } catch {
            close()
            throw error
        }
    }

    private func connect(_ port: UInt16) throws {
        let address = target.address
        let link: Link
        if target.isInside {
            link = try sandbox.insideNetwork { () throws(SyscallError) in Link(try TCPSocket(for: address)) }
        } else {
            link = Link(try TCPSocket(for: address))
        }
        self.link = link
        isConnected = false
        do throws(SyscallError) {
            // Even one that stands at once is told by the loop.
            _ = try link.socket.connect(port: port)
        } catch {
            let text = "connect: \(error.errno.description.lowercased())"
            // Not at once: who asked has not kept the run yet.
            failure = loop.after(nanoseconds: 0) { try self.finish(self.exchange.failed(text)) }
            return
        }
        try watch([.output])
    }

    private func watch(_ readiness: Readiness) throws {
        guard let link, watched != readiness || token == nil else { return }
        if let token { try loop.remove(token) }
        watched = readiness
        token = try loop.add(link.socket.raw, readiness) { _ in
            do throws(SyscallError) { try self.goOn() } catch {
                try self.finish(
                    self.exchange.failed("\(error.call): \(error.errno.description.lowercased())"))
            }
        }
    }

    private func goOn() throws(SyscallError) {
        guard let link else { return }
        if !isConnected {
            if let error = try link.socket.pendingError() {
                throw SyscallError(call: "connect", subject: "a connection", errno: error)
            }
            isConnected = true
            if handle(exchange.connected()) { return }
        } else if watched.contains(.input), let bytes = try link.socket.receive(upTo: 16 << 10) {
            if handle(exchange.receive(bytes)) { return }
            // The other side has ended, and that was no end of the exchange.
            if bytes.isEmpty { throw SyscallError(call: "read", subject: "a connection", errno: .connectionReset) }
        }
        pending += exchange.takeOutput()
        if !pending.isEmpty { pending.removeFirst(try link.socket.send(pending)) }
        do { try watch(pending.isEmpty ? [.input] : [.input, .output]) } catch { fail(error) }
    }

    /// True when this connection is over.
    private func handle(_ progress: ExchangeProgress) -> Bool {
        switch progress {
        case .goesOn: return false
        case .done(let outcome):
            do { try finish(outcome) } catch { loop.onError(error) }
        case .redirected(let request):
            do { try follow(request) } catch { fail(error) }
        }
        return true
    }

    /// The same host on another connection, within the same time.
    private func follow(_ request: HTTPRequest) throws {
        guard let next = exchange.following(request) else { return }
        disconnect()
        exchange = next
        try connect(request.url.port)
    }

    private func fail(_ error: any Error) {
        do { try finish(exchange.failed("\(error)")) } catch { loop.onError(error) }
    }

    private func finish(_ outcome: ActionOutcome) throws {
        close()
        try run.finish(outcome)
    }

    private func disconnect() {
        if let token {
            do { try loop.remove(token) } catch { loop.onError(error) }
        }
        token = nil
        link = nil
        pending = []
    }

    private func close() {
        for token in [timer, failure] {
            if let token { loop.cancel(token) }
        }
        (timer, failure) = (nil, nil)
        disconnect()
    }
}
