// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// Objects are stored and shown as trees, so that no field is lost on the way.
extension JSONValue {
    /// The value at a key; nil when this is no object or has no such key.
    ///
    /// Setting nil removes it.
    package subscript(key: String) -> JSONValue? {
        get { objectValue?[key] }
        set {
            var members = objectValue ?? [:]
            self = .null  // So that the dictionary has one owner and is changed in place.
            members[key] = newValue
            self = .object(members)
        }
    }

    /// The value at the end of a path of keys.
    package func at(_ path: String...) -> JSONValue? {
        var place = self
        for key in path {
            guard let next = place[key] else { return nil }
            place = next
        }
        return place
    }

    /// The elements; none when this is no array.
    package var elements: [JSONValue] { arrayValue ?? [] }
    /// The members sorted by key; none when this is no object.
    package var members: [(key: String, value: JSONValue)] {
        (objectValue ?? [:]).sorted { $0.key < $1.key }
    }
    package var isEmpty: Bool {
        switch self {
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

extension JSONValue {
    /// The text as kubectl prints it: members sorted, four spaces a level, no space before colons.
    package var prettyText: String {
        var out = ""
        write(to: &out, indent: 0)
        return out
    }

    /// The text in one line.
    package var compactText: String {
        var out = ""
        write(to: &out, indent: nil)
        return out
    }

    private func write(to out: inout String, indent: Int?) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .int(let value): out += String(value)
        case .double(let value): out += String(value)
        case .string(let text): Self.quote(text, to: &out)
        case .array(let elements):
            Self.writeList(elements, "[", "]", to: &out, indent: indent) { element, out, inner in
                element.write(to: &out, indent: inner)
            }
        case .object:
            Self.writeList(members, "{", "}", to: &out, indent: indent) { member, out, inner in
                Self.quote(member.key, to: &out)
                out += inner == nil ? ":" : ": "
                member.value.write(to: &out, indent: inner)
            }
        }
    }

    private static func writeList<Element>(
        _ elements: [Element], _ opening: String, _ closing: String, to out: inout String, indent: Int?,
        _ write: (Element, inout String, Int?) -> Void
    ) {
        out += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { out += "," }
            if let indent { out += "\n" + String(repeating: " ", count: indent + 4) }
            write(element, &out, indent.map { $0 + 4 })
        }
        if let indent, !elements.isEmpty { out += "\n" + String(repeating: " ", count: indent) }
        out += closing
    }

    static func quote(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\0"..<" ", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
