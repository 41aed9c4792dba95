// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// The life of the pod: what starts when, what is started again, and when the pod has ended.
extension Shim {
    /// Does what can be done now; called after everything that happens.
    func advance() throws {
        if stopping == nil { try advanceStart() }
        if stopping != nil { try advanceStop() }
        try advanceEndings()
    }

    private func advanceStart() throws {
        guard sandbox != nil else { return }
        try prepareIfNeeded()
        guard plan.waiting == nil else { return }
        for container in containers where container.plan.kind == .ephemeral { startIfIdle(container) }
        if !isInitialised {
            guard try initialise() else { return }
            isInitialised = true
        }
        for container in containers where [.main, .sidecar].contains(container.plan.kind) {
            startIfIdle(container)
            if container.isBeingStarted { break }
        }
        if mains.allSatisfy(\.hasEnded) { stop(.init(gracePeriod: plan.terminationGracePeriod)) }
    }

    /// Init containers to their ends and sidecars to their starts, in order; true when all are.
    private func initialise() throws -> Bool {
        for container in containers where [.`init`, .sidecar].contains(container.plan.kind) {
            startIfIdle(container)
            switch container.plan.kind {
            case .`init` where hasSucceeded(container): continue
            case .sidecar where container.status.started: continue
            default:
                // An init container that has failed for good takes the pod with it.
                if container.hasEnded { stop(.init(gracePeriod: plan.terminationGracePeriod)) }
                return false
            }
        }
        return true
    }

    var mains: [ContainerRun] { containers.filter { $0.plan.kind == .main } }

    /// Kubernetes' phase of the pod.
    ///
    /// Source: the kubelet's getPhase: a container that waits and has never run keeps the pod pending.
    var phase: SandboxStatus.Phase {
        if stopping?.reason != nil, containers.allSatisfy({ !$0.isActive }) { return .failed }
        let inits = containers.filter { $0.plan.kind == .`init` }
        if let failed = inits.first(where: { $0.hasEnded && !hasSucceeded($0) }), failed.lastExit != nil {
            return .failed
        }
        if inits.contains(where: { !hasSucceeded($0) }) { return .pending }
        if containers.contains(where: { $0.plan.kind == .sidecar && !$0.status.started && $0.lastExit == nil }) {
            return .pending
        }
        let mains = self.mains
        if mains.contains(where: { isWaitingForTheFirstTime($0) }) { return .pending }
        if containers.contains(where: { $0.plan.kind != .`init` && $0.isActive }) { return .running }
        guard mains.allSatisfy(\.hasEnded) else { return .running }
        return mains.allSatisfy { $0.lastExit?.exitCode == 0 } ? .succeeded : .failed
    }

    /// A container's status as Kubernetes shows it: one that is not due yet, or is being made, has the pod's common reason.
    ///
    /// Source: the kubelet's convertToAPIContainerStatuses.
    func shown(_ container: ContainerRun) -> ContainerStatus {
        var status = container.status
        // The image of a volume is waited for as a container's own is.
        let isHeldUp = plan.waiting.map { $0.reason != "ContainerCreating" } ?? false
        guard case .waiting(let waiting) = status.state, status.lastTermination == nil,
            !(container.isDue || isHeldUp) || waiting.reason == "ContainerCreating"
        else { return status }
        let hasInit = containers.contains { [.`init`, .sidecar].contains($0.plan.kind) }
        status.state = .waiting(Waiting(reason: hasInit ? "PodInitializing" : "ContainerCreating"))
        return status
    }

    private func isWaitingForTheFirstTime(_ container: ContainerRun) -> Bool {
        if case .waiting = container.status.state { return container.status.lastTermination == nil }
        return false
    }

    private func hasSucceeded(_ container: ContainerRun) -> Bool {
        container.hasEnded && container.lastExit?.exitCode == 0
    }

    // MARK: start

    private func startIfIdle(_ container: ContainerRun) {
        container.isDue = true
        guard let sandbox, case .idle = container.phase, container.isReady else { return }
        let name = container.plan.name
        var target: Int32?
        if let other = container.plan.target {
            target = process(of: other)
            guard target != nil else { return awaitTarget(other, container) }
        }
        do {
            let start = ContainerStart(
                plan: container.plan, sandbox: sandbox, cgroupLayout: cgroupLayout,
                attemptNumber: container.status.restartCount,
                owners: plan.owners, discard: discard, target: target)
            let (attempt, streams) = try start.start()
            container.phase = .starting(attempt)
            do { try watch(container, attempt, streams) } catch {
                try Process.signal(attempt.process.descriptor.raw, Signal.kill)
                _ = try Process.wait(attempt.process.descriptor.raw)
                try release(attempt)
                throw error
            }
            record(.normal, "Created", "Created container: \(name)", container: name)
        } catch let error as VolumePartError {
            postpone(container, error)
        } catch let error as LaunchError where error.step == .parse {
            refuse(container, "CreateContainerError", error.description)
        } catch let error as LaunchError {
            failStart(container, error)
        } catch {
            // A full disk, too many open files: the machine's reasons may pass.
            failStart(container, LaunchError(step: .rootFileSystem, field: "image", message: "\(error)"))
        }
    }

    /// The first process of a container that runs.
    private func process(of name: String) -> Int32? {
        guard let container = containers.first(where: { $0.plan.name == name }),
            case .running(let attempt) = container.phase
        else { return nil }
        return attempt.process.pid
    }

    /// The container whose processes it is to see does not run: it starts once that does.
    private func awaitTarget(_ name: String, _ container: ContainerRun) {
        let message = "invalid target container: container \"\(name)\" is not running"
        let state = ContainerStatus.State.waiting(Waiting(reason: "CreateContainerError", message: message))
        guard container.status.state != state else { return }
        container.status.state = state
        record(.warning, "Failed", "Error: \(message)", container: container.plan.name)
    }

    /// It is not started, and trying again would not change that.
    private func refuse(_ container: ContainerRun, _ reason: String, _ message: String) {
        let waiting = Waiting(reason: reason, message: message)
        container.plan.readiness = .refused(waiting)
        container.status.state = .waiting(waiting)
        record(.warning, "Failed", "Error: \(message)", container: container.plan.name)
    }

    /// What stands in a volume may change: it is tried again, as the kubelet does.
    private func postpone(_ container: ContainerRun, _ error: VolumePartError) {
        let name = container.plan.name
        let message = error.message(container: name)
        container.status.state = .waiting(Waiting(reason: "CreateContainerConfigError", message: message))
        record(.warning, "FailedSubPath", "\(container.plan.fieldPath).volumeMounts: \(error)", container: name)
        record(.warning, "Failed", "Error: \(message)", container: name)
        container.phase = .backingOff(
            timer: loop.after(seconds: 10) { [unowned container] in container.phase = .idle })
    }

    private func watch(
        _ container: ContainerRun, _ attempt: ContainerRun.Attempt, _ streams: ContainerStart.Streams
    ) throws {
        attempt.input = streams.input
        for (descriptor, stream) in zip(streams.readers, [attempt.output, attempt.error]) {
            try readLog(attempt, descriptor, into: stream)
        }
        if let console = streams.console { try awaitTerminal(attempt, console) }
        try Descriptors.setNonBlocking(attempt.process.report.raw)
        attempt.reportToken = try loop.add(attempt.process.report.raw) { [unowned self] _ in
            try self.started(container, attempt)
        }
    }

    /// There is news: the program runs, or it never will, or the process that goes on is another.
    private func started(_ container: ContainerRun, _ attempt: ContainerRun.Attempt) throws {
        switch try attempt.process.advance() {
        case .pending, .waits: return
        case .failed(let error):
            try closeReport(attempt)
            try release(attempt)
            return failStart(container, error)
        case .started: try closeReport(attempt)
        }
        container.phase = .running(attempt)
        // What reading the spec and compiling the filter took is not needed while the pod runs.
        Process.trimMemory()
        record(.normal, "Started", "Started container \(container.plan.name)", container: container.plan.name)
        attempt.processToken = try loop.add(attempt.process.descriptor.raw) { [unowned self] _ in
            try self.ended(container, attempt)
        }
        if attempt.ending == nil, let hook = container.plan.lifecycle?.postStart {
            return runPostStart(hook, container, attempt)
        }
        becomeRunning(container, attempt)
    }

    /// From now on it counts as running, and is asked how it does.
    func becomeRunning(_ container: ContainerRun, _ attempt: ContainerRun.Attempt) {
        container.status.state = .running(pid: attempt.process.pid, startedAt: attempt.startedAt)
        if attempt.ending == nil { startProbes(container, attempt) }
    }

    private func closeReport(_ attempt: ContainerRun.Attempt) throws {
        if let token = attempt.reportToken { try loop.remove(token) }
        attempt.reportToken = nil
    }

    private func failStart(_ container: ContainerRun, _ error: LaunchError) {
        let field = "\(container.plan.fieldPath).\(error.step.containerField)"
        let message = LaunchError(step: error.step, field: field, message: error.message).description
        record(.warning, "Failed", "Error: \(message)", container: container.plan.name)
        let now = Clock.realtime
        finish(
            container,
            .init(exitCode: 128, reason: "StartError", message: message, startedAt: 0, finishedAt: now), after: nil)
    }

    // MARK: end

    private func ended(_ container: ContainerRun, _ attempt: ContainerRun.Attempt) throws {
        guard let exit = try Process.poll(attempt.process.descriptor.raw) else { return }
        let wasOutOfMemory = try attempt.cgroup.hasRunOutOfMemory()
        try release(attempt)
        endAttachments(attempt, exitCode: exit.shellCode)
        let now = Clock.realtime
        var signal: Int32?
        if case .killed(let number) = exit { signal = number }
        let reason =
            wasOutOfMemory && exit != .exited(code: 0) ? "OOMKilled" : exit == .exited(code: 0) ? "Completed" : "Error"
        finish(
            container,
            .init(
                exitCode: exit.shellCode, signal: signal, reason: reason,
                message: TerminationMessage.read(
                    container, exitCode: exit.shellCode, limit: TerminationMessage.limit(for: containers.count)),
                startedAt: attempt.startedAt, finishedAt: now),
            after: attempt)
    }

    /// Takes back all that an attempt held: streams to their ends, the cgroup with what is left in it.
    private func release(_ attempt: ContainerRun.Attempt) throws {
        if let token = attempt.processToken { try loop.remove(token) }
        attempt.processToken = nil
        cancelActions(of: attempt)
        // Processes that outlive the first one, in a PID namespace that is not the container's own, end with it.
        try attempt.cgroup.kill()
        for reader in attempt.readers {
            try drain(attempt, reader.descriptor, into: reader.stream)
            try loop.remove(reader.token)
            _ = OwnedDescriptor(taking: reader.descriptor)
        }
        attempt.readers = []
        attempt.output.finish()
        attempt.error.finish()
        if let failure = attempt.log.failure {
            record(.warning, "FailedLogWrite", "the log is not complete: \(failure)")
        }
        if let input = attempt.input { _ = OwnedDescriptor(taking: input) }
        attempt.input = nil
        attempt.isReleased = true
        removeCgroup(attempt, after: 1)
    }

    /// A process that the kernel cannot end yet keeps its cgroup; it is tried again, the containers beside it go on.
    private func removeCgroup(_ attempt: ContainerRun.Attempt, after seconds: Int64) {
        do { try attempt.cgroup.remove() } catch {
            if seconds == 1 { report(error) }
            guard seconds < 300 else { return }
            loop.after(seconds: seconds) { [unowned self] in self.removeCgroup(attempt, after: seconds * 2) }
        }
    }

    /// It has ended after an attempt; nil: the program has not been executed.
    private func finish(
        _ container: ContainerRun, _ termination: ContainerStatus.Termination, after attempt: ContainerRun.Attempt?
    ) {
        container.status.state = .terminated(termination)
        container.status.setReady(
            container.plan.kind == .`init` && termination.exitCode == 0, at: termination.finishedAt)
        container.status.started = false
        guard stopping == nil, restarts(container, after: termination, failedProbe: attempt?.failedProbe == true)
        else {
            container.phase = .ended
            return
        }
        let pause = container.backOff.pause(afterRunning: attempt.map { Clock.monotonic - $0.started } ?? 0)
        let restart = { [unowned container] in
            container.status.restartCount += 1
            container.status.lastTermination = termination
            container.status.state = .waiting(Waiting(reason: "ContainerCreating"))
            container.phase = .idle
        }
        if let failure = attempt?.startFailure {
            container.status.lastTermination = termination
            container.status.state = .waiting(failure)
        }
        guard pause > 0 else {
            // Not at once: this may be called while the containers are being looked at.
            container.phase = .backingOff(timer: loop.after(seconds: 0, restart))
            return
        }
        container.status.lastTermination = termination
        let message =
            "back-off \(Self.duration(pause)) restarting failed container=\(container.plan.name) "
            + "pod=\(plan.name)_\(plan.namespace)(\(plan.uid))"
        container.status.state = .waiting(Waiting(reason: "CrashLoopBackOff", message: message))
        record(
            .warning, "BackOff",
            "Back-off restarting failed container \(container.plan.name) in pod \(plan.name)_\(plan.namespace)(\(plan.uid))",
            container: container.plan.name)
        container.phase = .backingOff(timer: loop.after(seconds: pause, restart))
    }

    /// Go's way to write a duration: `1m20s`.
    private static func duration(_ seconds: Int64) -> String {
        seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
    }

    private func restarts(
        _ container: ContainerRun, after termination: ContainerStatus.Termination, failedProbe: Bool
    ) -> Bool {
        if container.plan.restartRules.contains(where: { $0.matches(termination.exitCode) }) { return true }
        return switch (container.plan.kind, container.plan.restartPolicy ?? plan.restartPolicy) {
        case (.sidecar, _): true
        case (.ephemeral, _): false
        case (_, .onFailure) where failedProbe: true
        case (.`init`, .never), (.main, .never): false
        case (.`init`, _), (.main, .onFailure): termination.exitCode != 0
        case (.main, .always): true
        }
    }
}
