// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@testable import ManifestReview

/// The reports that programs read; that SARIF's own schema takes them, scripts/check-sarif shows.
@Suite("The reports of check for programs")
struct MachineReportTests {
    private static let text =
        "# holdfast: allow capability-prefix because it is \"meant\"\n"
        + CheckScene.pod(adding: "- CAP_KILL\n- net_raw")

    private static func sarif(_ reviews: FileReview...) -> JSONValue { JSONValue(sarif: reviews, version: "1.2.3") }

    private static func results(_ sarif: JSONValue) throws -> [JSONValue] {
        try #require(sarif.at("runs")?.elements.first?.at("results")?.arrayValue)
    }

    // MARK: JSON

    @Test("JSON has each pod with the server's verdict and both levels")
    func pods() throws {
        let refused = CheckScene.pod("UPPER").replacing("image: registry.example/web:1", with: "image: x")
        let text = "\(Self.text)---\n\(refused)"
        let review = try CheckScene.review(text)
        var summary = CheckSummary()
        summary.add(review)
        let json = JSONValue(check: [review], summary)
        let pods = try #require(json["pods"]?.arrayValue)
        try #require(pods.count == 2)
        #expect(pods[0]["name"] == "web" && pods[0]["valid"] == true && pods[0]["message"] == .null)
        #expect(pods[0]["warnings"] == [] && pods[0]["line"] == 2 && pods[0]["kind"] == "Pod")
        #expect(pods[0].at("podSecurity", "baseline", "allowed") == false)
        #expect(
            pods[0].at("podSecurity", "restricted", "message")?.stringValue?.hasPrefix(
                "pods \"web\" is forbidden: violates PodSecurity \"restricted:latest\": ") == true)
        #expect(pods[1]["valid"] == false && pods[1]["podSecurity"] == nil)
        #expect(pods[1]["message"]?.stringValue?.hasPrefix("Pod \"UPPER\" is invalid: metadata.name: ") == true)
        #expect(json["summary"]?["invalid"] == 1 && json["summary"]?["pods"] == 2 && json["summary"]?["allowed"] == 1)
    }

    @Test("JSON has each problem with its place, its fix, and who allows it")
    func problems() throws {
        let json = JSONValue(check: [try CheckScene.review(Self.text)], CheckSummary())
        let found = try #require(json["problems"]?.arrayValue)
        let prefix = try #require(found.first { $0["id"] == "capability-prefix" })
        #expect(prefix["allowed"] == "it is \"meant\"" && prefix["line"] == 12 && prefix["column"] == 11)
        #expect(prefix["severity"] == "warning" && prefix["fixable"] == true && prefix["file"] == "pod.yaml")
        #expect(prefix["field"] == "spec.containers[0].securityContext.capabilities.add[0]")
        let note = try #require(found.first { $0["severity"] == "note" })
        #expect(note["allowed"] == nil && note["fixable"] == false)
    }

    // MARK: SARIF

    @Test("SARIF without results is still a run")
    func empty() throws {
        let sarif = Self.sarif(try CheckScene.review(CheckScene.pod()))
        #expect(sarif["version"] == "2.1.0")
        #expect(try Self.results(sarif) == [])
        #expect(sarif.at("runs")?.elements.first?.at("tool", "driver", "rules") == [])
    }

    @Test("each result names its rule by id and by index, with its level, place and field")
    func results() throws {
        let sarif = Self.sarif(try CheckScene.review(Self.text), try CheckScene.review("a: [", file: "b.yaml"))
        let rules = try #require(sarif.at("runs")?.elements.first?.at("tool", "driver", "rules")?.arrayValue)
        #expect(Set(rules.map { $0["id"] }).count == rules.count, "a rule is there once")
        let results = try Self.results(sarif)
        #expect(results.count >= 5)
        for result in results {
            let index = Int(try #require(result["ruleIndex"]?.intValue))
            #expect(rules.indices.contains(index) && rules[index]["id"] == result["ruleId"])
            #expect(["error", "warning", "note"].contains(result["level"]?.stringValue ?? ""))
            #expect(result.at("message", "text")?.stringValue?.isEmpty == false)
        }
        let prefix = try #require(results.first { $0["ruleId"] == "capability-prefix" })
        let location = try #require(prefix["locations"]?.arrayValue?.first)
        #expect(location.at("physicalLocation", "region") == ["startLine": 12, "startColumn": 11])
        #expect(location.at("physicalLocation", "artifactLocation", "uri") == "pod.yaml")
        #expect(
            location["logicalLocations"] == [
                ["fullyQualifiedName": "spec.containers[0].securityContext.capabilities.add[0]", "kind": "member"]
            ])
        let broken = try #require(results.first { $0["ruleId"] == "decoding" })
        #expect(broken["level"] == "error" && broken["locations"]?.arrayValue?.first?["logicalLocations"] == nil)
    }

    @Test("what concerns a file as a whole has no region")
    func wholeFile() throws {
        let results = try Self.results(Self.sarif(try CheckScene.review("# nothing\n")))
        #expect(results.count == 1)
        #expect(results[0]["locations"] == [["physicalLocation": ["artifactLocation": ["uri": "pod.yaml"]]]])
    }

    @Test("every result says whether it is suppressed: by a comment in the source, or by the option from outside")
    func suppressions() throws {
        let review = try CheckScene.review(Self.text) { $0.allowed = ["capability-case"] }
        for result in try Self.results(Self.sarif(review)) {
            switch result["ruleId"] {
            case "capability-prefix":
                #expect(result["suppressions"] == [["kind": "inSource", "justification": "it is \"meant\""]])
            case "capability-case":
                #expect(result["suppressions"] == [["kind": "external", "justification": "--allow"]])
            default: #expect(result["suppressions"] == [])
            }
        }
        let text = Self.text.replacing("it is \"meant\"", with: "--allow")
        let kinds = try Self.results(Self.sarif(try CheckScene.review(text))).flatMap {
            $0["suppressions"]?.elements ?? []
        }
        #expect(kinds == [["kind": "inSource", "justification": "--allow"]], "a reason is not taken for the option")
    }

    @Test(
        "a path is a URI reference",
        arguments: [
            ("a/b.yaml", "a/b.yaml"), ("/a/b.yaml", "file:///a/b.yaml"), ("a b#c?.yaml", "a%20b%23c%3F.yaml"),
            ("a:b.yaml", "a%3Ab.yaml"), ("100%.yaml", "100%25.yaml"), ("ß\u{1b}\n.yaml", "%C3%9F%1B%0A.yaml"),
            ("../[x].yaml", "../%5Bx%5D.yaml"), ("standard input", "standard%20input"),
        ])
    func uri(file: String, expected: String) throws {
        let result = try Self.results(Self.sarif(try CheckScene.review("a: [", file: file)))[0]
        #expect(
            result["locations"]?.elements.first?.at("physicalLocation", "artifactLocation", "uri") == .string(expected))
    }

    // MARK: JUnit

    @Test("JUnit has a suite a file and a case a pod, and counts the cases that fail")
    func junit() throws {
        let text = "\(Self.text)---\n\(CheckScene.pod("clean"))---\n\(CheckScene.pod("UPPER"))"
        let reviews = [try CheckScene.review(text), try CheckScene.review(CheckScene.pod(), file: "b.yaml")]
        let root = try XMLElement(parsing: JUnitReport.text(reviews))
        #expect(root.name == "testsuites" && root["tests"] == "4" && root["failures"] == "2" && root["errors"] == "0")
        #expect(root.children.map { $0["name"] } == ["pod.yaml", "b.yaml"])
        #expect(root.children.map { $0["tests"] } == ["3", "1"] && root.children.map { $0["failures"] } == ["2", "0"])
        let cases = root.children.flatMap(\.children)
        #expect(cases.map { $0["name"] } == ["Pod/web", "Pod/clean", "Pod/UPPER", "Pod/web"])
        #expect(cases.map { $0.children.contains { $0.name == "failure" } } == [true, false, true, false])
        let failure = try #require(cases[0].children.first { $0.name == "failure" })
        #expect(failure["type"] == "capability-case" && failure.text.contains("pod.yaml:13:11: warning: "))
        #expect(!failure.text.contains("capability-prefix"), "what is allowed does not fail")
        let output = try #require(cases[0].children.first { $0.name == "system-out" })
        #expect(
            output.text.contains("[capability-prefix] (allowed because it is \"meant\")")
                && output.text.contains(": note: "))
    }

    @Test("what belongs to no pod is a case of its own, also where pods are")
    func ofFile() throws {
        let text = "# holdfast: nonsense\n\(CheckScene.pod())"
        let root = try XMLElement(parsing: JUnitReport.text([try CheckScene.review(text)]))
        #expect(root.children[0].children.map { $0["name"] } == ["Pod/web", "file"])
        #expect(root["tests"] == "2" && root["failures"] == "1")
        let none = try XMLElement(parsing: JUnitReport.text([]))
        #expect(none["tests"] == "0" && none.children.isEmpty)
        let other = try CheckScene.review("apiVersion: v1\nkind: Service\nmetadata: {name: x}\n")
        let service = try XMLElement(parsing: JUnitReport.text([other]))
        #expect(service.children[0].children.map { $0["name"] } == ["file"] && service["failures"] == "0")
    }

    @Test("a problem of shared text is told of the pod whose it is")
    func aliases() throws {
        let text = """
            apiVersion: v1
            kind: List
            items:
            - &pod
              apiVersion: v1
              kind: Pod
              metadata: {name: a}
              spec:
                containers:
                - {name: main, image: a, securityContext: {capabilities: &c {add: [CAP_KILL]}}}
            - apiVersion: v1
              kind: Pod
              metadata: {name: b}
              spec:
                containers:
                - {name: main, image: a, securityContext: {capabilities: *c}}
            """
        let root = try XMLElement(parsing: JUnitReport.text([try CheckScene.review(text)]))
        #expect(root["failures"] == "2" && root["tests"] == "2")
    }

    @Test(
        "names that no XML can hold are written with their numbers",
        arguments: [
            "\u{0}", "\u{1b}[31m", "]]>", "<a href=\"x\">&amp;", "'\"", "\u{fffe}\u{ffff}", "\t\n\r", "\u{7f}\u{9b}",
            "ß世😀",
        ])
    func hostile(name: String) throws {
        let json = JSONValue.string("x\(name)y").compactText
        let text =
            "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \(json)}, \"spec\": {\"containers\": []}}"
        let report = JUnitReport.text([try CheckScene.review(text, file: "a\(name).yaml")])
        let root = try XMLElement(parsing: report)
        #expect(root["failures"] == "1")
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && ![0xfffe, 0xffff].contains($0.value) }
        if isPlain { #expect(root.children[0].children[0]["name"] == "Pod/x\(name)y") }
    }
}

/// Enough of an XML 1.0 parser to refuse what is not well-formed in our reports.
struct XMLElement {
    struct Malformed: Error { let reason: String }

    let name: String
    private(set) var attributes: [String: String] = [:]
    private(set) var children: [XMLElement] = []
    private(set) var text = ""

    subscript(name: String) -> String? { attributes[name] }

    init(parsing document: String) throws {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        guard document.hasPrefix(head) else { throw Malformed(reason: "no declaration") }
        for scalar in document.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0a, 0x0d, 0x20...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: break
            default: throw Malformed(reason: "character \(scalar.value)")
            }
        }
        var rest = Substring(document.dropFirst(head.count)).unicodeScalars
        self = try Self(&rest)
        guard String(rest) == "\n" else { throw Malformed(reason: "more after the root: \(String(rest))") }
    }

    private init(_ rest: inout Substring.UnicodeScalarView) throws {
        func take(_ sign: Unicode.Scalar) throws {
            guard rest.popFirst() == sign else {
                throw Malformed(reason: "no \(sign) before \(String(rest.prefix(20)))")
            }
        }
        func word() -> String {
            let word = rest.prefix { $0.properties.isAlphabetic || $0 == "-" }
            rest = rest.dropFirst(word.count)
            return String(word)
        }
        func skip() { rest = rest.drop { $0 == " " || $0 == "\n" } }
        try take("<")
        name = word()
        guard !name.isEmpty else { throw Malformed(reason: "no name") }
        skip()
        while let next = rest.first, next != ">", next != "/" {
            let key = word()
            try take("=")
            try take("\"")
            let value = rest.prefix { $0 != "\"" }
            rest = rest.dropFirst(value.count)
            try take("\"")
            guard attributes.updateValue(try Self.unescaped(value), forKey: key) == nil else {
                throw Malformed(reason: "\(key) twice")
            }
            skip()
        }
        if rest.first == "/" {
            try take("/")
            try take(">")
            return
        }
        try take(">")
        while true {
            let part = rest.prefix { $0 != "<" }
            rest = rest.dropFirst(part.count)
            text += try Self.unescaped(part)
            guard !rest.dropFirst().isEmpty else { throw Malformed(reason: "\(name) is not closed") }
            if rest.dropFirst().first == "/" { break }
            children.append(try Self(&rest))
        }
        try take("<")
        try take("/")
        guard word() == name else { throw Malformed(reason: "\(name) is closed by another name") }
        try take(">")
    }

    private static func unescaped(_ text: Substring.UnicodeScalarView) throws -> String {
        var result = ""
        var rest = text
        while let next = rest.popFirst() {
            guard next != "<", next != ">" else { throw Malformed(reason: "a bare \(next)") }
            guard next == "&" else {
                result.unicodeScalars.append(next)
                continue
            }
            let name = String(rest.prefix { $0 != ";" })
            rest = rest.dropFirst(name.unicodeScalars.count)
            guard rest.popFirst() == ";" else { throw Malformed(reason: "a bare &") }
            let named = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#9": "\t", "#10": "\n"][name]
            guard let named else { throw Malformed(reason: "&\(name);") }
            result += named
        }
        return result
    }
}
