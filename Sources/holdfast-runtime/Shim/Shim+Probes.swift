// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// One probe of one run of a container.
final class ProbeRun {
    let kind: ProbeKind
    let plan: ProbePlan
    var record: ProbeRecord
    var allowance: MessageAllowance
    /// Monotonic nanoseconds.
    var due: Int64
    var timer: EventLoop.Token?
    var action: ActionRun?

    init(_ kind: ProbeKind, _ plan: ProbePlan, due: Int64) {
        self.kind = kind
        self.plan = plan
        self.due = due
        record = ProbeRecord(plan)
        allowance = MessageAllowance(at: Clock.monotonic)
    }
}

/// Probes and the hook after the start.
///
/// Source: the kubelet's prober and killContainer. Times are of the clock that never jumps.
extension Shim {
    // MARK: probes

    /// The startup probe alone, or without one the others.
    func startProbes(_ container: ContainerRun, _ attempt: ContainerRun.Attempt) {
        if let plan = container.plan.lifecycle?.startup {
            begin(.startup, plan, container, attempt)
        } else {
            becomeStarted(container, attempt)
        }
    }

    private func becomeStarted(_ container: ContainerRun, _ attempt: ContainerRun.Attempt) {
        container.status.started = true
        if let plan = container.plan.lifecycle?.readiness {
            begin(.readiness, plan, container, attempt)
        } else {
            container.status.setReady(true, at: Clock.realtime)
        }
        if let plan = container.plan.lifecycle?.liveness { begin(.liveness, plan, container, attempt) }
    }

    private func begin(
        _ kind: ProbeKind, _ plan: ProbePlan, _ container: ContainerRun, _ attempt: ContainerRun.Attempt
    ) {
        let first = attempt.started + min(plan.initialDelay, 1 << 30) * 1_000_000_000
        let probe = ProbeRun(kind, plan, due: max(first, Clock.monotonic))
        attempt.probes.append(probe)
        schedule(probe, container, attempt)
    }

    private func schedule(_ probe: ProbeRun, _ container: ContainerRun, _ attempt: ContainerRun.Attempt) {
        probe.timer = loop.after(nanoseconds: probe.due - Clock.monotonic) { [unowned self, unowned container] in
            probe.timer = nil
            self.ask(probe, container, attempt)
        }
    }

    private func ask(_ probe: ProbeRun, _ container: ContainerRun, _ attempt: ContainerRun.Attempt) {
        if let earlier = probe.action, earlier.isBusy() {
            // The kernel cannot end it yet, on a file system that hangs: a second process would wait there as well.
            return answered(
                probe, container, attempt, .failure("the process of an earlier probe has not ended yet"))
        }
        probe.action = perform(probe.plan.action, on: attempt, for: .probe, timeout: probe.plan.timeout) {
            [unowned self, unowned container] outcome in
            self.answered(probe, container, attempt, outcome)
        }
    }

    private func answered(
        _ probe: ProbeRun, _ container: ContainerRun, _ attempt: ContainerRun.Attempt, _ outcome: ActionOutcome
    ) {
        guard container.attempt === attempt else { return }
        // A probe that took longer than its period is asked again at once, and not for the times that it missed.
        probe.due = max(probe.due + max(1, probe.plan.period) * 1_000_000_000, Clock.monotonic)
        tell(probe, container, outcome)
        let verdict = probe.record.take(outcome)
        switch (probe.kind, verdict) {
        case (.readiness, .some(let isReady)): container.status.setReady(isReady, at: Clock.realtime)
        case (.startup, .some(true)):
            attempt.probes.removeAll { $0 === probe }
            return becomeStarted(container, attempt)
        case (_, .some(false)):
            attempt.probes.removeAll { $0 === probe }
            return endFailing(probe, container, attempt)
        default: break
        }
        schedule(probe, container, attempt)
    }

    private func tell(_ probe: ProbeRun, _ container: ContainerRun, _ outcome: ActionOutcome) {
        let name = probe.kind.rawValue
        let (reason, message): (String, String)
        switch outcome {
        case .success: return
        case .warning(let text): (reason, message) = ("ProbeWarning", "\(name) probe warning: \(text)")
        case .failure(let text): (reason, message) = ("Unhealthy", "\(name) probe failed: \(text)")
        case .unknown(let text):
            (reason, message) = ("Unhealthy", "\(name) probe errored and resulted in unknown state: \(text)")
        }
        guard probe.allowance.take(at: Clock.monotonic) else { return }
        record(.warning, reason, message, container: container.plan.name)
    }

    /// Its grace period is the probe's own, where it has one.
    private func endFailing(_ probe: ProbeRun, _ container: ContainerRun, _ attempt: ContainerRun.Attempt) {
        let name = container.plan.name
        var message = "Container \(name) failed \(probe.kind.rawValue.lowercased()) probe"
        let policy = container.plan.restartPolicy ?? plan.restartPolicy
        if container.plan.kind == .sidecar || policy != .never { message += ", will be restarted" }
        attempt.failedProbe = true
        do {
            try end(
                container, gracePeriod: probe.plan.terminationGracePeriod ?? plan.terminationGracePeriod,
                message: message)
        } catch { report(error) }
    }

    /// Only readiness is asked of a container that is to end.
    func quieten(_ container: ContainerRun) {
        guard let attempt = container.attempt else { return }
        for probe in attempt.probes where probe.kind != .readiness { cancel(probe) }
        attempt.probes.removeAll { $0.kind != .readiness }
    }

    /// Everything that probes and hooks still do for a run that is over.
    func cancelActions(of attempt: ContainerRun.Attempt) {
        for probe in attempt.probes { cancel(probe) }
        attempt.probes = []
        attempt.postStart?.cancel()
        attempt.postStart = nil
        attempt.preStop?.cancel()
        attempt.preStop = nil
        if let timer = attempt.ending?.timer { loop.cancel(timer) }
        attempt.ending?.timer = nil
    }

    private func cancel(_ probe: ProbeRun) {
        if let timer = probe.timer { loop.cancel(timer) }
        probe.timer = nil
        probe.action?.cancel()
    }

    // MARK: postStart

    func runPostStart(_ hook: ActionPlan, _ container: ContainerRun, _ attempt: ContainerRun.Attempt) {
        attempt.postStart = perform(hook, on: attempt, for: .hook, timeout: nil) {
            [unowned self, unowned container] outcome in
            attempt.postStart = nil
            guard container.attempt === attempt, attempt.ending == nil else { return }
            if let failure = self.hookFailure(outcome) {
                try self.failStart(container, attempt, hook, failure)
            } else {
                self.becomeRunning(container, attempt)
            }
        }
    }

    /// It is ended as if it had never run; the status keeps the cause while it waits to be started again.
    private func failStart(
        _ container: ContainerRun, _ attempt: ContainerRun.Attempt, _ hook: ActionPlan, _ failure: String
    ) throws {
        let name = container.plan.name
        record(.warning, "FailedPostStartHook", "PostStartHook failed", container: name)
        let pod = "\(plan.name)_\(plan.namespace)(\(plan.uid))"
        let message =
            switch hook {
            case .exec(let command):
                "Exec lifecycle hook (\(command)) for Container \"\(name)\" in Pod \"\(pod)\" failed - error: \(failure)"
            case .http(let get):
                "HTTP lifecycle hook (\(get.path)) for Container \"\(name)\" in Pod \"\(pod)\" failed - error: \(failure)"
            default: "Cannot run handler: \(failure)"
            }
        attempt.startFailure = Waiting(reason: "PostStartHookError", message: message)
        container.status.state = .waiting(Waiting(reason: "PostStartHookError", message: message))
        try end(container, gracePeriod: plan.terminationGracePeriod, message: "FailedPostStartHook")
    }

    /// Nil for a hook that has done its work.
    func hookFailure(_ outcome: ActionOutcome) -> String? {
        switch outcome {
        case .success, .warning: nil
        case .failure(let text), .unknown(let text): text
        }
    }
}
