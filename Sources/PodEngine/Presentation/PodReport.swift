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
        let mounts = container["volumeMounts"]?.elements.map(mount) ?? []
        if !mounts.isEmpty { entry["volumeMounts"] = .array(mounts) }
        entry["lastState"] = reported?.lastTermination.map { ["terminated": json($0)] } ?? [:]
        if hasRun {
            entry["containerID"] = .string("holdfast://\(uid)/\(name)/\(restarts)")
            entry["user"] = user
        }
        return entry
    }

    /// A mount as it is made: one that is read-only says whether what is mounted below it is so too.
    private static func mount(_ mount: JSONValue) -> JSONValue {
        var entry: JSONValue = ["mountPath": mount["mountPath"] ?? "", "name": mount["name"] ?? ""]
        guard mount["readOnly"] == true else { return entry }
        let isRecursive = ["Enabled", "IfPossible"].contains(mount["recursiveReadOnly"]?.stringValue)
        entry["readOnly"] = true
        entry["recursiveReadOnly"] = isRecursive ? "Enabled" : "Disabled"
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
    /// A condition's last change is the newest moment that decides it. Source: the kubelet's status/generate.go. There a
    /// sandbox without an address is not ready; here a pod may have loopback alone, and is.
    private func conditions(initial: [JSONValue], main: [JSONValue]) -> [JSONValue] {
        let sandbox: Bool = if case .supervised(let status) = record.life { status.refusal == nil } else { false }
        let newest = (moments(initial + main) + readyChanges).max() ?? startTime
        let containers = containersReady(initial.filter(isSidecar) + main)
        return [
            condition("PodReadyToStartContainers", Standing(holds: sandbox), since: startTime),
            condition("Initialized", initialized(initial, main), since: initializedSince(initial)),
            condition("Ready", containers.holds ? gates : containers, since: newest),
            condition("ContainersReady", containers, since: newest),
            condition("PodScheduled", Standing(holds: true), since: startTime),
        ]
    }

    /// Whether a condition holds, and why or why not.
    private struct Standing {
        var holds: Bool
        var reason: String?
        var message: String?
    }

    private func initialized(_ initial: [JSONValue], _ main: [JSONValue]) -> Standing {
        if phase == .succeeded { return Standing(holds: true, reason: "PodCompleted") }
        // Sidecars may be started again later.
        if main.contains(where: hasStarted) { return Standing(holds: true) }
        let incomplete = initial.filter { !isComplete($0) }
        if incomplete.isEmpty { return Standing(holds: true) }
        return Standing(
            holds: false, reason: "ContainersNotInitialized",
            message: "containers with incomplete status: \(names(incomplete))")
    }

    private func initializedSince(_ initial: [JSONValue]) -> Timestamp? {
        initial.allSatisfy(isComplete) ? moments(initial).max() ?? startTime : startTime
    }

    private func containersReady(_ containers: [JSONValue]) -> Standing {
        switch phase {
        case .succeeded: return Standing(holds: false, reason: "PodCompleted")
        case .failed: return Standing(holds: false, reason: "PodFailed")
        default: break
        }
        let unready = containers.filter { $0["ready"] != true }
        if unready.isEmpty { return Standing(holds: true) }
        return Standing(
            holds: false, reason: "ContainersNotReady",
            message: "containers with unready status: \(names(unready))")
    }

    /// Conditions that others are to set; nobody does here.
    private var gates: Standing {
        let types = (object.at("spec", "readinessGates")?.elements ?? []).compactMap {
            $0["conditionType"]?.stringValue
        }
        if types.isEmpty { return Standing(holds: true) }
        return Standing(
            holds: false, reason: "ReadinessGatesNotReady",
            message: types.map { "corresponding condition of pod readiness gate \"\($0)\" does not exist." }
                .joined(separator: ", "))
    }

    private func names(_ entries: [JSONValue]) -> String {
        "[" + entries.compactMap { $0["name"]?.stringValue }.joined(separator: " ") + "]"
    }

    private func isSidecar(_ entry: JSONValue) -> Bool {
        object.at("spec", "initContainers")?.elements
            .first { $0["name"] == entry["name"] }?["restartPolicy"] == "Always"
    }

    private func isComplete(_ entry: JSONValue) -> Bool {
        isSidecar(entry) ? entry["started"] == true : entry["ready"] == true
    }

    private func hasStarted(_ entry: JSONValue) -> Bool {
        entry.at("state", "running") != nil || entry.at("state", "terminated", "startedAt")?.stringValue != nil
    }

    private var readyChanges: [Timestamp] {
        (status?.containers ?? []).compactMap { $0.readyChange.map(Timestamp.init(nanoseconds:)) }
    }

    private func moments(_ entries: [JSONValue]) -> [Timestamp] {
        entries.compactMap { entry in
            [
                entry.at("state", "running", "startedAt"), entry.at("state", "terminated", "finishedAt"),
                entry.at("lastState", "terminated", "finishedAt"),
            ].compactMap { $0?.stringValue.flatMap(Timestamp.init(rfc3339:)) }.max()
        }
    }

    private func condition(_ type: String, _ standing: Standing, since: Timestamp?) -> JSONValue {
        var value: JSONValue = [
            "type": .string(type), "status": standing.holds ? "True" : "False", "lastProbeTime": .null,
            "lastTransitionTime": since.map { .string($0.rfc3339) } ?? .null,
        ]
        value["reason"] = standing.reason.map(JSONValue.string)
        value["message"] = standing.message.map(JSONValue.string)
        return value
    }
}
