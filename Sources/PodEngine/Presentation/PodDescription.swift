// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A pod as `describe` prints it, in kubectl's layout.
///
/// One thing is added to it: why a container waits is said beside the container.
package struct PodDescription {
    let pod: JSONValue
    let events: [JSONValue]
    let now: Timestamp
    var out = TabbedText()

    /// The text for a pod with its status, and its own events, the newest last.
    package static func text(_ pod: JSONValue, events: [JSONValue], now: Timestamp) -> String {
        var description = Self(pod: pod, events: events, now: now)
        description.writeHead()
        description.writeContainers("Init Containers", "initContainers", "initContainerStatuses")
        description.writeContainers("Containers", "containers", "containerStatuses")
        description.writeContainers("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses")
        description.writeConditions()
        description.writeVolumes()
        description.writeTail()
        return description.out.text
    }

    private init(pod: JSONValue, events: [JSONValue], now: Timestamp) {
        self.pod = pod
        self.events = events
        self.now = now
    }

    func text(_ path: String..., in value: JSONValue? = nil, else missing: String = "") -> String {
        var place = value ?? pod
        for key in path {
            guard let next = place[key] else { return missing }
            place = next
        }
        return place.plainText
    }

    func time(_ value: JSONValue?) -> String {
        guard let text = value?.stringValue else { return "<unknown>" }
        return Timestamp(rfc3339: text)?.rfc1123 ?? text
    }

    private mutating func writeHead() {
        out.add(0, "Name:\t\(text("metadata", "name"))")
        out.add(0, "Namespace:\t\(text("metadata", "namespace"))")
        if let priority = pod.at("spec", "priority") { out.add(0, "Priority:\t\(priority.plainText)") }
        if let name = pod.at("spec", "runtimeClassName") { out.add(0, "Runtime Class Name:\t\(name.plainText)") }
        out.add(0, "Service Account:\t\(text("spec", "serviceAccountName", else: "default"))")
        let node = pod.at("spec", "nodeName").map { "\($0.plainText)/\(text("status", "hostIP"))" }
        out.add(0, "Node:\t\(node ?? "<none>")")
        if let start = pod.at("status", "startTime") { out.add(0, "Start Time:\t\(time(start))") }
        writeMap("Labels", pod.at("metadata", "labels"), separator: "=")
        writeMap("Annotations", pod.at("metadata", "annotations"), separator: ": ")
        writeState()
        writeSeccomp(pod.at("spec", "securityContext"), level: 0)
        out.add(0, "IP:\t\(text("status", "podIP"))")
        let addresses = pod.at("status", "podIPs")?.elements ?? []
        out.add(0, addresses.isEmpty ? "IPs:\t<none>" : "IPs:")
        for address in addresses { out.add(1, "IP:\t\(text("ip", in: address))") }
    }

    private mutating func writeMap(_ title: String, _ map: JSONValue?, separator: String) {
        let lines = (map?.members ?? []).map { "\($0.key)\(separator)\($0.value.plainText)" }
        out.add(0, "\(title):\t\(lines.first ?? "<none>")")
        for line in lines.dropFirst() { out.add(0, "\t\(line)") }
    }

    private mutating func writeState() {
        if pod.at("metadata", "deletionTimestamp") != nil, !["Succeeded", "Failed"].contains(pod.at("status", "phase"))
        {
            let since = text("metadata", "deletionTimestamp")
            let lasts = Timestamp(rfc3339: since)?.age(at: now) ?? "<unknown>"
            out.add(0, "Status:\tTerminating (lasts \(lasts == "<invalid>" ? "0s" : lasts))")
            out.add(0, "Termination Grace Period:\t\(text("metadata", "deletionGracePeriodSeconds", else: "0"))s")
        } else {
            out.add(0, "Status:\t\(text("status", "phase"))")
        }
        for (title, key) in [("Reason", "reason"), ("Message", "message")] {
            if let value = pod.at("status", key) { out.add(0, "\(title):\t\(value.plainText)") }
        }
    }

    mutating func writeSeccomp(_ context: JSONValue?, level: Int) {
        guard let profile = context?["seccompProfile"] else { return }
        out.add(level, "SeccompProfile:\t\(text("type", in: profile))")
        if profile["type"] == "Localhost" {
            out.add(level, "LocalhostProfile:\t\(text("localhostProfile", in: profile))")
        }
    }

    private mutating func writeConditions() {
        guard let conditions = pod.at("status", "conditions"), !conditions.isEmpty else { return }
        out.add(0, "Conditions:")
        out.add(1, "Type\tStatus")
        for condition in conditions.elements {
            out.add(1, "\(text("type", in: condition)) \t\(text("status", in: condition)) ")
        }
    }

    private mutating func writeTail() {
        out.add(0, "QoS Class:\t\(text("status", "qosClass"))")
        writeMap("Node-Selectors", pod.at("spec", "nodeSelector"), separator: "=")
        let tolerations = (pod.at("spec", "tolerations")?.elements ?? []).map(toleration)
        out.add(0, "Tolerations:\t\(tolerations.first ?? "<none>")")
        for line in tolerations.dropFirst() { out.add(0, "\t\(line)") }
        guard !events.isEmpty else { return out.add(0, "Events:\t<none>") }
        out.add(0, "Events:")
        out.add(1, "Type\tReason\tAge\tFrom\tMessage")
        out.add(1, "----\t------\t----\t----\t-------")
        for event in events {
            func age(_ key: String) -> String {
                event[key]?.stringValue.flatMap(Timestamp.init(rfc3339:))?.age(at: now) ?? "<unknown>"
            }
            let count = event["count"]?.intValue ?? 1
            let when =
                count > 1 ? "\(age("lastTimestamp")) (x\(count) over \(age("firstTimestamp")))" : age("firstTimestamp")
            out.add(
                1,
                [
                    text("type", in: event), text("reason", in: event), when, text("source", "component", in: event),
                    text("message", in: event).oneLine,
                ].joined(separator: "\t"))
        }
    }

    private func toleration(_ toleration: JSONValue) -> String {
        var line = text("key", in: toleration)
        let value = text("value", in: toleration)
        if !value.isEmpty { line += "=\(value)" }
        let effect = text("effect", in: toleration)
        if !effect.isEmpty { line += ":\(effect)" }
        if toleration["operator"] == "Exists", value.isEmpty { line += line.isEmpty ? "op=Exists" : " op=Exists" }
        if let seconds = toleration["tolerationSeconds"]?.intValue { line += " for \(seconds)s" }
        return line
    }
}

extension JSONValue {
    /// A scalar without quotes; anything else as JSON.
    var plainText: String {
        switch self {
        case .string(let text): text
        case .null: "<nil>"
        default: compactText
        }
    }
}

extension String {
    /// The text with its line ends and tabs as they are written in code, so that it stays one cell of one line.
    var oneLine: String {
        let trimmed = self[...].trimmingTrailingNewlines
        guard trimmed.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else { return String(trimmed) }
        return trimmed.reduce(into: "") { line, character in
            switch character {
            case "\n", "\r\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            default: line.append(character)
            }
        }
    }
}

extension Substring {
    fileprivate var trimmingTrailingNewlines: Substring {
        var text = self
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
