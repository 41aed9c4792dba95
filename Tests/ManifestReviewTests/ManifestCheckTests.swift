// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@testable import ManifestReview

@Suite("What check says of a file")
struct ManifestCheckTests {
    private static let host = """
        apiVersion: v1
        kind: Pod
        metadata: {name: agent, namespace: ops}
        spec:
          hostPID: true
          containers:
          - {name: main, image: agent:1}

        """

    private static func namespace(_ labels: String, name: String = "ops") -> String {
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: \(name)
          labels: {\(labels)}
        ---

        """
    }

    private func standards(
        _ text: String, _ adjust: (inout ManifestCheck) throws -> Void = { _ in }
    ) throws -> [String] {
        try CheckScene.review(text, adjust).problems.filter { $0.id.hasPrefix("pod-security/") }.map {
            "\($0.severity) \($0.id.dropFirst("pod-security/".count))"
        }
    }

    @Test("a pod that meets restricted, and that nothing is found in, is told nothing of")
    func clean() throws {
        let review = try CheckScene.review(CheckScene.pod())
        #expect(review.problems == [] && review.fix == nil)
        #expect(review.pods.map(\.isValid) == [true] && review.pods[0].podSecurity.map(\.isAllowed) == [true, true])
        var summary = CheckSummary()
        summary.add(review)
        #expect(summary.line == "1 pod in 1 file: nothing found" && summary.isClean)
    }

    // MARK: levels

    @Test("without a level the lowest that a pod does not meet is told as notes, and fails nothing")
    func noLevel() throws {
        #expect(try standards(Self.host) == ["note hostNamespaces"])
        #expect(try standards(CheckScene.pod()) == [])
        var summary = CheckSummary()
        summary.add(try CheckScene.review(Self.host))
        #expect(summary.isClean && summary.notes >= 1)
    }

    @Test(
        "a level that is asked for must be met: what violates it is an error",
        arguments: [
            (PodSecurityLevel.privileged, []), (.baseline, ["hostNamespaces"]),
            (
                .restricted,
                [
                    "allowPrivilegeEscalation", "capabilities_restricted", "hostNamespaces", "runAsNonRoot",
                    "seccompProfile_restricted",
                ]
            ),
        ])
    func levels(level: PodSecurityLevel, checks: [String]) throws {
        let found = try standards(Self.host) { $0.level = level }
        #expect(found.sorted() == checks.map { "error \($0)" })
    }

    @Test("a version is asked for its own checks: seccomp came to restricted with v1.19")
    func versions() throws {
        for (text, expected) in [("v1.18", false), ("v1.19", true), ("latest", true)] {
            let found = try standards(Self.host) {
                $0.level = .restricted
                $0.version = try PodSecurityVersion(text)
            }
            #expect(found.contains("error seccompProfile_restricted") == expected, "\(text)")
        }
        let review = try CheckScene.review(Self.host) { $0.version = try PodSecurityVersion("v1.18") }
        #expect(review.pods[0].podSecurity.map(\.policy.version.description) == ["v1.18", "v1.18"])
    }

    @Test(
        "a namespace's labels count for pods of the same file: enforce is an error, warn a warning, audit a note",
        arguments: [
            ("enforce: baseline", ["error hostNamespaces"]), ("warn: baseline", ["warning hostNamespaces"]),
            ("audit: baseline", ["note hostNamespaces"]), ("enforce: privileged", []),
            // What is told once is not told again in a weaker mode.
            ("enforce: baseline, pod-security.kubernetes.io/audit: baseline", ["error hostNamespaces"]),
            ("warn: baseline, pod-security.kubernetes.io/audit: baseline", ["warning hostNamespaces"]),
            (
                "enforce: baseline, pod-security.kubernetes.io/audit: baseline, pod-security.kubernetes.io/audit-version: v1.5",
                ["error hostNamespaces", "note hostNamespaces"]
            ),
            // Of a namespace without these labels nothing is known.
            ("x: z", ["note hostNamespaces"]),
        ])
    func labels(label: String, expected: [String]) throws {
        let labels = Self.namespace(label == "x: z" ? label : "pod-security.kubernetes.io/\(label)")
        #expect(try standards(labels + Self.host) == expected)
        // In whatever order they stand.
        #expect(try standards(Self.host + "---\n" + labels) == expected)
        // Another namespace's labels mean nothing.
        #expect(try standards(labels.replacing("name: ops", with: "name: shop") + Self.host) == ["note hostNamespaces"])
    }

    @Test("a template is taken, but its pods are forbidden, and that is an error")
    func template() throws {
        let text = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: agent, namespace: ops}
            spec:
              selector: {matchLabels: {app: a}}
              template:
                metadata: {labels: {app: a}}
                spec:
                  hostPID: true
                  containers: [{name: main, image: a}]
            """
        let review = try CheckScene.review(Self.namespace("pod-security.kubernetes.io/enforce: baseline") + text)
        let problem = try #require(review.problems("pod-security/hostNamespaces").first)
        #expect(review.problems("pod-security/hostNamespaces").count == 1)
        #expect(problem.severity == .error && problem.path == "spec.template.spec.hostPID")
        #expect(
            problem.message
                == "its pods are forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true) "
                + "(namespace \"ops\" enforces it)"
        )
        #expect(problem.position == Position(line: 15, column: 7))
    }

    @Test("a label whose value means nothing is told at its line, of each namespace for itself")
    func badLabels() throws {
        let text =
            Self.namespace("pod-security.kubernetes.io/enforce: strict") + Self.namespace("a: b")
            + Self.namespace("pod-security.kubernetes.io/warn-version: v9") + CheckScene.pod()
        let found = try CheckScene.review(text).problems("validation")
        #expect(found.map(\.position?.line) == [5, 17] && found.allSatisfy { $0.severity == .error })
        #expect(
            found.first?.message.hasPrefix(
                "metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": ") == true)
    }

    // MARK: objects

    @Test("problems come in the order of the file, each with its place and the pod that it belongs to")
    func order() throws {
        let text = ["a", "b"].map { CheckScene.pod($0).replacing("[ALL]", with: "[CAP_ALL, ALL]") }
            .joined(separator: "---\n")
        let review = try CheckScene.review(text)
        let lines = review.problems.compactMap { $0.position?.line }
        #expect(lines == lines.sorted() && lines.count == review.problems.count)
        #expect(review.problems("capability-prefix").map(\.pod) == [0, 1])
        #expect(
            review.problems("capability-prefix").map(\.position) == [
                Position(line: 17, column: 16), Position(line: 35, column: 16),
            ])
    }

    @Test("a list's items are told by their index")
    func list() throws {
        let pod = CheckScene.pod().replacing("[ALL]", with: "[CAP_ALL]").split(separator: "\n").joined(
            separator: "\n  ")
        let review = try CheckScene.review("apiVersion: v1\nkind: List\nitems:\n- \(pod)\n- \(pod)\n")
        #expect(
            review.problems("capability-prefix").map(\.path)
                == [0, 1].map { "items[\($0)].spec.containers[0].securityContext.capabilities.drop[0]" })
    }

    @Test(
        "a kind that the server does not have in a version of its own is refused, and another group's is passed over",
        arguments: [
            ("v1", "Pdo", false), ("v1", "Deployment", false), ("apps/v1", "Service", false),
            ("batch/v1", "CornJob", false),
            ("v1", "Service", true), ("apps/v1", "ControllerRevision", true), ("example.com/v1", "Pdo", true),
            ("networking.k8s.io/v1", "Ingress", true), ("policy/v1", "PodDisruptionBudget", true),
        ])
    func kinds(version: String, kind: String, passes: Bool) throws {
        let review = try CheckScene.review("apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: x}\n")
        #expect(review.problems.isEmpty == passes, "\(review.problems)")
        #expect(review.others == (passes ? [kind: 1] : [:]))
        guard !passes else { return }
        #expect(review.problems.map(\.id) == ["decoding"] && review.pods.map(\.isValid) == [false])
        #expect(review.pods[0].kind == kind && review.pods[0].name == "x")
    }

    @Test("one object that cannot be read does not hide the others")
    func oneRefused() throws {
        let text =
            "\(CheckScene.pod("a"))---\napiVersion: v1\nkind: Pod\nmetadata: {nam: b}\n---\n\(CheckScene.pod("c"))"
        let review = try CheckScene.review(text)
        #expect(review.pods.map(\.isValid) == [true, false, true])
        #expect(review.problems.map(\.id) == ["decoding"])
        #expect(review.problems.map(\.pod) == [1] && review.problems.first?.position == Position(line: 21, column: 12))
    }

    @Test(
        "a file that is no manifest is told in one problem",
        arguments: ["", "# nothing\n", "a: [", "\u{1}", "{\"a\": ", "- a\n- b\n", "just text", "---\n---\n"])
    func noManifest(text: String) throws {
        let review = try CheckScene.review(text)
        #expect(review.problems.map(\.id) == ["decoding"] && review.problems[0].counts, "\(review.problems)")
    }

    // MARK: ids

    @Test(
        "ids are known that comments and options may name",
        arguments: [
            ("capability-prefix", true), ("server-warning", true), ("pod-security", true),
            ("pod-security/privileged", true),
            ("decoding", false), ("validation", false), ("allowance", false), ("pod-security/", false), ("", false),
            ("Capability-Prefix", false),
        ])
    func known(id: String, isKnown: Bool) { #expect(ManifestCheck.isKnown(id) == isKnown) }

    @Test("a rule's id is of small letters and hyphens, and its texts say something")
    func rules() {
        for rule in FindingRule.all {
            #expect(rule.id.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(rule.id)")
            #expect(rule.title.hasSuffix(".") && rule.reason.hasSuffix(".") && rule.remedy.hasSuffix("."), "\(rule.id)")
        }
        #expect(Set(FindingRule.all.map(\.id)).count == FindingRule.all.count)
    }
}
