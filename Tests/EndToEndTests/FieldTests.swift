// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Fields as a node answers them")
struct FieldTests {
    /// The states of a pod's containers, and its phase.
    private func status(_ machine: Machine, _ pod: String) throws -> String {
        try machine.run("get", "pod", pod, "-o", "json").output
    }

    @Test(
        "a sandbox that cannot be what the pod asks for leaves the pod pending, says why, and goes with the pod",
        arguments: [
            (
                "securityContext: {sysctls: [{name: net.ipv4.ip_local_port_range, value: abc}]}",
                "spec.securityContext.sysctls[net.ipv4.ip_local_port_range] is not enforced (sysctls): "
            ),
            (
                "securityContext: {runAsGroup: 3000}",
                "spec.securityContext.runAsGroup: user group \"3000\" is specified without user"
            ),
            (
                "hostUsers: false\nsecurityContext: {supplementalGroups: [65536]}",
                "spec.securityContext.supplementalGroups[0]: 65536 is not mapped in the pod's user namespace"
            ),
        ])
    func sandbox(spec: String, reason: String) throws {
        let machine = try Machine()
        let manifest = Machine.pod("boxless", "touch /ran", spec: spec)
        try machine.apply(manifest)
        let uid = try machine.uid(of: "boxless")
        try machine.wait(["get", "pod", "boxless", "-o", "json"], for: "ContainerCreating") {
            $0.output.contains("ContainerCreating")
        }
        #expect(try status(machine, "boxless").contains("\"phase\": \"Pending\""))
        let events = try machine.run("get", "events").output
        #expect(events.contains("FailedCreatePodSandBox"))
        #expect(events.contains("Failed to create pod sandbox: \(reason)"))
        #expect(try machine.run("apply", "-f", "-", input: manifest).output == "pod/boxless unchanged\n")
        #expect(try machine.run("exec", "boxless", "--", "true").code == 1)
        // Nobody waits for what does not come.
        let followed = try machine.run(
            "run", "-f", "-", input: manifest.replacingOccurrences(of: "name: boxless", with: "name: followed"))
        #expect(followed.code == 1 && followed.errors.contains("failed to create pod sandbox: \(reason)"))
        let other = try machine.uid(of: "followed")
        #expect(try machine.run("delete", "pod", "boxless", "followed", "--now").code == 0)
        #expect(try machine.leftovers(uids: [uid, other]) == [])
    }

    @Test("in a user namespace the pod's sysctls of all namespaces are set, and its containers may share processes")
    func userNamespace() throws {
        let machine = try Machine()
        let sysctls = "kernel/shm_rmid_forced net/ipv4/ip_local_port_range"
        try machine.apply(
            Machine.pod(
                "inside", "cd /proc/sys && cat \(sysctls) && cat /proc/1/comm && echo $$$$ && cat /proc/self/uid_map",
                spec: """
                    hostUsers: false
                    shareProcessNamespace: true
                    securityContext:
                      sysctls:
                      - {name: kernel.shm_rmid_forced, value: "1"}
                      - {name: net.ipv4.ip_local_port_range, value: "30000 40000"}
                    """))
        try machine.waitForPhase("Succeeded", of: "inside")
        let lines = try machine.run("logs", "inside").output.split(separator: "\n").map(String.init)
        #expect(lines.prefix(4) == ["1", "30000\t40000", "pause", "2"])
        #expect(lines.last?.hasSuffix(" 65536") == true)
        #expect(try File.readText("/proc/sys/kernel/shm_rmid_forced") != "1\n")
    }

    @Test("what waits behind an init container is initialising, whatever is wrong with it")
    func initialising() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "behind", "true",
                spec: """
                    securityContext: {runAsNonRoot: true}
                    initContainers:
                    - {name: first, image: busybox, imagePullPolicy: Never, command: ["true"], securityContext: {runAsUser: 1000}}
                    - {name: second, image: busybox, imagePullPolicy: Never, command: ["true"]}
                    """))
        try machine.wait(["get", "pod", "behind", "-o", "json"], for: "CreateContainerConfigError") {
            $0.output.contains("CreateContainerConfigError")
        }
        let answer = try status(machine, "behind")
        #expect(answer.contains("\"phase\": \"Pending\""))
        #expect(answer.components(separatedBy: "CreateContainerConfigError").count == 2)
        #expect(answer.components(separatedBy: "PodInitializing").count == 2)
        #expect(try machine.run("get", "pods").output.contains("Init:CreateContainerConfigError"))
    }

    @Test("a part of a volume in memory is made with the volume's bits")
    func memoryPart() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "part", "stat -c '%a %g' /data && touch /data/x && grep -c ' /data .* tmpfs ' /proc/self/mountinfo",
                spec: """
                    securityContext: {fsGroup: 2000}
                    volumes: [{name: v, emptyDir: {medium: Memory}}]
                    """, container: "volumeMounts: [{name: v, mountPath: /data, subPath: a/b}]"))
        try machine.waitForPhase("Succeeded", of: "part")
        #expect(try machine.run("logs", "part").output == "3777 2000\n1\n")
    }

    /// A pod whose init container prepares the volume, of which the other mounts the part `part`.
    private static func partial(_ name: String, _ preparation: String, _ script: String) -> String {
        Machine.pod(
            name, script,
            spec: """
                volumes: [{name: v, emptyDir: {}}]
                initContainers:
                - {name: first, image: busybox, imagePullPolicy: Never, command: [sh, -c, "\(preparation)"], volumeMounts: [{name: v, mountPath: /v}]}
                """, container: "volumeMounts: [{name: v, mountPath: /part, subPath: part}]")
    }

    @Test(
        "what an init container puts into a volume is there to be mounted: a file, or what a link in the volume names")
    func preparedPart() throws {
        let machine = try Machine()
        try machine.apply(Self.partial("file", "echo prepared > /v/part", "cat /part"))
        try machine.apply(Self.partial("linked", "echo behind > /v/real && ln -s real /v/part", "cat /part"))
        try machine.waitForPhase("Succeeded", of: "file")
        try machine.waitForPhase("Succeeded", of: "linked")
        #expect(try machine.run("logs", "file", "-c", "app").output == "prepared\n")
        #expect(try machine.run("logs", "linked", "-c", "app").output == "behind\n")
    }

    @Test(
        "a part that a link leads out of its volume is refused at the start, in the kubelet's words",
        arguments: [
            ("ln -s /etc /v/part", "failed to prepare subPath"),
            ("ln -s /not/there /v/part", "failed to create subPath directory"),
        ])
    func escapingPart(preparation: String, words: String) throws {
        let machine = try Machine()
        try machine.apply(Self.partial("escaping", preparation, "ls /part"))
        try machine.wait(["get", "pod", "escaping", "-o", "json"], for: "CreateContainerConfigError") {
            $0.output.contains("CreateContainerConfigError")
        }
        let answer = try status(machine, "escaping")
        #expect(answer.contains("\"\(words) for volumeMount \\\"v\\\" of container \\\"app\\\"\""))
        #expect(try machine.run("get", "events").output.contains("it leaves the volume through a symbolic link"))
        #expect(try machine.run("logs", "escaping", "-c", "app").output.isEmpty)
        #expect(try !File.exists("/not"))
    }

    @Test("the end of the log is the message of a container that fails without one, with its newlines")
    func messageFromLog() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "wordless", "seq 1 2000; printf end; exit 3",
                container: "terminationMessagePolicy: FallbackToLogsOnError"))
        try machine.waitForPhase("Failed", of: "wordless")
        let message = try machine.run(
            "get", "pod", "wordless", "-o", "jsonpath={.status.containerStatuses[0].state.terminated.message}"
        ).output
        // 80 lines, the last of which was ended by the end of the container.
        #expect(message == (1922...2000).map { "\($0)\n" }.joined() + "end\n")
    }

    @Test("a working folder that is no absolute path is found at the start")
    func relativeFolder() throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("relative", "touch /ran", container: "workingDir: somewhere"))
        try machine.waitForPhase("Failed", of: "relative")
        let answer = try status(machine, "relative")
        #expect(answer.contains("\"reason\": \"StartError\"") && answer.contains("\"exitCode\": 128"))
        #expect(answer.contains("spec.containers[0].workingDir is not enforced (workingFolder): somewhere is not an"))
    }
}
