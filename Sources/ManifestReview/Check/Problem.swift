// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import SecurityPolicy

/// One thing that is wrong with a manifest, or worth a word, and where.
package struct Problem: Hashable, Sendable {
    /// Who finds it.
    package enum Source: Hashable, Sendable {
        /// The file, or the object, cannot be read as what it says it is.
        case decoding
        /// The API server's validation.
        case validation
        /// The API server's `Warning` header.
        case serverWarning
        /// A check of the Pod Security Standards, by its id.
        case podSecurity(check: String)
        /// A rule of ours, by its id.
        case finding(rule: String)
        /// A comment that allows something, and is wrong itself.
        case allowance
    }
    package typealias Severity = FindingRule.Severity

    package enum Allowance: Hashable, Sendable {
        /// A comment beside the field, with its reason.
        case comment(reason: String)
        /// The command line.
        case option

        package var reason: String {
            switch self {
            case .comment(let reason): reason
            case .option: "--allow"
            }
        }
    }

    package let source: Source
    package let severity: Severity
    package let file: String
    /// Nil where it concerns the file as a whole.
    package let position: Position?
    /// The field from the object on: `spec.template.spec.containers[0].image`; empty where it is none.
    package let path: String
    package let message: String
    package let remedy: String?
    /// How the file is changed by `--fix`.
    package var change: TextChange?
    /// Who allows it, and why; nil where nobody does.
    package var allowance: Allowance?
    /// Whose it is, of the pods of its file; nil where it belongs to none.
    package var pod: Int?

    package init(
        _ source: Source, _ severity: Severity, file: String, position: Position?, path: String, message: String,
        remedy: String? = nil, change: TextChange? = nil
    ) {
        self.source = source
        self.severity = severity
        self.file = file
        self.position = position
        self.path = path
        self.message = message
        self.remedy = remedy
        self.change = change
    }

    /// What comments and options name: a rule's id, `pod-security/CHECK`, `validation`.
    package var id: String {
        switch source {
        case .decoding: "decoding"
        case .validation: "validation"
        case .serverWarning: "server-warning"
        case .podSecurity(let check): "pod-security/\(check)"
        case .finding(let rule): rule
        case .allowance: "allowance"
        }
    }

    /// `FILE:LINE:COLUMN`, as far as it has one.
    package var place: String { position.map { "\(file):\($0)" } ?? file }

    /// Whether an author can take it on: what the server refuses stays refused.
    var canBeAllowed: Bool {
        switch source {
        case .decoding, .validation, .allowance: false
        case .serverWarning, .podSecurity, .finding: true
        }
    }

    /// Whether it makes `check` fail.
    package var counts: Bool { allowance == nil && severity != .note }
}
