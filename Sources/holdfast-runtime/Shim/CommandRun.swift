// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// A command in a container, of a probe or a hook, with the context of the container's own processes.
///
/// It keeps so much of the command's output as an event shows. It stays in the loop until its process has been reaped.
final class CommandRun {
    /// Source: the kubelet's probe/exec, `maxReadLength`.
    private static let longestOutput = 10 << 10

    private let command: [String]
    private let attempt: ContainerRun.Attempt
    private let loop: EventLoop
    private let run: ActionRun
    private let limit: Int64?
    private var process: StartingProcess?
    private var reader: Int32 = -1
    private var readerToken: EventLoop.Token?
    private var reportToken: EventLoop.Token?
    private var processToken: EventLoop.Token?
    private var timer: EventLoop.Token?
    private var output: [UInt8] = []
    private var wasKilled = false

    init(
        _ command: [String], in attempt: ContainerRun.Attempt, _ loop: EventLoop, _ run: ActionRun, limit: Int64?
    ) {
        self.command = command
        self.attempt = attempt
        self.loop = loop
        self.run = run
        self.limit = limit
    }

    func begin() throws {
        var plan = attempt.plan.process
        plan.arguments = command
        plan.terminal = false
        plan.terminalSize = nil
        let null = try File.open("/dev/null", [.readOnly])
        let pipe = try Pipe()
        let options = LaunchOptions(
            streams: .init(input: null.raw, output: pipe.writer.raw, error: pipe.writer.raw), diesWithParent: true)
        let process = try plan.start(
            joining: attempt.process.descriptor.raw, in: attempt.cgroup, owners: attempt.plan.owners, options)
        self.process = process
        reader = pipe.takeReader().release()
        run.work = { self.kill() }
        run.isBusy = { self.process != nil }
        do {
            try Descriptors.setNonBlocking(reader)
            readerToken = try loop.add(reader) { _ in try self.read() }
            // The container can stop a process that is born in it: nothing waits for it here.
            try Descriptors.setNonBlocking(process.report.raw)
            reportToken = try loop.add(process.report.raw) { _ in try self.advance() }
        } catch {
            kill()
            _ = try Process.wait(process.descriptor.raw)
            try end()
            throw error
        }
        if let limit { timer = loop.after(seconds: limit) { try self.expire(limit) } }
    }

    private func advance() throws {
        guard let process else { return }
        let progress = try process.advance()
        // It may be another process by now than the one that was killed.
        if wasKilled { try Process.signal(process.descriptor.raw, Signal.kill) }
        switch progress {
        case .pending, .waits: return
        case .failed(let error):
            try end()
            try run.finish(.unknown("failed to exec in container: \(error.message)"))
        case .started:
            if let reportToken { try loop.remove(reportToken) }
            reportToken = nil
            processToken = try loop.add(process.descriptor.raw) { _ in try self.reap() }
        }
    }

    private func reap() throws {
        guard let process, let exit = try Process.poll(process.descriptor.raw) else { return }
        try read()
        try end()
        let text = String(decoding: output, as: UTF8.self)
        try run.finish(exit == .exited(code: 0) ? .success : .failure(text))
    }

    private func expire(_ seconds: Int64) throws {
        timer = nil
        kill()
        try run.finish(
            .failure("command timed out: \"\(command.joined(separator: " "))\" timed out after \(seconds)s"))
    }

    /// Reads what is there, once; what is too much goes nowhere, so that the command need not wait.
    private func read() throws {
        guard let readerToken else { return }
        do throws(SyscallError) {
            let bytes = try File.read(reader, upTo: 64 << 10, subject: "a command's output")
            output += bytes.prefix(Self.longestOutput - output.count)
            guard bytes.isEmpty else { return }
        } catch {
            if error.errno == .again { return }
            throw error
        }
        self.readerToken = nil
        try loop.remove(readerToken)
    }

    /// Kills it with all that it has started and that is still of its session's first process group.
    private func kill() {
        wasKilled = true
        guard let process else { return }
        do {
            // It has not been reaped: its number is no other's.
            try Process.signal(pid: -process.pid, Signal.kill)
            try Process.signal(process.descriptor.raw, Signal.kill)
        } catch { loop.onError(error) }
    }

    private func end() throws {
        if let timer { loop.cancel(timer) }
        for token in [readerToken, reportToken, processToken] {
            if let token { try loop.remove(token) }
        }
        (timer, readerToken, reportToken, processToken) = (nil, nil, nil, nil)
        if reader >= 0 { _ = OwnedDescriptor(taking: reader) }
        reader = -1
        process = nil
        // They hold each other until then.
        run.work = nil
        run.isBusy = { false }
    }
}
