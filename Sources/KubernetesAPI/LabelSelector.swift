// SPDX-License-Identifier: Apache-2.0

/// Which objects are meant, by their labels; all that is written must hold.
package struct LabelSelector: Codable, Hashable, Sendable {
    package var matchLabels: [String: String]?
    package var matchExpressions: [LabelSelectorRequirement]?

    package init(matchLabels: [String: String]? = nil, matchExpressions: [LabelSelectorRequirement]? = nil) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }
}

/// One condition on one label.
package struct LabelSelectorRequirement: Codable, Hashable, Sendable {
    package var key = ""
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    package var `operator` = ""
    package var values: [String]?

    package init(key: String = "", operator: String = "", values: [String]? = nil) {
        self.key = key
        self.operator = `operator`
        self.values = values
    }
}
