// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import OCISpec

/// One container of the pod: what it does now, and what must be given back when it ends.
final class ContainerRun {
    enum Phase {
        /// It has not been started, or waits to be started again at a time (monotonic nanoseconds).
        case idle
        case backingOff(timer: EventLoop.Token)
        case starting(Attempt)
        case running(Attempt)
        /// It has ended and is not started again.
        case ended
    }

    /// One try at running the container.
    final class Attempt {
        let process: StartingProcess
        let plan: LaunchPlan
        let cgroup: Cgroup
        /// For people: nanoseconds since the epoch.
        let startedAt: Int64
        /// For decisions, which a clock that is set must not change: nanoseconds of the monotonic clock.
        let started: Int64
        var log: LogFile
        var output: LogFile.Stream
        var error: LogFile.Stream
        /// Readers of its streams and their places in the loop.
        var readers: [(descriptor: Int32, token: EventLoop.Token, stream: LogFile.Stream)] = []
        var processToken: EventLoop.Token?
        var reportToken: EventLoop.Token?
        /// Commands that see what it writes.
        var attachments: [Attachment] = []
        /// One of them has not read what it was sent: nothing is read from the container until it has.
        var isPaused = false
        /// The terminal's master side, or the writing end of its standard input.
        var input: Int32?
        /// Its postStart hook while that goes on: the container does not count as running before.
        var postStart: ActionRun?
        /// Why it is ended although it had begun to run: its postStart hook failed.
        var startFailure: Waiting?
        var preStop: ActionRun?
        var probes: [ProbeRun] = []
        /// Its end, once it has been asked for.
        var ending: Ending?
        /// A probe had it ended: then it is started again whatever its exit code is.
        var failedProbe = false
        /// All has been given back; what comes late is closed.
        var isReleased = false

        init(process: StartingProcess, plan: LaunchPlan, cgroup: Cgroup, log: LogFile) {
            self.process = process
            self.plan = plan
            self.cgroup = cgroup
            self.log = log
            output = LogFile.Stream("stdout", of: log)
            error = LogFile.Stream("stderr", of: log)
            startedAt = Clock.realtime
            started = Clock.monotonic
        }
    }

    var plan: ContainerPlan
    var status: ContainerStatus
    var phase: Phase = .idle
    var backOff = RestartBackOff()
    /// Its turn has come: init containers go one after the other, and the others after them.
    var isDue = false

    init(_ plan: ContainerPlan) {
        self.plan = plan
        let waiting: Waiting =
            switch plan.readiness {
            case .ready: Waiting(reason: "ContainerCreating")
            case .refused(let waiting), .pending(let waiting): waiting
            }
        status = ContainerStatus(name: plan.name, kind: plan.kind, state: .waiting(waiting))
    }

    var isReady: Bool {
        if case .ready = plan.readiness { return true }
        return false
    }
    var isActive: Bool {
        switch phase {
        case .starting, .running: true
        default: false
        }
    }
    /// It has been started and its postStart hook is still to end: the containers after it wait.
    var isBeingStarted: Bool {
        guard plan.lifecycle?.postStart != nil else { return false }
        switch phase {
        case .starting: return true
        case .running(let attempt): return attempt.postStart != nil
        default: return false
        }
    }
    var hasEnded: Bool {
        if case .ended = phase { return true }
        return false
    }
    var attempt: Attempt? {
        switch phase {
        case .starting(let attempt), .running(let attempt): attempt
        default: nil
        }
    }
    var lastExit: ContainerStatus.Termination? {
        if case .terminated(let termination) = status.state { return termination }
        return status.lastTermination
    }
}
