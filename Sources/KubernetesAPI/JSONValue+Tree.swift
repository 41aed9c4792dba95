// SPDX-License-Identifier: Apache-2.0

/// Objects are stored and shown as trees, so that no field is lost on the way.
extension JSONValue {
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
