// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodDescription {
    mutating func writeContainers(_ title: String, _ list: String, _ statuses: String) {
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
