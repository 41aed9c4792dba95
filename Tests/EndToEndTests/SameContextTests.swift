// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

/// What a process sees of its own context, told by the conformance suite's probe.
@Suite("Every process of a container has the same context")
struct SameContextTests {
    /// `Tests/Conformance/probe.c`, built once.
    private static let probe = Result {
        let folder = "/var/tmp/holdfast-probe-\(UUID().uuidString.prefix(8))"
        try File.makeFolders(folder, mode: 0o700)
        defer { try? File.removeTree(folder) }
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let built = try Command(
            "/usr/bin/cc", ["-static", "-Os", "-s", "-o", "\(folder)/probe", "\(source)/Conformance/probe.c"],
            environment: ["PATH": "/usr/bin:/bin"]
        ).run()
        try #require(built.status == .exited(code: 0), "\(String(decoding: built.errors, as: UTF8.self))")
        return try File.read("\(folder)/probe")
    }

    struct Context: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var spec = ""
        var container = ""
        init(_ name: String, spec: String = "", container: String = "") {
            testDescription = name
            self.spec = spec
            self.container = container
        }
    }

    private static let script =
        "probe syscalls; cat /proc/self/cgroup /proc/self/timerslack_ns; ulimit -a; echo all told"

    /// The lines, but for the process's own number, and names of files that it makes with it.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("pid: ") }
    }

    @Test(
        "the first process and one that enters with exec",
        arguments: [
            Context("nothing asked for"),
            Context("a user namespace", spec: "hostUsers: false"),
            Context("capabilities", container: "securityContext: {capabilities: {add: [NET_ADMIN], drop: [CHOWN]}}"),
            Context(
                "a user, groups", spec: "securityContext: {runAsUser: 1000, runAsGroup: 3000, supplementalGroups: [7]}"),
            Context("privileged", container: "securityContext: {privileged: true}"),
            Context(
                "all that can be taken away",
                container: """
                    securityContext:
                      runAsUser: 1000
                      allowPrivilegeEscalation: false
                      readOnlyRootFilesystem: true
                      capabilities: {drop: [ALL]}
                      seccompProfile: {type: RuntimeDefault}
                    """),
            Context("a filter, as root", container: "securityContext: {seccompProfile: {type: RuntimeDefault}}"),
            Context("no new privileges", container: "securityContext: {allowPrivilegeEscalation: false}"),
            Context("the machine's processes", spec: "hostPID: true"),
            Context("the pod's processes", spec: "shareProcessNamespace: true"),
            Context("a user namespace, the pod's processes", spec: "hostUsers: false\nshareProcessNamespace: true"),
            Context("limits", container: "resources: {limits: {cpu: 500m, memory: 64Mi}}"),
        ])
    func exec(context: Context) throws {
        let machine = try Machine(programs: ["probe": try Self.probe.get()])
        try machine.apply(
            Machine.pod("same", "\(Self.script); sleep 100", spec: context.spec, container: context.container))
        try machine.wait(["logs", "same"], for: "the first process's answer") { $0.output.contains("\nall told\n") }
        let first = Self.lines(try machine.run("logs", "same").output)
        let entered = Self.lines(try machine.run("exec", "same", "--", "sh", "-c", Self.script).output)
        #expect(first.count > 100)
        #expect(entered.filter { !first.contains($0) } == [])
        #expect(first.filter { !entered.contains($0) } == [])
        #expect(try machine.run("delete", "pod", "same", "--now").code == 0)
    }

    @Test(
        "a container and one that is added to its pod",
        arguments: [
            Context("nothing asked for"), Context("a user namespace", spec: "hostUsers: false"),
            Context(
                "a user, groups, a filter",
                spec:
                    "securityContext: {runAsUser: 1000, supplementalGroups: [7], seccompProfile: {type: RuntimeDefault}}"
            ),
            Context("the pod's processes", spec: "shareProcessNamespace: true"),
        ])
    func added(context: Context) throws {
        let machine = try Machine(programs: ["probe": try Self.probe.get()])
        let script = "probe syscalls; ulimit -a; echo all told"
        try machine.apply(Machine.pod("same", "\(script); sleep 100", spec: context.spec))
        try machine.wait(["logs", "same"], for: "the first process's answer") { $0.output.contains("\nall told\n") }
        try machine.run(
            "debug", "same", "--image", "busybox", "-q", "--profile", "legacy", "-c", "added", "--target", "app", "--",
            "sh", "-c", script)
        try machine.wait(["logs", "same", "-c", "added"], for: "the added one's answer") {
            $0.output.contains("\nall told\n")
        }
        let first = Self.lines(try machine.run("logs", "same").output)
        let added = Self.lines(try machine.run("logs", "same", "-c", "added").output)
        #expect(first.count > 100)
        #expect(added.filter { !first.contains($0) } == [])
        #expect(first.filter { !added.contains($0) } == [])
        #expect(try machine.run("delete", "pod", "same", "--now").code == 0)
    }
}
