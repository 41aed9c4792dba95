// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("What a pod as a whole may use, and which of its containers start again")
struct PodResourceTests {
    /// The value of a limit that a cgroup has, in whichever hierarchy holds its controller.
    private func limit(_ path: String, v1: [String], v2: String) throws -> String? {
        for folder in try File.names(in: "/sys/fs/cgroup") {
            for name in v1 {
                let file = "/sys/fs/cgroup/\(folder)/holdfast/\(path)/\(name)"
                if try File.exists(file) { return try File.readText(file).trimmingCharacters(in: .newlines) }
            }
        }
        let file = "/sys/fs/cgroup/holdfast/\(path)/\(v2)"
        return try File.exists(file) ? try File.readText(file).trimmingCharacters(in: .newlines) : nil
    }

    @Test("limits of the pod as a whole are its cgroup's, and a container's that has none")
    func whole() throws {
        let machine = try Machine()
        let spec = """
            resources: {limits: {cpu: 500m, memory: 64Mi}, requests: {cpu: 250m}}
            initContainers:
            - {name: own, image: busybox, imagePullPolicy: Never, restartPolicy: Always, command: [sleep, "100"], resources: {limits: {memory: 16Mi}}}
            """
        try machine.apply(Machine.pod("whole", "sleep 100", spec: spec))
        try machine.wait(["get", "pod", "whole"], for: "start") { $0.output.contains("Running") }
        let uid = try machine.uid(of: "whole")
        for (path, bytes) in [(uid, "67108864"), ("\(uid)/app", "67108864"), ("\(uid)/own", "16777216")] {
            #expect(try limit(path, v1: ["memory.limit_in_bytes"], v2: "memory.max") == bytes, "\(path)")
        }
        for path in [uid, "\(uid)/app", "\(uid)/own"] {
            let quota = try limit(path, v1: ["cpu.cfs_quota_us"], v2: "cpu.max")
            #expect(quota == "50000" || quota == "50000 100000", "\(path)")
        }
        #expect(try limit(uid, v1: ["cpu.shares"], v2: "cpu.weight").map { ["256", "10"].contains($0) } == true)
        // Together they get no more, whoever takes it.
        let answer = try machine.run(
            "exec", "whole", "--", "sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=63; tail -c 20M /dev/zero")
        #expect(answer.code != 0)
        #expect(try machine.run("get", "pod", "whole", "-o", "json").output.contains("\"qosClass\": \"Burstable\""))
        #expect(try machine.run("delete", "pod", "whole", "--now").code == 0)
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("a container's own restart policy and rules go before the pod's")
    func restarts() throws {
        let machine = try Machine()
        let base = "image: busybox, imagePullPolicy: Never"
        try machine.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: rules}
            spec:
              restartPolicy: Never
              containers:
              - {name: again, \(base), restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}], command: [sh, -c, "exit 42"]}
              - {name: other, \(base), restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: NotIn, values: [7]}}], command: [sh, -c, "exit 7"]}
              - {name: failing, \(base), restartPolicy: OnFailure, command: [sh, -c, "exit 1"]}
              - {name: plain, \(base), command: [sh, -c, "exit 42"]}
            """)
        func counts() throws -> [String: Bool] {
            let text = try machine.run("get", "pod", "rules", "-o", "json").output
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            let status = object?["status"] as? [String: Any]
            var started: [String: Bool] = [:]
            for entry in status?["containerStatuses"] as? [[String: Any]] ?? [] {
                started[entry["name"] as? String ?? ""] = (entry["restartCount"] as? Int ?? 0) > 0
            }
            return started
        }
        let expected = ["again": true, "other": false, "failing": true, "plain": false]
        let end = Clock.monotonic + 20_000_000_000
        while try counts() != expected, Clock.monotonic < end { Clock.sleep(milliseconds: 50) }
        #expect(try counts() == expected)
        #expect(try machine.run("delete", "pod", "rules", "--now").code == 0)
        let all = try machine.run(
            "apply", "-f", "-",
            input: Machine.pod(
                "all", "true",
                container:
                    "restartPolicy: Never\nrestartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [1]}}]"
            ))
        #expect(all.code == 0, "\(all.errors)")
        try machine.wait(["describe", "pod", "all"], for: "refusal") {
            $0.output.contains("spec.containers[0].restartPolicyRules[0].action: RestartAllContainers is not supported")
        }
        #expect(try machine.run("delete", "pod", "all", "--now").code == 0)
    }

    @Test("a runtime class that is not there is refused in the API server's words")
    func runtimeClass() throws {
        let machine = try Machine(image: false)
        let answer = try machine.run(
            "apply", "-f", "-", input: Machine.pod("other", "true", spec: "runtimeClassName: gvisor"))
        #expect(answer.code == 1)
        #expect(
            answer.errors.hasSuffix(
                "pods \"other\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found\n"))
        #expect(try machine.run("get", "pods").output.isEmpty)
    }
}
