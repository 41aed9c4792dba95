// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
package import KubernetesAPI
import LinuxKernel

extension Engine {
    /// How much of a pod's status is wanted: a table needs neither images nor ids.
    package enum Detail: Hashable, Sendable {
        case table, full
    }

    /// All objects of a kind, sorted by name (events: the newest last), of all namespaces when none is given.
    package func list(
        _ resource: Resource, namespace: String?, matching labels: LabelMatch = LabelMatch(), detail: Detail = .full
    ) throws(EngineError) -> [JSONValue] {
        var found: [JSONValue] = []
        switch resource {
        case .pod:
            let machine = try NodeIdentity()
            for place in try pods.places(namespace: namespace) {
                guard let pod = try report(place, detail, machine) else { continue }
                found.append(pod)
            }
        case .event:
            var events: [(time: Int64, event: JSONValue)] = []
            for place in try pods.places(namespace: namespace) { events += try self.events(of: place) }
            found = events.sorted { $0.time < $1.time }.map(\.event)
        default:
            for name in try objects.names(resource, namespace: namespace) {
                guard let object = try objects.read(resource, name) else { continue }
                found.append(object)
            }
        }
        return found.filter { labels.holds(for: $0.at("metadata", "labels")) }
    }

    /// One object; a pod with its status.
    package func get(
        _ resource: Resource, _ name: ObjectName, detail: Detail = .full
    ) throws(EngineError) -> JSONValue {
        switch resource {
        case .pod:
            guard let place = try pods.find(name), let pod = try report(place, detail, try NodeIdentity()) else {
                break
            }
            return pod
        case .event:
            let all = try list(.event, namespace: name.namespace)
            guard let event = all.first(where: { $0.at("metadata", "name")?.stringValue == name.name }) else { break }
            return event
        default:
            guard let object = try objects.read(resource, name) else { break }
            return object
        }
        throw .notFound(resource, name: name.name)
    }

    /// A pod and its events in the words of `describe`.
    package func describe(_ name: ObjectName) throws(EngineError) -> String {
        guard let place = try pods.find(name), let pod = try report(place, .full, try NodeIdentity()) else {
            throw .notFound(.pod, name: name.name)
        }
        return PodDescription.text(
            pod, events: try events(of: place).map(\.event), now: Timestamp(nanoseconds: Clock.realtime))
    }

    /// What is the same for all pods of this machine.
    struct NodeIdentity: Sendable {
        let name: String
        let address: String
        init() throws(EngineError) {
            name = try doing("cannot read the machine's name") { () throws(SyscallError) in
                try Machine.hostname().lowercased()
            }
            address = try doing("cannot tell the machine's address") { () throws(SyscallError) in
                try Machine.address() ?? "127.0.0.1"
            }
        }
    }

    /// A pod with its status; nil when it is gone.
    func report(_ place: PodPlace, _ detail: Detail, _ node: NodeIdentity) throws(EngineError) -> JSONValue? {
        guard let record = try PodRecord(reading: place, in: root) else { return nil }
        return try report(record, detail, node)
    }

    func report(_ record: PodRecord, _ detail: Detail, _ node: NodeIdentity) throws(EngineError) -> JSONValue {
        var plan: SandboxPlan?
        var users: [String: JSONValue] = [:]
        if detail == .full {
            plan = try PodRecord.readJSON(SandboxPlan.self, record.place.plan)
            for container in record.life.status?.containers ?? [] {
                users[container.name] = try user(of: container.name, record.place)
            }
        }
        var pod = PodReport(record: record, plan: plan, users: users, hostAddress: node.address).composed
        if pod.at("spec", "nodeName") == nil { pod["spec"]?["nodeName"] = .string(node.name) }
        return pod
    }

    /// As whom a container's first process starts: from the runtime spec that it is started by.
    private func user(of container: String, _ place: PodPlace) throws(EngineError) -> JSONValue? {
        let path = "\(place.folder)/containers/\(container)/config.json"
        let bytes = try doing("cannot read \(path)") { () throws(SyscallError) in
            try unlessMissing { () throws(SyscallError) in try File.read(path) }
        }
        guard let bytes else { return nil }
        let spec: JSONValue
        do { spec = try JSONValue(parsing: bytes) } catch { throw .failed("\(path): \(error)") }
        guard let user = spec.at("process", "user"), let uid = user["uid"], let gid = user["gid"] else { return nil }
        let groups = user["additionalGids"]?.elements ?? []
        return ["linux": ["uid": uid, "gid": gid, "supplementalGroups": .array(groups)]]
    }

    /// The events of one pod as objects, the newest last.
    func events(of place: PodPlace) throws(EngineError) -> [(time: Int64, event: JSONValue)] {
        try PodEvents.read(place).map { series in
            let event = series.event
            var involved: JSONValue = [
                "apiVersion": "v1", "kind": "Pod", "namespace": .string(place.name.namespace),
                "name": .string(place.name.name), "uid": .string(place.uid),
            ]
            involved["fieldPath"] = event.container.map { .string("spec.containers{\($0)}") }
            let last = JSONValue.string(Timestamp(nanoseconds: event.time).rfc3339)
            let first = JSONValue.string(Timestamp(nanoseconds: series.first).rfc3339)
            let object: JSONValue = [
                "apiVersion": "v1", "kind": "Event",
                "metadata": [
                    "name": .string("\(place.name.name).\(String(series.first, radix: 16))"),
                    "namespace": .string(place.name.namespace), "creationTimestamp": first,
                ],
                "involvedObject": involved, "reason": .string(event.reason), "message": .string(event.message),
                "type": .string(event.severity.rawValue), "source": ["component": "holdfast"],
                "reportingComponent": "holdfast", "reportingInstance": "", "firstTimestamp": first,
                "lastTimestamp": last, "count": .int(Int64(series.count)),
            ]
            return (event.time, object)
        }
    }
}
