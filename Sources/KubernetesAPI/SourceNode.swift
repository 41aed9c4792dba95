// SPDX-License-Identifier: Apache-2.0

/// Where something is written; both count from 1, the column in Unicode code points.
package struct Position: Hashable, Sendable, CustomStringConvertible {
    package let line: Int32
    package let column: Int32

    package init(line: Int, column: Int) {
        self.line = Int32(clamping: line)
        self.column = Int32(clamping: column)
    }

    /// Of a value that was not read from a file.
    static let none = Self(line: 0, column: 0)

    package var description: String { "\(line):\(column)" }
}

/// A value as read from a file: what ``JSONValue`` holds, in the order of the file and with positions.
package struct SourceNode: Sendable {
    package enum Content: Sendable {
        case null
        case bool(Bool)
        case int(Int64)
        case double(Double)
        case string(String)
        case array([SourceNode])
        case object([Member])
    }
    package struct Member: Sendable {
        package let key: String
        /// Of the key.
        package let position: Position
        package let value: SourceNode
    }
    package let position: Position
    package let content: Content
}

extension SourceNode {
    /// The member with this key and its position; nil where there is none or this is no object.
    package func member(_ key: String) -> Member? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.key == key }
    }

    /// The text, if this is one.
    package var string: String? { if case .string(let text) = content { text } else { nil } }

    var isList: Bool { if case .array = content { true } else { false } }

    package var isNull: Bool { if case .null = content { true } else { false } }

    /// What Go's JSON decoder calls a value of this kind.
    var kindName: String {
        switch content {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue {
    /// The same value without order and positions.
    package init(_ node: SourceNode) {
        switch node.content {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .array(elements.map { JSONValue($0) })
        case .object(let members):
            var object: [String: JSONValue] = [:]
            object.reserveCapacity(members.count)
            for member in members { object[member.key] = JSONValue(member.value) }
            self = .object(object)
        }
    }
}

extension SourceNode {
    init(_ value: JSONValue) {
        position = .none
        switch value {
        case .null: content = .null
        case .bool(let value): content = .bool(value)
        case .int(let value): content = .int(value)
        case .double(let value): content = .double(value)
        case .string(let value): content = .string(value)
        case .array(let elements): content = .array(elements.map { SourceNode($0) })
        case .object(let object):
            content = .object(object.map { Member(key: $0.key, position: .none, value: SourceNode($0.value)) })
        }
    }
}
