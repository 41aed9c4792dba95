// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

@Suite("The command line")
struct CommandLineTests {
    @Test(
        "a wrong command line ends with 2, and says where help is",
        arguments: [
            ["nope"], ["--nope"], ["get"], ["get", "pods", "--nope"], ["get", "pods", "-o", "xml"], ["apply"], ["run"],
            ["apply", "-f"], ["delete"], ["delete", "pod"], ["delete", "pod", "x", "--now", "--grace-period", "3"],
            ["delete", "pod", "x", "--force", "--grace-period", "3"], ["logs"], ["logs", "a/b/c"], ["exec", "web"],
            ["exec", "web", "--"], ["wait", "pod/web"], ["wait", "--for=delete", "--timeout", "soon", "pod/web"],
            ["logs", "web", "--since", "x"], ["logs", "web", "--tail", "x"], ["image", "import"],
            ["image", "nope"], ["get", "pod/web", "db"],
        ])
    func wrong(words: [String]) throws {
        let answer = try Program()(words)
        #expect(answer.code == 2, "\(answer.output) \(answer.errors)")
        #expect(answer.output == "")
        #expect(answer.errors.hasPrefix("error: "), "\(answer.errors)")
        #expect(answer.errors.contains("--help' for usage."), "\(answer.errors)")
    }

    @Test(
        "an error ends with 1 and is one line",
        arguments: [
            (["get", "pod", "web"], "Error from server (NotFound): pods \"web\" not found"),
            (["get", "pod/web"], "Error from server (NotFound): pods \"web\" not found"),
            (["get", "pvc", "data"], "Error from server (NotFound): persistentvolumeclaims \"data\" not found"),
            (["get", "pv", "disk"], "Error from server (NotFound): persistentvolumes \"disk\" not found"),
            (["get", "pods", "web", "-n", "shop"], "Error from server (NotFound): pods \"web\" not found"),
            (["describe", "pod", "web"], "Error from server (NotFound): pods \"web\" not found"),
            (["delete", "pod", "web"], "Error from server (NotFound): pods \"web\" not found"),
            (["logs", "web"], "Error from server (NotFound): pods \"web\" not found"),
            (["exec", "web", "--", "id"], "Error from server (NotFound): pods \"web\" not found"),
            (["wait", "--for=condition=Ready", "pod/web"], "Error from server (NotFound): pods \"web\" not found"),
            (["wait", "--for=never", "pod/web"], "error: cannot wait for \"never\""),
            (["get", "nodes"], "error: the server doesn't have a resource type \"nodes\""),
            (["get", "pods", "-l", "a b"], "error: \"a b\" is no label selector"),
            (["apply", "-f", "/nowhere.yaml"], "error: the path \"/nowhere.yaml\" does not exist"),
            (["image", "import", "/nowhere"], "error: importing /nowhere: "),
            (["image", "remove", "nope"], "error: image \"docker.io/library/nope:latest\" not found"),
        ])
    func refused(words: [String], text: String) throws {
        let answer = try Program()(words)
        #expect(answer.code == 1, "\(answer.output) \(answer.errors)")
        #expect(answer.output == "")
        #expect(answer.errors.hasPrefix(text), "\(answer.errors)")
        #expect(answer.errors.hasSuffix("\n") && answer.errors.split(separator: "\n").count == 1, "\(answer.errors)")
    }

    @Test(
        "a format that get does not print is named, with those that it does",
        arguments: [
            ("xml", "unable to match a printer suitable for the output format \"xml\""),
            ("jsonpath={.a", "error parsing jsonpath {.a: unclosed action"),
            ("custom-columns=NAME", "unexpected custom-columns spec: NAME"),
        ])
    func format(text: String, words: String) throws {
        let answer = try Program()("get", "pods", "-o", text)
        #expect(answer.code == 2 && answer.errors.contains(words), "\(answer.errors)")
    }

    @Test("the version is told")
    func version() throws {
        let answer = try Program()("--version")
        #expect(answer.code == 0 && answer.output.split(separator: ".").count == 3)
    }

    @Test("an empty state has nothing to show")
    func empty() throws {
        let program = try Program()
        let pods = try program("get", "pods")
        #expect(pods.code == 0)
        #expect(pods.output == "")
        #expect(pods.errors == "No resources found in default namespace.\n")
        #expect(try program("get", "po", "-n", "shop").errors == "No resources found in shop namespace.\n")
        #expect(try program("get", "pods", "-A").errors == "No resources found\n")
        #expect(try program("get", "pv").errors == "No resources found\n")
        #expect(
            try program("get", "events", "-o", "json").output == """
                {
                    "apiVersion": "v1",
                    "items": [],
                    "kind": "List",
                    "metadata": {
                        "resourceVersion": ""
                    }
                }

                """)
        #expect(try program("image", "list").output.hasPrefix("REPOSITORY"))
        // Looking makes nothing.
        #expect(try File.names(in: program.root) == [])
    }

    private static let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {a: b}}\ndata: {k: v}\n"

    @Test("objects are taken, shown in every form, and deleted")
    func objects() throws {
        let program = try Program()
        #expect(try program("apply", "-f", "-", input: Self.map).output == "configmap/settings created\n")
        #expect(try program("apply", "-f", "-", input: Self.map).output == "configmap/settings unchanged\n")
        #expect(try program("get", "cm", "-o", "name").output == "configmap/settings\n")
        #expect(try program("get", "cm", "settings").output.hasPrefix("NAME       DATA   AGE\nsettings   1      "))
        #expect(
            try program("get", "configmaps", "-A").output.hasPrefix("NAMESPACE   NAME       DATA   AGE\ndefault     "))
        let yaml = try program("get", "configmap/settings", "-o", "yaml").output
        #expect(yaml.hasPrefix("apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  creationTimestamp: \""))
        #expect(try program("get", "cm", "settings", "-o", "json").output.contains("\n    \"kind\": \"ConfigMap\",\n"))
        #expect(try program("get", "cm", "-l", "a=c").output == "")
        #expect(try program("get", "cm", "-l", "a=b", "-o", "name").output == "configmap/settings\n")
        #expect(
            try program("delete", "cm", "settings").output
                == "configmap \"settings\" deleted from default namespace\n")
    }

    @Test("several files, a folder of them, and standard input are taken together")
    func files() throws {
        let program = try Program()
        let folder = program.root + "/manifests"
        try File.makeFolder(folder)
        for name in ["b.yaml", "a.yml", "c.json", "notes.txt"] {
            let text =
                name == "c.json"
                ? #"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}"#
                : Self.map.replacing("settings", with: String(name.prefix(1)))
            try File.replace("\(folder)/\(name)", with: Array(text.utf8))
        }
        let answer = try program("apply", "-f", folder, "-f", "-", input: Self.map)
        #expect(
            answer.output
                == "configmap/a created\nconfigmap/b created\nconfigmap/c created\nconfigmap/settings created\n")
        let deleted = try program("delete", "-f", folder, "-f", "/nowhere")
        #expect(deleted.code == 1)
        #expect(try program("get", "cm", "-o", "name").output.split(separator: "\n").count == 4)
        #expect(try program("delete", "-f", folder).output.split(separator: "\n").count == 3)
    }

    @Test("a manifest that is wrong names file, line, column and field, and nothing of it is taken")
    func wrongManifest() throws {
        let program = try Program()
        let answer = try program(
            "apply", "-f", "-",
            input: Self.map
                + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, imagee: x}\n"
        )
        #expect(answer.code == 1)
        #expect(answer.errors.hasPrefix("error: standard input:11:"), "\(answer.errors)")
        #expect(answer.errors.contains("spec.containers[0].imagee"), "\(answer.errors)")
        #expect(answer.errors.split(separator: "\n").count == 1)
        #expect(try program("get", "cm").output == "")
        let invalid = try program(
            "apply", "-f", "-",
            input: "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: App, image: x}\n"
        )
        #expect(
            invalid.errors.hasPrefix(
                "error: standard input:6:6: Pod \"web\" is invalid: spec.containers[0].name: Invalid value: \"App\": "),
            "\(invalid.errors)")
    }

    @Test("the state's place comes from the option, in either place, or from the environment")
    func roots() throws {
        let program = try Program()
        #expect(try program("apply", "-f", "-", input: Self.map).code == 0)
        for words in [
            ["--root", program.root, "get", "cm", "-o", "name"], ["get", "--root=\(program.root)", "cm", "-o", "name"],
        ] {
            #expect(try program(words, withRoot: false).output == "configmap/settings\n")
        }
        let variables = ["HOLDFAST_ROOT": program.root]
        #expect(
            try program(["get", "cm", "-o", "name"], environment: variables, withRoot: false).output
                == "configmap/settings\n")
        #expect(
            try program(["-n", "shop", "get", "cm"], environment: variables, withRoot: false).errors
                == "No resources found in shop namespace.\n")
    }

    @Test(
        "every command explains itself, with examples",
        arguments: [
            [], ["apply"], ["run"], ["get"], ["describe"], ["delete"], ["logs"], ["exec"], ["wait"],
            ["image", "import"],
            ["image", "pull"],
        ])
    func help(words: [String]) throws {
        let answer = try Program()(words + ["--help"])
        #expect(answer.code == 0)
        #expect(answer.output.contains("xample"), "\(answer.output)")
        #expect(answer.output.contains("USAGE: holdfast"))
        #expect(!answer.output.contains("internal"))
        #expect(answer.errors == "")
    }

    @Test("completions for every shell", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let answer = try Program()(["--generate-completion-script", shell], withRoot: false)
        #expect(answer.code == 0)
        #expect(answer.output.contains("holdfast"))
        #expect(answer.output.contains("describe"))
    }

    @Test("output that cannot be written is an error")
    func fullOutput() throws {
        let program = try Program()
        #expect(try program("apply", "-f", "-", input: Self.map).code == 0)
        let full = try File.open("/dev/full", [.writeOnly])
        let null = try File.open("/dev/null", [.readWrite])
        let errors = try Pipe()
        let child = try program.command(["get", "cm"]).start(descriptors: [null.raw, full.raw, errors.writer.raw])
        #expect(try child.wait() == .exited(code: 1))
        let text = String(decoding: try File.read(errors.reader.raw, upTo: 4096, subject: "errors"), as: UTF8.self)
        #expect(text.hasPrefix("error: write on standard output: No space left on device"))
    }
}
