// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// The end of one run of a container, from the question to the kill.
final class Ending {
    enum Stage {
        case preStop
        /// Others end before it.
        case waiting
        /// The stop signal has been sent.
        case asked
    }
    /// What is killed then is killed, in monotonic nanoseconds.
    var deadline: Int64
    var stage = Stage.waiting
    /// Hook or order took of its time: some is left for the signal all the same.
    var hadToWait = false
    var timer: EventLoop.Token?

    init(deadline: Int64) { self.deadline = deadline }
}

/// How containers and the pod end.
///
/// Source: the kubelet's killContainer: all preStop hooks at once, the stop signal in order, within one grace period; a
/// container whose hook or order has used it up has 2 s left.
extension Shim {
    private static let leastTime: Int64 = 2 * 1_000_000_000

    /// The pod is to end; a second call can only shorten the time that is left.
    func stop(_ request: Stopping) {
        if var already = stopping {
            already.requestedBy += request.requestedBy
            already.gracePeriod = min(already.gracePeriod, request.gracePeriod)
            stopping = already
            for container in containers { shorten(container, to: request.gracePeriod) }
            return
        }
        stopping = request
        status.reason = request.reason
        status.message = request.message
        for container in containers {
            if case .backingOff(let timer) = container.phase {
                loop.cancel(timer)
                if let last = container.status.lastTermination { container.status.state = .terminated(last) }
                container.phase = .ended
            }
            quieten(container)
            shorten(container, to: request.gracePeriod)
        }
        if let preparation {
            self.preparation = nil
            // It dies with the shim at the latest; nothing that it does is waited for.
            do { try Process.signal(preparation.child, Signal.kill) } catch { record(.warning, "Killing", "\(error)") }
        }
    }

    func advanceStop() throws {
        guard let stopping else { return }
        let active = containers.filter(\.isActive)
        guard !active.isEmpty else { return endWhenRemembered() }
        for container in active {
            try end(
                container, gracePeriod: stopping.gracePeriod, message: "Stopping container \(container.plan.name)")
        }
    }

    /// Begins to end a container, once: its preStop hook first, where there is time for one.
    func end(_ container: ContainerRun, gracePeriod: Int64, message: String) throws {
        guard let attempt = container.attempt, attempt.ending == nil else { return }
        let ending = Ending(deadline: Clock.monotonic + min(gracePeriod, 1 << 30) * 1_000_000_000)
        attempt.ending = ending
        attempt.postStart?.cancel()
        attempt.postStart = nil
        quieten(container)
        guard gracePeriod > 0 else { return try kill(attempt) }
        record(.normal, "Killing", message, container: container.plan.name)
        guard let hook = container.plan.lifecycle?.preStop, case .running = container.phase else { return }
        ending.hadToWait = true
        let run = perform(hook, on: attempt, for: .hook, timeout: nil) { [unowned self, unowned container] outcome in
            self.preStopEnded(container, attempt, outcome)
        }
        attempt.preStop = run
        ending.stage = .preStop
        wake(at: ending.deadline, ending)
    }

    private func preStopEnded(_ container: ContainerRun, _ attempt: ContainerRun.Attempt, _ outcome: ActionOutcome) {
        if let failure = hookFailure(outcome) {
            // The node's event says no more, so that nothing of the container's leaks; the shim's log has the rest.
            record(.warning, "FailedPreStopHook", "PreStopHook failed", container: container.plan.name)
            log("preStop hook of container \(container.plan.name) failed: \(failure)")
        }
        if let ending = attempt.ending, case .preStop = ending.stage { ending.stage = .waiting }
    }

    /// Sends the stop signal to each container that waits for it and whose turn has come.
    func advanceEndings() throws {
        for (index, container) in containers.enumerated() {
            guard let attempt = container.attempt, let ending = attempt.ending else { continue }
            let isOver = Clock.monotonic >= ending.deadline
            switch ending.stage {
            case .preStop where isOver, .waiting:
                guard isOver || isTurn(of: container, at: index) else {
                    ending.hadToWait = true
                    wake(at: ending.deadline, ending)
                    continue
                }
                try ask(container, attempt, ending)
            default: break
            }
        }
    }

    /// Containers first, sidecars when these have ended, in the opposite order of their start.
    private func isTurn(of container: ContainerRun, at index: Int) -> Bool {
        guard stopping != nil, container.plan.kind == .sidecar else { return true }
        return !containers.enumerated().contains { other in
            other.element.isActive && (other.element.plan.kind != .sidecar || other.offset > index)
        }
    }

    /// Asks once, and insists when the time is over.
    ///
    /// A hook that still runs goes on: it ends with the container.
    private func ask(_ container: ContainerRun, _ attempt: ContainerRun.Attempt, _ ending: Ending) throws {
        ending.stage = .asked
        try Process.signal(attempt.process.descriptor.raw, container.plan.stopSignal)
        if ending.hadToWait { ending.deadline = max(ending.deadline, Clock.monotonic + Self.leastTime) }
        insist(attempt, ending)
    }

    private func insist(_ attempt: ContainerRun.Attempt, _ ending: Ending) {
        if let timer = ending.timer { loop.cancel(timer) }
        ending.timer = loop.after(nanoseconds: ending.deadline - Clock.monotonic) { [unowned self] in
            ending.timer = nil
            try self.kill(attempt)
        }
    }

    private func kill(_ attempt: ContainerRun.Attempt) throws {
        attempt.ending?.stage = .asked
        guard !attempt.isReleased else { return }
        try Process.signal(attempt.process.descriptor.raw, Signal.kill)
        try attempt.cgroup.kill()
    }

    /// The loop settles then, and with that the endings advance.
    private func wake(at time: Int64, _ ending: Ending) {
        guard ending.timer == nil else { return }
        ending.timer = loop.after(nanoseconds: time - Clock.monotonic) { ending.timer = nil }
    }

    /// The end that has begun comes sooner.
    private func shorten(_ container: ContainerRun, to gracePeriod: Int64) {
        guard let attempt = container.attempt, let ending = attempt.ending else { return }
        let deadline = Clock.monotonic + min(gracePeriod, 1 << 30) * 1_000_000_000
        guard deadline < ending.deadline else { return }
        ending.deadline = deadline
        if let timer = ending.timer { loop.cancel(timer) }
        ending.timer = nil
        if gracePeriod <= 0 { ending.stage = .asked }
        if case .asked = ending.stage { insist(attempt, ending) } else { wake(at: deadline, ending) }
    }
}
