// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Why a text is not JSON.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// Bytes from the start.
    package let offset: Int
    package let problem: String
    package var description: String { "not JSON at byte \(offset): \(problem)" }
}

extension JSONValue {
    /// Reads a text as a whole.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.readDocument()
    }
}

/// Reads JSON as RFC 8259 defines it; of a key that is there twice the last counts.
struct JSONReader {
    /// Deeper nesting is refused: a crafted text must not exhaust the stack.
    static let deepest = 200

    let bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func readDocument() throws(JSONError) -> JSONValue {
        let value = try readValue(depth: 0)
        skipSpace()
        guard place == bytes.count else { throw error("something after the end") }
        return value
    }

    private func error(_ problem: String) -> JSONError { JSONError(offset: place, problem: problem) }

    private mutating func skipSpace() {
        while place < bytes.count,
            bytes[place] == 0x20 || bytes[place] == 0x0A || bytes[place] == 0x0D
                || bytes[place] == 0x09
        { place += 1 }
    }

    /// The next byte that is no space, left where it is.
    private mutating func peek() throws(JSONError) -> UInt8 {
        skipSpace()
        guard place < bytes.count else { throw error("it ends too early") }
        return bytes[place]
    }

    private mutating func take(_ byte: UInt8) throws(JSONError) -> Bool {
        guard try peek() == byte else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try take(byte) else { throw error("\(String(UnicodeScalar(byte))) is missing") }
    }

    private mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.deepest else { throw error("nested deeper than \(Self.deepest)") }
        switch try peek() {
        case UInt8(ascii: "{"): return try readObject(depth: depth)
        case UInt8(ascii: "["): return try readArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        default: return try readNumber()
        }
    }

    private mutating func readObject(depth: Int) throws(JSONError) -> JSONValue {
        try expect(UInt8(ascii: "{"))
        var members: [String: JSONValue] = [:]
        if try take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            guard try peek() == UInt8(ascii: "\"") else { throw error("a key is missing") }
            let key = try readString()
            try expect(UInt8(ascii: ":"))
            members[key] = try readValue(depth: depth + 1)
        } while try take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return .object(members)
    }

    private mutating func readArray(depth: Int) throws(JSONError) -> JSONValue {
        try expect(UInt8(ascii: "["))
        var elements: [JSONValue] = []
        if try take(UInt8(ascii: "]")) { return .array(elements) }
        repeat { elements.append(try readValue(depth: depth + 1)) } while try take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return .array(elements)
    }

    private mutating func readWord(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[place...].starts(with: word.utf8) else { throw error("an unknown word") }
        place += word.utf8.count
        return value
    }

    private mutating func readNumber() throws(JSONError) -> JSONValue {
        let start = place
        var whole = true
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): whole = false
            default:
                return try number(from: start, whole: whole)
            }
            place += 1
        }
        return try number(from: start, whole: whole)
    }

    private func number(from start: Int, whole: Bool) throws(JSONError) -> JSONValue {
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if whole, let value = Int64(text) { return .int(value) }
        guard place > start, let value = Double(text), value.isFinite else { throw error("an unknown value") }
        return .double(value)
    }

    private mutating func readString() throws(JSONError) -> String {
        try expect(UInt8(ascii: "\""))
        let start = place
        // Most strings have no escape: they are taken as they stand.
        while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\") { place += 1 }
        var text = String(decoding: bytes[start..<place], as: UTF8.self)
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return text }
            if byte == UInt8(ascii: "\\") {
                text.unicodeScalars.append(try readEscape())
            } else {
                let from = place - 1
                while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\") {
                    place += 1
                }
                text += String(decoding: bytes[from..<place], as: UTF8.self)
            }
        }
        throw error("a string does not end")
    }

    private mutating func readEscape() throws(JSONError) -> UnicodeScalar {
        guard place < bytes.count else { throw error("a string does not end") }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UnicodeScalar(byte)
        case UInt8(ascii: "u"):
            let first = try readUnit()
            guard (0xD800..<0xDC00).contains(first) else { return UnicodeScalar(first) ?? "\u{FFFD}" }
            guard bytes[place...].starts(with: "\\u".utf8) else { return "\u{FFFD}" }
            place += 2
            let second = try readUnit()
            guard (0xDC00..<0xE000).contains(second) else { return "\u{FFFD}" }
            return UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
        default: throw error("an unknown escape")
        }
    }

    private mutating func readUnit() throws(JSONError) -> UInt32 {
        guard place + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits are missing") }
        place += 4
        return unit
    }
}
