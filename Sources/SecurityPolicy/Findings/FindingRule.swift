// SPDX-License-Identifier: Apache-2.0

/// Something that is valid and still not what its author meant, or that keeps a container from starting.
package struct FindingRule: Sendable {
    package enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
        /// The pod or the container does not start.
        case error
        /// It runs, and not as the manifest says or means.
        case warning
        /// Good to know; it does not make `check` fail.
        case note

        package static func < (left: Self, right: Self) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }
    /// `capability-unused`: what comments and options name.
    package let id: String
    package let severity: Severity
    /// One sentence.
    package let title: String
    /// What happens, and why.
    package let reason: String
    /// What to do about it.
    package let remedy: String
    /// Whether it is seen only when the image is here.
    package let needsImage: Bool
    let look: @Sendable (FindingScope) throws -> [Finding]

    init(
        _ id: String, _ severity: Severity, _ title: String, reason: String, remedy: String, needsImage: Bool = false,
        _ look: @escaping @Sendable (FindingScope) throws -> [Finding]
    ) {
        self.id = id
        self.severity = severity
        self.title = title
        self.reason = reason
        self.remedy = remedy
        self.needsImage = needsImage
        self.look = look
    }

    /// All rules, in the order of the documentation.
    package static let all: [Self] = [
        capabilityRules, identityRules, privilegeRules, confinementRules, volumeRules, hostRules, imageRules,
    ].flatMap { $0 }

    /// By id.
    package static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
}

/// One place at which a rule holds.
package struct Finding: Hashable, Sendable {
    /// The field that it is about, from the pod on: `spec.containers[0].securityContext.capabilities.add[0]`.
    package let path: String
    /// What happens here.
    package let message: String
    /// What to do here, where it says more than the rule.
    package let remedy: String?
    /// A change that makes the manifest say what it does or plainly means; nil where the author must choose.
    package let edit: ManifestEdit?

    init(_ path: String, _ message: String, remedy: String? = nil, edit: ManifestEdit? = nil) {
        self.path = path
        self.message = message
        self.remedy = remedy
        self.edit = edit
    }
}

/// A change of one scalar of a manifest, or one field that is added.
package enum ManifestEdit: Hashable, Sendable {
    /// The scalar at this path gets this text.
    case replace(path: String, text: String)
    /// The mapping at this path, where it is written, gets this field.
    case insert(path: String, key: String, text: String)
}
