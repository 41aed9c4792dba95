// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@testable import ManifestReview

@Suite("The report of check as text")
struct CheckReportTests {
    private static let plain = TextStyle(isColoured: false)

    /// A pod with one capability, whose line is `line`.
    private func report(adding line: String, file: String = "pod.yaml") throws -> [String] {
        let review = try CheckScene.review(CheckScene.pod(adding: line), file: file)
        let report = review.report(Self.plain).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = try #require(report.firstIndex { $0.contains("[capability-prefix]") })
        return Array(report[start..<start + 4])
    }

    @Test("a problem has its place, the line, a mark below the column, and what to do")
    func entry() throws {
        #expect(
            try report(adding: "- CAP_SYSLOG") == [
                "pod.yaml:11:11: warning: spec.containers[0].securityContext.capabilities.add[0]: containerd reads "
                    + "CAP_SYSLOG as CAP_CAP_SYSLOG: SYSLOG is not added [capability-prefix]",
                "  11 |         - CAP_SYSLOG", "     |           ^", "   = help: write SYSLOG",
            ])
    }

    @Test(
        "the mark is below the place, whatever stands before it",
        arguments: [
            ("\n        - !!str CAP_KILL", "          "), ("\n        - \"CAP_KILL\"", "          "),
            (" [\tCAP_KILL]", "              \t"),
        ])
    func marks(value: String, before: String) throws {
        let text = CheckScene.pod(adding: "").replacing("add:\n", with: "add:\(value)\n")
        let report = try CheckScene.review(text).report(Self.plain).split(separator: "\n")
        let start = try #require(report.firstIndex { $0.contains("[capability-prefix]") })
        #expect(report[start + 2] == "     | \(before)^")
    }

    @Test(
        "the room of a text on a terminal is that of its characters",
        arguments: [
            ("abc", "   "), ("世界", "    "), ("a\tb", " \t "), ("ｗ", "  "), ("é", " "), ("e\u{301}", " "), ("😀", "  "),
            ("👍🏽", "  "), ("한글", "    "), ("ह\u{94d}", " "), ("\u{1b}", "      "), ("\u{200b}", "        "), ("…", " "),
            ("", ""),
        ])
    func room(text: String, blank: String) { #expect(text.printable.blank == blank) }

    @Test("wide characters before the place move the mark")
    func wide() throws {
        let text = """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "annotations": {"a": "世界\t😀"}}, "spec": {"containers":
            [{"name": "main", "image": "世界", "command": ["世界"], "securityContext": {"capabilities": {"add": ["CAP_KILL"]}}}]}}
            """
        let review = try CheckScene.review(
            text.replacing("\t", with: " ").replacing("\"image\": \"世界\"", with: "\"image\": \"a\""))
        let report = review.report(Self.plain).split(separator: "\n")
        let start = try #require(report.firstIndex { $0.contains("[capability-prefix]") })
        let line = report[start + 1]
        let place = try #require(line.firstRange(of: "\"CAP_KILL\""))
        let columns = line[..<place.lowerBound].count + 2  // Two wide characters.
        #expect(report[start + 2] == "     | " + String(repeating: " ", count: columns - 7) + "^")
    }

    @Test("a file on one line is shown around the place, and the mark is below it")
    func longLine() throws {
        let annotations = (0..<200).map { "\"a\($0)\": \"b\"" }.joined(separator: ", ")
        let text =
            "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"web\", \"annotations\": {\(annotations)}}, "
            + "\"spec\": {\"containers\": [{\"name\": \"main\", \"image\": \"a\", "
            + "\"securityContext\": {\"capabilities\": {\"add\": [\"CAP_KILL\"]}}}]}}"
        let report = try CheckScene.review(text).report(Self.plain).split(separator: "\n")
        let start = try #require(report.firstIndex { $0.contains("[capability-prefix]") })
        #expect(report[start + 1].count <= 130)
        let mark = try #require(report[start + 2].firstIndex(of: "^"))
        let column = report[start + 2].distance(from: report[start + 2].startIndex, to: mark)
        #expect(report[start + 1].dropFirst(column).hasPrefix("\"CAP_KILL\""))
    }

    @Test("a line number of five digits moves line and mark alike")
    func farDown() throws {
        let text = String(repeating: "#\n", count: 12_345) + CheckScene.pod(adding: "- CAP_KILL")
        let report = try CheckScene.review(text).report(Self.plain).split(separator: "\n")
        let start = try #require(report.firstIndex { $0.contains("[capability-prefix]") })
        #expect(report[start + 1] == "12356 |         - CAP_KILL" && report[start + 2] == "      |           ^")
    }

    @Test("the mark that some editors put first is not shown and moves nothing")
    func byteOrderMark() throws {
        let report = try CheckScene.review("\u{feff}{a: b}").report(Self.plain).split(separator: "\n")
        #expect(report[0].hasPrefix("pod.yaml:1:1: ") && report[1...2] == ["   1 | {a: b}", "     | ^"])
    }

    @Test(
        "nothing of a manifest acts on a terminal",
        arguments: ["\u{1b}[31m", "\u{7}", "\u{9b}31m", "\u{202e}", "\u{2066}", "\u{200f}", "\u{8}", "\r", "\u{7f}"])
    func harmless(evil: String) throws {
        let json = JSONValue.string("x\(evil)y").compactText
        let text = """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": \(json), "labels": {\(json): \(json)}},
             "spec": {"containers": [{"name": \(json), "image": \(json), \(json): 1,
               "securityContext": {"capabilities": {"add": [\(json)]}}}]}}
            """
        for text in [
            text, text.replacing(", \(json): 1", with: ""), "a: \(json)\nb: [",
            "{\"kind\": \"Pod\", \(json): 1, \(json): 2}", "kind: \(json)\napiVersion: v1",
        ] {
            let review = try CheckScene.review(text, file: "a\(evil)b.yaml")
            let report = review.report(Self.plain, allowed: true)
            #expect(!report.isEmpty)
            let scalars = Set(report.unicodeScalars).subtracting(["\n"])
            #expect(
                scalars.isDisjoint(with: evil.unicodeScalars.filter { !("!"..."~").contains($0) }),
                "\(report.debugDescription)")
        }
    }

    @Test("colours are used when asked for, and only then")
    func colours() throws {
        let review = try CheckScene.review(CheckScene.pod(adding: "- CAP_KILL"))
        #expect(!review.report(Self.plain).contains("\u{1b}"))
        let coloured = review.report(TextStyle(isColoured: true))
        #expect(coloured.contains("\u{1b}[33;1mwarning\u{1b}[0m"))
        var bare = coloured
        bare.replace(/\u{1b}\[[0-9;]*m/, with: "")
        #expect(bare == review.report(Self.plain))
    }

    @Test("what is allowed is shown when asked for, with its reason")
    func allowed() throws {
        let text = "# holdfast: allow capability-prefix because it is meant\n" + CheckScene.pod(adding: "- CAP_KILL")
        let review = try CheckScene.review(text)
        #expect(!review.report(Self.plain).contains("capability-prefix"))
        let report = review.report(Self.plain, allowed: true)
        #expect(report.contains(": allowed: ") && report.contains("\n   = because: it is meant\n"))
        var summary = CheckSummary()
        summary.add(review)
        #expect(summary.allowed == 1 && summary.line.hasSuffix(" (1 allowed)"))
    }
}
