// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel

extension Engine {
    /// Writes a pod's logs to the sink, as `kubectl logs` does.
    ///
    /// What is to be told beside them, such as which container was taken, goes to `notice`. The errors are in the API
    /// server's words.
    package func logs(
        _ name: ObjectName, _ options: LogOptions, notice: (String) throws(EngineError) -> Void, _ sink: LogSink
    ) throws(EngineError) {
        guard let place = try pods.find(name) else { throw .notFound(.pod, name: name.name) }
        guard let record = try PodRecord(reading: place, in: root) else { throw .notFound(.pod, name: name.name) }
        try logs(of: [record], options, notice, sink)
    }

    /// Writes the logs of all pods with these labels, one after the other; false when there is none.
    package func logs(
        namespace: String, matching labels: LabelMatch, _ options: LogOptions,
        notice: (String) throws(EngineError) -> Void, _ sink: LogSink
    ) throws(EngineError) -> Bool {
        var records: [PodRecord] = []
        for place in try pods.places(namespace: namespace) {
            guard let record = try PodRecord(reading: place, in: root),
                labels.holds(for: record.object.at("metadata", "labels"))
            else { continue }
            records.append(record)
        }
        try logs(of: records, options, notice, sink)
        return !records.isEmpty
    }

    private func logs(
        of records: [PodRecord], _ options: LogOptions, _ notice: (String) throws(EngineError) -> Void, _ sink: LogSink
    ) throws(EngineError) {
        var sources: [LogSource] = []
        for record in records {
            for container in try PodLogs(record: record).containers(options, notice) {
                sources.append(LogSource(record: record, container: container))
            }
        }
        guard !options.follow || sources.count <= options.mostFollowed else {
            throw .failed(
                "you are attempting to follow \(sources.count) log streams, but maximum allowed concurrency is "
                    + "\(options.mostFollowed), use --max-log-requests to increase the limit")
        }
        for source in sources {
            let name = source.record.place.name.name
            guard let path = try PodLogs(record: source.record).path(of: source.container, options) else { continue }
            source.reader = try LogReader.open(
                path, options: options, label: "[pod/\(name)/\(source.container)] ")
            try source.reader?.advance(sink)
        }
        guard options.follow, !options.previous else { return }
        try follow(sources, sink)
    }

    private func follow(_ sources: [LogSource], _ sink: LogSink) throws(EngineError) {
        let watch = try PodWatch(Array(Set(sources.map(\.record.place))))
        while true {
            try watch.refresh()
            var someRun = false
            for source in sources where source.reader?.hasEnough != true {
                // Read before the log: what a container that has ended by then wrote is in it.
                let record = try PodRecord(reading: source.record.place, in: root)
                try source.reader?.advance(sink)
                if record?.runs(source.container) == true { someRun = true }
            }
            guard someRun else { return }
            _ = try watch.wait(milliseconds: nil)
        }
    }
}

/// One container whose log is read.
private final class LogSource {
    let record: PodRecord
    let container: String
    var reader: LogReader?

    init(record: PodRecord, container: String) {
        self.record = record
        self.container = container
    }
}

extension PodRecord {
    /// Whether the container runs, and somebody looks after it.
    func runs(_ container: String) -> Bool {
        guard case .supervised(let status) = life,
            case .running = status.containers.first(where: { $0.name == container })?.state
        else { return false }
        return true
    }
}

/// Which logs a pod has.
struct PodLogs {
    let record: PodRecord
    private var place: PodPlace { record.place }

    private func names(_ list: String) -> [String] {
        (record.object.at("spec", list)?.elements ?? []).compactMap { $0["name"]?.stringValue }
    }

    /// The containers that are asked for.
    func containers(
        _ options: LogOptions, _ notice: (String) throws(EngineError) -> Void
    ) throws(EngineError) -> [String] {
        let main = names("containers")
        let debuggers = names("ephemeralContainers")
        let all = names("initContainers") + main + debuggers
        if options.allContainers { return all }
        if let container = options.container {
            guard all.contains(container) else {
                throw .failed("container \(container) is not valid for pod \(place.name.name)")
            }
            return [container]
        }
        let annotation = "kubectl.kubernetes.io/default-container"
        if let named = record.object.at("metadata", "annotations")?[annotation]?.stringValue, !named.isEmpty {
            if all.contains(named) { return [named] }
            try notice("Default container name \"\(named)\" not found in pod \(place.name.name)")
        }
        guard let first = main.first else { return [] }
        if all.count > 1 {
            let others =
                main + names("initContainers").map { "\($0) (init)" } + debuggers.map { "\($0) (ephem)" }
            try notice("Defaulted container \"\(first)\" out of: \(others.joined(separator: ", "))")
        }
        return [first]
    }

    /// The log file of a container's run; nil when it has started and written none.
    func path(of container: String, _ options: LogOptions) throws(EngineError) -> String? {
        let status = record.life.status?.containers.first { $0.name == container }
        let run = status?.restartCount ?? 0
        if options.previous {
            guard run > 0 else {
                throw .badRequest(
                    "previous terminated container \"\(container)\" in pod \"\(place.name.name)\" not found")
            }
            return Self.path(place, container, run: run - 1)
        }
        let path = Self.path(place, container, run: run)
        let isThere = try doing("cannot look at \(path)") { () throws(SyscallError) in try File.exists(path) }
        if isThere { return path }
        // While it waits for its next start, the last one's log is its log.
        if run > 0 { return Self.path(place, container, run: run - 1) }
        let atFirst = ContainerRuntime.ContainerStatus.State.waiting(Waiting(reason: "ContainerCreating"))
        if !options.allContainers, record.life != .rejected, case .waiting(let waiting) = status?.state ?? atFirst {
            throw .badRequest(
                "container \"\(container)\" in pod \"\(place.name.name)\" is waiting to start: "
                    + "\(waiting.message ?? waiting.reason)")
        }
        return nil
    }

    static func path(_ place: PodPlace, _ container: String, run: Int) -> String {
        "\(place.folder)/containers/\(container)/\(run).log"
    }
}
