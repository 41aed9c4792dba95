// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@testable import ManifestReview

@Suite("The fixes of check")
struct ManifestFixTests {
    /// The file with these words in other ones' place, and nothing else changed.
    private func expectFix(
        _ text: String, _ changes: [(String, String)], at location: SourceLocation = #_sourceLocation,
        _ adjust: (inout ManifestCheck) throws -> Void = { _ in }
    ) throws {
        let review = try CheckScene.review(text, adjust)
        var expected = text
        for (old, new) in changes {
            try #require(expected.contains(old), sourceLocation: location)
            expected.replace(old, with: new)
        }
        #expect(review.fixedText ?? text == expected, sourceLocation: location)
        guard let fixed = review.fixedText else { return }
        let again = try CheckScene.review(fixed, adjust)
        #expect(again.fix == nil, "a second time there is nothing to do", sourceLocation: location)
        #expect(again.pods.map(\.isValid) == review.pods.map(\.isValid), sourceLocation: location)
    }

    private func expectNoFix(
        _ text: String, at location: SourceLocation = #_sourceLocation,
        _ adjust: (inout ManifestCheck) throws -> Void = { _ in }
    ) throws {
        let review = try CheckScene.review(text, adjust)
        #expect(review.problems.contains { $0.severity == .warning || $0.severity == .error }, sourceLocation: location)
        #expect(review.fixedText == nil, sourceLocation: location)
    }

    private static let volumes = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers: [{name: main, image: a, volumeMounts: [{name: s, mountPath: /s}]}]
          volumes:
          - name: s
            secret: {secretName: s, defaultMode: 400, items: [{key: a, path: a, mode: 440}]}   # 400

        """

    // MARK: layout

    @Test(
        "a scalar is written in its own way, and all else stays byte by byte",
        arguments: [
            "- CAP_KILL", "- 'CAP_KILL'", "- \"CAP_KILL\"", "-   CAP_KILL  # CAP_KILL is meant",
            "- NET_RAW\n- CAP_KILL\n- CHOWN",
            "# CAP_KILL, before\n- CAP_KILL\n# CAP_KILL, after", "-\n  CAP_KILL", "- cap_Kill", "- CAP_kill",
        ])
    func styles(lines: String) throws {
        let text = CheckScene.pod(adding: lines)
        let name = try #require(
            ["CAP_KILL", "cap_Kill", "CAP_kill"].first { text.replacing(/#.*/, with: "").contains($0) })
        let review = try CheckScene.review(text)
        var expected: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let end = line.firstIndex(of: "#") ?? line.endIndex
            expected.append(String(line[..<end]).replacing(name, with: "KILL") + String(line[end...]))
        }
        #expect(review.fixedText == expected.joined(separator: "\n"))
    }

    @Test("flow style, several on one line, and a file without a last line end")
    func flow() throws {
        let text = CheckScene.pod(adding: "").replacing(
            "add:\n", with: "add: [CAP_KILL, 'CAP_CHOWN',\"net_raw\",CAP_FOWNER ]")
        try expectFix(
            text, [("CAP_KILL", "KILL"), ("CAP_CHOWN", "CHOWN"), ("net_raw", "NET_RAW"), ("CAP_FOWNER", "FOWNER")])
        try expectFix(CheckScene.pod(adding: "- CAP_KILL").trimmed, [("CAP_KILL", "KILL")])
    }

    @Test("other line ends stay", arguments: ["\r\n", "\r", "\u{85}", "\u{2028}"])
    func lineEnds(end: String) throws {
        let text = (CheckScene.pod(adding: "# ß世\n- CAP_KILL") + "---\n" + Self.volumes).replacing("\n", with: end)
        try expectFix(
            text, [("CAP_KILL", "KILL"), ("defaultMode: 400", "defaultMode: 0400"), ("mode: 440", "mode: 0440")])
    }

    @Test("the mark that some editors put first stays, also before JSON")
    func byteOrderMark() throws {
        try expectFix("\u{feff}" + CheckScene.pod(adding: "- CAP_KILL"), [("CAP_KILL", "KILL")])
        let json = """
            \u{feff}{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [
              {"name": "main", "image": "a"}], "volumes": [{"name": "s", "secret": {"secretName": "s", "defaultMode": 400}}]}}
            """
        try expectFix(json, [("400", "256")])
    }

    @Test("wide characters before it on the line do not move a change")
    func wide() throws {
        let text = Self.volumes.replacing("{secretName: s,", with: "{secretName: s, optional: true, # 世界😀\n      ")
        try expectFix(text, [("defaultMode: 400", "defaultMode: 0400"), ("mode: 440", "mode: 0440")])
        let flow = CheckScene.pod(adding: "").replacing(
            "image: registry.example/web:1\n    securityContext:\n      capabilities:\n        add:\n",
            with: "image: a\n    args: [x]\n    securityContext: {capabilities: {add: [CAP_KILL]}}\n")
        try expectFix(flow.replacing("args: [x]", with: "args: [\"世界😀\"]"), [("CAP_KILL", "KILL")])
        let line =
            "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"web\", \"annotations\": {\"a\": \"世😀\"}}, "
        let json =
            "\(line)\"spec\": {\"containers\": [{\"name\": \"main\", \"image\": \"a\", "
            + "\"securityContext\": {\"capabilities\": {\"add\": [\"CAP_KILL\"]}}}]}}"
        try expectFix(json, [("CAP_KILL", "KILL")])
    }

    @Test("several documents and the items of a list are all mended")
    func documents() throws {
        let text = "# first\n\(CheckScene.pod(adding: "- CAP_KILL"))---\n# second\n\(Self.volumes)"
        try expectFix(
            text, [("CAP_KILL", "KILL"), ("defaultMode: 400", "defaultMode: 0400"), ("mode: 440", "mode: 0440")])
        let pod = CheckScene.pod(adding: "- CAP_KILL").trimmed.replacing("\n", with: "\n  ")
        try expectFix("apiVersion: v1\nkind: List\nitems:\n- \(pod)\n- \(pod)\n", [("CAP_KILL", "KILL")])
    }

    @Test("JSON, which has no octal numbers, gets the mode in decimal")
    func json() throws {
        let text = """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [
              {"name": "main", "image": "a", "securityContext": {"capabilities": {"drop": ["cap_chown"]}}}],
              "volumes": [{"name": "s", "secret": {"secretName": "s", "defaultMode": 400}},
                {"name": "t", "configMap": {"name": "s", "items": [{"key": "a", "path": "a", "mode":440 }]}}]}}
            """
        try expectFix(text, [("\"cap_chown\"", "\"CHOWN\""), ("400", "256"), ("440", "288")])
    }

    // MARK: what is left alone

    @Test(
        "what is not written as it reads is left alone",
        arguments: [
            "- \"CAP\\u005fKILL\"", "- !!str CAP_KILL", "- &a CAP_KILL", "- |-\n  CAP_KILL", "- >-\n  CAP_KILL",
            "- \"CAP_\\\n   KILL\"",
        ])
    func notAsItReads(lines: String) throws { try expectNoFix(CheckScene.pod(adding: lines)) }

    @Test(
        "a number that is not written in decimal digits alone is left alone",
        arguments: ["0b110010000", "0x190", "+400", "4_00", "0620"])
    func numbers(number: String) throws {
        let text = Self.volumes.replacing(": 400", with: ": \(number)").replacing(
            ", items: [{key: a, path: a, mode: 440}]", with: "")
        #expect(try CheckScene.review(text).pods.map(\.isValid) == [true])
        #expect(try CheckScene.review(text).fix == nil)
    }

    @Test("what is allowed is not mended")
    func allowed() throws {
        let text = "# holdfast: allow capability-prefix because x\n" + CheckScene.pod(adding: "- CAP_KILL\n- net_raw")
        try expectFix(text, [("net_raw", "NET_RAW")])
    }

    @Test("a file of which nothing is to be mended is not written")
    func nothing() throws {
        #expect(try CheckScene.review(CheckScene.pod()).fix == nil)
        #expect(try CheckScene.review("a: [").fix == nil)
    }

    // MARK: aliases

    private static func aliased(second: String = "*c", more: String = "") -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers:
          - name: a
            image: a
            securityContext:
              capabilities:
                add: &c [CAP_KILL, NET_RAW]
          - name: b
            image: b
            securityContext:
              capabilities:
                add: \(second)
        \(more)
        """
    }

    @Test("what two containers share is mended once")
    func shared() throws {
        try expectFix(Self.aliased(), [("CAP_KILL", "KILL")])
        #expect(try CheckScene.review(Self.aliased()).fix?.changes.count == 1)
        #expect(try CheckScene.review(Self.aliased()).fix?.problems.count == 2)
    }

    @Test("what is shared with a field that means something else is left alone")
    func sharedOtherwise() throws {
        try expectNoFix(Self.aliased(more: "  - {name: d, image: d, command: *c}"))
        try expectNoFix(Self.aliased(second: "[NET_RAW]", more: "    args: *c"))
        // An object that is passed over, or cannot be read, may share it too.
        let list = "apiVersion: v1\nkind: List\nitems:\n- \(Self.aliased().trimmed.replacing("\n", with: "\n  "))\n"
        try expectFix(list, [("CAP_KILL", "KILL")])
        try expectNoFix("\(list)- {apiVersion: example.com/v1, kind: Other, metadata: {name: x}, spec: {words: *c}}\n")
        try expectNoFix("\(list)- {apiVersion: v1, kind: Pod, metadata: {name: x}, words: *c}\n")
    }

    @Test("what is allowed for one of those who share it is left alone")
    func sharedAndAllowed() throws {
        let text = Self.aliased().replacing(
            "- name: b", with: "# holdfast: allow capability-prefix because x\n  - name: b")
        try expectNoFix(text)
    }

    // MARK: a line of its own

    private static func named(_ context: String, spec: String = "") -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
        \(spec)  containers:
          - name: main
            image: app:1
        \(context)
        """
    }

    private func image(_ check: inout ManifestCheck) {
        check.image = { CheckScene.image($0, uid: $0.hasPrefix("other") ? 42 : 4711) }
    }

    @Test("a field is put on a line of its own, with the line end of the file", arguments: ["\n", "\r\n", "\r"])
    func inserted(end: String) throws {
        let text = Self.named("    # why\n    securityContext: # who\n      # because\n      runAsNonRoot: true # so\n")
            .replacing("\n", with: end)
        try expectFix(
            text, [("      runAsNonRoot", "      runAsUser: 4711\(end)      runAsNonRoot")], image)
        let last = Self.named("    securityContext:\n      runAsNonRoot: true").trimmed.replacing("\n", with: end)
        try expectFix(last, [("      runAsNonRoot", "      runAsUser: 4711\(end)      runAsNonRoot")], image)
    }

    @Test(
        "no field is put into braces, beside a merge, where it is null, or into JSON",
        arguments: [
            "    securityContext: {runAsNonRoot: true}", "    securityContext: {\n      runAsNonRoot: true}",
            "    securityContext: {\n      runAsNonRoot: true, privileged: false\n      }",
            "    securityContext:\n      <<: {runAsNonRoot: true}",
            "    securityContext:\n      runAsUser: null\n      runAsNonRoot: true",
            "    securityContext:\n      <<:\n        runAsNonRoot: true",
            "    securityContext: &a\n      runAsNonRoot: true",
        ])
    func notInserted(context: String) throws { try expectNoFix(Self.named(context), image) }

    @Test("no field is put where containers of other images share the mapping")
    func notInsertedIntoShared() throws {
        let text = Self.named(
            "    securityContext: &s\n      runAsNonRoot: true\n  - {name: b, image: \"other:1\", securityContext: *s}")
        try expectNoFix(text, image)
        let merged = Self.named(
            "    securityContext:\n      <<: &s\n        runAsNonRoot: true\n  - name: b\n    image: other:1\n    securityContext: {<<: *s}"
        )
        try expectNoFix(merged, image)
    }

    @Test("the pod's context gets the user of its only container's image, and none where there are others")
    func podContext() throws {
        let text = Self.named("", spec: "  securityContext:\n    runAsNonRoot: true\n")
        try expectFix(text, [("    runAsNonRoot", "    runAsUser: 4711\n    runAsNonRoot")], image)
        try expectNoFix(text.trimmed + "\n  - {name: b, image: \"other:1\"}\n", image)
        // The second one's context is its own, which the pod's user does not reach.
        try expectNoFix(text.trimmed + "\n  - {name: b, image: \"app:1\", securityContext: {runAsUser: 7}}\n", image)
    }

    @Test("of two changes that ask for different things at one place neither is made")
    func contradiction() throws {
        let bytes = Array(Self.named("", spec: "  securityContext:\n    runAsNonRoot: true\n").utf8)
        let text = SourceText(bytes)
        guard case .success(let manifest) = try #require(try decodeForReview(bytes, file: "pod.yaml").first) else {
            Issue.record("the pod is not read")
            return
        }
        func fix(_ users: [String]) -> ManifestFix? {
            let problems = users.map { user in
                let edit = ManifestEdit.insert(path: "spec.securityContext", key: "runAsUser", text: user)
                return Problem(
                    .finding(rule: "non-root-named-user"), .error, file: "pod.yaml", position: nil, path: "",
                    message: "",
                    change: TextChange(edit, manifest.source, text))
            }
            return FileReview(file: "pod.yaml", pods: [], problems: problems, others: [:], text: text).fix
        }
        #expect(fix(["1"])?.changes.count == 1 && fix(["1", "1"])?.changes.count == 1)
        #expect(fix(["1", "2"]) == nil && fix(["1", "2", "1", "3"]) == nil)
    }

    // MARK: patches

    @Test("a patch has three lines around each change, and what is near is one piece")
    func patch() throws {
        let lines = (0..<12).map { "# \($0)" }.joined(separator: "\n")
        let text = "\(CheckScene.pod(adding: "- CAP_KILL\n# between\n- net_raw"))---\n\(lines)\n\(Self.volumes.trimmed)"
        let patch = try #require(try CheckScene.review(text).fix?.patch(file: "pod.yaml"))
        #expect(
            patch == """
                --- pod.yaml
                +++ pod.yaml
                @@ -8,9 +8,9 @@
                     securityContext:
                       capabilities:
                         add:
                -        - CAP_KILL
                +        - KILL
                         # between
                -        - net_raw
                +        - NET_RAW
                 ---
                 # 0
                 # 1
                @@ -31,4 +31,4 @@
                   containers: [{name: main, image: a, volumeMounts: [{name: s, mountPath: /s}]}]
                   volumes:
                   - name: s
                -    secret: {secretName: s, defaultMode: 400, items: [{key: a, path: a, mode: 440}]}   # 400
                \\ No newline at end of file
                +    secret: {secretName: s, defaultMode: 0400, items: [{key: a, path: a, mode: 0440}]}   # 400
                \\ No newline at end of file

                """)
    }

    @Test("a line that is put before another one is only added, and moves what comes after it")
    func insertion() throws {
        let text =
            Self.named("    securityContext:\n      runAsNonRoot: true\n") + "---\n"
            + String(repeating: "#\n", count: 9) + CheckScene.pod(adding: "- CAP_KILL")
        let patch = try #require(try CheckScene.review(text, image).fix?.patch(file: "a b.yaml"))
        #expect(patch.hasPrefix("--- a b.yaml\t\n+++ a b.yaml\t\n@@ -6,6 +6,7 @@\n"))
        #expect(patch.contains("\n     securityContext:\n+      runAsUser: 4711\n       runAsNonRoot: true\n"))
        #expect(patch.contains("\n@@ -27,4 +28,4 @@\n") && patch.contains("\n-        - CAP_KILL\n+        - KILL\n"))
        #expect(patch.split(separator: "\n").count { $0.hasPrefix("-") } == 2)
    }

    @Test("a name that would end the line is written with escapes")
    func patchName() throws {
        let patch = try #require(
            try CheckScene.review(CheckScene.pod(adding: "- CAP_KILL")).fix?.patch(file: "a\n+++ \"b\\\t.yaml"))
        #expect(patch.hasPrefix("--- \"a\\012+++ \\\"b\\\\\\011.yaml\"\n+++ \"a\\012"))
    }

    @Test("thousands of changes in one file are made in a moment")
    func many() throws {
        let capabilities = String(repeating: "- CAP_KILL\n- NET_RAW\n", count: 4_000)
        let review = try CheckScene.review(CheckScene.pod(adding: capabilities))
        let clock = ContinuousClock()
        var patch = ""
        let time = try clock.measure {
            let fix = try #require(review.fix)
            #expect(fix.changes.count == 4_000)
            #expect(
                String(decoding: fix.bytes, as: UTF8.self)
                    == CheckScene.pod(adding: capabilities.replacing("CAP_", with: "")))
            patch = fix.patch(file: "x")
        }
        #expect(patch.split(separator: "\n").count { $0 == "+        - KILL" } == 4_000)
        #expect(time < .seconds(10), "\(time)")
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
