// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// A pod's row of `get pods`.
///
/// Source: `printPod` of Kubernetes' printers.
struct PodRow {
    let pod: JSONValue
    let now: Timestamp

    static let heading = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    static let wideHeading = heading + ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]

    func cells(wide: Bool) -> [String] {
        let summary = Summary(pod)
        var restarts = String(summary.restarts)
        if summary.restarts > 0, let last = summary.lastRestart { restarts += " (\(last.age(at: now)) ago)" }
        let row = [
            pod.at("metadata", "name")?.stringValue ?? "", "\(summary.ready)/\(summary.total)", summary.reason,
            restarts,
            pod.age(at: now),
        ]
        guard wide else { return row }
        return row + [
            pod.at("status", "podIP")?.stringValue ?? "<none>", pod.at("spec", "nodeName")?.stringValue ?? "<none>",
            "<none>", readinessGates,
        ]
    }

    /// How many of the pod's readiness gates hold.
    private var readinessGates: String {
        let gates = (pod.at("spec", "readinessGates")?.elements ?? []).compactMap { $0["conditionType"]?.stringValue }
        guard !gates.isEmpty else { return "<none>" }
        let open = gates.filter { Summary.isTrue($0, pod["status"] ?? .null) }
        return "\(open.count)/\(gates.count)"
    }

    /// What the columns READY, STATUS and RESTARTS sum up.
    struct Summary {
        var ready = 0
        var total: Int
        var reason: String
        var restarts: Int64 = 0
        var lastRestart: Timestamp?

        init(_ pod: JSONValue) {
            let status = pod["status"] ?? .null
            let initial = pod.at("spec", "initContainers")?.elements ?? []
            total = pod.at("spec", "containers")?.elements.count ?? 0
            reason = status["phase"]?.stringValue ?? ""
            if let given = status["reason"]?.stringValue, !given.isEmpty { reason = given }
            let sidecars = Set(
                initial.filter { $0["restartPolicy"] == "Always" }.compactMap { $0["name"]?.stringValue })
            total += sidecars.count
            let initializing = countInitial(status["initContainerStatuses"]?.elements ?? [], of: initial, sidecars)
            if !initializing || Self.isTrue("Initialized", status) {
                countMain(status["containerStatuses"]?.elements ?? [], podIsReady: Self.isTrue("Ready", status))
            }
            if pod.at("metadata", "deletionTimestamp") != nil, !["Succeeded", "Failed"].contains(status["phase"]) {
                reason = "Terminating"
            }
        }

        static func isTrue(_ condition: String, _ status: JSONValue) -> Bool {
            status["conditions"]?.elements.contains { $0["type"]?.stringValue == condition && $0["status"] == "True" }
                ?? false
        }

        private mutating func countInitial(
            _ entries: [JSONValue], of specs: [JSONValue], _ sidecars: Set<String>
        ) -> Bool {
            for (index, entry) in entries.enumerated() {
                count(restartsOf: entry)
                let isSidecar = sidecars.contains(entry["name"]?.stringValue ?? "")
                if entry.at("state", "terminated", "exitCode") == 0 { continue }
                if isSidecar, entry["started"] == true {
                    if entry["ready"] == true { ready += 1 }
                    continue
                }
                if let end = entry.at("state", "terminated") {
                    reason = "Init:" + Self.words(for: end)
                } else if let waiting = entry.at("state", "waiting", "reason")?.stringValue, !waiting.isEmpty,
                    waiting != "PodInitializing"
                {
                    reason = "Init:" + waiting
                } else {
                    reason = "Init:\(index)/\(specs.count)"
                }
                return true
            }
            return false
        }

        private mutating func countMain(_ entries: [JSONValue], podIsReady: Bool) {
            var oneRuns = false
            restarts = 0
            lastRestart = nil
            for entry in entries.reversed() {
                count(restartsOf: entry)
                if let waiting = entry.at("state", "waiting", "reason")?.stringValue, !waiting.isEmpty {
                    reason = waiting
                } else if let end = entry.at("state", "terminated") {
                    reason = Self.words(for: end)
                } else if entry["ready"] == true, entry.at("state", "running") != nil {
                    oneRuns = true
                    ready += 1
                }
            }
            if reason == "Completed", oneRuns { reason = podIsReady ? "Running" : "NotReady" }
        }

        private mutating func count(restartsOf entry: JSONValue) {
            restarts += entry["restartCount"]?.intValue ?? 0
            guard
                let last = entry.at("lastState", "terminated", "finishedAt")?.stringValue.flatMap(
                    Timestamp.init(rfc3339:))
            else { return }
            lastRestart = max(lastRestart ?? last, last)
        }

        private static func words(for end: JSONValue) -> String {
            if let reason = end["reason"]?.stringValue, !reason.isEmpty { return reason }
            if let signal = end["signal"]?.intValue, signal != 0 { return "Signal:\(signal)" }
            return "ExitCode:\(end["exitCode"]?.intValue ?? 0)"
        }
    }
}

extension JSONValue {
    /// How long ago the object was made.
    func age(at now: Timestamp) -> String {
        at("metadata", "creationTimestamp")?.stringValue.flatMap(Timestamp.init(rfc3339:))?.age(at: now) ?? "<unknown>"
    }
}
