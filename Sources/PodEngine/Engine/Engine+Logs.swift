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
        let pod = PodLogs(record: record)
        let names = try pod.containers(options, notice)
        var readers: [LogReader] = []
        for container in names {
            guard let path = try pod.path(of: container, options),
                let reader = try LogReader.open(path, options: options, label: "[pod/\(name.name)/\(container)] ")
            else { continue }
            try reader.advance(sink)
            readers.append(reader)
        }
        guard options.follow, !options.previous else { return }
        try follow(place, names, readers, sink)
    }

    private func follow(
        _ place: PodPlace, _ names: [String], _ readers: [LogReader], _ sink: LogSink
    ) throws(EngineError) {
        let watch = try PodWatch([place])
        while true {
            try watch.refresh()
            // Read before the logs: what a container that has ended by then wrote is in them.
            let record = try PodRecord(reading: place, in: root)
            for reader in readers { try reader.advance(sink) }
            guard let record, names.contains(where: { record.runs($0) }) else { return }
            _ = try watch.wait(milliseconds: nil)
        }
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
        let all = names("initContainers") + main
        if options.allContainers { return all }
        if let container = options.container {
            guard all.contains(container) else {
                throw .failed("container \(container) is not valid for pod \(place.name.name)")
            }
            return [container]
        }
        guard let first = main.first else { return [] }
        if all.count > 1 {
            let others = main + names("initContainers").map { "\($0) (init)" }
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
