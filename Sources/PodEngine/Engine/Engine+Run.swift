// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel

/// How `run` follows its pods.
package struct RunOptions: Sendable {
    /// `[pod/NAME/CONTAINER] ` before each line.
    package var prefix = false
    /// Tells each event, for a person who watches.
    package var progress = false
    package init() {}
}

extension Engine {
    /// Follows the logs of all containers of pods until all of the pods have ended, and returns the exit code of the
    /// first container of the first.
    ///
    /// A pod that has ended before is not run again, and is an error. The first interrupt stops the pods, the second kills what still runs. What else is to be told goes to `notice`,
    /// a line at a time.
    package func follow(
        _ applied: [AppliedObject], _ options: RunOptions, notice: @escaping (String) throws(EngineError) -> Void,
        _ sink: @escaping LogSink
    ) throws(EngineError) -> Int32 {
        var runs: [PodRun] = []
        for object in applied where object.resource == .pod {
            let name = object.name
            guard let place = try pods.find(name) else { throw .notFound(.pod, name: name.name) }
            if object.outcome != .created { try requireLife(place) }
            runs.append(PodRun(place: place, options: options, notice: notice, sink: sink))
        }
        let signals = try doing("cannot take signals") { () throws(SyscallError) in
            try SignalQueue([Signal.interrupt, Signal.terminate, Signal.hangUp])
        }
        let watch = try PodWatch(runs.map(\.place))
        try watch.add(signals.raw, token: 0)
        var interrupts = 0
        while true {
            try watch.refresh()
            for run in runs where run.outcome == nil { try run.advance(in: root) }
            if runs.allSatisfy({ $0.outcome != nil }) { return runs.first?.outcome ?? 0 }
            guard try watch.wait(milliseconds: nil).contains(0) else { continue }
            while let _ = try doing("cannot take signals", { () throws(SyscallError) in try signals.next() }) {
                interrupts += 1
                for run in runs where run.outcome == nil { try run.stop(kill: interrupts > 1) }
            }
        }
    }
}

extension Engine {
    private func requireLife(_ place: PodPlace) throws(EngineError) {
        switch try PodRecord(reading: place, in: root)?.life {
        case .starting, .supervised: return
        case .rejected, .ended, .abandoned, nil:
            throw .alreadyExists(
                .pod, name: place.name.name, detail: "it has ended; delete it to run it again")
        }
    }
}

/// One pod that `run` follows.
final class PodRun {
    let place: PodPlace
    /// The first container's exit code, once the pod has ended.
    private(set) var outcome: Int32?
    private let options: RunOptions
    private let notice: (String) throws(EngineError) -> Void
    private let sink: LogSink
    private var logs: [String: (run: Int, reader: LogReader)] = [:]
    private var eventsTold = 0
    private var told: Set<String> = []
    /// Kept open while the supervisor does what was asked.
    private var requests: [ShimConnection] = []

    init(
        place: PodPlace, options: RunOptions, notice: @escaping (String) throws(EngineError) -> Void,
        sink: @escaping LogSink
    ) {
        self.place = place
        self.options = options
        self.notice = notice
        self.sink = sink
    }

    /// Asks the supervisor to end the pod.
    func stop(kill: Bool) throws(EngineError) {
        guard let connection = try ShimConnection(place) else { return }
        try connection.send(.stop(gracePeriod: kill ? 0 : nil))
        requests.append(connection)
    }

    /// Tells all that is new, and sees whether the pod has ended.
    func advance(in root: StateRoot) throws(EngineError) {
        // Read before the logs: what was written before the end is in them.
        let record = try PodRecord(reading: place, in: root)
        try tellEvents()
        guard let record else {
            outcome = 137
            return try tell("pod \(place.name.name) was deleted")
        }
        for container in record.containers {
            let run = record.life.status?.containers.first { $0.name == container }?.restartCount ?? 0
            try advanceLogs(of: container, newest: run)
        }
        switch record.life {
        case .rejected:
            outcome = 1
            try tell(record.object.at("status", "message")?.stringValue ?? "the pod was rejected")
        case .ended(let status): try end(status, record)
        case .abandoned:
            outcome = 1
            try tell("the supervisor of pod \(place.name.name) died: delete the pod and apply it again")
        case .supervised(let status):
            guard let problem = record.blocked(status) else { return }
            outcome = 1
            try tell(problem)
        case .starting: return
        }
    }

    private func end(_ status: SandboxStatus, _ record: PodRecord) throws(EngineError) {
        outcome = status.phase == .succeeded ? 0 : 1
        if let message = status.message { try tell("pod \(place.name.name): \(message)") }
        let first = record.object.at("spec", "containers")?.elements.first?["name"]?.stringValue
        for container in status.containers {
            guard case .terminated(let end) = container.state else { continue }
            if container.name == first { outcome = end.exitCode }
            if ["StartError", "OOMKilled", "ContainerCannotRun"].contains(end.reason) {
                try tell("container \(container.name): \(end.reason)" + (end.message.map { ": \($0)" } ?? ""))
            }
        }
    }

    private func advanceLogs(of container: String, newest: Int) throws(EngineError) {
        while true {
            // Those before the last two are gone.
            let run = logs[container].map { $0.run } ?? max(newest - 1, 0) - 1
            if let reader = logs[container]?.reader { try reader.advance(sink) }
            var options = LogOptions()
            options.prefix = self.options.prefix
            options.follow = true
            let path = PodLogs.path(place, container, run: run + 1)
            guard
                let next = try LogReader.open(
                    path, options: options, label: "[pod/\(place.name.name)/\(container)] ")
            else { return }
            // The file of the run before is complete once the next one is there.
            if let reader = logs[container]?.reader { try reader.advance(sink) }
            logs[container] = (run + 1, next)
        }
    }

    private func tellEvents() throws(EngineError) {
        guard options.progress else { return }
        let events = try PodEvents.read(place).map(\.event)
        for event in events.dropFirst(eventsTold) {
            try tell("\(event.severity == .warning ? "warning: " : "")\(event.message)")
        }
        eventsTold = max(eventsTold, events.count)
    }

    private func tell(_ line: String) throws(EngineError) {
        if told.insert(line).inserted { try notice(line) }
    }
}

extension PodRecord {
    /// All containers, in the order in which they start.
    var containers: [String] {
        ["initContainers", "containers"].flatMap { object.at("spec", $0)?.elements ?? [] }
            .compactMap { $0["name"]?.stringValue }
    }

    /// Why the pod will get no further without somebody's help; nil when it may.
    func blocked(_ status: SandboxStatus) -> String? {
        if let refusal = status.refusal { return "failed to create pod sandbox: \(refusal)" }
        let refused = status.containers.compactMap { container -> (ContainerRuntime.ContainerStatus, Waiting)? in
            guard case .waiting(let waiting) = container.state, Self.refusals.contains(waiting.reason) else {
                return nil
            }
            return (container, waiting)
        }
        guard let (container, waiting) = refused.first else { return nil }
        let names = Set(refused.map { $0.0.name })
        let restarts = object.at("spec", "restartPolicy")?.stringValue ?? "Always"
        let mayGoOn = status.containers.contains { other in
            switch other.state {
            case .running: true
            case .terminated(let end):
                other.kind == .main && (restarts == "Always" || (restarts == "OnFailure" && end.exitCode != 0))
            // Nothing starts behind an init container that does not.
            case .waiting: !names.contains(other.name) && container.kind == .main
            }
        }
        if mayGoOn { return nil }
        return "container \(container.name): \(waiting.reason)" + (waiting.message.map { ": \($0)" } ?? "")
    }

    private static let refusals: Set<String> = [
        "CreateContainerConfigError", "CreateContainerError", "ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff",
        "InvalidImageName", "ImageInspectError", "RunContainerError",
    ]
}
