// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@Suite("JSON and YAML texts")
struct JSONValueTests {
    static let value: JSONValue = .object([
        "b": .array([.int(1), .object(["y": .null, "x": .bool(true)]), .array([.string("n")])]),
        "a": .string("<\"\n\u{1}é"),
        "e": .array([]), "o": .object([:]), "d": .double(0.5),
    ])

    @Test("compact text is on one line with sorted keys")
    func compact() {
        #expect(
            Self.value.compactText
                == #"{"a":"\u003c\"\n\u0001é","b":[1,{"x":true,"y":null},["n"]],"d":0.5,"e":[],"o":{}}"#)
    }

    @Test("pretty text is indented by four")
    func pretty() {
        let value: JSONValue = .object(["a": .array([.int(1)]), "e": .array([])])
        #expect(value.prettyText == "{\n    \"a\": [\n        1\n    ],\n    \"e\": []\n}")
    }

    @Test("the text is read back as the same value")
    func roundTrip() throws {
        #expect(try JSONValue(parsing: Array(Self.value.compactText.utf8)) == Self.value)
        #expect(try JSONValue(parsing: Array(Self.value.prettyText.utf8)) == Self.value)
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1.", "nul", "\"\u{1}\"", "\"\\x\"", "{a:1}", "1 2",
            "\"\\u12\"",
            "--1", "+1", "1e", "'a'", "[1 2]",
        ])
    func refused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test("YAML text is as kubectl prints it")
    func yaml() {
        let value: JSONValue = .object([
            "list": .array([.object(["a": .int(1), "b": .array([.string("x")])]), .string("yes")]),
            "text": .string("a\nb\n"), "quoted": .string("1"), "empty": .string(""),
            "map": .object(["k": .object([:])]),
            "plain": .string("a b: c"),
        ])
        #expect(
            value.yamlText == """
                empty: ""
                list:
                - a: 1
                  b:
                  - x
                - "yes"
                map:
                  k: {}
                plain: "a b: c"
                quoted: "1"
                text: |
                  a
                  b

                """)
    }

    @Test(
        "a string written as YAML is read back as the same string",
        arguments: [
            "", "a", "yes", "null", "~", "1", "1.5", "0x1", "- a", "-", "-a", "a: b", "a:", "a #b", "#a", "\"q\"",
            "'q'",
            "a\nb", "a\nb\n", "a\n\n\n", "\na", " a", "a ", "\ta", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "{a}",
            "[a]", "a,b", "<<", "=", "---", "é😀", "a\u{0}b", "\u{85}", "a\u{feff}", "2001-01-01", "key: |\n  x\n",
            "  a\n b",
            "?", "? a", ":", ":a", "a\r\nb", "true", "n", "a\n  b\n", "a\n ", "\n", "a\n\tb", "...", "+1", "1_0",
        ])
    func yamlStrings(text: String) throws {
        for value: JSONValue in [.string(text), .array([.string(text)]), .object(["z": .array([.string(text)])])] {
            let object: JSONValue = .object([
                "apiVersion": .string("v1"), "kind": .string("Pod"),
                "metadata": .object(["managedFields": .array([.object(["fieldsV1": .object(["v": value])])])]),
            ])
            let read = try manifests(object.yamlText)[0].tree
            #expect(read == object, "\(object.yamlText)")
        }
    }

    @Test("a pod as JSON is the same pod again")
    func codable() throws {
        let original = try pod(
            manifest(
                spec: """
                      containers:
                      - name: a
                        ports: [{containerPort: 80}]
                        resources: {limits: {cpu: 500m}}
                        livenessProbe: {grpc: {port: 5}}
                        startupProbe: {httpGet: {port: web}}
                      tolerations: [{key: k}]
                    """))
        let json = try JSONValue(encoding: original)
        #expect(json["spec"]?["containers"]?.arrayValue?[0]["resources"]?["limits"]?["cpu"] == .string("500m"))
        #expect(json["spec"]?["tolerations"] == .array([.object(["key": .string("k")])]))
        #expect(try Pod(json: json) == original)
        #expect(try Pod(json: JSONValue(parsing: Array(json.prettyText.utf8))) == original)
    }

    @Test("a field of the wrong type is refused and named")
    func mismatch() {
        #expect {
            try SecurityContext(json: .object(["runAsUser": .string("1")]))
        } throws: { "\($0)" == "field runAsUser: expected a whole number, found string" }
    }
}
