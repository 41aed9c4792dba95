// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A level of the Pod Security Standards at a version: `restricted:latest`.
package struct PodSecurityPolicy: Hashable, Sendable, CustomStringConvertible {
    package var level: PodSecurityLevel
    package var version: PodSecurityVersion

    package init(_ level: PodSecurityLevel, _ version: PodSecurityVersion = .latest) {
        self.level = level
        self.version = version
    }

    package var description: String { "\(level.rawValue):\(version)" }

    /// The names of all checks, in the order in which they are told.
    package static let checkIDs = PodSecurityCheck.all.map(\.id)
}

extension PodSecurityPolicy {
    /// What the policy says of a pod, or of the pod that a template makes.
    ///
    /// The pod is judged as it is given: what the API server fills in has to be filled in before, since an AppArmor
    /// annotation and the ports of a pod in the host's network become fields by it.
    package func evaluate(_ metadata: ObjectMeta, _ spec: PodSpec) -> PodSecurityVerdict {
        var violations: [PodSecurityVerdict.Violation] = []
        for check in PodSecurityCheck.checks(of: self) {
            guard let finding = check.evaluate(metadata, spec) else { continue }
            violations.append(
                PodSecurityVerdict.Violation(
                    checkID: check.id, reason: finding.reason, detail: finding.detail, fields: finding.fields))
        }
        return PodSecurityVerdict(violations: violations)
    }
}
