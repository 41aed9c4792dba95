// SPDX-License-Identifier: Apache-2.0

/// The API server's answer to a workload that is created.
package struct WorkloadReview: Hashable, Sendable {
    /// The workload with what the server fills in.
    package let workload: Workload
    /// In the order in which the server finds them; empty if it takes the workload.
    package let errors: [FieldError]
    /// The answer's `Warning` headers.
    package let warnings: [String]

    package var isValid: Bool { errors.isEmpty }

    /// The server's whole message, `Deployment.apps "x" is invalid: …`; nil if it takes the workload.
    package var message: String? {
        invalidMessage(kind: workload.kind.qualifiedName, name: workload.metadata.name ?? "", errors)
    }
}

extension Workload {
    /// Fills in the defaults, with `namespace` for a workload that names none, and validates.
    package func reviewed(namespace: String = "default") -> WorkloadReview {
        var workload = self
        workload.applyDefaults(namespace: namespace)
        var validation = Validation()
        validation.workload(workload)
        let warnings = validation.errors.isEmpty ? Warnings.texts(workload) : []
        return WorkloadReview(workload: workload, errors: validation.errors, warnings: warnings)
    }

    /// Where the manifest has what the server calls by this path.
    ///
    /// The server leaves out a template's `metadata`, and counts a StatefulSet's claims as the first volumes.
    package func writtenPath(of path: FieldPath) -> FieldPath {
        let template = templatePath.elements
        guard path.elements.starts(with: template) else {
            let ordinals = FieldPath([.field("spec"), .field("ordinals.start")])
            return path == ordinals ? FieldPath([.field("spec"), .field("ordinals"), .field("start")]) : path
        }
        let rest = path.elements[template.count...]
        if rest.first == .field("labels") || rest.first == .field("annotations") {
            return FieldPath(template + [.field("metadata")] + rest)
        }
        guard case .statefulSet(let spec) = spec, rest.starts(with: [.field("spec"), .field("volumes")]),
            rest.count > 2,
            case .index(let index) = rest[rest.startIndex + 2]
        else { return path }
        let claims = spec.claimNames
        if index < claims.count {
            let place = (spec.volumeClaimTemplates ?? []).firstIndex { ($0.metadata.name ?? "") == claims[index] } ?? 0
            return FieldPath([.field("spec"), .field("volumeClaimTemplates"), .index(place)])
        }
        let kept = spec.keptVolumes(claims)
        guard kept.indices.contains(index - claims.count) else { return path }
        let place = kept[index - claims.count].offset
        return FieldPath(template + [.field("spec"), .field("volumes"), .index(place)] + rest.dropFirst(3))
    }
}
