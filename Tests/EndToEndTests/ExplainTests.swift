// SPDX-License-Identifier: Apache-2.0
import Foundation
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import Testing

/// What `explain` says of each conformance case, beside what the probe printed in that case's containers on a node.
///
/// `conformance.py run` compares what a probe prints here with the same recordings.
@Suite("Every conformance case, explained before it runs", ConformanceMachine())
struct ExplainTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance/run").path

    static let names: [String] = {
        let entries = (try? File.names(in: folder)) ?? []
        return entries.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test("the cases are those that were recorded") func count() { #expect(Self.names.count >= 103) }

    @Test("ids, groups, capability sets, no_new_privs, seccomp and mounts are what the probe saw", arguments: names)
    func predicted(name: String) throws {
        let machine = try #require(ConformanceMachine.current)
        let manifest = "\(Self.folder)/\(name).yaml"
        // The profiles that the cases' node has, as conformance.py writes them.
        let answer = try machine.run("explain", "-f", manifest, "-n", "c-\(name)", "-o", "json")
        try #require(answer.code == 0, "\(answer.errors)")
        let pod = try #require(try Self.json(answer.output)["pods"]?.arrayValue?.first)
        let recorded = try Self.json(File.readText("\(Self.folder)/\(name).json"))
        let hosts = Self.sharedNamespaces(try File.readText(manifest))
        if let reason = recorded["pod"]?["reason"]?.stringValue {
            #expect(pod["refusal"]?.stringValue?.hasSuffix("(\(reason))") == true, "\(pod["refusal"] ?? .null)")
            return
        }
        #expect(pod["refusal"] == .null)
        for container in pod["containers"]?.arrayValue ?? [] {
            let answer = try #require(recorded["containers"]?[container["name"]?.stringValue ?? ""])
            if let waiting = answer["waiting"]?.stringValue, waiting != "ContainerCreating" {
                Self.expectRefusal(container, waiting, answer["message"]?.stringValue)
            } else if let log = answer["log"]?.arrayValue, !log.isEmpty {
                try Self.compare(try #require(container["kernel"]), ProbeLines(log), hosts: hosts)
            }
        }
    }

    @Test("nothing can come from the machine into a volume that only the pod mounts, as explained and as mounted")
    func propagation() throws {
        let machine = try Machine()
        let manifest = machine.root + "/pod.yaml"
        let pod = Machine.pod(
            "web", "sleep 100",
            spec: "volumes: [{name: m, emptyDir: {medium: Memory}}]",
            container: "volumeMounts: [{name: m, mountPath: /memory, mountPropagation: HostToContainer}]")
        try File.replace(manifest, with: Array(pod.utf8))
        let answer = try machine.run("explain", "-f", manifest, "-o", "json")
        let container = try Self.json(answer.output)["pods"]?.arrayValue?.first?["containers"]?.arrayValue?.first
        let mounts = try #require(container?["kernel"]?["mounts"]?.arrayValue)
        let predicted = try #require(mounts.first { $0["path"] == "/memory" })
        #expect(predicted["propagation"] == "private")
        try machine.apply(pod)
        try machine.waitForPhase("Running", of: "web")
        // proc_pid_mountinfo(5): optional fields stand before the dash, and a private mount has none.
        let seen = try machine.run("exec", "web", "--", "grep", " /memory ", "/proc/self/mountinfo").output
        let optional = seen.split(separator: " ").dropFirst(6).prefix { $0 != "-" }
        #expect(seen.contains(" tmpfs ") && optional.isEmpty, "\(seen)")
    }

    private static func json(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// Profiles that are missing or broken on the node are files of the machine: explain says so beside the filter.
    private static func expectRefusal(_ container: JSONValue, _ waiting: String, _ message: String?) {
        let refusal = container["refusal"]?.stringValue
        if waiting == "CreateContainerConfigError" || refusal != nil {
            #expect(refusal?.hasPrefix("\(waiting): ") == true, "\(refusal ?? "none")")
        }
        guard waiting == "CreateContainerConfigError", let message, let refusal else { return }
        func unified(_ text: String) -> String {
            text.replacing(#/\(pod: "[^"]*", /#, with: "(pod: \"POD\", ")
        }
        #expect(unified(refusal) == unified("\(waiting): \(message)"))
    }

    // MARK: one container

    private static func compare(_ kernel: JSONValue, _ lines: ProbeLines, hosts: Set<String>) throws {
        // Containers that run something else than the probe print none of it.
        guard lines["uid"] != nil else { return }
        func number(_ key: String) -> String { kernel[key]?.intValue.map { String($0) } ?? "unknown" }
        let (uid, effective) = (number("uid"), number("effectiveUID"))
        lines.expect("uid", "\(uid) \(effective) \(effective)")
        let (gid, effectiveGID) = (number("gid"), number("effectiveGID"))
        lines.expect("gid", "\(gid) \(effectiveGID) \(effectiveGID)")
        let groups = (kernel["groups"]?.arrayValue ?? []).compactMap(\.intValue).map { String($0) }
        lines.expect("groups", groups.joined(separator: " "))
        let sets = ["Inh": "inheritable", "Prm": "permitted", "Eff": "effective", "Bnd": "bounding", "Amb": "ambient"]
        for (line, set) in sets {
            let names = (kernel["capabilities"]?[set]?.arrayValue ?? []).compactMap(\.stringValue)
            lines.expect("status.Cap\(line)", try CapabilitySet(named: names).description)
        }
        lines.expect("status.NoNewPrivs", kernel["noNewPrivileges"]?.boolValue == true ? "1" : "0")
        lines.expect("status.Seccomp", kernel["seccomp"]?["mode"]?.intValue.map { String($0) } ?? "unknown")
        compareMounts(kernel["mounts"]?.arrayValue ?? [], lines, hosts: hosts)
    }

    /// Each mount with its flags and propagation, and no other: what conformance.py leaves to the machine is left here too.
    private static func compareMounts(_ mounts: [JSONValue], _ lines: ProbeLines, hosts: Set<String>) {
        var predicted: [String: String] = [:]
        var masked: Set<String> = []
        for mount in mounts {
            let path = mount["path"]?.stringValue ?? ""
            let type = mount["type"]?.stringValue ?? ""
            if type == "mask" { masked.insert(path) }
            let flags = (mount["flags"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ",")
            predicted[path] = type == "mask" ? "mask" : "\(type) \(flags) \(mount["propagation"]?.stringValue ?? "")"
        }
        var seen: [String: String] = [:]
        for (path, value) in lines.mounts {
            let parts = value.split(separator: " ", maxSplits: 1)
            let own = ["proc", "sysfs", "mqueue", "devpts", "overlay", "tmpfs"]
            // A mount of what is on the disk or in another mount shows the type of that.
            let isBind = !own.contains(String(parts[0])) || predicted[path]?.hasPrefix("bind ") == true
            seen[path] = masked.contains(path) ? "mask" : (isBind ? "bind" : String(parts[0])) + " " + parts[1]
        }
        for path in Set(predicted.keys).union(seen.keys).sorted() {
            if path.hasPrefix("/sys/fs/cgroup") || path == "/sys" && hosts.contains("hostNetwork") { continue }
            #expect(predicted[path] == seen[path], "\(path)")
        }
    }

    /// Fields that show a namespace of the host, about which the recordings tell of another host.
    private static func sharedNamespaces(_ manifest: String) -> Set<String> {
        Set(["hostNetwork", "hostPID", "hostIPC"].filter { manifest.contains("\($0): true") })
    }
}

/// What a probe printed, by key.
private struct ProbeLines {
    private var values: [String: String] = [:]
    private(set) var mounts: [String: String] = [:]

    init(_ log: [JSONValue]) {
        for line in log.compactMap(\.stringValue) {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let (key, value) = (String(line[..<colon.lowerBound]), String(line[colon.upperBound...]))
            if key.hasPrefix("mount.") {
                mounts[String(key.dropFirst("mount.".count))] = value
            } else if values[key] == nil {
                values[key] = value
            }
        }
    }

    subscript(key: String) -> String? { values[key] }

    func expect(_ key: String, _ value: String) { #expect(values[key] == value, "\(key)") }
}
