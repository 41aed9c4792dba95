// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@Suite("A verdict's texts")
struct PodSecurityVerdictTests {
    typealias Violation = PodSecurityVerdict.Violation

    @Test("an allowed pod has none")
    func allowed() {
        let verdict = PodSecurityVerdict(violations: [])
        #expect(verdict.isAllowed)
        #expect(verdict.reasons == nil)
        #expect(verdict.forbidden(name: "x", policy: PodSecurityPolicy(.restricted)) == nil)
        #expect(verdict.warning(policy: PodSecurityPolicy(.restricted)) == nil)
    }

    static let verdict = PodSecurityVerdict(violations: [
        Violation(checkID: "a", reason: "first", detail: "its detail", fields: []),
        Violation(checkID: "b", reason: "second", detail: "", fields: []),
        Violation(checkID: "c", reason: "third", detail: "more", fields: []),
    ])

    @Test("reasons have their details in parentheses, and none where there is no detail")
    func reasons() {
        #expect(!Self.verdict.isAllowed)
        #expect(Self.verdict.reasons == "first (its detail), second, third (more)")
    }

    @Test(
        "a refusal names the pod as Go quotes it, and leaves a name out that is not there",
        arguments: [("x", "pods \"x\" is"), ("a\"b\n", #"pods "a\"b\n" is"#), ("", "pods is")])
    func forbidden(name: String, start: String) {
        let text = Self.verdict.forbidden(name: name, policy: PodSecurityPolicy(.baseline, .minor(25)))
        let reasons = "first (its detail), second, third (more)"
        #expect(text == "\(start) forbidden: violates PodSecurity \"baseline:v1.25\": \(reasons)")
    }

    @Test("a warning says that the pod would violate the policy")
    func warning() {
        let text = Self.verdict.warning(policy: PodSecurityPolicy(.restricted))
        let reasons = "first (its detail), second, third (more)"
        #expect(text == "would violate PodSecurity \"restricted:latest\": \(reasons)")
    }

    @Test("a plain pod is refused by restricted in the API server's words")
    func plain() throws {
        let pod = try PodSecurityRow.pod("{containers: [{name: app}]}")
        let policy = PodSecurityPolicy(.restricted)
        let expected =
            #"pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false "#
            + #"(container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "#
            + #"(container "app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true "#
            + #"(pod or container "app" must set securityContext.runAsNonRoot=true), seccompProfile "#
            + #"(pod or container "app" must set securityContext.seccompProfile.type to "#
            + #""RuntimeDefault" or "Localhost")"#
        #expect(policy.evaluate(pod.metadata, pod.spec).forbidden(name: "x", policy: policy) == expected)
    }

    @Test("a manifest of a hundred thousand names is judged in no more than seconds", .timeLimit(.minutes(1)))
    func many() throws {
        var pod = try PodSecurityRow.pod("{containers: [{name: app, securityContext: {}}]}")
        let names = (0..<100_000).map { "N\($0)" }
        pod.spec.containers[0].securityContext?.capabilities = Capabilities(add: names.reversed() + names)
        let violation = PodSecurityPolicy(.baseline).evaluate(pod.metadata, pod.spec).violations.first
        let sorted = names.sorted().joined(separator: "\", \"")
        let expected = "container \"app\" must not include \"\(sorted)\" in securityContext.capabilities.add"
        #expect(violation?.detail == expected)
    }
}
