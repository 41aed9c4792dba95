// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// Which labels an object must have: `app=web,tier!=back,release,stage in (test,live)`.
///
/// Source: kubectl's `-l`.
package struct LabelMatch: Hashable, Sendable {
    private enum Requirement: Hashable, Sendable {
        case equals(key: String, value: String)
        case differs(key: String, value: String)
        case exists(key: String)
        case absent(key: String)
        /// `stage in (test,live)` and `stage notin (test,live)`; without the label only the second holds.
        case oneOf(key: String, values: Set<String>, isWanted: Bool)
    }
    private let requirements: [Requirement]

    /// Every object matches.
    package init() { requirements = [] }

    package init(_ text: String) throws(EngineError) {
        var requirements: [Requirement] = []
        for part in Self.parts(text) {
            guard let requirement = Self.setRequirement(part) ?? Self.requirement(part) else {
                throw .failed(
                    "\"\(part)\" is no label selector: KEY=VALUE, KEY!=VALUE, KEY, !KEY, KEY in (A,B) or "
                        + "KEY notin (A,B), separated by commas")
            }
            requirements.append(requirement)
        }
        self.requirements = requirements
    }

    /// At the commas that stand in no bracket.
    private static func parts(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isInside = false
        for index in text.indices {
            switch text[index] {
            case "(": isInside = true
            case ")": isInside = false
            case "," where !isInside:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: continue
            }
        }
        return (parts + [text[start...]]).map { part in
            let rest = part.drop { $0 == " " }
            return rest.lastIndex { $0 != " " }.map { rest[...$0] } ?? rest
        }
    }

    private static func setRequirement(_ part: Substring) -> Requirement? {
        let words = part.split(separator: "(", maxSplits: 1)
        guard words.count == 2, words[1].hasSuffix(")") else { return nil }
        let head = words[0].split(separator: " ")
        guard head.count == 2, isKey(head[0]), ["in", "notin"].contains(head[1]) else { return nil }
        let values = words[1].dropLast().split(separator: ",", omittingEmptySubsequences: false).map { value in
            value.drop { $0 == " " }.split(separator: " ").first ?? ""
        }
        guard values.allSatisfy({ isWord($0) }) else { return nil }
        return .oneOf(key: String(head[0]), values: Set(values.map(String.init)), isWanted: head[1] == "in")
    }

    private static func isKey(_ text: Substring) -> Bool { isWord(text, also: "/") && !text.isEmpty }

    private static func isWord(_ text: Substring, also: String = "") -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
            default: also.unicodeScalars.contains(scalar)
            }
        }
    }

    private static func requirement(_ part: Substring) -> Requirement? {
        if let sign = part.firstRange(of: "!=") {
            let (key, value) = (part[..<sign.lowerBound], part[sign.upperBound...])
            return isKey(key) && isWord(value) ? .differs(key: String(key), value: String(value)) : nil
        }
        if let sign = part.firstRange(of: "==") ?? part.firstRange(of: "=") {
            let (key, value) = (part[..<sign.lowerBound], part[sign.upperBound...])
            return isKey(key) && isWord(value) ? .equals(key: String(key), value: String(value)) : nil
        }
        if part.hasPrefix("!") { return isKey(part.dropFirst()) ? .absent(key: String(part.dropFirst())) : nil }
        return isKey(part) ? .exists(key: String(part)) : nil
    }

    package func holds(for labels: JSONValue?) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .equals(let key, let value): labels?[key]?.stringValue == value
            case .differs(let key, let value): labels?[key]?.stringValue != value
            case .exists(let key): labels?[key] != nil
            case .absent(let key): labels?[key] == nil
            case .oneOf(let key, let values, let isWanted):
                (labels?[key]?.stringValue).map { values.contains($0) == isWanted } ?? !isWanted
            }
        }
    }
}
