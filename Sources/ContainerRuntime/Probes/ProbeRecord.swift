// SPDX-License-Identifier: Apache-2.0

/// Which question a probe answers.
package enum ProbeKind: String, Hashable, Sendable {
    case startup = "Startup"
    case readiness = "Readiness"
    case liveness = "Liveness"
}

/// What a probe has said so far of one run of its container, and what that comes to.
///
/// Source: the kubelet's probe worker: a result counts once it has come as often in a row as its threshold says.
package struct ProbeRecord: Hashable, Sendable {
    private let successThreshold: Int
    private let failureThreshold: Int
    private var last: Bool?
    private var run = 0

    package init(_ plan: ProbePlan) {
        successThreshold = plan.successThreshold
        failureThreshold = plan.failureThreshold
    }

    /// What is true from now on, or nil while it stays undecided.
    package mutating func take(_ outcome: ActionOutcome) -> Bool? {
        let succeeded: Bool
        switch outcome {
        case .success, .warning: succeeded = true
        case .failure: succeeded = false
        case .unknown: return nil
        }
        run = last == succeeded ? run + 1 : 1
        last = succeeded
        return run < (succeeded ? successThreshold : failureThreshold) ? nil : succeeded
    }
}

/// How many more messages of one kind are let through: a container that fails its probes for ever must not fill the disk.
///
/// Source: client-go's event filter: 25 at once, then one in 5 minutes.
package struct MessageAllowance: Hashable, Sendable {
    private static let most = 25
    private static let pause: Int64 = 300 * 1_000_000_000
    private var left = Self.most
    private var since: Int64

    /// - Parameter now: monotonic nanoseconds, as for ``take(at:)``.
    package init(at now: Int64) { since = now }

    /// Whether one more may go.
    package mutating func take(at now: Int64) -> Bool {
        let earned = (now - since) / Self.pause
        if earned > 0 {
            left = min(Self.most, left + Int(min(earned, Int64(Self.most))))
            since += earned * Self.pause
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}

/// The pauses before a container is started again.
///
/// Source: Kubernetes, "Container restarts": none at first, then 10 s, doubled up to 5 minutes, and from the beginning
/// after 10 minutes without trouble.
package struct RestartBackOff: Hashable, Sendable {
    private var next: Int64 = 0
    package init() {}

    /// Seconds to wait now that it has ended after so many nanoseconds of a clock that never jumps.
    package mutating func pause(afterRunning ranFor: Int64) -> Int64 {
        if ranFor > 600 * 1_000_000_000 { next = 0 }
        defer { next = next == 0 ? 10 : min(300, next * 2) }
        return next
    }
}
