// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

@Suite("Ten times more than a machine usually has", .serialized)
struct ScaleTests {
    /// Says that it is up, and goes on until it is asked to end.
    private static let ticker =
        "trap 'exit 0' TERM; echo up; while true; do echo . >> /shared/$0; sleep 1 & wait $!; done"

    private static func pod(_ name: String, containers: Int) -> String {
        var text = """
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: \(name)
            spec:
              terminationGracePeriodSeconds: 5
              volumes: [{name: shared, emptyDir: {}}]
              containers:

            """
        for number in 1...containers {
            text += """
                  - name: c\(number)
                    image: busybox
                    imagePullPolicy: Never
                    command: [sh, -c, \(Machine.quoted(ticker)), "\(number)"]
                    volumeMounts: [{name: shared, mountPath: /shared}]

                """
        }
        return text
    }

    /// The processes of this machine's containers, by the words that they were started with.
    private func tickers(of machine: Machine) throws -> [Int32] {
        let uids = try File.names(in: machine.root + "/lib/pods").compactMap { $0.split(separator: "_").last }
        return try Machine.processes { $0.hasPrefix("sh -c trap 'exit 0' TERM; echo up;") }.filter { pid in
            let cgroup = (try? File.readText("/proc/\(pid)/cgroup")) ?? ""
            return uids.contains { cgroup.contains($0) }
        }
    }

    private func namespaces(_ kind: String, of pids: [Int32]) throws -> Set<String> {
        Set(try pids.map { try File.linkTarget("/proc/\($0)/ns/\(kind)") })
    }

    @Test("a pod with 50 containers: all run, each in a PID namespace of its own, and go on")
    func fiftyContainers() throws {
        let machine = try Machine()
        try machine.apply(Self.pod("fifty", containers: 50))
        try machine.wait(["get", "pods"], for: "50/50 ready") { $0.output.contains("50/50") }
        let pids = try tickers(of: machine)
        #expect(pids.count == 50)
        #expect(try namespaces("pid", of: pids).count == 50)
        #expect(try namespaces("mnt", of: pids).count == 50)
        #expect(try namespaces("net", of: pids).count == 1)
        let grown = "cat /shared/1 /shared/50; ls /shared | wc -l"
        try machine.wait(["exec", "fifty", "-c", "c7", "--", "sh", "-c", grown], for: "a second tick of all") {
            $0.output.hasSuffix(".\n50\n") && $0.output.split(separator: "\n").count >= 5
        }
        for number in [1, 25, 50] { #expect(try machine.run("logs", "fifty", "-c", "c\(number)").output == "up\n") }
        #expect(try tickers(of: machine) == pids)
        let uid = try machine.uid(of: "fifty")
        #expect(try machine.run("delete", "pod", "fifty").code == 0)
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("100 pods in one file: all run, each in namespaces of its own, and go on")
    func hundredPods() throws {
        let machine = try Machine()
        try machine.apply((1...100).map { Self.pod("pod-\($0)", containers: 1) }.joined())
        try checkHundred(machine)
    }

    @Test("100 commands at once, a pod each: all run, and go on")
    func hundredCommands() throws {
        let machine = try Machine()
        for number in 1...100 {
            let manifest = machine.root + "/pod-\(number).yaml"
            try File.replace(manifest, with: Array(Self.pod("pod-\(number)", containers: 1).utf8))
        }
        let answer = try machine.shell(
            "for i in $(seq 100); do holdfast apply -f pod-$i.yaml > /dev/null || echo failed & done; wait")
        #expect(answer.output == "", "\(answer.errors)")
        try checkHundred(machine)
    }

    private func checkHundred(_ machine: Machine) throws {
        try machine.wait(["get", "pods"], for: "100 pods ready", seconds: 60) {
            $0.output.split(separator: "\n").filter { $0.contains("1/1") && $0.contains("Running") }.count == 100
        }
        let uids = try File.names(in: machine.root + "/lib/pods").compactMap {
            $0.split(separator: "_").last.map(String.init)
        }
        #expect(uids.count == 100)
        let pids = try tickers(of: machine)
        #expect(pids.count == 100)
        for kind in ["pid", "net", "ipc", "uts", "mnt"] {
            #expect(try namespaces(kind, of: pids).count == 100, "\(kind)")
        }
        try machine.wait(["exec", "pod-100", "--", "cat", "/shared/1"], for: "a second tick") {
            $0.output.hasPrefix(".\n.\n")
        }
        #expect(try machine.run("exec", "pod-1", "--", "echo", "here").output == "here\n")
        #expect(try tickers(of: machine) == pids, "a container was started again")
        let deleted = try machine.run("delete", "pod", "--all")
        #expect(deleted.code == 0, "\(deleted.errors)")
        #expect(try machine.leftovers(uids: uids) == [])
    }

    // MARK: rounds

    /// What the kernel keeps of all namespaces, mounts and users on this machine.
    ///
    /// Source: slabinfo(5); other tests and caches move it by some dozens, a leak by one a round.
    private static func kernelObjects() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for line in try File.readText("/proc/slabinfo").split(separator: "\n") {
            let words = line.split(separator: " ")
            let kinds = ["net_namespace", "pid_namespace", "user_namespace", "uts_namespace", "mnt_cache"]
            guard let name = words.first, kinds.contains(String(name)), words.count > 1 else { continue }
            counts[String(name)] = Int(words[1])
        }
        return counts
    }

    private func files(of machine: Machine) throws -> Set<Substring> {
        let found = try Command("/usr/bin/find", [machine.root], environment: [:]).run()
        return Set(String(decoding: found.output, as: UTF8.self).split(separator: "\n"))
    }

    /// Pods that take of the machine what there is to take.
    private static let kinds = [
        "",
        "hostUsers: false",
        "shareProcessNamespace: true",
        "hostNetwork: true\nhostPID: true",
        "securityContext: {fsGroup: 2000, sysctls: [{name: net.ipv4.ip_local_port_range, value: 1024 2000}]}\n"
            + "volumes: [{name: shared, emptyDir: {medium: Memory}}]",
    ]

    private func round(_ number: Int, _ machine: Machine) throws -> String {
        let name = "round-\(number)"
        let isComplete = number.isMultiple(of: 2)
        let mounts = "volumeMounts: [{name: shared, mountPath: /shared}]\nresources: {limits: {memory: 64Mi}}"
        let spec = Self.kinds[number / 2 % Self.kinds.count]
        try machine.apply(
            Machine.pod(
                name, isComplete ? "echo done" : "trap 'exit 0' TERM; sleep 1000 & wait", spec: spec,
                container: spec.contains("volumes") ? mounts : ""))
        let uid = try machine.uid(of: name)
        // Half of the pods live to their end; the others are deleted while they start.
        if isComplete { try machine.wait(["logs", name], for: "the pod's output") { $0.output == "done\n" } }
        let deleted = try machine.run("delete", "pod", name, "--now")
        #expect(deleted.code == 0, "\(deleted.errors)")
        return uid
    }

    @Test("1,000 pods, one after the other: no process, mount, cgroup, namespace, loop device or file is left")
    func thousandRounds() throws {
        let machine = try Machine()
        for number in 0..<(2 * Self.kinds.count) { _ = try round(number, machine) }
        let filesBefore = try files(of: machine)
        let objectsBefore = try Self.kernelObjects()
        #expect(objectsBefore.count == 5)
        var uids: [String] = []
        for number in 0..<1000 { uids.append(try round(number, machine)) }
        #expect(try machine.leftovers(uids: uids) == [])
        let new = try files(of: machine).subtracting(filesBefore)
        #expect(new.isEmpty, "\(new.sorted().prefix(20))")
        #expect(try !loopDevices().contains { $0.hasPrefix(machine.root) })
        for (kind, count) in try Self.kernelObjects() {
            let before = try #require(objectsBefore[kind])
            #expect(count - before < 300, "\(kind): \(before) before, \(count) after 1,000 rounds")
        }
    }

    private func loopDevices() throws -> [String] {
        try File.names(in: "/sys/block").filter { $0.hasPrefix("loop") }.compactMap {
            try? File.readText("/sys/block/\($0)/loop/backing_file")
        }
    }
}
