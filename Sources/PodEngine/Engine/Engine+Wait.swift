// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel

/// What of a pod is waited for.
package enum WaitCondition: Hashable, Sendable {
    /// `condition=Ready`, `condition=Ready=False`.
    case condition(type: String, status: String)
    case delete
    /// `jsonpath={.status.phase}=Running`.
    case phase(String)

    /// Reads what kubectl's `--for` takes.
    package init(_ text: String) throws(EngineError) {
        func value(after prefix: String) -> Substring? {
            text.lowercased().hasPrefix(prefix) ? text.dropFirst(prefix.count) : nil
        }
        if text.lowercased() == "delete" {
            self = .delete
        } else if let condition = value(after: "condition=") {
            let parts = condition.split(separator: "=", maxSplits: 1)
            guard let type = parts.first else { throw Self.unknown(text) }
            self = .condition(type: String(type), status: parts.count > 1 ? String(parts[1]) : "true")
        } else if let phase = value(after: "jsonpath={.status.phase}=") ?? value(after: "jsonpath='{.status.phase}'=") {
            self = .phase(String(phase.drop { $0 == "'" || $0 == "\"" }.prefix { $0 != "'" && $0 != "\"" }))
        } else {
            throw Self.unknown(text)
        }
    }

    private static func unknown(_ text: String) -> EngineError {
        .failed(
            "cannot wait for \"\(text)\": --for takes condition=TYPE, condition=TYPE=STATUS, delete or "
                + "jsonpath={.status.phase}=PHASE")
    }

    /// Whether a pod with its status meets it.
    func holds(for pod: JSONValue) -> Bool {
        switch self {
        case .condition(let type, let status):
            (pod.at("status", "conditions")?.elements ?? []).contains {
                $0["type"]?.stringValue?.lowercased() == type.lowercased()
                    && $0["status"]?.stringValue?.lowercased() == status.lowercased()
            }
        case .delete: false
        case .phase(let phase): pod.at("status", "phase")?.stringValue == phase
        }
    }
}

extension Engine {
    /// What waiting came to.
    package enum WaitOutcome: Hashable, Sendable {
        case met
        /// There is no such pod, and so nothing whose deletion could be waited for.
        case absent
        case timedOut
    }

    /// Waits for a condition of a pod, at most so long; nil: for ever.
    package func wait(
        _ name: ObjectName, for condition: WaitCondition, timeout: Duration?
    ) throws(EngineError) -> WaitOutcome {
        guard let place = try pods.find(name) else {
            if condition == .delete { return .absent }
            throw .notFound(.pod, name: name.name)
        }
        let deadline = timeout.map {
            Clock.monotonic + $0.components.seconds * 1_000_000_000
                + $0.components.attoseconds / 1_000_000_000
        }
        let node = try NodeIdentity()
        let watch = try PodWatch([place])
        while true {
            try watch.refresh()
            if let pod = try report(place, .table, node), try pods.find(name)?.uid == place.uid {
                if condition.holds(for: pod) { return .met }
            } else {
                if condition == .delete { return .met }
                throw .notFound(.pod, name: name.name)
            }
            let left = deadline.map { max(0, ($0 - Clock.monotonic + 999_999) / 1_000_000) }
            if left == 0 { return .timedOut }
            _ = try watch.wait(milliseconds: left.map { Int32(clamping: $0) })
        }
    }
}
