// SPDX-License-Identifier: Apache-2.0

/// Makes JSON of values of the API's types.
final class JSONValueEncoder: Encoder {
    fileprivate(set) var value = JSONValue.null
    fileprivate var members: [String: JSONValue]?
    fileprivate var elements: [JSONValue]?

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if members == nil { members = [:] }
        return KeyedEncodingContainer(Members<Key>(encoder: self))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if elements == nil { elements = [] }
        return Elements(encoder: self)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    static func encode<T: Encodable>(_ value: T) throws -> JSONValue {
        switch value {
        case let value as String: return .string(value)
        case let value as Bool: return .bool(value)
        case let value as Int32: return .int(Int64(value))
        case let value as Int64: return .int(value)
        case let value as JSONValue: return value
        default:
            let encoder = Self()
            try value.encode(to: encoder)
            if let members = encoder.members { return .object(members) }
            if let elements = encoder.elements { return .array(elements) }
            return encoder.value
        }
    }

    fileprivate static func integer<T: BinaryInteger>(_ value: T) throws -> JSONValue {
        guard let exact = Int64(exactly: value) else {
            throw FieldMismatch(field: "", expected: "a whole number of 64 bits", found: String(value))
        }
        return .int(exact)
    }

    private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let encoder: JSONValueEncoder

        var codingPath: [any CodingKey] { [] }

        private func set(_ value: JSONValue, _ key: Key) { encoder.members?[key.stringValue] = value }

        func encodeNil(forKey key: Key) { set(.null, key) }
        func encode(_ value: Bool, forKey key: Key) { set(.bool(value), key) }
        func encode(_ value: String, forKey key: Key) { set(.string(value), key) }
        func encode(_ value: Double, forKey key: Key) { set(.double(value), key) }
        func encode(_ value: Float, forKey key: Key) { set(.double(Double(value)), key) }
        func encode(_ value: Int, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: Int8, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: Int16, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: Int32, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: Int64, forKey key: Key) throws { set(.int(value), key) }
        func encode(_ value: UInt, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: UInt8, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: UInt16, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: UInt32, forKey key: Key) throws { set(try integer(value), key) }
        func encode(_ value: UInt64, forKey key: Key) throws { set(try integer(value), key) }
        func encode<T: Encodable>(_ value: T, forKey key: Key) throws { set(try JSONValueEncoder.encode(value), key) }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { preconditionFailure("no type of the API nests containers by hand") }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            preconditionFailure("no type of the API nests containers by hand")
        }
        func superEncoder() -> any Encoder { preconditionFailure("no type of the API has a superclass") }
        func superEncoder(forKey key: Key) -> any Encoder { preconditionFailure("no type of the API has a superclass") }
    }

    private struct Elements: UnkeyedEncodingContainer {
        let encoder: JSONValueEncoder

        var codingPath: [any CodingKey] { [] }
        var count: Int { encoder.elements?.count ?? 0 }

        func encodeNil() { encoder.elements?.append(.null) }
        func encode<T: Encodable>(_ value: T) throws { encoder.elements?.append(try JSONValueEncoder.encode(value)) }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
            preconditionFailure("no type of the API nests containers by hand")
        }
        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
            preconditionFailure("no type of the API nests containers by hand")
        }
        func superEncoder() -> any Encoder { preconditionFailure("no type of the API has a superclass") }
    }

    private struct Single: SingleValueEncodingContainer {
        let encoder: JSONValueEncoder

        var codingPath: [any CodingKey] { [] }

        func encodeNil() { encoder.value = .null }
        func encode(_ value: Bool) { encoder.value = .bool(value) }
        func encode(_ value: String) { encoder.value = .string(value) }
        func encode(_ value: Double) { encoder.value = .double(value) }
        func encode(_ value: Float) { encoder.value = .double(Double(value)) }
        func encode(_ value: Int) throws { encoder.value = try integer(value) }
        func encode(_ value: Int8) throws { encoder.value = try integer(value) }
        func encode(_ value: Int16) throws { encoder.value = try integer(value) }
        func encode(_ value: Int32) throws { encoder.value = try integer(value) }
        func encode(_ value: Int64) throws { encoder.value = .int(value) }
        func encode(_ value: UInt) throws { encoder.value = try integer(value) }
        func encode(_ value: UInt8) throws { encoder.value = try integer(value) }
        func encode(_ value: UInt16) throws { encoder.value = try integer(value) }
        func encode(_ value: UInt32) throws { encoder.value = try integer(value) }
        func encode(_ value: UInt64) throws { encoder.value = try integer(value) }
        func encode<T: Encodable>(_ value: T) throws { encoder.value = try JSONValueEncoder.encode(value) }
    }
}

extension JSONValue {
    /// The JSON of a value of the API, or of any other encodable one.
    package init<T: Encodable>(encoding value: T) throws { self = try JSONValueEncoder.encode(value) }
}
