// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Whatever is killed, delete leaves nothing and no later command fails")
struct KillTests {
    private static let sleeper = "trap 'exit 0' TERM; echo up; while true; do sleep 1 & wait; done"

    private func deleteAndLook(_ machine: Machine, _ name: String, uid: String) throws {
        let deleted = try machine.run("delete", "pod", name, "--now")
        #expect(deleted.code == 0, "\(deleted.errors)")
        #expect(try machine.leftovers(uids: [uid]) == [])
        // The name is free again, and the next pod of that name runs.
        try machine.apply(Machine.pod(name, "echo again"))
        try machine.waitForPhase("Succeeded", of: name)
        #expect(try machine.run("logs", name).output == "again\n")
        #expect(try machine.run("delete", "pod", name, "--now").code == 0)
        #expect(try machine.run("get", "pods").errors.contains("No resources found"))
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test(
        "the shim, with SIGKILL, whatever namespaces the pod has",
        arguments: ["", "hostPID: true", "shareProcessNamespace: true", "hostNetwork: true\nhostIPC: true"])
    func shim(spec: String) throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("victim", Self.sleeper, spec: spec))
        try machine.waitForPhase("Running", of: "victim")
        let uid = try machine.uid(of: "victim")
        let shim = try machine.shim(of: "victim")
        try Process.signal(pid: shim, Signal.kill)
        // Nothing runs unsupervised: the containers are gone before anybody asks.
        let end = Clock.monotonic + 5_000_000_000
        func members() throws -> [Substring] {
            let path = "/sys/fs/cgroup/unified/holdfast/\(uid)/app/cgroup.procs"
            return try File.exists(path) ? try File.readText(path).split(separator: "\n") : []
        }
        let withoutOwnPIDs = spec.contains("hostPID")
        while try !members().isEmpty, !withoutOwnPIDs, Clock.monotonic < end { Clock.sleep(milliseconds: 10) }
        if !withoutOwnPIDs { #expect(try members().isEmpty) }
        let pod = try machine.run("get", "pod", "victim", "-o", "json")
        #expect(pod.code == 0)
        #expect(pod.output.contains("ContainerStatusUnknown"))
        #expect(pod.output.contains("\"phase\": \"Failed\""))
        for words in [["logs", "victim"], ["describe", "pod", "victim"], ["get", "events"], ["get", "pods"]] {
            #expect(try machine.command(words).run().status == .exited(code: 0), "\(words)")
        }
        let exec = try machine.run("exec", "victim", "--", "true")
        #expect(exec.code == 1)
        #expect(exec.errors.split(separator: "\n").count == 1)
        try deleteAndLook(machine, "victim", uid: uid)
    }

    @Test("a container's first process, with SIGKILL")
    func container() throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("victim", Self.sleeper))
        try machine.waitForPhase("Running", of: "victim")
        let uid = try machine.uid(of: "victim")
        let members = try File.readText("/sys/fs/cgroup/unified/holdfast/\(uid)/app/cgroup.procs").split(
            separator: "\n")
        try Process.signal(pid: try #require(members.first.flatMap { Int32($0) }), Signal.kill)
        try machine.waitForPhase("Failed", of: "victim")
        #expect(try machine.run("get", "pod", "victim", "-o", "json").output.contains("\"exitCode\": 137"))
        try deleteAndLook(machine, "victim", uid: uid)
    }

    @Test("apply, with SIGKILL, after every number of milliseconds", arguments: Array(0...24))
    func apply(milliseconds: Int) throws {
        let machine = try Machine()
        let manifest = machine.root + "/pod.yaml"
        try File.replace(manifest, with: Array(Machine.pod("victim", Self.sleeper).utf8))
        let null = try File.open("/dev/null", [.readWrite])
        let child = try machine.command(["apply", "-f", manifest]).start(descriptors: [null.raw, null.raw, null.raw])
        Clock.sleep(milliseconds: Int32(milliseconds))
        try child.end()
        let uids =
            try File.exists(machine.root + "/lib/pods")
            ? File.names(in: machine.root + "/lib/pods").compactMap { $0.split(separator: "_").last.map(String.init) }
            : []
        // No command fails because of what was left half-way; the pod is there, or it is not.
        #expect(try machine.run("get", "pods").code == 0)
        let applied = try machine.run("apply", "-f", manifest)
        #expect(applied.code == 0, "\(applied.errors)")
        try machine.waitForPhase("Running", of: "victim")
        let uid = try machine.uid(of: "victim")
        #expect(try machine.run("delete", "pod", "victim", "--now").code == 0)
        #expect(try machine.leftovers(uids: uids + [uid]) == [])
    }

    @Test("delete, with SIGKILL, after some milliseconds", arguments: [0, 1, 2, 3, 5, 8, 13, 21, 100, 400])
    func delete(milliseconds: Int) throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("victim", Self.sleeper))
        try machine.waitForPhase("Running", of: "victim")
        let uid = try machine.uid(of: "victim")
        let null = try File.open("/dev/null", [.readWrite])
        let child = try machine.command(["delete", "pod", "victim"]).start(descriptors: [null.raw, null.raw, null.raw])
        Clock.sleep(milliseconds: Int32(milliseconds))
        try child.end()
        let again = try machine.run("delete", "pod", "victim", "--now")
        #expect(again.code == 0 || again.errors.contains("NotFound"), "\(again.errors)")
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("exec, with SIGKILL: what it started ends with it")
    func exec() throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("victim", Self.sleeper))
        try machine.waitForPhase("Running", of: "victim")
        let uid = try machine.uid(of: "victim")
        let null = try File.open("/dev/null", [.readWrite])
        let child = try machine.command(["exec", "victim", "--", "sleep", "4242"]).start(
            descriptors: [null.raw, null.raw, null.raw])
        func started() throws -> [Int32] { try Machine.processes { $0.hasPrefix("sleep 4242") } }
        let end = Clock.monotonic + 5_000_000_000
        while try started().isEmpty, Clock.monotonic < end { Clock.sleep(milliseconds: 5) }
        #expect(try started().count == 1)
        try child.end()
        while try !started().isEmpty, Clock.monotonic < end { Clock.sleep(milliseconds: 5) }
        #expect(try started().isEmpty)
        #expect(try machine.run("exec", "victim", "--", "echo", "still").output == "still\n")
        try deleteAndLook(machine, "victim", uid: uid)
    }

    @Test("run, with SIGKILL: the pod goes on, supervised, and can be deleted")
    func runCommand() throws {
        let machine = try Machine()
        let manifest = machine.root + "/pod.yaml"
        try File.replace(manifest, with: Array(Machine.pod("victim", Self.sleeper).utf8))
        let null = try File.open("/dev/null", [.readWrite])
        let child = try machine.command(["run", "-f", manifest]).start(descriptors: [null.raw, null.raw, null.raw])
        try machine.wait(["logs", "victim"], for: "first line") { $0.output == "up\n" }
        try child.end()
        let uid = try machine.uid(of: "victim")
        #expect(try machine.run("exec", "victim", "--", "true").code == 0)
        try deleteAndLook(machine, "victim", uid: uid)
    }

    @Test(
        "image import, with SIGKILL, after some milliseconds: nothing half made counts",
        arguments: [1, 3, 6, 10, 20, 40])
    func imageImport(milliseconds: Int) throws {
        let machine = try Machine()
        let null = try File.open("/dev/null", [.readWrite])
        let words = ["image", "import", machine.root + "/busybox.tar", "--name", "second"]
        let child = try machine.command(words).start(descriptors: [null.raw, null.raw, null.raw])
        Clock.sleep(milliseconds: Int32(milliseconds))
        try child.end()
        #expect(try machine.run("image", "list").code == 0)
        let again = try machine.command(words).run()
        #expect(again.status == .exited(code: 0), "\(String(decoding: again.errors, as: UTF8.self))")
        try machine.apply(
            Machine.pod("after", "echo works").replacingOccurrences(of: "image: busybox", with: "image: second"))
        try machine.waitForPhase("Succeeded", of: "after")
    }
}
