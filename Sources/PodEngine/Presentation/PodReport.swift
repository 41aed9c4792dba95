// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import ContainerRuntime
import LinuxKernel

/// A pod's `status`, composed from what was applied and what its shim says, as a Kubernetes node reports it.
///
/// Source: core/v1 PodStatus; kubelet, `generateAPIPodStatus`.
struct PodReport {
    let record: PodRecord
    /// The plan, for images and ids; nil where it was not made or is not needed.
    let plan: SandboxPlan?
    /// The users of containers that have run, by name; empty where they are not needed.
    let users: [String: JSONValue]
    /// The machine's own address.
    let hostAddress: String?

    private var object: JSONValue { record.object }
    private var status: SandboxStatus? { record.life.status }

    /// The pod with its status, as `get -o json` prints it.
    var composed: JSONValue {
        var pod = object
        if let deletion = record.deletion {
            pod["metadata"]?["deletionTimestamp"] = .string(Timestamp(nanoseconds: deletion.time).rfc3339)
            pod["metadata"]?["deletionGracePeriodSeconds"] = .int(deletion.gracePeriod)
        }
        pod["status"] = record.life == .rejected ? object["status"] : reported
        return pod
    }

    private var reported: JSONValue {
        let states = statuses(of: "initContainers")
        let main = statuses(of: "containers").sorted {
            ($0["name"]?.stringValue ?? "") < ($1["name"]?.stringValue ?? "")
        }
        let addresses = status?.podIPs ?? []
        var value: JSONValue = [
            "phase": .string(phase.rawValue), "conditions": .array(conditions(initial: states, main: main)),
            "containerStatuses": .array(main),
        ]
        value["qosClass"] = object.at("status", "qosClass")
        value["reason"] = reason.map(JSONValue.string)
        value["message"] = message.map(JSONValue.string)
        value["startTime"] = startTime.map { .string($0.rfc3339) }
        value["hostIP"] = hostAddress.map(JSONValue.string)
        value["hostIPs"] = hostAddress.map { [["ip": .string($0)]] }
        value["podIP"] = addresses.first.map(JSONValue.string)
        value["podIPs"] = addresses.isEmpty ? nil : .array(addresses.map { ["ip": .string($0)] })
        let debuggers = statuses(of: "ephemeralContainers")
        value["ephemeralContainerStatuses"] = debuggers.isEmpty ? nil : .array(debuggers)
        value["initContainerStatuses"] = states.isEmpty ? nil : .array(states)
        return value
    }

    private var startTime: Timestamp? {
        if let status { return Timestamp(nanoseconds: status.startTime) }
        return object.at("metadata", "creationTimestamp")?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }

    private var phase: SandboxStatus.Phase {
        switch record.life {
        case .rejected: .failed
        case .starting: .pending
        case .supervised(let status): status.phase
        // It was ended before it could be done.
        case .ended(let status): status.phase.isFinal ? status.phase : .failed
        case .abandoned: .failed
        }
    }

    private var reason: String? {
        if case .abandoned = record.life { return "SupervisorDied" }
        return status?.reason
    }

    private var message: String? {
        guard case .abandoned(let last) = record.life else { return status?.message }
        let cause =
            last.map { "the pod's supervisor (process \($0.shim)) died, and its containers with it" }
            ?? "the pod has no supervisor: the machine was restarted, or the command that started it was killed"
        return "\(cause); delete the pod and apply it again"
    }

    // MARK: Containers

    private func statuses(of list: String) -> [JSONValue] {
        (object.at("spec", list)?.elements ?? []).map { container in
            let name = container["name"]?.stringValue ?? ""
            var entry = Self.entry(
                container, isInit: list == "initContainers", reported: status?.containers.first { $0.name == name },
                waiting: waitingAtFirst(isInit: list == "initContainers"),
                abandoned: { if case .abandoned = record.life { true } else { false } }(),
                plan: plan?.containers.first { $0.name == name }, user: users[name], uid: record.place.uid)
            if list == "ephemeralContainers" {
                // Nothing waits for it, so nobody asks whether it is ready.
                entry["ready"] = false
                entry["started"] = nil
            }
            return entry
        }
    }

    private func waitingAtFirst(isInit: Bool) -> Waiting {
        let waitsForOthers = !isInit && !(object.at("spec", "initContainers")?.isEmpty ?? true)
        return Waiting(reason: waitsForOthers ? "PodInitializing" : "ContainerCreating")
    }

    private static func entry(
        _ container: JSONValue, isInit: Bool, reported: ContainerRuntime.ContainerStatus?, waiting: Waiting,
        abandoned: Bool,
        plan: ContainerPlan?, user: JSONValue?, uid: String
    ) -> JSONValue {
        let name = container["name"]?.stringValue ?? ""
        let state = abandoned ? lost(reported?.state) : reported?.state ?? .waiting(waiting)
        let hasRun: Bool =
            switch state {
            case .running: true
            case .terminated(let end): end.startedAt > 0 && end.reason != "StartError"
            case .waiting: reported?.lastTermination != nil
            }
        let restarts = reported?.restartCount ?? 0
        var entry: JSONValue = [
            "name": .string(name), "state": json(state), "ready": .bool(!abandoned && (reported?.ready ?? false)),
            "restartCount": .int(Int64(restarts)), "started": .bool(!abandoned && (reported?.started ?? false)),
            "image": .string(plan?.image ?? container["image"]?.stringValue ?? ""),
            "imageID": .string(plan?.imageID ?? ""),
        ]
        entry["lastState"] = reported?.lastTermination.map { ["terminated": json($0)] } ?? [:]
        if hasRun {
            entry["containerID"] = .string("holdfast://\(uid)/\(name)/\(restarts)")
            entry["user"] = user
        }
        return entry
    }

    /// What is left of a state once nobody looks after the container: what had ended has, the rest is unknown.
    private static func lost(_ state: ContainerRuntime.ContainerStatus.State?) -> ContainerRuntime.ContainerStatus.State
    {
        if case .terminated(let end) = state { return .terminated(end) }
        var start: Int64 = 0
        if case .running(_, let since) = state { start = since }
        return .terminated(
            ContainerRuntime.ContainerStatus.Termination(
                exitCode: 137, reason: "ContainerStatusUnknown",
                message: "The container could not be located when the pod's supervisor was gone", startedAt: start,
                finishedAt: 0))
    }

    private static func json(_ state: ContainerRuntime.ContainerStatus.State) -> JSONValue {
        switch state {
        case .waiting(let waiting):
            var value: JSONValue = ["reason": .string(waiting.reason)]
            value["message"] = waiting.message.map(JSONValue.string)
            return ["waiting": value]
        case .running(_, let since):
            return ["running": ["startedAt": .string(Timestamp(nanoseconds: since).rfc3339)]]
        case .terminated(let end): return ["terminated": json(end)]
        }
    }

    private static func json(_ end: ContainerRuntime.ContainerStatus.Termination) -> JSONValue {
        func time(_ nanoseconds: Int64) -> JSONValue {
            nanoseconds > 0 ? .string(Timestamp(nanoseconds: nanoseconds).rfc3339) : .null
        }
        var value: JSONValue = [
            "exitCode": .int(Int64(end.exitCode)), "reason": .string(end.reason),
            "startedAt": time(end.startedAt), "finishedAt": time(end.finishedAt),
        ]
        value["signal"] = end.signal.map { .int(Int64($0)) }
        value["message"] = end.message.map(JSONValue.string)
        return value
    }

    // MARK: Conditions

    /// In the kubelet's order.
    ///
    /// A condition's last change is the newest moment that decides it.
    private func conditions(initial: [JSONValue], main: [JSONValue]) -> [JSONValue] {
        let incomplete = initial.filter { !isComplete($0) }
        let unready = (initial.filter(isSidecar) + main).filter { $0["ready"] != true }
        let running = phase == .running && unready.isEmpty
        let times = moments(initial + main)
        let newest = times.max() ?? startTime
        let sandbox: Bool = if case .supervised = record.life { status?.podIPs.isEmpty == false } else { false }
        return [
            condition("PodReadyToStartContainers", sandbox, since: startTime),
            condition(
                "Initialized", incomplete.isEmpty || phase == .succeeded,
                since: incomplete.isEmpty ? moments(initial).max() ?? startTime : startTime,
                reason: phase == .failed ? "PodFailed" : "ContainersNotInitialized",
                message: "containers with incomplete status: \(names(incomplete))"),
            condition("Ready", running, since: newest, reason: unreadyReason, message: unreadyMessage(unready)),
            condition(
                "ContainersReady", running, since: newest, reason: unreadyReason, message: unreadyMessage(unready)),
            condition("PodScheduled", true, since: startTime),
        ]
    }

    private var unreadyReason: String {
        switch phase {
        case .succeeded: "PodCompleted"
        case .failed: "PodFailed"
        default: "ContainersNotReady"
        }
    }

    private func unreadyMessage(_ unready: [JSONValue]) -> String? {
        phase.isFinal ? nil : "containers with unready status: \(names(unready))"
    }

    private func names(_ entries: [JSONValue]) -> String {
        "[" + entries.compactMap { $0["name"]?.stringValue }.joined(separator: " ") + "]"
    }

    private func isSidecar(_ entry: JSONValue) -> Bool {
        object.at("spec", "initContainers")?.elements
            .first { $0["name"] == entry["name"] }?["restartPolicy"] == "Always"
    }

    private func isComplete(_ entry: JSONValue) -> Bool {
        isSidecar(entry) ? entry["started"] == true : entry.at("state", "terminated", "exitCode") == 0
    }

    private func moments(_ entries: [JSONValue]) -> [Timestamp] {
        entries.compactMap { entry in
            [
                entry.at("state", "running", "startedAt"), entry.at("state", "terminated", "finishedAt"),
                entry.at("lastState", "terminated", "finishedAt"),
            ].compactMap { $0?.stringValue.flatMap(Timestamp.init(rfc3339:)) }.max()
        }
    }

    private func condition(
        _ type: String, _ holds: Bool, since: Timestamp?, reason: String? = nil, message: String? = nil
    ) -> JSONValue {
        var value: JSONValue = [
            "type": .string(type), "status": holds ? "True" : "False", "lastProbeTime": .null,
            "lastTransitionTime": since.map { .string($0.rfc3339) } ?? .null,
        ]
        if !holds {
            value["reason"] = reason.map(JSONValue.string)
            value["message"] = message.map(JSONValue.string)
        }
        return value
    }
}
