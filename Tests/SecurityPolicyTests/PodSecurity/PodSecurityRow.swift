// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

/// A pod, a version, and what one check says of the pod at that version.
struct PodSecurityRow: Sendable, CustomTestStringConvertible {
    let version: String
    /// The pod's `spec` in YAML.
    let spec: String
    let annotations: [String: String]?
    /// Nil where the pod passes.
    let reason: String?
    let detail: String
    let fields: [String]

    var testDescription: String { "\(version) \(annotations?.description ?? "")\(spec)" }

    static func passes(_ version: String, _ spec: String, _ annotations: [String: String]? = nil) -> Self {
        Self(version: version, spec: spec, annotations: annotations, reason: nil, detail: "", fields: [])
    }

    static func fails(
        _ version: String, _ spec: String, _ reason: String, _ detail: String, _ fields: String...
    ) -> Self {
        Self(version: version, spec: spec, annotations: nil, reason: reason, detail: detail, fields: fields)
    }

    static func fails(
        _ version: String, _ spec: String, _ annotations: [String: String], _ reason: String, _ detail: String,
        _ fields: String...
    ) -> Self {
        Self(version: version, spec: spec, annotations: annotations, reason: reason, detail: detail, fields: fields)
    }

    /// Asks a policy, and looks at what this one check has found.
    func verify(_ check: String, _ level: PodSecurityLevel) throws {
        let pod = try Self.pod(spec, annotations)
        let policy = PodSecurityPolicy(level, try PodSecurityVersion(version))
        let violation = policy.evaluate(pod.metadata, pod.spec).violations.first { $0.checkID == check }
        #expect(violation?.reason == reason)
        #expect(violation?.detail ?? "" == detail)
        #expect(violation?.fields.map(\.description) ?? [] == fields)
    }

    /// As written: the defaults are not filled in.
    static func pod(_ spec: String, _ annotations: [String: String]? = nil) throws -> Pod {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: \(spec)\n"
        let manifest = try #require(try decodeManifests(Array(text.utf8), file: "row.yaml").first)
        guard case .pod(var pod) = manifest.object else { throw NoPod() }
        pod.metadata.annotations = annotations
        return pod
    }

    private struct NoPod: Error {}
}
