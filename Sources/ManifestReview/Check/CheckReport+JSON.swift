// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import SecurityPolicy

extension JSONValue {
    /// `check -o json`: every pod with the server's verdict, every problem, and the counts.
    package init(check reviews: [FileReview], _ summary: CheckSummary) {
        let counts = [
            ("files", summary.files), ("pods", summary.pods), ("invalid", summary.invalid), ("errors", summary.errors),
            ("warnings", summary.warnings), ("notes", summary.notes), ("allowed", summary.allowed),
        ]
        self = [
            "pods": .array(reviews.flatMap(\.pods).map(Self.init(pod:))),
            "problems": .array(reviews.flatMap(\.problems).map(Self.init(problem:))),
            "summary": .object(Dictionary(uniqueKeysWithValues: counts.map { ($0, .int(Int64($1))) })),
        ]
    }

    private init(pod: PodReview) {
        self = [
            "file": .string(pod.file), "apiVersion": .string(pod.apiVersion), "kind": .string(pod.kind),
            "name": .string(pod.name), "namespace": .string(pod.namespace), "valid": .bool(pod.isValid),
            "message": pod.message.map { .string($0) } ?? .null,
            "warnings": .array(pod.warnings.map { .string($0) }),
        ]
        add(position: pod.position)
        guard pod.isValid else { return }
        var verdicts: JSONValue = [:]
        for verdict in pod.podSecurity {
            verdicts[verdict.policy.level.rawValue] = [
                "version": .string(verdict.policy.version.description), "allowed": .bool(verdict.isAllowed),
                "message": verdict.message.map { .string($0) } ?? .null,
            ]
        }
        self["podSecurity"] = verdicts
    }

    private init(problem: Problem) {
        self = [
            "id": .string(problem.id), "severity": .string(problem.severity.rawValue), "file": .string(problem.file),
            "field": .string(problem.path), "message": .string(problem.message),
            "fixable": .bool(problem.change != nil),
        ]
        add(position: problem.position)
        if let remedy = problem.remedy { self["remedy"] = .string(remedy) }
        if let allowance = problem.allowance { self["allowed"] = .string(allowance.reason) }
    }

    private mutating func add(position: Position?) {
        guard let position else { return }
        self["line"] = .int(Int64(position.line))
        self["column"] = .int(Int64(position.column))
    }
}
