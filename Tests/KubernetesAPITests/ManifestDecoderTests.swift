// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

/// The objects of this text.
func manifests(_ text: String) throws(ManifestError) -> [Manifest] {
    try decodeManifests(Array(text.utf8), file: "f.yaml")
}

/// The one pod of this text.
func pod(_ text: String) throws -> Pod {
    let objects = try manifests(text)
    guard objects.count == 1, case .pod(let pod) = objects[0].object else { throw NotOnePod() }
    return pod
}
struct NotOnePod: Error {}

/// A pod with these lines below `spec:`, each already indented by two spaces.
func manifest(spec: String) -> String {
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n\(spec)\n"
}

@Suite("Manifests are decoded")
struct ManifestDecoderTests {
    @Test("a pod becomes typed values")
    func typed() throws {
        let pod = try pod(
            manifest(
                spec: """
                      hostUsers: false
                      securityContext: {runAsUser: 1000, supplementalGroups: [1, 2]}
                      containers:
                      - name: a
                        image: busybox
                        command: ["sh", "-c", "true"]
                        env:
                        - name: NAME
                          valueFrom: {fieldRef: {fieldPath: metadata.name}}
                        resources: {limits: {cpu: 1, memory: 64Mi}}
                        livenessProbe: {httpGet: {port: 80}}
                        readinessProbe: {tcpSocket: {port: http}}
                        securityContext:
                          capabilities: {drop: [ALL]}
                          readOnlyRootFilesystem: true
                      volumes:
                      - name: v
                        configMap: {name: c, defaultMode: 0644}
                    """))
        #expect(pod.metadata.name == "x")
        #expect(pod.spec.hostUsers == false)
        #expect(pod.spec.hostPID == nil)
        #expect(pod.spec.securityContext?.runAsUser == 1000)
        #expect(pod.spec.securityContext?.supplementalGroups == [1, 2])
        let container = try #require(pod.spec.containers.first)
        #expect(container.command == ["sh", "-c", "true"])
        #expect(container.env?.first?.valueFrom?.fieldRef?.fieldPath == "metadata.name")
        #expect(container.resources.limits?["cpu"]?.milliValue == 1000)
        #expect(container.resources.limits?["memory"]?.value == 64 << 20)
        #expect(container.livenessProbe?.httpGet?.port == .int(80))
        #expect(container.readinessProbe?.tcpSocket?.port == .string("http"))
        #expect(container.securityContext?.capabilities?.drop == ["ALL"])
        #expect(container.securityContext?.readOnlyRootFilesystem == true)
        #expect(container.securityContext?.privileged == nil)
        #expect(pod.spec.volumes?.first?.configMap?.defaultMode == 420)
    }

    @Test("documents and lists become objects in order")
    func several() throws {
        let objects = try manifests(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a}
            data: {k: "1"}
            ---
            # nothing
            ---
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Secret, metadata: {name: b}, stringData: {k: v}}
            - {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce]}}
            ---
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: d}
            spec: {local: {path: /d}}
            """)
        #expect(objects.map(\.kind) == ["ConfigMap", "Secret", "PersistentVolumeClaim", "PersistentVolume"])
        #expect(objects.map(\.object.metadata.name) == ["a", "b", "c", "d"])
    }

    @Test("JSON is read with escapes and surrogate pairs")
    func json() throws {
        let objects = try manifests(
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"\ud83d\ude00\n\/","l":"é"}}"#)
        guard case .configMap(let map) = objects[0].object else { throw NotOnePod() }
        #expect(map.data == ["k": "😀\n/", "l": "é"])
    }

    @Test(
        "a field is found at its line and column",
        arguments: [
            ("metadata.name", 4, 3), ("spec.containers[0]", 7, 5),
            ("spec.containers[0].securityContext.runAsUser", 9, 7),
            ("spec.containers[0].securityContext", 8, 5),
        ])
    func positions(path: String, line: Int, column: Int) throws {
        let text = manifest(spec: "  containers:\n  - name: a\n    securityContext:\n      runAsUser: 5")
        let object = try manifests(text)[0]
        #expect(object.position(of: path) == Position(line: line, column: column))
    }

    @Test("a field that is not written has the position of what is around it")
    func nearest() throws {
        let object = try manifests(manifest(spec: "  containers:\n  - name: a"))[0]
        #expect(object.position(of: "spec.containers[0].image") == nil)
        #expect(object.nearestPosition(of: "spec.containers[0].image") == Position(line: 7, column: 5))
    }

    @Test("nothing that is written is lost in the tree")
    func tree() throws {
        let object = try manifests(manifest(spec: "  affinity: {nodeAffinity: {}}\n  containers: [{name: a}]"))[0]
        #expect(object.tree["spec"]?["affinity"] == .object(["nodeAffinity": .object([:])]))
    }

    @Test(
        "what is wrong is said with file, line, column, field and remedy",
        arguments: [
            (
                "  containers:\n  - name: a\n    securityContext: {runAsuser: 1}",
                #"f.yaml:8:23: spec.containers[0].securityContext: strict decoding error: unknown field "#
                    + #""spec.containers[0].securityContext.runAsuser"; did you mean "runAsUser"?"#
            ),
            (
                "  securityContext:\n    readOnlyRootFilesystem: true",
                #"f.yaml:7:5: spec.securityContext: strict decoding error: unknown field "#
                    + #""spec.securityContext.readOnlyRootFilesystem"; "readOnlyRootFilesystem" belongs in a container's "#
                    + "securityContext"
            ),
            (
                "  hostPID: \"true\"",
                "f.yaml:6:12: spec.hostPID: cannot unmarshal string into type bool; write true without quotes"
            ),
            (
                "  containers:\n  - name: a\n    env: [{name: A, value: yes}]",
                "f.yaml:8:28: spec.containers[0].env[0].value: cannot unmarshal bool into type string; "
                    + "a plain true, yes, no, on or off is a boolean: quote it"
            ),
            (
                "  securityContext: {sysctls: [{name: a, value: 1}]}",
                "f.yaml:6:48: spec.securityContext.sysctls[0].value: cannot unmarshal number into type string; "
                    + "a plain number is not a string: quote it"
            ),
            (
                "  securityContext: {runAsUser: 1.5}",
                "f.yaml:6:32: spec.securityContext.runAsUser: cannot unmarshal number into type int64; "
                    + "write a whole number"
            ),
            (
                "  priority: 3000000000",
                "f.yaml:6:13: spec.priority: cannot unmarshal number 3000000000 into type int32; "
                    + "use a whole number between -2147483648 and 2147483647"
            ),
            (
                "  hostPID: true\n  hostIPC: true\n  hostPID: false",
                #"f.yaml:8:3: spec.hostPID: strict decoding error: duplicate field "spec.hostPID"; "#
                    + #"mapping key "hostPID" already defined at line 6; remove one of the two"#
            ),
            (
                "  containers:\n\t- name: a",
                "f.yaml:7:1: is not YAML: found character that cannot start any token; "
                    + "indent with spaces, not with a tab"
            ),
            (
                "  containers: {name: a}",
                "f.yaml:6:15: spec.containers: cannot unmarshal object into type []v1.Container; "
                    + "write a list: a line with '- ' for each element"
            ),
            (
                "  containers: [{name: a, resources: {limits: {memory: 1Gib}}}]",
                "f.yaml:6:55: spec.containers[0].resources.limits[memory]: quantities must match the regular expression "
                    + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'; write 500m or 2Gi, say"
            ),
        ])
    func fieldErrors(spec: String, message: String) {
        #expect { try manifests(manifest(spec: spec)) } throws: { "\($0)" == message }
    }

    @Test("the path of a key is found though other keys are there twice as well")
    func twice() {
        let spec =
            "  hostPID: true\n  hostPID: true\n  os: {name: a, 'name': b, \"name\": c}\n  hostIPC: true\n  hostIPC: true"
        #expect {
            try manifests(manifest(spec: spec))
        } throws: { "\($0)".hasPrefix("f.yaml:8:28: spec.os.name: strict decoding error: duplicate field") }
    }

    @Test("every problem of an object has its line")
    func allProblems() {
        #expect {
            try manifests(manifest(spec: "  hostPid: true\n  containers:\n  - nme: a"))
        } throws: { "\($0)".split(separator: "\n").count == 2 }
    }

    @Test(
        "a file that holds no known object is refused in one line",
        arguments: [
            ("", "f.yaml: no objects passed to apply"), ("---\n# comment\n---\n", "f.yaml: no objects passed to apply"),
            ("- a\n", "f.yaml:1:1: is a list, not a mapping"), ("hello\n", "f.yaml:1:1: is a string, not a mapping"),
            ("kind: Pod\n", "f.yaml:1:1: Object 'apiVersion' is missing"), ("apiVersion: v1\n", "'Kind' is missing"),
            ("apiVersion: v1\nkind: Pdo\n", #"f.yaml:2:7: no kind "Pdo" is known for version "v1""#),
            ("apiVersion: v2\nkind: Pod\n", #"f.yaml:1:13: no kind "Pod" in version "v2""#),
            ("a\0b", "f.yaml:1:2: is not text: byte 0x0"),
            ("{\"a\": 1", "f.yaml:1:8: is not JSON: expected ',' or '}'"),
            ("a: b: c", "f.yaml:1:5: is not YAML: mapping values are not allowed in this context"),
            ("a: *b", "f.yaml:1:4: is not YAML: found undefined alias"), ("? [a, b]\n: c", "cannot be a key"),
            (#"{"kind": "Pod", "kind": "Pod"}"#, #"f.yaml:1:17: kind: strict decoding error: duplicate field "kind""#),
        ])
    func refused(text: String, part: String) {
        #expect {
            try manifests(text)
        } throws: { "\($0)".contains(part) && !"\($0)".contains("\n") && $0 is ManifestError }
    }

    @Test("bytes that are not UTF-8 are refused where they stand")
    func notUTF8() {
        #expect {
            try decodeManifests([0x61, 0x3a, 0x0a, 0x62, 0xff], file: "f")
        } throws: { "\($0)".hasPrefix("f:2:2: is not UTF-8") }
    }

    /// What would take for ever, or at least very long, if it were simply read.
    enum Bomb: String, CaseIterable {
        case aliases, aliasAsKey, aliasAsPlainKey, aliasInFlowKey, aliasInCollectionKey
        case aliasChain, brokenAliasChain, brackets, braces, dashes, jsonDepth, deepBrackets, twins, tooLarge, noise,
            documents, directives

        var text: String {
            switch self {
            case .aliases: Self.lists
            case .aliasAsKey: Self.lists + "? *a9\n: x\n"
            case .aliasAsPlainKey: Self.lists + "*a9 : x\n"
            case .aliasInFlowKey: Self.lists + "b: {*a9 : 1}\n"
            case .aliasInCollectionKey: Self.lists + "? [*a9]\n: 1\n"
            case .aliasChain: Self.chain
            case .brokenAliasChain: Self.chain + "a: 1\na: 2\n"
            case .brackets: String(repeating: "[", count: 1_000_000)
            case .braces: String(repeating: "{a: ", count: 1_000_000)
            case .dashes: String(repeating: "- ", count: 1_000_000)
            case .jsonDepth: String(repeating: #"{"a":"#, count: 1_000_000)
            case .deepBrackets:
                "kind: " + String(repeating: "[", count: 900) + String(repeating: "a,", count: 1_000_000)
            case .twins: String(repeating: "a: b\n", count: 10_000)
            case .tooLarge: String(repeating: "x", count: 11 << 20)
            case .noise: String(repeating: "lorem: [ipsum", count: 100_000)
            case .directives: (0..<200_000).map { "%TAG !a\($0)! b\n" }.joined() + "---\nkind: a\n"
            case .documents: String(repeating: "--- {}\n", count: 150_000)
            }
        }

        /// Lists, each within the next one.
        private static let chain =
            "kind: a\na0: &a0 [x]\n" + (1..<150_000).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()

        /// Nine lists, each of nine of the one before: 387 million values from a few hundred bytes.
        private static let lists: String = {
            var text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            for level in 1...9 {
                let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
                text += "a\(level): &a\(level) [\(uses)]\n"
            }
            return text
        }()
    }

    @Test("what would take for ever is refused at once, in one line", arguments: Bomb.allCases)
    func bounded(bomb: Bomb) {
        let text = bomb.text
        let start = ContinuousClock.now
        #expect { try manifests(text) } throws: { !"\($0)".contains("\n") && "\($0)".count < 300 }
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("aliases and merge keys are resolved, and what is written wins")
    func aliases() throws {
        let pod = try pod(
            manifest(
                spec: """
                      securityContext: &s {runAsUser: 5, runAsGroup: 6}
                      containers:
                      - name: a
                        securityContext:
                          <<: *s
                          runAsUser: 7
                      - &c {name: b, image: i}
                      initContainers: [*c]
                    """))
        #expect(pod.spec.containers[0].securityContext?.runAsUser == 7)
        #expect(pod.spec.containers[0].securityContext?.runAsGroup == 6)
        #expect(pod.spec.initContainers?[0].image == "i")
    }

    @Test("of two mappings that are merged, the first wins")
    func mergedTwice() throws {
        let labels = "{name: a, labels: {<<: [{a: first, b: b}, {a: second, b: c, c: c}], d: d}}"
        let object = try manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: \(labels)\n")[0]
        #expect(object.object.metadata.labels == ["a": "first", "b": "b", "c": "c", "d": "d"])
    }

    @Test("thousands of merges, and of keys with two spellings, are read within seconds")
    func manyKeys() throws {
        let start = ContinuousClock.now
        let merges = (0..<40_000).map { "{k\($0): a}" }.joined(separator: ", ")
        let numbers = (0..<40_000).map { "0x\(String($0, radix: 16)): a" }.joined(separator: ", ")
        for data in ["{<<: [\(merges)]}", "{\(numbers)}"] {
            let map = try manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: \(data)\n")[0]
            #expect(map.tree["data"]?.objectValue?.count == 40_000)
        }
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("two spellings of one key are a key that is there twice", arguments: ["0x10: a, 16: b", "16: a, 0x10: b"])
    func renamedTwins(keys: String) {
        #expect {
            try manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {\(keys)}\n")
        } throws: { "\($0)".contains(#"duplicate field "data.16""#) }
    }

    @Test(
        "a number that JSON does not have is refused, with a tag and without",
        arguments: [".inf", ".nan", "!!float .inf", "!!float -.Inf", "!!int .nan", "!!float '.inf'"])
    func notJSON(written: String) {
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  managedFields:\n  - fieldsV1: {a: \(written)}\n"
        #expect { try manifests(text) } throws: { "\($0)".contains("is a number that JSON does not have") }
    }

    @Test("thousands of anchors beside one another are as good as one")
    func manyAnchors() throws {
        let items = (0..<2000).map { "- {apiVersion: v1, kind: ConfigMap, metadata: &m\($0) {name: &n\($0) a}}\n" }
        let uses = (0..<2000).map { "- {apiVersion: v1, kind: ConfigMap, metadata: *m\($0)}\n" }
        let list = "apiVersion: v1\nkind: List\nitems:\n" + items.joined() + uses.joined()
        #expect(try manifests(list).count == 4000)
    }

    @Test("a null is as if it were not written")
    func null() throws {
        let pod = try pod(manifest(spec: "  securityContext: {runAsUser: null, runAsNonRoot: ~}\n  containers:"))
        #expect(pod.spec.securityContext == PodSecurityContext())
        #expect(pod.spec.containers == [])
    }

    @Test(
        "a plain scalar means what YAML 1.1 says",
        arguments: [
            ("yes", "true"), ("Off", "false"), ("y", "true"), ("~", "null"), ("", "null"), ("0644", "420"),
            ("0o644", "420"), ("0x1F", "31"), ("-0b11", "-3"), ("1_000", "1000"), ("1e3", "1000"), ("08", "8"),
            ("1.5", "1.5"), ("2001-01-01", #""2001-01-01""#), ("1.2.3", #""1.2.3""#), ("0x-1", #""0x-1""#),
            ("-", "[null]"), ("1:30", #""1:30""#), ("'1'", #""1""#), ("!!str 1", #""1""#), ("+5", "5"), (".5", "0.5"),
        ])
    func scalars(written: String, json: String) throws {
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  managedFields:\n  - fieldsV1: {a: \(written)}\n"
        let block = "apiVersion: v1\nkind: Pod\nmetadata:\n  managedFields:\n  - fieldsV1:\n      a: \(written)\n"
        let object = try manifests(written == "-" ? block.replacing("a: -", with: "a:\n      -") : text)[0]
        guard case .array(let fields) = object.tree["metadata"]?["managedFields"] else { throw NotOnePod() }
        #expect(fields[0]["fieldsV1"]?["a"]?.compactText == json)
    }

    @Test("an error in one object does not hide the others")
    func each() throws {
        let text =
            "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspce: {}\n---\n" + manifest(spec: "  containers: []")
        let results = try decodeEachManifest(Array(text.utf8), file: "f")
        #expect(results.count == 2)
        #expect(throws: ManifestError.self) { try results[0].get() }
        guard case .failure(let error) = results[0] else { throw NotOnePod() }
        #expect(
            error.serverMessage
                == #"Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spce""#)
        #expect(error.name == "a")
        #expect(throws: Never.self) { try results[1].get() }
    }
}
