// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Hooks, as the containers' own files tell of them")
struct HookTests {
    private static let data = "volumes: [{name: data, emptyDir: {}}]"
    private static let mount = "volumeMounts: [{name: data, mountPath: /data}]"

    private static func container(_ name: String, _ script: String, _ rest: String = "") -> String {
        """

          - name: \(name)
            image: busybox
            imagePullPolicy: Never
            command: [sh, -c, \(Machine.quoted(script))]
            volumeMounts: [{name: data, mountPath: /data}]
            \(rest)
        """
    }

    /// The volume's folder, once a container has made the log in it.
    private func folder(of pod: String, on machine: Machine) throws -> String? {
        let folder = "\(machine.root)/lib/pods/default_\(pod)_\(try machine.uid(of: pod))/volumes"
        let found = try Command("/usr/bin/find", [folder, "-name", "log"], environment: [:]).run()
        return String(decoding: found.output, as: UTF8.self).split(separator: "\n").first.map {
            String($0.dropLast("/log".count))
        }
    }

    private func log(of pod: String, on machine: Machine) throws -> [String] {
        guard let folder = try folder(of: pod, on: machine) else { return [] }
        return try File.readText(folder + "/log").split(separator: "\n").map(String.init)
    }

    @Test("a container counts as running, and those after it are started, once its postStart hook has ended")
    func postStart() throws {
        let machine = try Machine()
        let first = Machine.pod(
            "hooked", "sleep 60", spec: Self.data,
            container: """
                \(Self.mount)
                lifecycle: {postStart: {exec: {command: [sh, -c, "echo hook >> /data/log; until test -e /data/go; do sleep 0.1; done; echo done >> /data/log; grep -E '^(Uid|CapEff|Seccomp):' /proc/self/status > /data/hook; grep -E '^(Uid|CapEff|Seccomp):' /proc/1/status > /data/first"]}}}
                """)
        try machine.apply(first + Self.container("second", "echo second >> /data/log; sleep 60"))
        try machine.wait(["get", "pods"], for: "the hook") { _ in try log(of: "hooked", on: machine) == ["hook"] }
        let answer = try machine.run("get", "pod", "hooked", "-o", "json").output
        #expect(answer.contains("\"phase\": \"Pending\""))
        #expect(!answer.contains("\"running\""))
        let folder = try #require(try folder(of: "hooked", on: machine))
        try File.replace(folder + "/go", with: [])
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/hooked", "--timeout=20s").code == 0)
        try machine.wait(["exec", "hooked", "-c", "app", "--", "cat", "/data/log"], for: "the second container") {
            $0.output == "hook\ndone\nsecond\n"
        }
        let hook = try machine.run("exec", "hooked", "-c", "app", "--", "cat", "/data/hook").output
        #expect(!hook.isEmpty)
        #expect(try machine.run("exec", "hooked", "-c", "app", "--", "cat", "/data/first").output == hook)
    }

    @Test(
        "a postStart hook that fails ends its container",
        arguments: [
            "exec: {command: [\"false\"]}", "exec: {command: [nothing]}", "tcpSocket: {port: 80}",
            "httpGet: {port: 81, path: /}",
        ])
    func postStartFails(hook: String) throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "failing", "trap 'exit 5' TERM; while :; do sleep 0.1; done",
                container: "lifecycle: {postStart: {\(hook)}}"))
        try machine.waitForPhase("Failed", of: "failing")
        // 137 where the signal came before the trap: the first process of a PID namespace ignores it then.
        let answer = try machine.run("get", "pod", "failing", "-o", "json").output
        #expect(answer.contains("\"exitCode\": 5") || answer.contains("\"exitCode\": 137"), "\(answer)")
        let description = try machine.run("describe", "pod", "failing").output
        #expect(description.contains("FailedPostStartHook"))
        #expect(description.contains("PostStartHook failed"))
    }

    @Test("a preStop hook comes before the stop signal")
    func preStop() throws {
        let machine = try Machine()
        let script = "trap 'echo term >> /data/log; exit 0' TERM; touch /data/up; while :; do sleep 0.1; done"
        let pod = Machine.pod(
            "polite", script, spec: Self.data + "\nactiveDeadlineSeconds: 2",
            container: """
                \(Self.mount)
                lifecycle: {preStop: {exec: {command: [sh, -c, "echo stop >> /data/log; sleep 0.3; echo end >> /data/log"]}}}
                """)
        try machine.apply(
            pod.replacingOccurrences(of: "PeriodSeconds: 1", with: "PeriodSeconds: 20"))
        try machine.waitForPhase("Failed", of: "polite")
        #expect(try log(of: "polite", on: machine) == ["stop", "end", "term"])
        let answer = try machine.run("get", "pod", "polite", "-o", "json").output
        #expect(answer.contains("\"reason\": \"DeadlineExceeded\""))
        #expect(answer.contains("Pod was active on the node longer than the specified deadline"))
    }

    @Test("a preStop hook that hangs takes the grace period, and 2 s are left for the signal")
    func preStopHangs() throws {
        let machine = try Machine()
        let script = "trap 'sleep 1; echo term >> /data/log; exit 0' TERM; touch /data/log; while :; do sleep 0.1; done"
        try machine.apply(
            Machine.pod(
                "slow", script, spec: Self.data + "\nactiveDeadlineSeconds: 1",
                container: "\(Self.mount)\nlifecycle: {preStop: {exec: {command: [sleep, \"60\"]}}}"))
        let began = Clock.monotonic
        try machine.waitForPhase("Failed", of: "slow")
        #expect(Clock.monotonic - began < 6_000_000_000)
        // The grace period is one second, and the answer to the signal takes as long.
        #expect(try log(of: "slow", on: machine) == ["term"])
    }

    @Test("a preStop hook that fails is told, and the container ends all the same")
    func preStopFails() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "torn", "trap 'exit 3' TERM; while :; do sleep 0.1; done", spec: "activeDeadlineSeconds: 1",
                container: "lifecycle: {preStop: {exec: {command: [\"false\"]}}}"))
        try machine.waitForPhase("Failed", of: "torn")
        let description = try machine.run("describe", "pod", "torn").output
        #expect(description.contains("FailedPreStopHook"))
        #expect(description.contains("PreStopHook failed"))
        #expect(try machine.run("get", "pod", "torn", "-o", "json").output.contains("\"exitCode\": 3"))
    }

    @Test("hooks of all containers come first, then the containers end, then the sidecars in the opposite order")
    func order() throws {
        let machine = try Machine()
        func script(_ name: String) -> String {
            "trap 'sleep 0.2; echo \(name) >> /data/log; exit 0' TERM; while :; do sleep 0.05; done"
        }
        func hook(_ name: String) -> String {
            "lifecycle: {preStop: {exec: {command: [sh, -c, \"echo hook >> /data/log; sleep 0.5\"]}}}"
        }
        let sidecars = ["one", "two"].map { name in
            Self.container(name, script(name), "restartPolicy: Always\n    " + hook(name))
        }.joined()
        let main = Machine.pod(
            "ordered", script("main"), spec: Self.data + "\nactiveDeadlineSeconds: 2",
            container: "\(Self.mount)\n\(hook("main"))")
        try machine.apply(
            main.replacingOccurrences(of: "  containers:", with: "  initContainers:\(sidecars)\n  containers:")
                .replacingOccurrences(of: "PeriodSeconds: 1", with: "PeriodSeconds: 20"))
        try machine.waitForPhase("Failed", of: "ordered")
        #expect(try log(of: "ordered", on: machine) == ["hook", "hook", "hook", "main", "two", "one"])
    }

    @Test("sidecars and containers share one grace period")
    func sharedPeriod() throws {
        let machine = try Machine()
        let deaf = "trap '' TERM; while :; do sleep 0.05; done"
        let sidecars = ["one", "two"].map { Self.container($0, deaf, "restartPolicy: Always") }.joined()
        try machine.apply(
            Machine.pod("deaf", deaf, spec: Self.data, container: Self.mount)
                .replacingOccurrences(of: "  containers:", with: "  initContainers:\(sidecars)\n  containers:"))
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/deaf", "--timeout=20s").code == 0)
        let uid = try machine.uid(of: "deaf")
        let began = Clock.monotonic
        #expect(try machine.run("delete", "pod", "deaf", "--grace-period=2").code == 0)
        #expect((2_000_000_000..<5_500_000_000).contains(Clock.monotonic - began))
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("a hook can sleep, before the container is asked to end")
    func sleeps() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "sleepy", "trap 'exit 0' TERM; while :; do sleep 0.05; done",
                container: "lifecycle: {preStop: {sleep: {seconds: 2}}}"
            ).replacingOccurrences(of: "PeriodSeconds: 1", with: "PeriodSeconds: 20"))
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/sleepy", "--timeout=20s").code == 0)
        let began = Clock.monotonic
        #expect(try machine.run("delete", "pod", "sleepy").code == 0)
        #expect((2_000_000_000..<5_000_000_000).contains(Clock.monotonic - began))
    }

    @Test("a deletion that comes sooner ends a hook that still runs")
    func shortened() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "hurried", "trap '' TERM; while :; do sleep 0.05; done", spec: "activeDeadlineSeconds: 1",
                container: "lifecycle: {preStop: {exec: {command: [sleep, \"600\"]}}}"
            ).replacingOccurrences(of: "PeriodSeconds: 1", with: "PeriodSeconds: 600"))
        try machine.wait(["describe", "pod", "hurried"], for: "the hook") {
            $0.output.contains("Stopping container app")
        }
        let uid = try machine.uid(of: "hurried")
        let began = Clock.monotonic
        #expect(try machine.run("delete", "pod", "hurried", "--force", "--grace-period=0").code == 0)
        #expect(Clock.monotonic - began < 3_000_000_000)
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("a container's last words are not said again when it has been started again")
    func lastWords() throws {
        let machine = try Machine()
        let script =
            "if test -e /data/again; then exit 4; fi; touch /data/again; printf 'first %s' words > /dev/termination-log; exit 3"
        try machine.apply(
            Machine.pod("wordy", script, spec: Self.data, container: Self.mount)
                .replacingOccurrences(of: "restartPolicy: Never", with: "restartPolicy: OnFailure"))
        try machine.wait(["get", "pod", "wordy", "-o", "json"], for: "two ends") {
            $0.output.contains("CrashLoopBackOff") && $0.output.contains("\"exitCode\": 4")
        }
        let answer = try machine.run("get", "pod", "wordy", "-o", "json").output
        #expect(!answer.contains("first words"), "\(answer)")
    }

    @Test("the containers of a pod share 12 KiB for their last words")
    func sharedWords() throws {
        let machine = try Machine()
        let others = (1...5).map { Self.container("c\($0)", "exit 0") }.joined()
        let script = "head -c 4000 /dev/zero | tr '\\0' x > /dev/termination-log"
        try machine.apply(Machine.pod("many", script, spec: Self.data, container: Self.mount) + others)
        try machine.waitForPhase("Succeeded", of: "many")
        let answer = try machine.run("get", "pod", "many", "-o", "json").output
        #expect(answer.split(separator: "\"").contains { $0 == String(repeating: "x", count: 2048) })
    }
}
