// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

@Suite("holdfast check")
struct CheckCommandTests {
    private static let clean = """
        apiVersion: v1
        kind: Pod
        metadata: {name: clean}
        spec:
          securityContext: {runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
          containers:
          - name: main
            image: registry.example/web:1
            securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}

        """
    private static let warned = clean.replacing("[ALL]", with: "[CAP_CHOWN, ALL]").replacing("clean", with: "warned")
    private static let noted =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: noted}\nspec: {containers: [{name: main, image: a}]}\n"

    /// The program, with a folder for manifests.
    private struct Scene {
        let program: Program
        let folder: String

        init(_ files: [String: String] = [:]) throws {
            program = try Program()
            folder = program.root + "/manifests"
            try File.makeFolder(folder)
            for (name, text) in files { try write(name, text) }
        }

        func write(_ name: String, _ text: String) throws {
            try File.replace("\(folder)/\(name)", with: Array(text.utf8), mode: 0o644)
        }

        func read(_ name: String) throws -> String {
            String(decoding: try File.read("\(folder)/\(name)", limit: 1 << 20), as: UTF8.self)
        }

        func changeMode(_ name: String, to mode: UInt32) throws {
            let file = try File.open("\(folder)/\(name)", [.readOnly])
            try File.changePermissions(of: file.raw, to: mode)
        }

        func check(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws
            -> Program.Answer
        {
            var command = program.command(["check"] + arguments, environment: environment)
            command.folder = folder
            let result = try command.run(input: Array(input.utf8), timeout: .seconds(120))
            return Program.Answer(
                code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
                errors: String(decoding: result.errors, as: UTF8.self))
        }
    }

    /// Runs another program in the folder.
    private func run(_ name: String, _ arguments: String..., in folder: String, input: String = "") throws
        -> Command.Result
    {
        let path = try #require(Command.find(name), "\(name) is needed: scripts/install-tools test")
        var command = Command(path, arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        command.folder = folder
        return try command.run(input: Array(input.utf8), timeout: .seconds(60))
    }

    // MARK: exit codes

    private static let exitCodeCases: [(String, [String], Int32)] = [
        (clean, [], 0), (noted, [], 0), (noted, ["--level", "privileged"], 0), (noted, ["--level", "baseline"], 0),
        (noted, ["--level", "restricted"], 1), (noted, ["--level", "restricted", "--allow", "pod-security"], 0),
        (warned, [], 1), (warned, ["--allow", "capability-prefix"], 0), (warned, ["--allow", "mode-decimal"], 1),
        (clean.replacing("name: main", with: "name: M"), [], 1), ("a: [", [], 1), ("", [], 1),
        (clean, ["--level", "restricted", "--level-version", "v1.37"], 0),
        (noted, ["--level", "restricted", "--level-version", "v1.0"], 1),
    ]

    @Test(
        "it ends with 0 where nothing is found, or notes alone, and with 1 where something is",
        arguments: exitCodeCases)
    func exitCodes(text: String, arguments: [String], code: Int32) throws {
        for format in ["text", "json", "sarif", "junit"] {
            let answer = try Program()(["check", "-f", "-", "-o", format] + arguments, input: text)
            #expect(answer.code == code, "\(format): \(answer.output) \(answer.errors)")
            #expect(!answer.output.isEmpty && answer.errors.isEmpty)
        }
    }

    private static let wrongUses: [([String], String)] = [
        ([], "must specify -f"), (["-f", "pod.yaml", "--level", "strict"], "--level"),
        (["-f", "pod.yaml", "--level-version", "1.30"], "--level-version"),
        (["-f", "pod.yaml", "--dry-run"], "--dry-run goes with --fix"),
        (["-f", "pod.yaml", "-o", "xml"], "'xml' is invalid"),
        (["-f", "pod.yaml", "--node", "docker"], "'docker' is invalid"),
        (["-f", "pod.yaml", "--allow", "nope"], "--allow: \"nope\" is no finding; --list shows all"),
        (["-f", "pod.yaml", "--fix", "--dry-run", "-o", "json"], "--dry-run shows a patch, not -o json"),
        (["-f", "-", "--fix"], "--fix: standard input cannot be written back to; use --dry-run"),
        (["-f"], "-f"), (["-f", "nowhere.yaml"], "the path \"nowhere.yaml\" does not exist"),
        (["-f", "pod.yaml/x.yaml"], "does not exist"),
        (["pod.yaml", "-f", "nowhere"], "the path \"nowhere\" does not exist"),
        (["-f", "empty"], "the folder \"empty\" has no file that ends in .yaml, .yml, .json"),
        (["-f", "loop.yaml"], "cannot read loop.yaml"),
        (["-f", "no\u{1b}[31mwhere"], "the path \"no\\u{1b}[31mwhere\" does not exist"),
    ]

    @Test(
        "wrong use ends with 2, says what is wrong, and prints nothing else",
        arguments: wrongUses)
    func wrongUse(arguments: [String], text: String) throws {
        let scene = try Scene(["pod.yaml": Self.warned])
        try File.makeFolder("\(scene.folder)/empty")
        try File.makeLink("\(scene.folder)/loop.yaml", to: "loop.yaml")
        var command = scene.program.command(["check"] + arguments)
        command.folder = scene.folder
        let answer = try command.run(input: Array(Self.warned.utf8), timeout: .seconds(60))
        let errors = String(decoding: answer.errors, as: UTF8.self)
        #expect(answer.status.shellCode == 2 && answer.output.isEmpty, "\(errors)")
        #expect(errors.hasPrefix("error: ") && errors.contains(text), "\(errors)")
        #expect(try scene.read("pod.yaml") == Self.warned)
    }

    @Test("what may not be read ends with 2")
    func unreadable() throws {
        let scene = try Scene(["pod.yaml": Self.clean])
        try File.makeFolder("\(scene.folder)/locked")
        try scene.write("locked/pod.yaml", Self.clean)
        for path in ["locked", "pod.yaml"] {
            try scene.changeMode("\(path)", to: 0)
            // Root reads everything, unless it lacks these.
            let command = scene.program.command(["check", "-f", path])
            let setpriv = try #require(Command.find("setpriv"), "setpriv is needed: scripts/install-tools test")
            var confined = Command(
                setpriv, ["--bounding-set=-dac_override,-dac_read_search", command.path] + command.arguments,
                environment: command.environment)
            confined.folder = scene.folder
            let answer = try confined.run(timeout: .seconds(60))
            let errors = String(decoding: answer.errors, as: UTF8.self)
            #expect(answer.status.shellCode == 2 && answer.output.isEmpty)
            #expect(errors == "error: cannot read \(path): open on \(path): Permission denied\n")
        }
    }

    // MARK: files

    @Test("files, folders and standard input are checked together, in their order")
    func sources() throws {
        let scene = try Scene(["b.yaml": Self.warned, "a.yaml": Self.warned])
        let answer = try scene.check("b.yaml", "-f", "-", "-f", ".", "-o", "json", input: Self.noted)
        #expect(answer.code == 1)
        let files = answer.output.split(separator: "\n").filter {
            $0.contains("\"file\": ") && $0.hasPrefix("            ")
        }
        .map { String($0.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "\"" }) }
        var order: [String] = []
        for file in files where order.last != file { order.append(file) }
        #expect(order.prefix(4) == ["standard input", "./a.yaml", "./b.yaml", "b.yaml"], "\(order)")
    }

    @Test("a folder is walked by name: no hidden one, no link to a folder, no other ending")
    func walk() throws {
        let scene = try Scene(["b.yaml": Self.warned, "a.yml": Self.warned, "notes.txt": "nothing", "c.json": "{}"])
        for folder in ["deep", "deep/er", ".git", "x.yaml"] { try File.makeFolder("\(scene.folder)/\(folder)") }
        for file in ["deep/er/d.yaml", "deep/.hidden", ".git/e.yaml", "x.yaml/f.yaml"] {
            try scene.write(file, Self.warned)
        }
        try File.makeLink("\(scene.folder)/deep/loop", to: "..")
        try File.makeLink("\(scene.folder)/deep/loop.yaml", to: "..")
        try File.makeLink("\(scene.folder)/deep/link.yaml", to: "../b.yaml")
        let answer = try scene.check("-f", ".")
        let files = answer.output.split(separator: "\n").filter { $0.hasPrefix("./") }.map {
            String($0.prefix { $0 != ":" })
        }
        #expect(
            Array(Set(files)).sorted() == [
                "./a.yml", "./b.yaml", "./c.json", "./deep/er/d.yaml", "./deep/link.yaml", "./x.yaml/f.yaml",
            ])
        #expect(answer.output.hasSuffix("6 pods in 6 files: 1 error, 5 warnings\n"), "\(answer.output.suffix(200))")
    }

    @Test("a thousand files are checked in one run, with the counts of all")
    func thousand() throws {
        let scene = try Scene()
        for number in 0..<1_000 {
            let text = number % 10 == 0 ? Self.warned : Self.clean
            try File.replace("\(scene.folder)/\(number).yaml", with: Array(text.utf8), durable: false)
        }
        let answer = try scene.check("-f", ".")
        #expect(answer.code == 1 && answer.errors.isEmpty, "no progress where nobody watches: \(answer.errors)")
        #expect(answer.output.hasSuffix("\n1000 pods in 1000 files: 100 warnings\n"))
        #expect(answer.output.split(separator: "\n").count { $0.contains("[capability-prefix]") } == 100)
    }

    // MARK: output

    @Test(
        "nothing is coloured when piped, whatever the environment says",
        arguments: [[:], ["TERM": "xterm-256color"], ["NO_COLOR": "1"], ["NO_COLOR": ""], ["TERM": "dumb"]])
    func colours(environment: [String: String]) throws {
        let answer = try Scene(["a.yaml": Self.warned]).check("a.yaml", environment: environment)
        #expect(answer.output.contains("warning: ") && !answer.output.contains("\u{1b}"))
    }

    @Test(
        "a terminal gets colours, unless NO_COLOR or TERM=dumb says otherwise",
        arguments: [
            ("TERM=xterm", true), ("NO_COLOR=1", false), ("NO_COLOR=", true), ("TERM=dumb", false),
        ])
    func terminal(variable: String, isColoured: Bool) throws {
        let scene = try Scene(["a.yaml": Self.warned])
        let command = scene.program.command(["check", "a.yaml"])
        let line = (["env", "TERM=xterm", variable, command.path] + command.arguments).joined(separator: " ")
        let answer = try run("script", "-qec", line, "/dev/null", in: scene.folder)
        let output = String(decoding: answer.output, as: UTF8.self)
        #expect(output.contains("warning") && output.contains("\u{1b}[") == isColoured, "\(output.debugDescription)")
        #expect(answer.status.shellCode == 1)
    }

    @Test("what is allowed is shown when asked for")
    func showAllowed() throws {
        let scene = try Scene(["a.yaml": "# holdfast: allow capability-prefix because it is meant\n\(Self.warned)"])
        #expect(try scene.check("a.yaml").output == "1 pod in 1 file: nothing found (1 allowed)\n")
        let answer = try scene.check("a.yaml", "--show-allowed")
        #expect(
            answer.code == 0 && answer.output.contains(": allowed: ")
                && answer.output.contains("= because: it is meant"))
    }

    @Test("the list of findings needs no file")
    func list() throws {
        let answer = try Program()("check", "--list")
        #expect(answer.code == 0 && answer.output.contains("capability-prefix") && answer.errors.isEmpty)
    }

    // MARK: fix

    private static let broken = """
        # CAP_CHOWN stays here\r
        apiVersion: v1\r
        kind: Pod\r
        metadata: {name: web}\r
        spec:\r
          containers:\r
          - name: main   # ß世😀\r
            image: 'registry.example/web:1'\r
            securityContext: {capabilities: {add: [ 'CAP_CHOWN' , "net_raw",CAP_KILL ]}}\r
          volumes:\r
          - {name: s, secret: {secretName: s, defaultMode: 400}}
        """
    private static let mended = broken.replacing("'CAP_CHOWN'", with: "'CHOWN'").replacing("net_raw", with: "NET_RAW")
        .replacing("CAP_KILL", with: "KILL").replacing(": 400", with: ": 0400")

    @Test("--fix writes the fixes, tells each, and a second time does nothing")
    func fix() throws {
        let scene = try Scene(["a.yaml": Self.broken, "b.yaml": Self.clean])
        let inode = try File.status("\(scene.folder)/b.yaml").inode
        let answer = try scene.check("a.yaml", "b.yaml", "--fix")
        #expect(answer.code == 0 && answer.output.hasSuffix("2 pods in 2 files: 2 notes\n"), "\(answer.output)")
        #expect(answer.errors.split(separator: "\n").count == 4 && answer.errors.contains("a.yaml:9:45: fixed: "))
        #expect(try scene.read("a.yaml") == Self.mended)
        #expect(try File.status("\(scene.folder)/b.yaml").inode == inode, "a file without fixes is not written")
        let again = try File.status("\(scene.folder)/a.yaml").inode
        #expect(try scene.check("a.yaml", "--fix").errors == "")
        #expect(try File.status("\(scene.folder)/a.yaml").inode == again)
        #expect(try File.names(in: scene.folder).sorted() == ["a.yaml", "b.yaml"], "nothing is left beside them")
    }

    @Test("--fix reports what is left in every format", arguments: ["text", "json", "sarif", "junit"])
    func fixFormats(format: String) throws {
        let scene = try Scene([
            "a.yaml": Self.broken + "\n---\n" + Self.noted.replacing("name: noted", with: "name: A_B")
        ]
        )
        let answer = try scene.check("a.yaml", "--fix", "-o", format)
        #expect(
            answer.code == 1 && answer.output.contains("validation") && !answer.output.contains("capability-prefix"))
        #expect(try scene.read("a.yaml").hasPrefix(Self.mended))
    }

    @Test("a file's mode and owner stay, and a link to it stays one")
    func attributes() throws {
        let scene = try Scene(["a.yaml": Self.broken])
        try scene.changeMode("a.yaml", to: 0o640)
        try File.changeOwner("\(scene.folder)/a.yaml", uid: 1234, gid: 4321)
        try File.makeLink("\(scene.folder)/link.yaml", to: "a.yaml")
        #expect(try scene.check("link.yaml", "--fix").code == 0)
        let status = try File.status("\(scene.folder)/a.yaml")
        #expect((status.permissions, status.uid, status.gid) == (0o640, 1234, 4321))
        #expect(try File.linkTarget("\(scene.folder)/link.yaml") == "a.yaml")
        #expect(try scene.read("a.yaml") == Self.mended)
    }

    @Test("a file that is read-only is left as it is, and that is an error")
    func readOnly() throws {
        let scene = try Scene(["a.yaml": Self.broken])
        try scene.changeMode("a.yaml", to: 0o444)
        let answer = try scene.check("a.yaml", "--fix")
        #expect(answer.code == 2 && answer.output.isEmpty)
        #expect(answer.errors == "error: cannot write a.yaml: open on a.yaml: Permission denied\n")
        #expect(try scene.read("a.yaml") == Self.broken)
        #expect(try scene.check("a.yaml", "--fix", "--dry-run").code == 1, "its patch can still be shown")
    }

    @Test("--dry-run changes nothing, and its patch does just what --fix does")
    func dryRun() throws {
        let scene = try Scene([
            "a.yaml": Self.broken, "c d.yaml": "\(Self.warned)---\n\(Self.broken)\n---\n\(Self.clean)",
            "e.yaml": Self.clean,
        ])
        let before = try ["a.yaml", "c d.yaml", "e.yaml"].map(scene.read)
        let answer = try scene.check("-f", ".", "--fix", "--dry-run")
        #expect(answer.code == 1 && answer.errors.hasPrefix("5 pods in 3 files: "), "\(answer.errors)")
        #expect(try ["a.yaml", "c d.yaml", "e.yaml"].map(scene.read) == before)
        let patched = try Scene(["a.yaml": before[0], "c d.yaml": before[1], "e.yaml": before[2]])
        let result = try run("patch", "-p0", "--binary", in: patched.folder, input: answer.output)
        let words = String(decoding: result.output + result.errors, as: UTF8.self)
        #expect(result.status.shellCode == 0 && !words.contains("fuzz") && !words.contains("offset"), "\(words)")
        _ = try scene.check("-f", ".", "--fix")
        #expect(
            try ["a.yaml", "c d.yaml", "e.yaml"].map(scene.read) == ["a.yaml", "c d.yaml", "e.yaml"].map(patched.read))
        #expect(try scene.read("a.yaml") == Self.mended)
        let left = try scene.check("-f", ".", "--fix", "--dry-run")
        #expect(left.output == "")
    }

    @Test("the patch of standard input is shown")
    func dryRunOfInput() throws {
        let answer = try Program()(["check", "-f", "-", "--fix", "--dry-run"], input: Self.warned)
        #expect(answer.code == 1 && answer.output.hasPrefix("--- standard input\t\n+++ standard input\t\n@@ "))
    }
}
