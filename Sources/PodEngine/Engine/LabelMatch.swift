// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// Which labels an object must have: `app=web,tier!=back,release`.
///
/// Source: kubectl's `-l`, its equality-based part.
package struct LabelMatch: Hashable, Sendable {
    private enum Requirement: Hashable, Sendable {
        case equals(key: String, value: String)
        case differs(key: String, value: String)
        case exists(key: String)
        case absent(key: String)
    }
    private let requirements: [Requirement]

    /// Every object matches.
    package init() { requirements = [] }

    package init(_ text: String) throws(EngineError) {
        var requirements: [Requirement] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let requirement = Self.requirement(part) else {
                throw .failed(
                    "\"\(part)\" is no label selector: KEY=VALUE, KEY!=VALUE, KEY or !KEY, separated by commas")
            }
            requirements.append(requirement)
        }
        self.requirements = requirements
    }

    private static func requirement(_ part: Substring) -> Requirement? {
        func isKey(_ text: Substring) -> Bool { isWord(text, also: "/") && !text.isEmpty }
        func isWord(_ text: Substring, also: String = "") -> Bool {
            text.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
                default: also.unicodeScalars.contains(scalar)
                }
            }
        }
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
            }
        }
    }
}
