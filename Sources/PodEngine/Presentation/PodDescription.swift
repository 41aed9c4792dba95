// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A pod as `describe` prints it, in kubectl's layout.
///
/// One thing is added to it: why a container waits is said beside the container.
package struct PodDescription {
    let pod: JSONValue
    let events: [JSONValue]
    let now: Timestamp
    private var out = TabbedText()

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

    private func text(_ path: String..., in value: JSONValue? = nil, else missing: String = "") -> String {
        var place = value ?? pod
        for key in path {
            guard let next = place[key] else { return missing }
            place = next
        }
        return place.plainText
    }

    private func time(_ value: JSONValue?) -> String {
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

    private mutating func writeSeccomp(_ context: JSONValue?, level: Int) {
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

// MARK: - containers

extension PodDescription {
    private mutating func writeContainers(_ title: String, _ list: String, _ statuses: String) {
        let containers = pod.at("spec", list)?.elements ?? []
        guard !containers.isEmpty else { return }
        let entries = pod.at("status", statuses)?.elements ?? []
        out.add(0, "\(title):")
        for container in containers {
            let entry = entries.first { $0["name"] == container["name"] }
            writeBasics(container, entry)
            writeLines("Command", container["command"])
            writeLines("Args", container["args"])
            if let entry { writeStates(entry) }
            writeAmounts("Limits", container.at("resources", "limits"))
            writeAmounts("Requests", container.at("resources", "requests"))
            for (title, key) in [
                ("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe"),
            ] {
                if let probe = container[key] { out.add(2, "\(title):\t\(words(for: probe))") }
            }
            writeEnvironment(container)
            writeMounts(container)
        }
    }

    private mutating func writeBasics(_ container: JSONValue, _ entry: JSONValue?) {
        out.add(1, "\(text("name", in: container)):")
        if let entry { out.add(2, "Container ID:\t\(text("containerID", in: entry))") }
        out.add(2, "Image:\t\(text("image", in: container))")
        if let entry { out.add(2, "Image ID:\t\(text("imageID", in: entry))") }
        let ports = container["ports"]?.elements ?? []
        func list(_ key: String) -> String {
            ports.map { "\(text(key, in: $0, else: "0"))/\(text("protocol", in: $0, else: "TCP"))" }
                .joined(separator: ", ")
        }
        out.add(2, "\(ports.count > 1 ? "Ports" : "Port"):\t\(ports.isEmpty ? "<none>" : list("containerPort"))")
        out.add(2, "\(ports.count > 1 ? "Host Ports" : "Host Port"):\t\(ports.isEmpty ? "<none>" : list("hostPort"))")
        writeSeccomp(container["securityContext"], level: 2)
    }

    private mutating func writeLines(_ title: String, _ list: JSONValue?) {
        guard let list, !list.isEmpty else { return }
        out.add(2, "\(title):")
        for word in list.elements {
            for line in word.plainText.split(separator: "\n", omittingEmptySubsequences: false) {
                out.add(3, String(line))
            }
        }
    }

    private mutating func writeStates(_ entry: JSONValue) {
        writeState("State", entry["state"])
        if entry.at("lastState", "terminated") != nil { writeState("Last State", entry["lastState"]) }
        out.add(2, "Ready:\t\(entry["ready"] == true ? "True" : "False")")
        out.add(2, "Restart Count:\t\(text("restartCount", in: entry, else: "0"))")
    }

    private mutating func writeState(_ title: String, _ state: JSONValue?) {
        if let running = state?["running"] {
            out.add(2, "\(title):\tRunning")
            out.add(3, "Started:\t\(time(running["startedAt"]))")
        } else if let end = state?["terminated"] {
            out.add(2, "\(title):\tTerminated")
            for (title, key) in [
                ("Reason", "reason"), ("Message", "message"), ("Exit Code", "exitCode"), ("Signal", "signal"),
            ] {
                if let value = end[key] { out.add(3, "\(title):\t\(value.plainText.oneLine)") }
            }
            out.add(3, "Started:\t\(time(end["startedAt"]))")
            out.add(3, "Finished:\t\(time(end["finishedAt"]))")
        } else {
            out.add(2, "\(title):\tWaiting")
            for (title, key) in [("Reason", "reason"), ("Message", "message")] {
                if let value = state?.at("waiting", key) { out.add(3, "\(title):\t\(value.plainText.oneLine)") }
            }
        }
    }

    private mutating func writeAmounts(_ title: String, _ amounts: JSONValue?) {
        guard let amounts, !amounts.isEmpty else { return }
        out.add(2, "\(title):")
        for (name, amount) in amounts.members { out.add(3, "\(name):\t\(amount.plainText)") }
    }

    private func words(for probe: JSONValue) -> String {
        let times =
            "delay=\(text("initialDelaySeconds", in: probe, else: "0"))s "
            + "timeout=\(text("timeoutSeconds", in: probe, else: "1"))s "
            + "period=\(text("periodSeconds", in: probe, else: "10"))s "
            + "#success=\(text("successThreshold", in: probe, else: "1")) "
            + "#failure=\(text("failureThreshold", in: probe, else: "3"))"
        if let command = probe.at("exec", "command") {
            return "exec [\(command.elements.map(\.plainText).joined(separator: " "))] \(times)"
        }
        if let get = probe["httpGet"] {
            let scheme = text("scheme", in: get, else: "HTTP").lowercased()
            return
                "http-get \(scheme)://\(text("host", in: get)):\(text("port", in: get))\(text("path", in: get)) \(times)"
        }
        if let socket = probe["tcpSocket"] {
            return "tcp-socket \(text("host", in: socket)):\(text("port", in: socket)) \(times)"
        }
        if let call = probe["grpc"] {
            return "grpc <pod>:\(text("port", in: call)) \(text("service", in: call)) \(times)"
        }
        return "unknown \(times)"
    }

    private mutating func writeEnvironment(_ container: JSONValue) {
        let sources = container["envFrom"]?.elements ?? []
        if !sources.isEmpty {
            out.add(2, "Environment Variables from:")
            for source in sources {
                let isSecret = source["secretRef"] != nil
                let reference = source["secretRef"] ?? source["configMapRef"] ?? .null
                let prefix = source["prefix"].map { " with prefix '\($0.plainText)'" } ?? ""
                out.add(
                    3,
                    "\(text("name", in: reference))\t\(isSecret ? "Secret" : "ConfigMap")\(prefix)\t"
                        + "Optional: \(text("optional", in: reference, else: "false"))")
            }
        }
        let variables = container["env"]?.elements ?? []
        out.add(2, variables.isEmpty ? "Environment:\t<none>" : "Environment:")
        for variable in variables { out.add(3, "\(text("name", in: variable)):\t\(value(of: variable))") }
    }

    private func value(of variable: JSONValue) -> String {
        guard let source = variable["valueFrom"] else {
            let lines = text("value", in: variable).split(separator: "\n", omittingEmptySubsequences: false)
            return lines.joined(separator: "\n\t")
        }
        if let field = source["fieldRef"] {
            return " (\(text("apiVersion", in: field, else: "v1")):\(text("fieldPath", in: field)))"
        }
        if let field = source["resourceFieldRef"] {
            return "\(text("divisor", in: field, else: "0")) (\(text("resource", in: field)))"
        }
        for (key, words) in [("secretKeyRef", "secret"), ("configMapKeyRef", "config map")] {
            guard let reference = source[key] else { continue }
            return "<set to the key '\(text("key", in: reference))' of \(words) '\(text("name", in: reference))'>\t"
                + "Optional: \(text("optional", in: reference, else: "false"))"
        }
        return ""
    }

    private mutating func writeMounts(_ container: JSONValue) {
        let mounts = container["volumeMounts"]?.elements ?? []
        out.add(2, mounts.isEmpty ? "Mounts:\t<none>" : "Mounts:")
        for mount in mounts.sorted(by: { text("mountPath", in: $0) < text("mountPath", in: $1) }) {
            var flags = [mount["readOnly"] == true ? "ro" : "rw"]
            for key in ["subPath", "subPathExpr"] {
                if let path = mount[key] {
                    flags.append("\(key == "subPath" ? "path" : "pathExpr")=\"\(path.plainText)\"")
                }
            }
            out.add(
                3,
                "\(text("mountPath", in: mount)) from \(text("name", in: mount)) (\(flags.joined(separator: ",")))")
        }
    }
}

// MARK: - volumes

extension PodDescription {
    private mutating func writeVolumes() {
        let volumes = pod.at("spec", "volumes")?.elements ?? []
        out.add(0, volumes.isEmpty ? "Volumes:\t<none>" : "Volumes:")
        for volume in volumes {
            out.add(1, "\(text("name", in: volume)):")
            guard let (kind, source) = volume.members.first(where: { $0.key != "name" }) else { continue }
            writeVolume(kind, source)
        }
    }

    /// What is said of each kind of volume: its sentence, then titles and the fields that they show.
    private static let kinds: [String: (sentence: String, fields: [(title: String, path: String, missing: String)])] = [
        "hostPath": (
            "HostPath (bare host directory volume)", [("Path", "path", ""), ("HostPathType", "type", "")]
        ),
        "emptyDir": (
            "EmptyDir (a temporary directory that shares a pod's lifetime)",
            [("Medium", "medium", ""), ("SizeLimit", "sizeLimit", "<unset>")]
        ),
        "secret": (
            "Secret (a volume populated by a Secret)",
            [("SecretName", "secretName", ""), ("Optional", "optional", "false")]
        ),
        "configMap": (
            "ConfigMap (a volume populated by a ConfigMap)", [("Name", "name", ""), ("Optional", "optional", "false")]
        ),
        "persistentVolumeClaim": (
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            [("ClaimName", "claimName", ""), ("ReadOnly", "readOnly", "false")]
        ),
        "image": (
            "Image (a container image or OCI artifact)",
            [("Reference", "reference", ""), ("PullPolicy", "pullPolicy", "")]
        ),
    ]

    private mutating func writeVolume(_ kind: String, _ source: JSONValue) {
        if let known = Self.kinds[kind] {
            out.add(2, "Type:\t\(known.sentence)")
            for field in known.fields {
                out.add(2, "\(field.title):\t\(text(field.path, in: source, else: field.missing))")
            }
            return
        }
        switch kind {
        case "downwardAPI":
            out.add(2, "Type:\tDownwardAPI (a volume populated by information about the pod)")
            out.add(2, "Items:")
            for item in source["items"]?.elements ?? [] {
                let field = item.at("fieldRef", "fieldPath") ?? item.at("resourceFieldRef", "resource") ?? ""
                out.add(3, "\(field.plainText) -> \(text("path", in: item))")
            }
        case "projected":
            out.add(2, "Type:\tProjected (a volume that contains injected data from multiple sources)")
            for part in source["sources"]?.elements ?? [] { writeProjection(part) }
        case "ephemeral":
            out.add(
                2,
                "Type:\tEphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)"
            )
            let spec = source.at("volumeClaimTemplate", "spec") ?? .null
            out.add(2, "StorageClass:\t\(text("storageClassName", in: spec))")
            out.add(2, "Volume:\t\(text("volumeName", in: spec))")
            out.add(2, "Capacity:\t\(text("resources", "requests", "storage", in: spec))")
        default: out.add(2, "Type:\t\(kind)")
        }
    }

    private mutating func writeProjection(_ part: JSONValue) {
        if let token = part["serviceAccountToken"] {
            out.add(2, "TokenExpirationSeconds:\t\(text("expirationSeconds", in: token, else: "3600"))")
        }
        if let map = part["configMap"] {
            out.add(2, "ConfigMapName:\t\(text("name", in: map))")
            out.add(2, "Optional:\t\(text("optional", in: map, else: "false"))")
        }
        if let secret = part["secret"] {
            out.add(2, "SecretName:\t\(text("name", in: secret))")
            out.add(2, "Optional:\t\(text("optional", in: secret, else: "false"))")
        }
        if part["downwardAPI"] != nil { out.add(2, "DownwardAPI:\ttrue") }
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
