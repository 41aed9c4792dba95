// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// Joins a command in a container to the caller's standard streams, until it has ended.
struct ExecSession {
    let request: ExecRequest
    let container: String

    private enum Token {
        static let answers: UInt64 = 0
        static let input: UInt64 = 1
        static let room: UInt64 = 2
        static let output: UInt64 = 3
        static let errors: UInt64 = 4
        static let signals: UInt64 = 5
    }

    /// Returns the command's exit code.
    func run(over connection: ShimConnection) throws(EngineError) -> Int32 {
        do {
            return request.terminal ? try runOnTerminal(connection) : try runOnStreams(connection)
        } catch let error as EngineError {
            throw error
        } catch {
            throw .failed("cannot join the command's streams: \(error)")
        }
    }

    private func ask(
        _ connection: ShimConnection, size: Terminal.Size, descriptors: [Int32]
    ) throws(EngineError) {
        try connection.send(
            .exec(
                container: container, command: request.command, terminal: request.terminal, rows: size.rows,
                columns: size.columns), descriptors: descriptors)
    }

    /// The exit code, once an answer brings it; nil when none has.
    private func hear(_ connection: ShimConnection) throws(EngineError) -> Int32? {
        let (replies, ended) = try connection.receive()
        for reply in replies {
            switch reply {
            case .exited(let code): return code
            case .failed(let code, let message): throw .exec(code: code, message: message)
            case .started, .changed, .accepted, .stopped: continue
            }
        }
        if ended { throw .failed("the pod ended, and the command with it") }
        return nil
    }

    // MARK: Streams

    /// The container's process gets the caller's own descriptors, so no byte is copied.
    ///
    /// A terminal is the exception: who holds it can read what the person types. There a pipe stands between.
    private func runOnStreams(_ connection: ShimConnection) throws -> Int32 {
        let nothing = try File.open("/dev/null", [.readOnly])
        let person =
            request.stdin && Terminal.isTerminal(0)
            ? try InputRelay.piped(inputToken: Token.input, roomToken: Token.room) : nil
        let output = try OutputRelay(1)
        let errors = try OutputRelay(2)
        let input = person?.farEnd ?? (request.stdin ? 0 : nothing.raw)
        try ask(
            connection, size: Terminal.Size(rows: 0, columns: 0),
            descriptors: [input, output?.farEnd ?? 1, errors?.farEnd ?? 2])
        person?.closeFarEnd()
        output?.closeFarEnd()
        errors?.closeFarEnd()
        return try pump(connection, person, output, errors)
    }

    /// Copies until the command has ended and all that it wrote has been passed on.
    private func pump(
        _ connection: ShimConnection, _ input: InputRelay?, _ output: OutputRelay?, _ errors: OutputRelay?
    ) throws -> Int32 {
        let queue = try EventQueue()
        try queue.add(connection.raw, token: Token.answers)
        try input?.register(queue)
        if let output { try queue.add(output.source, token: Token.output) }
        if let errors { try queue.add(errors.source, token: Token.errors) }
        while true {
            for event in try queue.wait(milliseconds: nil) {
                switch event.token {
                case Token.input: try input?.copy(queue)
                case Token.room: try input?.flush(queue)
                case Token.output, Token.errors:
                    guard let relay = event.token == Token.output ? output : errors else { continue }
                    if try !relay.drain() { try queue.remove(relay.source) }
                default:
                    guard let code = try hear(connection) else { continue }
                    // What is in the pipes by now was written before the end.
                    for relay in [output, errors] { _ = try relay?.drain() }
                    return code
                }
            }
        }
    }

    // MARK: Terminal

    private func runOnTerminal(_ connection: ShimConnection) throws -> Int32 {
        try ask(connection, size: try Terminal.size(of: 0), descriptors: [])
        while true {
            if let code = try hear(connection) { return code }
            guard let master = connection.takeDescriptor() else { continue }
            // From here on every way out gives the person's terminal back.
            let mode = try Terminal.makeRaw(0)
            let outcome = Result { try relay(master, connection) }
            try mode.restore()
            return try outcome.get()
        }
    }

    private func relay(_ master: borrowing OwnedDescriptor, _ connection: ShimConnection) throws -> Int32 {
        let queue = try EventQueue()
        // Blocked from here on: a signal ends the session in good order, and with it raw mode.
        let signals = try SignalQueue([Signal.windowChange, Signal.terminate, Signal.hangUp, Signal.interrupt])
        try queue.add(signals.raw, token: Token.signals)
        try queue.add(connection.raw, token: Token.answers)
        let input = try InputRelay(to: try master.duplicate(), inputToken: Token.input, roomToken: Token.room)
        try input.register(queue)
        try queue.add(master.raw, token: Token.output)
        while true {
            for event in try queue.wait(milliseconds: nil) {
                switch event.token {
                case Token.input: try input.copy(queue)
                case Token.room: try input.flush(queue)
                case Token.output: if try !Self.show(master.raw) { try queue.remove(master.raw) }
                case Token.signals:
                    while let signal = try signals.next() {
                        guard signal == Signal.windowChange else { return 128 + signal }
                        try Terminal.setSize(try Terminal.size(of: 0), of: master.raw)
                    }
                default:
                    guard let code = try hear(connection) else { continue }
                    _ = try Self.show(master.raw)
                    return code
                }
            }
        }
    }

    /// Shows all that the command's terminal has by now; false when the last process has closed it: pty(7), EIO.
    private static func show(_ master: Int32) throws(SyscallError) -> Bool {
        while true {
            let part: [UInt8]
            do { part = try File.read(master, upTo: 64 << 10, subject: "the command's terminal") } catch
                where error.errno == .again
            {
                return true
            } catch  where error.errno == .io {
                return false
            }
            if part.isEmpty { return false }
            try File.write(part, to: 1, subject: "standard output")
        }
    }
}
