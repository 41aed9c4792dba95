// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

/// `explain` on files, without an image in the store.
@Suite("holdfast explain")
struct ExplainCommandTests {
    private static let pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          securityContext: {runAsUser: 1000, runAsGroup: 3000}
          containers:
          - name: app
            image: registry.example/web:1
            securityContext: {capabilities: {drop: [ALL]}}

        """

    private func explain(_ input: String, _ arguments: String...) throws -> Program.Answer {
        try run(try Program(), ["-f", "-"] + arguments, input: input)
    }

    private func run(_ program: Program, _ arguments: [String], input: String = "") throws -> Program.Answer {
        let result = try program.command(["explain"] + arguments).run(input: Array(input.utf8), timeout: .seconds(60))
        return Program.Answer(
            code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errors, as: UTF8.self))
    }

    @Test(
        "text for people: values, sources, lines, and what an image that is not here leaves open; no colour in a pipe")
    func text() throws {
        let answer = try explain(Self.pod)
        #expect(answer.code == 0 && answer.errors == "")
        for part in [
            "Pod web  namespace default, node containerd, standard input:1:1", "pod field, line 5:21",
            "container field, line 9:23", "CapBnd      none", "which is not here",
            "unknown: /etc/group of image",
        ] {
            #expect(answer.output.contains(part), "\(part)")
        }
        #expect(!answer.output.contains("\u{1b}"))
    }

    @Test("a value that only the image decides is null, and says why")
    func unknown() throws {
        let answer = try explain(Self.pod.replacing("runAsUser: 1000, ", with: ""), "-o", "json")
        // The pod's group without a user is refused as a whole, and still explained.
        #expect(answer.code == 0)
        #expect(
            answer.output.contains(#""unknown": "USER of image registry.example/web:1 decides, and it is not here""#))
        #expect(
            answer.output.contains(#""refusal": "spec.securityContext.runAsGroup: user group \"3000\" is specified"#))
    }

    @Test(
        "each form is what its name says",
        arguments: [("json", "{\n"), ("yaml", "pods:\n"), ("html", "<!DOCTYPE html>\n"), ("text", "Pod web  ")])
    func forms(format: String, start: String) throws {
        let answer = try explain(Self.pod, "-o", format)
        #expect(answer.code == 0 && answer.output.hasPrefix(start), "\(answer.output.prefix(60))")
    }

    @Test("every container of every pod and template is there, init, sidecar and ephemeral ones too")
    func containers() throws {
        let text =
            Self.pod.replacing(
                "  containers:",
                with: """
                      ephemeralContainers: [{name: look, image: b, targetContainerName: app}]
                      initContainers: [{name: first, image: a}, {name: side, image: a, restartPolicy: Always}]
                      containers:
                    """
            ) + """
                ---
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: night}
                spec:
                  schedule: "0 3 * * *"
                  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: c}]}}}}

                """
        let answer = try explain(text)
        #expect(answer.code == 0, "\(answer.errors)")
        let heads = answer.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != "," } }
        #expect(
            heads.map { $0.split(separator: "  ")[0] } == [
                "Pod web", "init container first", "sidecar side", "container app", "ephemeral container look",
                "CronJob night", "container job",
            ])
    }

    @Test("two nodes differ where their runtimes do, and two files where they say something else")
    func differences() throws {
        let text = Self.pod.replacing("    securityContext: {capabilities: {drop: [ALL]}}\n", with: "")
        let nodes = try explain(text, "--diff-node", "crio")
        #expect(nodes.code == 1 && nodes.output.contains("  capabilities\n    - CHOWN"), "\(nodes.output)")
        #expect(nodes.output.contains("sysctls.net.ipv4.ip_unprivileged_port_start\n    - 0\n"))
        let program = try Program()
        try File.replace(program.root + "/a.yaml", with: Array(Self.pod.utf8), mode: 0o644)
        try File.replace(
            program.root + "/b.yaml", with: Array(Self.pod.replacing("1000", with: "1001").utf8), mode: 0o644)
        let same = try run(program, ["-f", program.root + "/a.yaml", "--diff", program.root + "/a.yaml"])
        #expect(same.code == 0 && same.output == "no difference\n")
        let other = try run(program, ["-f", program.root + "/a.yaml", "--diff", program.root + "/b.yaml"])
        #expect(other.code == 1 && other.output.contains("  runAsUser\n    - 1000\n    + 1001\n"), "\(other.output)")
    }

    @Test("the kubelet's seccompDefault and another runtime's defaults count")
    func nodes() throws {
        let answer = try explain(
            Self.pod.replacing("{drop: [ALL]}", with: "{}"), "--node", "crio", "--seccomp-default", "-o", "json")
        #expect(answer.output.contains(#""node": "crio, seccompDefault""#))
        #expect(answer.output.contains(#""text": "RuntimeDefault""#))
        #expect(!answer.output.contains(#""NET_RAW""#))
    }

    @Test(
        "bad input is one clear error, and nothing is printed",
        arguments: [
            ("kind: [", 1, "error: standard input:"),
            ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", 1, "no pod"),
            (pod.replacing("runAsUser: 1000", with: "runAsUsr: 1000"), 1, "unknown field"),
        ])
    func errors(input: String, code: Int32, message: String) throws {
        let answer = try explain(input)
        #expect(answer.code == code && answer.output == "" && answer.errors.contains(message), "\(answer)")
    }

    @Test("wrong use ends with 2", arguments: [["-o", "pdf"], ["--node", "docker"], ["--nonsense"]])
    func wrongUse(arguments: [String]) throws {
        let program = try Program()
        let result = try program.command(["explain", "-f", "-"] + arguments).run(
            input: Array(Self.pod.utf8), timeout: .seconds(60))
        #expect(result.status.shellCode == 2)
    }

    @Test("what the server or the node refuses is told at the head, and nothing is made up below it")
    func refused() throws {
        let answer = try explain(Self.pod.replacing("runAsUser: 1000", with: "runAsUser: -1"))
        #expect(answer.code == 0)
        #expect(
            answer.output.contains("does not start: Pod \"web\" is invalid: spec.securityContext.runAsUser: Invalid"))
        #expect(!answer.output.contains("CapBnd"))
    }

    @Test(
        "a user other than root is told the same of a pod, and that images are root's", arguments: ["explain", "check"])
    func otherUser(verb: String) throws {
        let program = try Program()
        let folder = try File.open(program.root, [.readOnly, .directory])
        try File.changePermissions(of: folder.raw, to: 0o755)
        try File.makeFolders(program.root + "/lib/images", mode: 0o700)
        try File.replace(program.root + "/lib/images/index.json", with: Array("{}".utf8))
        try File.replace("\(program.root)/pod.yaml", with: Array(Self.pod.utf8), mode: 0o644)
        let direct = program.command([verb, "-f", "\(program.root)/pod.yaml"])
        // The folders above the built program may be closed to others. Copied by a program of its own: a fork elsewhere in
        // the tests would keep a copy that is open for writing, and execve(2) of it would be ETXTBSY.
        let copy = "\(program.root)/holdfast"
        let copied = try Command("/usr/bin/install", ["-m", "755", direct.path, copy], environment: [:]).run()
        try #require(copied.status == .exited(code: 0))
        func run(_ wrapper: [String]) throws -> Command.Result {
            let words = wrapper + [copy] + direct.arguments
            return try Command(words[0], Array(words.dropFirst()), environment: direct.environment).run(
                timeout: .seconds(60))
        }
        let other = try run(["/usr/bin/setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"])
        #expect(String(decoding: other.errors, as: UTF8.self).hasPrefix("note: only root can look into the images of "))
        #expect(other.status.shellCode == 0)
        try File.remove(program.root + "/lib/images/index.json")
        let root = try run(["/usr/bin/env"])
        #expect(root.output == other.output && !root.output.isEmpty, "\(String(decoding: other.errors, as: UTF8.self))")
    }
}
