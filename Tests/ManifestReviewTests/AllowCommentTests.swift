// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@testable import ManifestReview

@Suite("Comments that allow a finding")
struct AllowCommentTests {
    static let comment = "# holdfast: allow capability-prefix because it is meant"

    private func allowed(_ text: String, _ id: String = "capability-prefix") throws -> [String?] {
        try CheckScene.review(text).problems(id).map { $0.allowance?.reason }
    }

    private static let lines = [
        "apiVersion: v1", "kind: Pod", "metadata: {name: web}", "spec:", "  containers:", "  - name: main",
        "    image: registry.example/web:1", "    securityContext:", "      capabilities:", "        add:",
        "        - CAP_KILL", "        drop: [CAP_CHOWN]",
    ]

    @Test("nothing is allowed without a comment")
    func none() throws {
        #expect(try allowed(Self.lines.joined(separator: "\n")) == [nil, nil])
    }

    @Test(
        "a comment above a field counts for it and all within",
        arguments: [
            (0, true, true), (3, true, true), (4, true, true), (5, true, true), (7, true, true), (8, true, true),
            (9, true, false), (10, true, false), (11, false, true),
            // The name of a pod and the image of a container have nothing to do with it.
            (2, false, false), (6, false, false), (12, false, false),
        ])
    func above(index: Int, add: Bool, drop: Bool) throws {
        var lines = Self.lines
        lines.insert("  \(Self.comment)", at: index)
        let review = try CheckScene.review(lines.joined(separator: "\n"))
        #expect(review.problems("capability-prefix").map { $0.allowance != nil } == [add, drop])
        #expect(review.aboutComments.isEmpty == (add || drop), "\(review.aboutComments)")
    }

    @Test(
        "a comment behind a field counts for it and all within",
        arguments: [(4, true, true), (5, true, true), (8, true, true), (10, true, false), (11, false, true)])
    func behind(index: Int, add: Bool, drop: Bool) throws {
        var lines = Self.lines
        lines[index] += " \(Self.comment)"
        let review = try CheckScene.review(lines.joined(separator: "\n"))
        #expect(review.problems("capability-prefix").map { $0.allowance != nil } == [add, drop])
    }

    @Test(
        "blank lines, other comments and the sign of an element may stand between a comment and its field",
        arguments: ["\n\n", "  # another\n", "   \n", "  # another\n\n  #\n"])
    func between(text: String) throws {
        var lines = Self.lines
        lines.insert("  \(Self.comment)\n\(text.dropLast())", at: 5)
        #expect(try allowed(lines.joined(separator: "\n")) == ["it is meant", "it is meant"])
        lines = Self.lines
        lines[5] = "  \(Self.comment)\n  -\n\(text)    name: main"
        #expect(try allowed(lines.joined(separator: "\n")) == ["it is meant", "it is meant"])
    }

    @Test(
        "every line end that YAML has ends a comment",
        arguments: ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"])
    func lineEnds(end: String) throws {
        var lines = Self.lines
        lines.insert("  \(Self.comment)", at: 10)
        let review = try CheckScene.review(lines.joined(separator: end))
        let found = review.problems("capability-prefix")
        #expect(found.map { $0.allowance?.reason } == ["it is meant", nil])
        #expect(found.map(\.position) == [Position(line: 12, column: 11), Position(line: 13, column: 16)])
    }

    @Test("tabs are blanks in a comment")
    func tabs() throws {
        let text = Self.lines.joined(separator: "\n").replacing(
            "- CAP_KILL",
            with: "- CAP_KILL\t#\tholdfast:\tallow\tcapability-prefix,\tcapability-unused\tbecause\tof  tabs")
        #expect(try allowed(text) == ["of tabs", nil])
        #expect(
            try CheckScene.review(text).problems("allowance").map(\.message) == [
                "allows capability-unused, which is not found here"
            ])
    }

    @Test("the mark that some editors put first does not hide a comment on the first line")
    func byteOrderMark() throws {
        let text = "\u{feff}\(Self.comment)\n" + Self.lines.joined(separator: "\n")
        #expect(try allowed(text) == ["it is meant", "it is meant"])
    }

    // MARK: documents

    @Test(
        "a comment at the head of a document counts for that document only",
        arguments: [
            (["C", "---", "D", "---", "D"], [true, false]), (["---", "C", "D", "---", "D"], [true, false]),
            (["D", "---", "C", "D"], [false, true]), (["D", "--- C", "D"], [false, true]),
            (["D", "C", "---", "D"], [false, false]), (["D", "---", "D", "C"], [false, false]),
            (["D", "C", "...", "---", "D"], [false, false]),
            (["%YAML 1.1", "C", "---", "D", "---", "D"], [true, false]),
        ])
    func documents(parts: [String], expected: [Bool]) throws {
        let document = Self.lines.dropLast().joined(separator: "\n")
        let text = parts.map { $0.replacing("D", with: document, maxReplacements: $0 == "D" ? 1 : 0) }
            .map { $0 == "C" ? Self.comment : $0 == "--- C" ? "--- \(Self.comment)" : $0 }.joined(separator: "\n")
        let review = try CheckScene.review(text)
        #expect(review.problems("capability-prefix").map { $0.allowance != nil } == expected)
        #expect(review.aboutComments.isEmpty == expected.contains(true), "a comment that allows nothing is told")
    }

    @Test("in a list a comment counts for its item, and above the list or its items for all of them")
    func lists() throws {
        let items = [1, 2].map { number in
            "- " + Self.lines.dropLast().joined(separator: "\n  ").replacing("web}", with: "web-\(number)}")
        }
        func allowed(head: String = "", items first: String = "", item: String = "") throws -> [Bool] {
            let text = "\(head)apiVersion: v1\nkind: List\n\(first)items:\n\(items[0])\n\(item)\(items[1])\n"
            return try CheckScene.review(text).problems("capability-prefix").map { $0.allowance != nil }
        }
        #expect(try allowed() == [false, false])
        #expect(try allowed(head: "\(Self.comment)\n") == [true, true])
        #expect(try allowed(items: "\(Self.comment)\n") == [true, true])
        #expect(try allowed(item: "\(Self.comment)\n") == [false, true])
    }

    @Test("a comment above a template's container counts for the findings of its pod")
    func templates() throws {
        let pod = Self.lines[3...].joined(separator: "\n      ")
        let text = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                \(pod.replacing("spec:\n", with: "spec:\n"))
            """
        #expect(try allowed(text) == [nil, nil])
        let commented = text.replacing("        - name: main", with: "        \(Self.comment)\n        - name: main")
        #expect(try allowed(commented) == ["it is meant", "it is meant"])
    }

    // MARK: what is no comment

    @Test(
        "a text in quotes or in a block is no comment",
        arguments: [
            "a: |\n      C\n      x", "a: >-\n      x\n      C", "a: |2\n      C", "a: \"x\n      C\n      y\"",
            "a: 'x C y'",
            "a: \"x C y\"", "a: x# holdfast: nothing", "\"C\": b", "a: |+\n\n      C\n\n", "a: {b: \"C\"}",
        ])
    func texts(value: String) throws {
        let annotations = value.hasPrefix("a: {") || value.contains("x# hold") ? "a: \"x C\"" : value
        let text = Self.lines.joined(separator: "\n").replacing(
            "metadata: {name: web}",
            with: "metadata:\n  name: web\n  annotations:\n    \(annotations.replacing("C", with: Self.comment))")
        let review = try CheckScene.review(text)
        #expect(review.pods.map(\.isValid) == [true] || annotations.hasPrefix("\"C"), "\(review.problems)")
        #expect(review.problems("capability-prefix").allSatisfy { $0.allowance == nil })
        #expect(review.aboutComments == [], "a text is not told of either")
    }

    @Test("a comment beside a text that looks like one is still read")
    func besideText() throws {
        let text = Self.lines.joined(separator: "\n").replacing(
            "metadata: {name: web}",
            with: "metadata:\n  name: web\n  annotations:\n    a: |\n      # holdfast: nonsense\n    \(Self.comment)\n"
                + "    b: \"# holdfast: more\" # holdfast: allow mode-decimal because y\n\(Self.comment)")
        let review = try CheckScene.review(text)
        #expect(review.problems("capability-prefix").map { $0.allowance?.reason } == ["it is meant", "it is meant"])
        #expect(
            review.aboutComments == [
                "8:5 allows capability-prefix, which is not found here",
                "9:27 allows mode-decimal, which is not found here",
            ])
    }

    @Test(
        "what is commented out, or is about something else, allows nothing",
        arguments: [
            "  # - name: x # holdfast: allow capability-prefix because y",
            "  # see holdfast: allow capability-prefix because y",
            "  #holdfast allow capability-prefix because y", "  # nothing",
        ])
    func commentedOut(line: String) throws {
        var lines = Self.lines
        lines.insert(line, at: 5)
        let review = try CheckScene.review(lines.joined(separator: "\n"))
        #expect(review.problems("capability-prefix").allSatisfy { $0.allowance == nil })
        #expect(review.aboutComments == [])
    }

    @Test("JSON has no comments")
    func json() throws {
        let text = """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "annotations": {"a": "\(Self.comment)",
              "b": " # holdfast: nonsense"}},
             "spec": {"containers": [{"name": "main", "image": "web:1",
               "securityContext": {"capabilities": {"add": ["CAP_KILL"]}}}]}}
            """
        let review = try CheckScene.review(text)
        #expect(review.problems("capability-prefix").map { $0.allowance == nil } == [true])
        #expect(review.aboutComments == [])
    }

    // MARK: ids and reasons

    @Test(
        "several ids in one comment are all allowed",
        arguments: ["capability-prefix, runtime-difference", "capability-prefix,runtime-difference,"])
    func several(ids: String) throws {
        let text = "# holdfast: allow \(ids) because of this\n" + Self.lines.joined(separator: "\n")
        #expect(try allowed(text) == ["of this", "of this"])
    }

    @Test("several comments above a field all count")
    func severalComments() throws {
        let text =
            "# holdfast: allow pod-security because of a\n# holdfast: allow capability-prefix because of b\n"
            + Self.lines.joined(separator: "\n")
        let review = try CheckScene.review(text)
        #expect(review.problems("capability-prefix").map { $0.allowance?.reason } == ["of b", "of b"])
        #expect(review.problems("pod-security/capabilities_baseline").map { $0.allowance?.reason } == ["of a"])
    }

    @Test(
        "pod-security covers each of its checks, and with a check only that one",
        arguments: [
            ("pod-security", ["hostNamespaces", "privileged"]), ("pod-security/privileged", ["privileged"]),
            ("pod-security/hostNamespaces", ["hostNamespaces"]),
        ])
    func podSecurity(id: String, expected: [String]) throws {
        let text = """
            # holdfast: allow \(id) because it is the node's own agent
            apiVersion: v1
            kind: Pod
            metadata: {name: agent}
            spec:
              hostPID: true
              containers:
              - {name: main, image: agent:1, securityContext: {privileged: true}}
            """
        let review = try CheckScene.review(text) { $0.level = .baseline }
        let allowed = review.problems.filter { $0.allowance != nil }.map(\.id).sorted()
        #expect(allowed == expected.map { "pod-security/\($0)" })
    }

    @Test(
        "a comment that is wrong is told, with what to write, and allows nothing",
        arguments: [
            ("allow capability-prefix", "nothing is allowed without a reason"),
            ("allow capability-prefix because", "nothing is allowed without a reason"),
            ("allow because of this", "names nothing that is to be allowed"),
            ("allow", "names nothing that is to be allowed"),
            ("allow , because of this", "names nothing that is to be allowed"),
            ("allow capability-prefx because x", "\"capability-prefx\" is no finding"),
            ("allow pod-security/nope because x", "\"pod-security/nope\" is no finding"),
            ("allow validation because x", "\"validation\" is no finding"),
            ("allow capability-prefix it is meant", "\"it\" is no finding"),
            ("ignore capability-prefix because x", "a comment to holdfast that it does not understand"),
            ("", "a comment to holdfast that it does not understand"),
        ])
    func wrong(words: String, message: String) throws {
        var lines = Self.lines
        lines.insert("  # holdfast: \(words)", at: 5)
        let review = try CheckScene.review(lines.joined(separator: "\n"))
        #expect(review.problems("capability-prefix").allSatisfy { $0.allowance == nil })
        #expect(review.aboutComments == ["6:3 \(message)"])
        let problem = try #require(review.problems("allowance").first)
        #expect(problem.severity == .warning && problem.remedy != nil)
    }

    @Test("what the server refuses cannot be allowed")
    func refused() throws {
        let text =
            "# holdfast: allow pod-security because x\n" + CheckScene.pod().replacing("- name: main", with: "- name: M")
        let review = try CheckScene.review(text)
        #expect(review.problems.map(\.id) == ["validation"])
        #expect(review.problems[0].allowance == nil && review.problems[0].counts)
    }

    // MARK: unused

    @Test("an id that was not needed is told by itself, as a note")
    func unused() throws {
        let text =
            "# holdfast: allow capability-prefix, mode-decimal, low-port because x\n"
            + Self.lines.joined(separator: "\n")
        let problem = try #require(try CheckScene.review(text).problems("allowance").first)
        #expect(problem.message == "allows mode-decimal, low-port, which is not found here")
        #expect(problem.severity == .note && !problem.counts)
    }

    @Test(
        "nothing is said of an id that was not looked for: of an unknown image, of another level, of a refused object")
    func notLookedFor() throws {
        let image = "# holdfast: allow program-missing because x\n" + CheckScene.pod()
        #expect(try CheckScene.review(image).aboutComments == [])
        #expect(
            try CheckScene.review(image) { $0.image = { CheckScene.image($0) } }.aboutComments.isEmpty
                == CheckScene.review(image) { $0.image = { CheckScene.image($0) } }.problems("program-missing").contains
            {
                $0.allowance != nil
            })
        let level = "# holdfast: allow pod-security/privileged because x\n" + CheckScene.pod()
        #expect(try CheckScene.review(level) { $0.level = .baseline }.aboutComments == [])
        #expect(try CheckScene.review(level) { $0.level = .restricted }.aboutComments.count == 1)
        let refused = "# holdfast: allow mode-decimal because x\n" + CheckScene.pod("UPPER")
        #expect(try CheckScene.review(refused).aboutComments == [])
    }

    @Test("a comment is needed also where the option allows the same")
    func withOption() throws {
        let text = "\(Self.comment)\n" + Self.lines.joined(separator: "\n")
        let review = try CheckScene.review(text) { $0.allowed = ["capability-prefix"] }
        #expect(
            review.problems("capability-prefix").map(\.allowance)
                == Array(repeating: .comment(reason: "it is meant"), count: 2))
        #expect(review.aboutComments == [])
    }

    @Test("the option allows an id everywhere")
    func option() throws {
        let review = try CheckScene.review(Self.lines.joined(separator: "\n")) { $0.allowed = ["capability-prefix"] }
        #expect(review.problems("capability-prefix").map(\.allowance) == [.option, .option])
        #expect(review.problems.allSatisfy { $0.id == "capability-prefix" || $0.allowance == nil })
    }
}
