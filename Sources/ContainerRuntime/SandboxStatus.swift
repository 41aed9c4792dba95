// SPDX-License-Identifier: Apache-2.0

/// What a shim says of its pod: `status.json` in the run folder while it lives, and in the pod's folder when it has ended.
package struct SandboxStatus: Codable, Hashable, Sendable {
    package enum Phase: String, Codable, Hashable, Sendable {
        case pending = "Pending"
        case running = "Running"
        case succeeded = "Succeeded"
        case failed = "Failed"
    }
    package var phase: Phase
    /// The shim, and field 22 of its `/proc/PID/stat`: a pid alone may be another process by now.
    package var shim: Int32
    package var shimStart: UInt64
    /// Nanoseconds since the epoch.
    package var startTime: Int64
    package var reason: String?
    package var message: String?
    /// Why there is no sandbox, and will be none: the containers wait.
    package var refusal: String?
    package var podIPs: [String]
    package var containers: [ContainerStatus]

    package init(shim: Int32, shimStart: UInt64, startTime: Int64) {
        phase = .pending
        self.shim = shim
        self.shimStart = shimStart
        self.startTime = startTime
        podIPs = []
        containers = []
    }
}

/// The state of one container.
package struct ContainerStatus: Codable, Hashable, Sendable {
    package enum State: Codable, Hashable, Sendable {
        case waiting(Waiting)
        /// Since when, nanoseconds since the epoch.
        case running(pid: Int32, startedAt: Int64)
        case terminated(Termination)
    }
    package struct Termination: Codable, Hashable, Sendable {
        package var exitCode: Int32
        package var signal: Int32?
        /// `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerStatusUnknown`.
        package var reason: String
        package var message: String?
        /// Nanoseconds since the epoch.
        package var startedAt: Int64
        package var finishedAt: Int64
        package init(
            exitCode: Int32, signal: Int32? = nil, reason: String, message: String?, startedAt: Int64, finishedAt: Int64
        ) {
            self.exitCode = exitCode
            self.signal = signal
            self.reason = reason
            self.message = message
            self.startedAt = startedAt
            self.finishedAt = finishedAt
        }
    }
    package var name: String
    package var kind: ContainerPlan.Kind
    package var state: State
    package var lastTermination: Termination?
    package var restartCount: Int
    package private(set) var ready: Bool
    /// When ``ready`` changed last, nanoseconds since the epoch; nil: never.
    package private(set) var readyChange: Int64?
    package var started: Bool

    package init(name: String, kind: ContainerPlan.Kind, state: State) {
        self.name = name
        self.kind = kind
        self.state = state
        restartCount = 0
        ready = false
        started = false
    }

    /// Whether it is ready from now on, nanoseconds since the epoch.
    package mutating func setReady(_ ready: Bool, at now: Int64) {
        guard ready != self.ready else { return }
        self.ready = ready
        readyChange = now
    }
}

/// One event of a pod, a line of `events.jsonl` in its folder: shim and commands append to it.
package struct PodEvent: Codable, Hashable, Sendable {
    package enum Severity: String, Codable, Hashable, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }
    /// Nanoseconds since the epoch.
    package var time: Int64
    package var severity: Severity
    /// One of Kubernetes' words, such as `Started` or `BackOff`.
    package var reason: String
    package var message: String
    /// The container that it concerns.
    package var container: String?
    package init(time: Int64, severity: Severity, reason: String, message: String, container: String? = nil) {
        self.time = time
        self.severity = severity
        self.reason = reason
        self.message = message
        self.container = container
    }
}
