// SPDX-License-Identifier: Apache-2.0

/// Makes values of the API's types from what was read.
///
/// As in Go, a field that is absent or null is nil if it may be, and else its type's zero: `""`, 0, no elements.
struct SourceNodeDecoder: Decoder {
    /// Nil for a field that is absent.
    let node: SourceNode?
    let field: String

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        switch node?.content {
        case .object(let members): KeyedDecodingContainer(Members<Key>(members: members))
        case nil, .null: KeyedDecodingContainer(Members<Key>(members: []))
        default: throw mismatch("an object")
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        switch node?.content {
        case .array(let elements): Elements(elements: elements, field: field)
        case nil, .null: Elements(elements: [], field: field)
        default: throw mismatch("a list")
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(decoder: self) }

    func mismatch(_ expected: String) -> FieldMismatch {
        FieldMismatch(field: field, expected: expected, found: node?.kindName ?? "nothing")
    }
}

/// A value that a field of the API cannot hold.
package struct FieldMismatch: Error, Hashable, CustomStringConvertible {
    /// The innermost field's name.
    package let field: String
    package let expected: String
    package let found: String

    package var description: String { "field \(field): expected \(expected), found \(found)" }
}

extension SourceNodeDecoder {
    private func bool() throws -> Bool {
        switch node?.content {
        case .bool(let value): value
        case nil, .null: false
        default: throw mismatch("true or false")
        }
    }

    private func string() throws -> String {
        switch node?.content {
        case .string(let value): value
        case nil, .null: ""
        default: throw mismatch("a string")
        }
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        switch node?.content {
        case .int(let value):
            guard let exact = T(exactly: value) else { throw mismatch("a whole number within \(T.min)...\(T.max)") }
            return exact
        case nil, .null: return 0
        default: throw mismatch("a whole number")
        }
    }

    private func double() throws -> Double {
        switch node?.content {
        case .double(let value): value
        case .int(let value): Double(value)
        case nil, .null: 0
        default: throw mismatch("a number")
        }
    }

    fileprivate func value<T: Decodable>(_ type: T.Type) throws -> T {
        if type == String.self, let value = try string() as? T { return value }
        if type == Bool.self, let value = try bool() as? T { return value }
        if type == Int32.self, let value = try integer(Int32.self) as? T { return value }
        if type == Int64.self, let value = try integer(Int64.self) as? T { return value }
        if type == [String: String].self, let value = try strings() as? T { return value }
        if type == JSONValue.self, let value = (node.map { JSONValue($0) } ?? .null) as? T { return value }
        if type == Quantity.self, let value = try quantity() as? T { return value }
        return try T(from: self)
    }

    private func strings() throws -> [String: String] {
        switch node?.content {
        case .object(let members):
            var map: [String: String] = [:]
            map.reserveCapacity(members.count)
            for member in members {
                map[member.key] = try SourceNodeDecoder(node: member.value, field: member.key).string()
            }
            return map
        case nil, .null: return [:]
        default: throw mismatch("an object")
        }
    }

    private func quantity() throws -> Quantity {
        switch node?.content {
        case .string(let text):
            do { return try Quantity(text) } catch { throw mismatch("a quantity") }
        case .int(let number): return Quantity(number)
        case .double(let number):
            do { return try Quantity(String(number)) } catch { throw mismatch("a quantity") }
        case nil, .null: return Quantity(0)
        default: throw mismatch("a quantity")
        }
    }

    private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let members: [SourceNode.Member]
        /// By key, where looking through all of them would take long: a map may have thousands.
        private let places: [String: Int]

        init(members: [SourceNode.Member]) {
            self.members = members
            guard members.count > 32 else {
                places = [:]
                return
            }
            let pairs = members.enumerated().map { ($0.element.key, $0.offset) }
            places = Dictionary(pairs) { first, _ in first }
        }

        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

        private func decoder(_ key: Key) -> SourceNodeDecoder {
            let name = key.stringValue
            if !places.isEmpty {
                return SourceNodeDecoder(node: places[name].map { members[$0].value }, field: name)
            }
            for member in members where member.key == name {
                return SourceNodeDecoder(node: member.value, field: name)
            }
            return SourceNodeDecoder(node: nil, field: name)
        }

        private func present(_ key: Key) -> SourceNodeDecoder? {
            let decoder = decoder(key)
            guard let node = decoder.node, !node.isNull else { return nil }
            return decoder
        }

        func contains(_ key: Key) -> Bool { decoder(key).node != nil }
        func decodeNil(forKey key: Key) -> Bool { present(key) == nil }

        func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder(key).bool() }
        func decode(_ type: String.Type, forKey key: Key) throws -> String { try decoder(key).string() }
        func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try decoder(key).double() }
        func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try decoder(key).double()) }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try decoder(key).integer(type) }
        func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try decoder(key).integer(type) }
        func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try decoder(key).integer(type) }
        func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try decoder(key).integer(type) }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try decoder(key).integer(type) }
        func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try decoder(key).integer(type) }
        func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try decoder(key).integer(type) }
        func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try decoder(key).integer(type) }
        func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try decoder(key).integer(type) }
        func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try decoder(key).integer(type) }
        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try decoder(key).value(type) }

        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key)?.bool() }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try present(key)?.string() }
        func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try present(key)?.integer(type) }
        func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try present(key)?.integer(type) }
        func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
            try present(key)?.value(type)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try decoder(key).unkeyedContainer()
        }
        func superDecoder() throws -> any Decoder {
            throw FieldMismatch(field: "super", expected: "none", found: "one")
        }
        func superDecoder(forKey key: Key) throws -> any Decoder { decoder(key) }
    }

    private struct Elements: UnkeyedDecodingContainer {
        let elements: [SourceNode]
        let field: String
        var currentIndex = 0

        var codingPath: [any CodingKey] { [] }
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex == elements.count }

        private mutating func next() throws -> SourceNodeDecoder {
            guard !isAtEnd else { throw FieldMismatch(field: field, expected: "another element", found: "the end") }
            defer { currentIndex += 1 }
            return SourceNodeDecoder(node: elements[currentIndex], field: field)
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, elements[currentIndex].isNull else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().value(type) }
        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try next().unkeyedContainer()
        }
        mutating func superDecoder() throws -> any Decoder { try next() }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: SourceNodeDecoder

        var codingPath: [any CodingKey] { [] }

        func decodeNil() -> Bool { decoder.node?.isNull ?? true }
        func decode(_ type: Bool.Type) throws -> Bool { try decoder.bool() }
        func decode(_ type: String.Type) throws -> String { try decoder.string() }
        func decode(_ type: Double.Type) throws -> Double { try decoder.double() }
        func decode(_ type: Float.Type) throws -> Float { Float(try decoder.double()) }
        func decode(_ type: Int.Type) throws -> Int { try decoder.integer(type) }
        func decode(_ type: Int8.Type) throws -> Int8 { try decoder.integer(type) }
        func decode(_ type: Int16.Type) throws -> Int16 { try decoder.integer(type) }
        func decode(_ type: Int32.Type) throws -> Int32 { try decoder.integer(type) }
        func decode(_ type: Int64.Type) throws -> Int64 { try decoder.integer(type) }
        func decode(_ type: UInt.Type) throws -> UInt { try decoder.integer(type) }
        func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.integer(type) }
        func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.integer(type) }
        func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.integer(type) }
        func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.integer(type) }
        func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.value(type) }
    }
}

extension Decodable {
    /// The value that this JSON is.
    ///
    /// - Throws: ``FieldMismatch`` for a field of the wrong type. A field that the type does not have is passed over.
    package init(json: JSONValue) throws { try self.init(node: SourceNode(json)) }

    init(node: SourceNode) throws { self = try SourceNodeDecoder(node: node, field: "").value(Self.self) }
}
