// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// The supervisor of one pod: it starts its containers, keeps their logs, restarts them, answers commands, and ends them.
///
/// One thread. What it has to say stands in `status.json`; what it is asked comes over `socket`.
final class Shim {
    var plan: SandboxPlan
    let loop: EventLoop
    /// Nil when it cannot be what the pod asks for: the pod waits, until it is deleted.
    let sandbox: Sandbox?
    let cgroupLayout: CgroupLayout
    var containers: [ContainerRun]
    var status: SandboxStatus
    var clients: [UInt64: Client] = [:]
    var nextClient: UInt64 = 1
    /// Every init container has succeeded and every sidecar has been started once.
    var isInitialised = false
    /// Set once the pod is to end: no container is started any more.
    var stopping: Stopping?
    var preparation: Preparation?
    /// Seconds until the prepare command is called again.
    var preparationBackOff: Int64 = 0
    var preparationIsScheduled = false
    /// The pod's object has containers that are not in the plan yet.
    var containersWereAdded = false
    private var listener: OwnedDescriptor
    private let signals: SignalQueue
    private var writtenStatus: SandboxStatus?
    private var statusFailed = false
    private var lastStatusFailed = false

    struct Stopping {
        /// Why, when it was not asked for: `DeadlineExceeded`.
        var reason: String?
        var message: String?
        var requestedBy: [UInt64] = []
        var gracePeriod: Int64
    }

    init(_ plan: SandboxPlan) throws {
        self.plan = plan
        cgroupLayout = try CgroupLayout.current()
        status = SandboxStatus(
            shim: Process.id, shimStart: try Process.startTime(of: Process.id), startTime: Clock.realtime)
        loop = try EventLoop()
        // A client or a container that no longer reads is an error of write(2), not the end of the shim.
        signals = try SignalQueue([Signal.terminate, Signal.interrupt, Signal.hangUp, Signal.brokenPipe])
        containers = plan.containers.map(ContainerRun.init)
        try File.makeFolders(plan.runFolder, mode: 0o700)
        let folder = try File.open(plan.runFolder, [.path, .directory])
        let (sandbox, refusal) = try Self.makeSandbox(plan)
        self.sandbox = sandbox
        // By the folder's descriptor: the path may be longer than unix(7) takes.
        listener = try Socket.listen("/proc/self/fd/\(folder.raw)/socket")
        loop.onError = { [unowned self] error in self.report(error) }
        do {
            if let refusal { refuse(refusal) }
            try openNetwork()
            try writeStatus()
            // The command that started this may have been killed, and the next one have taken the pod away.
            guard try File.exists(plan.podFolder + "/pod.json") else {
                throw RuntimeError("pod \(plan.name) has been removed before it was started")
            }
        } catch {
            closeNetwork()
            throw error
        }
    }

    /// The sandbox, or why the machine does not give the pod what it asks for; other errors may pass, and are thrown.
    private static func makeSandbox(_ plan: SandboxPlan) throws -> (sandbox: Sandbox?, refusal: String?) {
        if let refusal = plan.refusal { return (nil, refusal) }
        do { return (try Sandbox(plan), nil) } catch let error as LaunchError { return (nil, error.description) }
    }

    /// No container starts; the event is told once, by whoever has found the reason.
    private func refuse(_ reason: String) {
        status.refusal = reason
        if plan.refusal == nil {
            record(.warning, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(reason)")
        }
        for container in containers {
            container.plan.readiness = .pending(Waiting(reason: "ContainerCreating"))
            container.status.state = ContainerRun(container.plan).status.state
        }
    }

    func run() throws {
        try listen()
        try watchPause()
        scheduleUpkeep()
        if let seconds = plan.activeDeadline {
            loop.after(seconds: seconds) { [unowned self] in
                guard self.stopping == nil else { return }
                let message = "Pod was active on the node longer than the specified deadline"
                self.record(.normal, "DeadlineExceeded", message)
                self.stop(
                    .init(
                        reason: "DeadlineExceeded", message: message, gracePeriod: self.plan.terminationGracePeriod))
            }
        }
        try loop.run { [unowned self] in
            try self.advance()
            self.tryToWriteStatus()
        }
        finish()
    }

    /// An error that belongs to no container: it is told, and the pod goes on.
    func report(_ error: any Error) { record(.warning, "FailedSync", "\(error)") }

    /// In a shared PID namespace the containers end with its first process.
    private func watchPause() throws {
        guard let descriptor = sandbox?.pauseDescriptor else { return }
        var token: EventLoop.Token?
        token = try loop.add(descriptor) { [unowned self] _ in
            if let token { try self.loop.remove(token) }
            self.stop(
                .init(
                    reason: "SandboxChanged",
                    message: "the first process of the shared PID namespace has been ended from inside the pod",
                    gracePeriod: 0))
        }
    }

    private func listen() throws {
        _ = try loop.add(listener.raw) { [unowned self] _ in
            do throws(SyscallError) { try self.accept(try Socket.accept(self.listener.raw)) } catch {
                // A client that left again is no concern of the pod's.
                guard error.errno == .again || error.errno == Errno(103) else { throw error }  // ECONNABORTED
            }
        }
        _ = try loop.add(signals.raw) { [unowned self] _ in
            while let signal = try self.signals.next() {
                if signal == Signal.brokenPipe { continue }
                self.stop(
                    .init(
                        reason: Self.terminated, message: "the shim was asked to end by a signal",
                        gracePeriod: self.plan.terminationGracePeriod))
            }
        }
    }

    /// CNI, where the plan has it: the plugins see the namespace by a path that lives as long as the shim.
    private func openNetwork() throws {
        guard let command = plan.networkAdd, let path = sandbox?.networkPath else { return }
        let result = try Command(command[0], Array(command.dropFirst()) + [path], environment: environment).run(
            timeout: .seconds(120))
        guard result.status == .exited(code: 0) else {
            let text = String(decoding: result.errors, as: UTF8.self).split(separator: "\n").last ?? "it said nothing"
            throw RuntimeError("failed to setup network for sandbox: \(text)")
        }
        status.podIPs = String(decoding: result.output, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(
            String.init)
    }

    private func closeNetwork() {
        guard let command = plan.networkRemove, let path = sandbox?.networkPath else { return }
        do {
            let result = try Command(command[0], Array(command.dropFirst()) + [path], environment: environment).run(
                timeout: .seconds(120))
            guard result.status != .exited(code: 0) else { return }
            let text = String(decoding: result.errors, as: UTF8.self).split(separator: "\n").last ?? "it said nothing"
            record(.warning, "FailedKillPod", "failed to tear down the pod's network: \(text)")
        } catch {
            record(.warning, "FailedKillPod", "failed to tear down the pod's network: \(error)")
        }
    }

    /// For the commands that the shim calls.
    var environment: [String: String] {
        var variables: [String: String] = [:]
        for variable in Process.environment {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        return variables
    }

    // MARK: what is told

    func record(
        _ severity: PodEvent.Severity, _ reason: String, _ message: String, container: String? = nil
    ) {
        let event = PodEvent(
            time: Clock.realtime, severity: severity, reason: reason, message: message, container: container)
        do {
            let file = try File.open(
                plan.podFolder + "/events.jsonl", [.writeOnly, .create, .append, .noFollow], mode: 0o600)
            try File.write(try JSONFile.encode(event) + [UInt8(ascii: "\n")], to: file.raw, subject: "events.jsonl")
        } catch {
            // An event is a message to people; a full disk must not end their pod. The shim's log has it.
            log("\(reason): \(message): \(error)")
        }
    }

    /// A line in the shim's own log; where even that cannot be written there is nobody left to tell.
    func log(_ line: String) {
        do { try File.write(Array((line + "\n").utf8), to: 2, subject: "shim.log") } catch {}
    }

    /// Writes the status when it has changed, and tells those who watch.
    private func writeStatus() throws {
        status.containers = containers.map(shown)
        status.phase = phase
        guard status != writtenStatus else { return }
        try File.replace(
            plan.runFolder + "/status.json", with: try JSONFile.encode(status), durable: false)
        writtenStatus = status
        for (id, client) in clients where client.isWatching { reply(.changed, to: id) }
    }

    /// A full disk must not end the pod: the old status stays, the failure is told once, and it is tried again.
    private func tryToWriteStatus() {
        do {
            try writeStatus()
            statusFailed = false
        } catch {
            if !statusFailed { report(error) }
            statusFailed = true
            loop.after(seconds: 5) {}
        }
    }

    /// Ends the loop once the pod's last status is on the disk: with a full one it waits for room, and still answers.
    ///
    /// Whoever asked for the end does not need the status, and is not kept waiting.
    func endWhenRemembered() {
        guard let stopping, stopping.requestedBy.isEmpty, stopping.reason != Self.terminated else { return loop.end() }
        do {
            try writeLastStatus()
            loop.end()
        } catch {
            if !lastStatusFailed { report(error) }
            lastStatusFailed = true
            loop.after(seconds: 5) {}
        }
    }

    private func writeLastStatus() throws {
        status.containers = containers.map(shown)
        status.phase = phase
        try File.replace(plan.podFolder + "/status.json", with: try JSONFile.encode(status))
    }

    /// Why a pod ends whose shim was asked to by a signal.
    private static let terminated = "Terminated"

    /// Nothing runs any more: what is left of the sandbox is removed, and the last status stays with the pod.
    ///
    /// Each step is taken whether or not the one before it could be.
    private func finish() {
        closeNetwork()
        let steps: [() throws -> Void] = [
            { try self.sandbox?.endPause() },
            { try Cgroup(layout: self.cgroupLayout, path: self.plan.cgroupPath).remove() },
            writeLastStatus,
            {
                try File.replace(
                    self.plan.runFolder + "/status.json", with: try JSONFile.encode(self.status), durable: false)
            },
        ]
        for step in steps {
            do { try step() } catch { report(error) }
        }
        for id in stopping?.requestedBy ?? [] { reply(.stopped, to: id) }
        for (id, client) in clients where client.isWatching { reply(.changed, to: id) }
        do { try File.remove(plan.runFolder + "/socket") } catch { report(error) }
    }
}
