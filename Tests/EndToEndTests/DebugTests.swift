// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Ephemeral containers, and streams that are joined")
struct DebugTests {
    private func running(_ machine: Machine, _ name: String, spec: String = "", container: String = "") throws {
        try machine.apply(Machine.pod(name, "sleep 100", spec: spec, container: container))
        try machine.wait(["get", "pod", name], for: "start") { $0.output.contains("Running") }
    }

    private func ended(_ machine: Machine, _ pod: String, _ container: String) throws {
        try machine.wait(["describe", "pod", pod], for: "end of \(container)") { answer in
            guard let place = answer.output.range(of: "\n  \(container):\n") else { return false }
            return answer.output[place.upperBound...].prefix(600).contains("State:          Terminated")
        }
    }

    @Test("a container is added to a running pod, in its namespaces, and goes with it")
    func added() throws {
        let machine = try Machine()
        try running(machine, "web", spec: "hostname: chosen")
        let uid = try machine.uid(of: "web")
        let script = "hostname; readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; ls /proc | grep -c '^[0-9]'"
        let made = try machine.run("debug", "web", "--image", "busybox", "-c", "look", "--", "sh", "-c", script)
        #expect(made.code == 0 && made.output.isEmpty, "\(made.errors)")
        try ended(machine, "web", "look")
        let lines = try machine.run("logs", "web", "-c", "look").output.split(separator: "\n").map(String.init)
        let own = try machine.run(
            "exec", "web", "--", "sh", "-c", "readlink /proc/self/ns/net; readlink /proc/self/ns/ipc"
        ).output.split(separator: "\n").map(String.init)
        try #require(lines.count == 4)
        #expect(lines[0] == "chosen")
        #expect([lines[1], lines[2]] == own)
        // A PID namespace of its own: sh, ls and grep.
        #expect(Int(lines[3]).map { $0 <= 4 } == true, "\(lines[3])")
        let object = try machine.run("get", "pod", "web", "-o", "json").output
        #expect(object.contains("\"ephemeralContainerStatuses\""))
        #expect(object.contains("\"reason\": \"Completed\""))
        #expect(try machine.run("describe", "pod", "web").output.contains("Ephemeral Containers:\n  look:\n"))
        // It counts for nothing, and what was applied can be applied again.
        #expect(try machine.run("get", "pod", "web").output.contains("1/1     Running"))
        let again = try machine.run(
            "apply", "-f", "-", input: Machine.pod("web", "sleep 100", spec: "hostname: chosen"))
        #expect(again.output == "pod/web unchanged\n", "\(again.errors)")
        #expect(
            try machine.run("logs", "web").errors == "Defaulted container \"app\" out of: app, look (ephem)\n")
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("with a target it is in that container's PID namespace", arguments: ["", "hostUsers: false"])
    func target(spec: String) throws {
        let machine = try Machine()
        try running(machine, "web", spec: spec)
        let script = "readlink /proc/self/ns/pid; grep -c sleep /proc/1/cmdline; echo $$"
        try machine.run("debug", "web", "--image", "busybox", "-c", "in", "--target", "app", "--", "sh", "-c", script)
        try ended(machine, "web", "in")
        let lines = try machine.run("logs", "web", "-c", "in").output.split(separator: "\n").map(String.init)
        let own = try machine.run("exec", "web", "--", "sh", "-c", "readlink /proc/1/ns/pid").output
        try #require(lines.count == 3)
        #expect(lines[0] + "\n" == own)
        #expect(lines[1] == "1")
        #expect(lines[2] != "1")
        let unknown = try machine.run("debug", "web", "--image", "busybox", "-c", "x", "--target", "nope", "--", "true")
        #expect(
            unknown.errors
                == "error: The Pod \"web\" is invalid: spec.ephemeralContainers[1].targetContainerName: "
                + "Not found: \"nope\"\n")
        #expect(unknown.code == 1)
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
    }

    @Test(
        "a profile's security context is what the kernel has",
        arguments: [
            ("general", "00000000a80c25fb", "0", "0"), ("baseline", "00000000a80425fb", "0", "0"),
            ("legacy", "00000000a80425fb", "0", "0"), ("netadmin", "00000000a80435fb", "0", "0"),
            ("restricted", "0000000000000000", "1", "2"),
        ])
    func profile(name: String, sets: String, noNewPrivileges: String, seccomp: String) throws {
        let machine = try Machine()
        try running(machine, "web", spec: name == "restricted" ? "securityContext: {runAsUser: 1000}" : "")
        try machine.run(
            "debug", "web", "--image", "busybox", "-c", "look", "--profile", name, "--", "cat", "/proc/self/status")
        try ended(machine, "web", "look")
        let status = try machine.run("logs", "web", "-c", "look").output
        #expect(status.contains("CapBnd:\t\(sets)\n"))
        #expect(status.contains("NoNewPrivs:\t\(noNewPrivileges)\n"))
        #expect(status.contains("Seccomp:\t\(seccomp)\n"))
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
    }

    @Test("what the node would refuse is refused, with the field")
    func refusals() throws {
        let machine = try Machine()
        try running(machine, "web")
        func debug(_ arguments: String...) throws -> Machine.Answer {
            let result = try machine.command(["debug", "web", "--image", "busybox"] + arguments).run()
            return Machine.Answer(
                code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
                errors: String(decoding: result.errors, as: UTF8.self))
        }
        // A sandbox without a privileged container takes none later.
        #expect(try debug("-c", "all", "--profile", "sysadmin", "--", "true").code == 0)
        try machine.wait(["describe", "pod", "web"], for: "refusal") {
            $0.output.contains("no privileged container allowed in sandbox")
        }
        #expect(try machine.run("get", "pod", "web", "-o", "json").output.contains("CreateContainerError"))
        // As root, where the profile says not to be.
        #expect(try debug("-c", "root", "--profile", "restricted", "--", "true").code == 0)
        try machine.wait(["describe", "pod", "web"], for: "refusal") {
            $0.output.contains("container has runAsNonRoot and image will run as root")
        }
        #expect(
            try debug("-c", "app", "--", "true").errors
                == "error: The Pod \"web\" is invalid: spec.ephemeralContainers[2].name: Duplicate value: \"app\"\n")
        #expect(
            try debug("-c", "Bad_", "--", "true").errors.contains("spec.ephemeralContainers[2].name: Invalid value"))
        #expect(try debug("-t", "--", "true").code == 2)
        #expect(try machine.run("debug", "none", "--image", "busybox").errors.contains("pods \"none\" not found"))
        #expect(try machine.run("exec", "web", "--", "true").code == 0)
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
        try machine.apply(Machine.pod("done", "true"))
        try machine.waitForPhase("Succeeded", of: "done")
        #expect(
            try machine.run("debug", "done", "--image", "busybox").errors
                == "error: cannot debug a completed pod; current phase is Succeeded\n")
        let created = try machine.run(
            "apply", "-f", "-",
            input: Machine.pod("early", "true", spec: "ephemeralContainers: [{name: d, image: busybox}]"))
        #expect(created.errors.contains("spec.ephemeralContainers: Forbidden: cannot be set on create"))
    }

    @Test("a privileged one is taken where the pod has one already")
    func privileged() throws {
        let machine = try Machine()
        try running(machine, "web", container: "securityContext: {privileged: true}")
        try machine.run(
            "debug", "web", "--image", "busybox", "-c", "all", "--profile", "sysadmin", "--", "cat", "/proc/self/status"
        )
        try ended(machine, "web", "all")
        let own = try machine.run("exec", "web", "--", "grep", "CapEff", "/proc/self/status").output
        #expect(try machine.run("logs", "web", "-c", "all").output.contains(own))
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
    }

    @Test("input and output pass through, all of it, also when nobody reads for a while")
    func attached() throws {
        let machine = try Machine()
        try running(machine, "web")
        let answer = try machine.run(
            "debug", "web", "--image", "busybox", "-i", "-q", "-c", "in", "--", "sh", "-c",
            "read line; echo got $line; echo err >&2; seq 200000", input: "something\n")
        #expect(answer.code == 0)
        #expect(answer.output.hasPrefix("got something\n1\n2\n"))
        #expect(answer.output.hasSuffix("199999\n200000\n"))
        #expect(answer.errors.contains("err\n"))
        // The log has the same.
        #expect(try machine.run("logs", "web", "-c", "in", "--tail", "1").output == "200000\n")
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
    }

    @Test("a terminal is the container's own, and a slow reader stops the container and not its pod")
    func terminal() throws {
        let machine = try Machine()
        try running(machine, "web")
        let script = """
            set -e
            mkfifo "$1/fifo"
            "$2" --root "$1" debug web --image busybox -i -q -c slow -- sh -c 'read x; seq 300000; echo end' \
                < "$1/input" > "$1/fifo" &
            exec 3< "$1/fifo"
            for i in $(seq 100); do "$2" --root "$1" get pod web -o json | grep -q '"running"' && break; sleep 0.05; done
            sleep 1
            # Nobody has read: the container waits, and the pod answers.
            "$2" --root "$1" exec web -- echo alive
            "$2" --root "$1" logs web -c slow --tail 1
            cat <&3 | tail -n 1
            wait
            """
        try File.replace(machine.root + "/input", with: Array("go\n".utf8))
        let result = try Command(
            "/bin/sh", ["-c", script, "sh", machine.root, try Machine.executable()],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run(timeout: .seconds(60))
        let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "alive")
        #expect(lines.last == "end")
        #expect(lines.count == 3 && lines[1] != "end", "\(lines) \(String(decoding: result.errors, as: UTF8.self))")
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
    }
}
