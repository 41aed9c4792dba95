// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel

/// What of a container's streams is to be joined.
package struct AttachRequest: Sendable {
    package var pod: ObjectName
    package var container: String
    /// Passes the caller's standard input on.
    package var stdin = false
    /// The container has a terminal: what it writes is one stream.
    package var hasTerminal = false
    /// The caller has one too, which it gives to the container meanwhile.
    package var terminal = false

    package init(pod: ObjectName, container: String) {
        self.pod = pod
        self.container = container
    }
}

extension Engine {
    /// The container that is to be attached to, as `kubectl attach` chooses it, and how.
    package func attachTarget(
        pod: ObjectName, container: String?, notice: (String) throws(EngineError) -> Void
    ) throws(EngineError) -> (name: String, stdin: Bool, tty: Bool) {
        guard let place = try pods.find(pod), let record = try PodRecord(reading: place, in: root) else {
            throw .notFound(.pod, name: pod.name)
        }
        var options = LogOptions()
        options.container = container
        guard let name = try PodLogs(record: record).containers(options, notice).first else {
            throw .failed("pod \(pod.name) has no containers")
        }
        let lists = ["containers", "initContainers", "ephemeralContainers"]
        let spec = lists.flatMap { record.object.at("spec", $0)?.elements ?? [] }.first {
            $0["name"]?.stringValue == name
        }
        return (name, spec?["stdin"] == true, spec?["tty"] == true)
    }

    /// Joins the caller's streams to a container's, until it ends; with its exit code.
    package func attach(_ request: AttachRequest) throws(EngineError) -> Int32 {
        guard let place = try pods.find(request.pod) else { throw .notFound(.pod, name: request.pod.name) }
        guard let connection = try ShimConnection(place) else {
            throw .failed("pod \(request.pod.name) has no supervisor any more: delete it and apply it again")
        }
        do { return try AttachSession(request: request).run(over: connection) } catch let error as EngineError {
            throw error
        } catch {
            throw .failed("cannot join the container's streams: \(error)")
        }
    }
}

/// Copies between the caller's streams and a container's.
struct AttachSession {
    let request: AttachRequest

    private enum Token {
        static let answers: UInt64 = 0
        static let input: UInt64 = 1
        static let room: UInt64 = 2
        static let signals: UInt64 = 3
        /// Of the streams, standard output's first.
        static let output: UInt64 = 4
    }

    /// One stream of the container, and where it goes.
    private final class Stream {
        let reader: OwnedDescriptor
        let sink: Int32
        var isOpen = true

        init(_ reader: consuming OwnedDescriptor, to sink: Int32) {
            self.reader = reader
            self.sink = sink
        }
    }

    /// Returns the container's exit code.
    func run(over connection: ShimConnection) throws -> Int32 {
        let streams = try ask(connection)
        try awaitAnswer(connection)
        var input: SharedDescriptor?
        if let descriptor = connection.takeDescriptor() { input = SharedDescriptor(descriptor) }
        guard request.terminal, let input else { return try relay(connection, streams, input, signals: []) }
        let mode = try Terminal.makeRaw(0)
        let outcome = Result {
            try Terminal.setSize(try Terminal.size(of: 0), of: input.raw)
            return try relay(
                connection, streams, input,
                signals: [Signal.windowChange, Signal.terminate, Signal.hangUp, Signal.interrupt])
        }
        try mode.restore()
        return try outcome.get()
    }

    private func ask(_ connection: ShimConnection) throws -> [Stream] {
        let output = try Pipe()
        let errors = try Pipe()
        let descriptors = request.hasTerminal ? [output.writer.raw] : [output.writer.raw, errors.writer.raw]
        try connection.send(.attach(container: request.container, stdin: request.stdin), descriptors: descriptors)
        let all = [Stream(output.takeReader(), to: 1), Stream(errors.takeReader(), to: 2)]
        for stream in all { try Descriptors.setNonBlocking(stream.reader.raw) }
        return Array(all.prefix(descriptors.count))
    }

    private func awaitAnswer(_ connection: ShimConnection) throws(EngineError) {
        while true {
            let (replies, ended) = try connection.receive()
            for reply in replies {
                switch reply {
                case .started: return
                case .failed(let code, let message): throw .exec(code: code, message: message)
                default: continue
                }
            }
            if ended { throw .failed("the pod ended") }
        }
    }

    /// Copies until the container has ended and all that it wrote has come.
    private func relay(
        _ connection: ShimConnection, _ streams: [Stream], _ sink: SharedDescriptor?, signals: [Int32]
    ) throws -> Int32 {
        let queue = try EventQueue()
        let caught = try SignalQueue(signals)
        if !signals.isEmpty { try queue.add(caught.raw, token: Token.signals) }
        try queue.add(connection.raw, token: Token.answers)
        for (index, stream) in streams.enumerated() {
            try queue.add(stream.reader.raw, token: Token.output + UInt64(index))
        }
        var input: InputRelay?
        if request.stdin, let sink {
            let end = try Descriptors.duplicate(sink.raw)
            input = try InputRelay(to: end, inputToken: Token.input, roomToken: Token.room)
            try input?.register(queue)
        }
        var code: Int32?
        while true {
            for event in try queue.wait(milliseconds: nil) {
                switch event.token {
                case Token.input: try input?.copy(queue)
                case Token.room: try input?.flush(queue)
                case Token.signals:
                    while let signal = try caught.next() {
                        guard signal == Signal.windowChange, let sink else { return 128 + signal }
                        try Terminal.setSize(try Terminal.size(of: 0), of: sink.raw)
                    }
                case Token.answers:
                    let (replies, ended) = try connection.receive()
                    for case .exited(let exit) in replies { code = exit }
                    if ended || code != nil { try queue.remove(connection.raw) }
                    // With the pod's end its supervisor is gone too.
                    if ended, code == nil { code = 137 }
                default:
                    let stream = streams[Int(event.token - Token.output)]
                    guard stream.isOpen, try !Self.show(stream) else { continue }
                    stream.isOpen = false
                    try queue.remove(stream.reader.raw)
                }
            }
            if let code, !streams.contains(where: \.isOpen) { return code }
        }
    }

    /// Shows what has come by now; false when nothing more will.
    private static func show(_ stream: Stream) throws(SyscallError) -> Bool {
        while true {
            let part: [UInt8]
            do { part = try File.read(stream.reader.raw, upTo: 64 << 10, subject: "the container's output") } catch
                where error.errno == .again
            { return true }
            if part.isEmpty { return false }
            try File.write(part, to: stream.sink, subject: "a standard stream")
        }
    }
}
