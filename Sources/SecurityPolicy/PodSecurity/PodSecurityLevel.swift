// SPDX-License-Identifier: Apache-2.0

/// How much the Pod Security Standards demand, the least first.
package enum PodSecurityLevel: String, CaseIterable, Sendable, Hashable, Comparable {
    /// Demands nothing.
    case privileged
    /// Keeps a pod from known ways to gain privileges.
    case baseline
    /// All of baseline, and what a hardened pod sets.
    case restricted

    /// The level that a namespace's label names.
    package init(_ text: String) throws(PodSecurityValueError) {
        guard let level = Self(rawValue: text) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw PodSecurityValueError(message: "must be one of \(names)")
        }
        self = level
    }

    package static func < (left: Self, right: Self) -> Bool { left.strictness < right.strictness }

    private var strictness: Int {
        switch self {
        case .privileged: 0
        case .baseline: 1
        case .restricted: 2
        }
    }
}

/// Why a text is no level or no version, in the admission library's words.
package struct PodSecurityValueError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String

    package init(message: String) { self.message = message }

    package var description: String { message }
}
