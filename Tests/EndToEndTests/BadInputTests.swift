// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Bad input gets one clear error, and leaves nothing half made")
struct BadInputTests {
    /// One line on standard error, exit code 1, and an empty state.
    private func refused(
        _ machine: Machine, _ answer: Machine.Answer, _ words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(answer.code == 1, "\(answer.output) \(answer.errors)", sourceLocation: sourceLocation)
        #expect(answer.output.isEmpty, sourceLocation: sourceLocation)
        #expect(answer.errors.split(separator: "\n").count == 1, "\(answer.errors)", sourceLocation: sourceLocation)
        #expect(answer.errors.utf8.count < 2000, sourceLocation: sourceLocation)
        for word in words { #expect(answer.errors.contains(word), "\(answer.errors)", sourceLocation: sourceLocation) }
        #expect(try machine.leftovers(uids: []) == [], sourceLocation: sourceLocation)
        let objects = machine.root + "/lib/objects"
        if try File.exists(objects) {
            for kind in try File.names(in: objects) {
                #expect(
                    try File.names(in: "\(objects)/\(kind)").filter { $0.hasSuffix(".json") } == [],
                    sourceLocation: sourceLocation)
            }
        }
    }

    private func refusedFile(_ text: String, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let machine = try Machine(image: false)
        let path = machine.root + "/bad.yaml"
        try File.replace(path, with: Array(text.utf8))
        try refused(machine, try machine.run("apply", "-f", path), ["bad.yaml"] + words, sourceLocation: sourceLocation)
    }

    @Test(
        "a file that is not YAML",
        arguments: ["a: b: c\n  - d", "{\"kind\": \"Pod\",", "\u{0}\u{1}\u{2}binary", "key: [1, 2"])
    func notYAML(text: String) throws { try refusedFile(text, [":1"]) }

    @Test("an empty file, and one with nothing but comments", arguments: ["", "\n\n", "# nothing\n", "---\n---\n"])
    func empty(text: String) throws { try refusedFile(text, []) }

    @Test("a file that is not there names itself")
    func missing() throws {
        let machine = try Machine(image: false)
        try refused(machine, try machine.run("apply", "-f", "/no/such/pod.yaml"), ["/no/such/pod.yaml"])
    }

    @Test("10 MB of nonsense is refused at once", arguments: ["x", "- ", "[", "a: ", "\n", "\u{7f}"])
    func nonsense(part: String) throws {
        let start = Clock.monotonic
        try refusedFile(String(repeating: part, count: 10_000_000 / part.utf8.count), [])
        // Decoding it takes milliseconds; the rest is for a machine that is busy.
        #expect(Clock.monotonic - start < 20_000_000_000)
    }

    @Test("aliases that explode are refused at once")
    func bomb() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let item = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: item, count: 9).joined(separator: ", "))]\n"
        }
        let start = Clock.monotonic
        try refusedFile(text + "apiVersion: v1\nkind: Pod\nmetadata: {name: bomb}\n", ["alias"])
        #expect(Clock.monotonic - start < 20_000_000_000)
    }

    @Test("an unknown field, a duplicate key and a wrong type name line, column and path")
    func strict() throws {
        let pod = Machine.pod("strict", "true")
        try refusedFile(
            pod.replacingOccurrences(of: "restartPolicy: Never", with: "restartPolice: Never"),
            [":6:3", "spec.restartPolice", "restartPolicy"])
        try refusedFile(pod + "\n  hostNetwork: true\n  hostNetwork: false\n", ["hostNetwork", "dupl"])
        try refusedFile(
            pod.replacingOccurrences(of: "restartPolicy: Never", with: "restartPolicy: 5"),
            [":6:", "spec.restartPolicy", "string"])
    }

    @Test(
        "a name that would leave its folder",
        arguments: ["../x", "..", "a/b", "/etc", "A", "a_b", "-a", "a\\u0000b"])
    func names(name: String) throws {
        try refusedFile(
            Machine.pod("NAME", "true").replacingOccurrences(of: "name: NAME", with: "name: \"\(name)\""),
            ["metadata.name"])
    }

    @Test("a name that is to be made up")
    func generatedName() throws {
        try refusedFile(
            Machine.pod("NAME", "true").replacingOccurrences(of: "name: NAME", with: "generateName: web-"),
            [":4:", "from web-: cannot use generate name with apply", "metadata.name"])
    }

    @Test("a namespace, a claim and a container of such names")
    func otherNames() throws {
        let machine = try Machine(image: false)
        let pod = machine.root + "/pod.yaml"
        try File.replace(pod, with: Array(Machine.pod("ok", "true").utf8))
        try refused(machine, try machine.run("apply", "-n", "../x", "-f", pod), ["../x"])
        try refusedFile(
            Machine.pod("ok", "true").replacingOccurrences(of: "name: app", with: "name: ../app"),
            ["spec.containers[0].name"])
        try refusedFile(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: ../../x}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """, ["metadata.name"])
    }

    @Test("several documents are taken together or not at all")
    func together() throws {
        try refusedFile(
            Machine.pod("good", "true") + "\n---\n" + Machine.pod("bad", "true", spec: "nope: 1"), ["spec.nope"])
    }

    @Test("a subPath through a symbolic link that leaves its volume")
    func subPath() throws {
        let machine = try Machine()
        let volume = machine.root + "/volume"
        try File.makeFolder(volume)
        try File.makeLink(volume + "/out", to: "/etc")
        try machine.apply(
            Machine.pod(
                "linked", "cat /data/passwd", spec: "volumes:\n- name: data\n  hostPath: {path: \(volume)}",
                container: "volumeMounts:\n- name: data\n  mountPath: /data\n  subPath: out"))
        try machine.wait(["get", "pod", "linked", "-o", "json"], for: "CreateContainerConfigError") {
            $0.output.contains("CreateContainerConfigError")
        }
        let events = try machine.run("get", "events", "-o", "json").output
        #expect(events.contains("subPath"))
        #expect(try machine.run("logs", "linked").output.isEmpty)
        #expect(try machine.run("delete", "pod", "linked", "--now").code == 0)
    }

    @Test("a mount path that a link in the image leads to the machine stays in the container")
    func mountPath() throws {
        let machine = try Machine()
        let before = try File.names(in: "/etc").sorted()
        try machine.apply(
            Machine.pod(
                "linked", "ls -d /tmp/link/holdfast-made", spec: "volumes:\n- name: data\n  emptyDir: {}",
                container: "volumeMounts:\n- name: data\n  mountPath: /proc/self/root/holdfast-made"))
        try machine.wait(["get", "pod", "linked", "-o", "json"], for: "an end") { $0.output.contains("terminated") }
        #expect(try File.names(in: "/etc").sorted() == before)
        #expect(try !File.exists("/holdfast-made"))
        #expect(try machine.run("delete", "pod", "linked", "--now").code == 0)
    }

    @Test("an image with a corrupt blob")
    func corruptBlob() throws {
        let machine = try Machine(image: false)
        let layout = machine.root + "/layout"
        let source = Foundation.Process()
        source.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let images =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
            + "/Conformance/images.py"
        source.arguments = ["python3", images, layout]
        source.standardOutput = FileHandle.nullDevice
        try source.run()
        source.waitUntilExit()
        try #require(source.terminationStatus == 0)
        let blobs = layout + "/blobs/sha256"
        let largest = try #require(
            try File.names(in: blobs).max {
                try File.status("\(blobs)/\($0)").size < File.status("\(blobs)/\($1)").size
            })
        var bytes = try File.read("\(blobs)/\(largest)", limit: 64 << 20)
        bytes[bytes.count / 2] ^= 1
        try File.replace("\(blobs)/\(largest)", with: bytes)
        let answer = try machine.run("image", "import", layout)
        #expect(answer.code == 1)
        #expect(answer.errors.split(separator: "\n").count == 1, "\(answer.errors)")
        #expect(answer.errors.contains(largest.prefix(12)), "\(answer.errors)")
        #expect(try machine.run("image", "list").output.split(separator: "\n").count <= 1)
        #expect(try File.names(in: machine.root + "/lib/images/blobs/sha256") == [])
    }

    @Test(
        "a wrong command line is exit code 2",
        arguments: [["nope"], ["apply"], ["get"], ["logs"], ["apply", "-f"], ["--nope"], ["delete", "pod"]])
    func commandLine(words: [String]) throws {
        let machine = try Machine(image: false)
        let result = try machine.command(words).run()
        #expect(result.status == .exited(code: 2))
        #expect(!result.errors.isEmpty)
    }
}
