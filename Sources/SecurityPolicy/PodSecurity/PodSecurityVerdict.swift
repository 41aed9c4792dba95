// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// What a policy says of a pod.
package struct PodSecurityVerdict: Hashable, Sendable {
    /// A check that the pod does not pass.
    package struct Violation: Hashable, Sendable {
        /// The admission library's name of the check: `hostNamespaces`.
        package let checkID: String
        package let reason: String
        /// Empty where the reason says all.
        package let detail: String
        /// The fields that violate; where one is missing, the `securityContext` or list that ought to have it.
        package let fields: [FieldPath]

        package init(checkID: String, reason: String, detail: String, fields: [FieldPath]) {
            self.checkID = checkID
            self.reason = reason
            self.detail = detail
            self.fields = fields
        }
    }
    /// In the admission library's order: baseline's checks by name, then restricted's.
    package let violations: [Violation]

    package init(violations: [Violation]) { self.violations = violations }

    package var isAllowed: Bool { violations.isEmpty }

    /// `REASON (DETAIL), REASON (DETAIL)`; nil where the pod is allowed.
    package var reasons: String? {
        guard !violations.isEmpty else { return nil }
        return violations.map { $0.detail.isEmpty ? $0.reason : "\($0.reason) (\($0.detail))" }.joined(separator: ", ")
    }

    /// The message of the API server's refusal, with HTTP code 403; nil where the pod is allowed.
    package func forbidden(name: String, policy: PodSecurityPolicy) -> String? {
        let pod = name.isEmpty ? "pods" : "pods \(GoText.quoted(name))"
        return reasons.map { "\(pod) is forbidden: violates PodSecurity \"\(policy)\": \($0)" }
    }

    /// The API server's `Warning` header, which is the audit annotation `audit-violations` as well; nil where the pod
    /// is allowed.
    package func warning(policy: PodSecurityPolicy) -> String? {
        reasons.map { "would violate PodSecurity \"\(policy)\": \($0)" }
    }
}
