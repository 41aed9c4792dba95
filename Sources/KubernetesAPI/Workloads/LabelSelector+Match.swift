// SPDX-License-Identifier: Apache-2.0

extension LabelSelector {
    /// Whether nothing is asked, so that everything is meant.
    var isEmpty: Bool { (matchLabels ?? [:]).isEmpty && (matchExpressions ?? []).isEmpty }

    func matches(_ labels: [String: String]) -> Bool {
        (matchLabels ?? [:]).allSatisfy { labels[$0.key] == $0.value }
            && (matchExpressions ?? []).allSatisfy { $0.matches(labels) }
    }
}

extension LabelSelectorRequirement {
    fileprivate func matches(_ labels: [String: String]) -> Bool {
        switch `operator` {
        case "In": labels[key].map { (values ?? []).contains($0) } ?? false
        case "NotIn": labels[key].map { !(values ?? []).contains($0) } ?? true
        case "Exists": labels[key] != nil
        case "DoesNotExist": labels[key] == nil
        default: false
        }
    }
}

extension GoText {
    static func json(_ labels: [String: String]?) -> String? {
        labels.map { JSONValue.object($0.mapValues { .string($0) }).compactText }
    }

    /// Without what is empty, as its tags have it.
    static func json(_ selector: LabelSelector) -> String {
        var members: [(String, String?)] = []
        if let labels = selector.matchLabels, !labels.isEmpty { members.append(("matchLabels", json(labels))) }
        if let expressions = selector.matchExpressions, !expressions.isEmpty {
            let texts = expressions.map { expression in
                var members = [("key", json(expression.key)), ("operator", json(expression.operator))]
                if let values = expression.values, !values.isEmpty { members.append(("values", json(values))) }
                return object(members)
            }
            members.append(("matchExpressions", "[\(texts.joined(separator: ","))]"))
        }
        return object(members)
    }

    static func json(_ value: IntOrString?) -> String? {
        switch value {
        case .int(let number): String(number)
        case .string(let text): json(text)
        case nil: nil
        }
    }
}
