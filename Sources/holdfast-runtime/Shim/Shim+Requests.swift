// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// A command that has connected.
final class Client {
    let connection: OwnedDescriptor
    var token: EventLoop.Token?
    var received: [UInt8] = []
    /// Descriptors that came and belong to nobody else yet.
    var descriptors: [Int32] = []
    var isWatching = false
    /// One connection, one request.
    var hasAsked = false
    /// What it has started, its report and then its end watched by the loop.
    var process: StartingProcess?
    var processToken: EventLoop.Token?
    /// Brings the master side of an exec's terminal; -1 without one.
    var console: Int32 = -1

    init(connection: consuming OwnedDescriptor) { self.connection = connection }

    deinit {
        closeDescriptors()
        if console >= 0 { _ = OwnedDescriptor(taking: console) }
    }

    func closeDescriptors() {
        for descriptor in descriptors { _ = OwnedDescriptor(taking: descriptor) }
        descriptors = []
    }
}

extension Shim {
    private static let mostClients = 256
    /// A request is a line of at most so many bytes.
    private static let longestRequest = 1 << 20

    func accept(_ connection: consuming OwnedDescriptor) throws(SyscallError) {
        // The socket has mode 0600; root alone may ask, in another user's namespace too (CVE-2020-15257).
        guard try Socket.peerUser(connection.raw) == 0, clients.count < Self.mostClients else { return }
        try Descriptors.setNonBlocking(connection.raw)
        let id = nextClient
        nextClient += 1
        let client = Client(connection: connection)
        clients[id] = client
        do {
            client.token = try loop.add(client.connection.raw) { [unowned self] _ in self.receive(from: id) }
        } catch { clients[id] = nil }
    }

    private func receive(from id: UInt64) {
        guard let client = clients[id] else { return }
        do {
            let bytes = try Socket.receive(
                upTo: 64 << 10, descriptors: &client.descriptors, over: client.connection.raw)
            if bytes.isEmpty { return leave(id) }
            client.received += bytes
            guard client.received.count <= Self.longestRequest else { return leave(id) }
            if let end = client.received.firstIndex(of: UInt8(ascii: "\n")) {
                guard !client.hasAsked else { throw RuntimeError("one connection takes one request") }
                client.hasAsked = true
                let line = Array(client.received[..<end])
                client.received = []
                answer(try JSONFile.decode(ShimRequest.self, from: line, subject: "the request"), to: id, client)
            }
        } catch let error as SyscallError where error.errno == .again {
        } catch {
            reply(.failed(code: 1, message: "\(error)"), to: id)
            leave(id)
        }
    }

    private func answer(_ request: ShimRequest, to id: UInt64, _ client: Client) {
        switch request {
        case .watch:
            client.isWatching = true
            reply(.changed, to: id)
        case .containersAdded:
            do {
                try prepareAddedContainers()
                reply(.accepted, to: id)
            } catch { reply(.failed(code: 1, message: "\(error)"), to: id) }
        case .attach(let container, let stdin):
            do { try attach(to: container, stdin: stdin, for: id, client) } catch {
                reply(.failed(code: 1, message: "\(error)"), to: id)
            }
        case .stop(let gracePeriod):
            stop(.init(requestedBy: [id], gracePeriod: gracePeriod ?? plan.terminationGracePeriod))
        case .exec(let container, let command, let terminal, let rows, let columns):
            do {
                let size = Terminal.Size(rows: rows, columns: columns)
                try exec(command, in: container, terminal: terminal ? size : nil, for: id, client)
            } catch let error as LaunchError {
                reply(.failed(code: error.shellCode, message: error.description), to: id)
            } catch {
                reply(.failed(code: 1, message: "\(error)"), to: id)
            }
        }
    }

    /// The client is gone: what it started ends with it.
    private func leave(_ id: UInt64) {
        guard let client = clients.removeValue(forKey: id) else { return }
        do {
            if let token = client.token { try loop.remove(token) }
            try detach(client: id)
            if let token = client.processToken { try loop.remove(token) }
            if let process = client.process {
                try Process.signal(process.descriptor.raw, Signal.kill)
                orphan(process)
            }
        } catch { record(.warning, "FailedExec", "\(error)") }
    }

    /// Ends and reaps a process that nobody asks for any more, and the one that it may have made in its place by now.
    private func orphan(_ process: StartingProcess) {
        do {
            var report: EventLoop.Token?
            report = try loop.add(process.report.raw) { [unowned self] _ in
                let progress = try process.advance()
                try Process.signal(process.descriptor.raw, Signal.kill)
                if case .pending = progress { return }
                if let report { try self.loop.remove(report) }
                report = nil
                if case .failed = progress { return }
                try self.reap(process)
            }
        } catch { self.report(error) }
    }

    private func reap(_ process: StartingProcess) throws {
        var token: EventLoop.Token?
        token = try loop.add(process.descriptor.raw) { [unowned self] _ in
            guard try Process.poll(process.descriptor.raw) != nil else { return }
            if let token { try self.loop.remove(token) }
        }
    }

    func reply(_ answer: ShimReply, descriptors: [Int32] = [], to id: UInt64) {
        guard let client = clients[id] else { return }
        do {
            try Socket.send(
                try JSONFile.encode(answer) + [UInt8(ascii: "\n")], descriptors: descriptors,
                over: client.connection.raw)
        } catch { leave(id) }  // It does not read, or is gone.
    }

    // MARK: exec

    private func exec(
        _ command: [String], in name: String, terminal: Terminal.Size?, for id: UInt64, _ client: Client
    ) throws {
        guard let container = containers.first(where: { $0.plan.name == name }) else {
            throw RuntimeError("container \(name) not found in pod \(plan.name)")
        }
        guard case .running(let attempt) = container.phase else {
            throw RuntimeError("container \(name) is not running")
        }
        guard !command.isEmpty else { throw RuntimeError("no command specified") }
        var process = attempt.plan.process
        process.arguments = command
        process.terminal = terminal != nil
        process.terminalSize = terminal
        if terminal != nil, !process.environment.contains(where: { $0.hasPrefix("TERM=") }) {
            process.environment.append("TERM=xterm")
        }
        var options = LaunchOptions(diesWithParent: true)
        let console = try Socket.pair()
        if terminal != nil {
            options.consoleSocket = console.second.raw
        } else {
            guard client.descriptors.count == 3 else {
                throw RuntimeError("an exec without a terminal comes with three descriptors")
            }
            options.streams = .init(
                input: client.descriptors[0], output: client.descriptors[1], error: client.descriptors[2])
        }
        let starting = try process.start(
            joining: attempt.process.descriptor.raw, in: attempt.cgroup, owners: attempt.plan.owners, options)
        client.closeDescriptors()
        client.process = starting
        client.console = console.takeFirst().release()
        // The container can stop a process that is born in it: nothing waits for it here.
        try Descriptors.setNonBlocking(starting.report.raw)
        client.processToken = try loop.add(starting.report.raw) { [unowned self] _ in
            try self.execAdvanced(starting, terminal: terminal != nil, of: id, client)
        }
    }

    private func execAdvanced(
        _ process: StartingProcess, terminal: Bool, of id: UInt64, _ client: Client
    ) throws {
        switch try process.advance() {
        case .pending, .waits: return
        case .failed(let error):
            try stopWatching(client)
            client.process = nil
            reply(.failed(code: error.shellCode, message: error.description), to: id)
        case .started:
            try stopWatching(client)
            if terminal {
                // It was sent before the program was executed.
                try Descriptors.setNonBlocking(client.console)
                _ = try Socket.receive(upTo: 64, descriptors: &client.descriptors, over: client.console)
            }
            reply(.started, descriptors: client.descriptors, to: id)
            client.closeDescriptors()
            guard clients[id] != nil else { return }
            client.processToken = try loop.add(process.descriptor.raw) { [unowned self] _ in
                guard let exit = try Process.poll(process.descriptor.raw) else { return }
                try self.stopWatching(client)
                client.process = nil
                self.reply(.exited(code: exit.shellCode), to: id)
            }
        }
    }

    private func stopWatching(_ client: Client) throws {
        if let token = client.processToken { try loop.remove(token) }
        client.processToken = nil
    }
}
