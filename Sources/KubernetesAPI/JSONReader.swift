// SPDX-License-Identifier: Apache-2.0

/// What keeps a text from being JSON.
package struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    package let position: Position
    package let problem: String
    /// The key that an object has twice, if it is that.
    var duplicate: FieldPath?

    package var description: String { "\(position): \(problem)" }
}

/// Reads JSON (RFC 8259) with positions; a key that an object has twice is an error.
struct JSONReader {
    /// Deeper nesting than any Kubernetes object has, and little enough for the stack.
    static let deepest = 100

    private let bytes: [UInt8]
    private var offset = 0
    /// Up to where lines and columns are counted.
    private var counted = 0
    private var line = 1
    private var column = 1
    private var path = FieldPath()

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next of several values in a row, or nil at the end.
    mutating func next() throws(JSONSyntaxError) -> SourceNode? {
        skipSpace()
        return offset < bytes.count ? try value(depth: 1) : nil
    }

    /// The one value that the text is.
    static func read(_ bytes: [UInt8]) throws(JSONSyntaxError) -> SourceNode {
        var reader = Self(bytes)
        guard let node = try reader.next() else { throw reader.error("unexpected end of JSON input") }
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.error("there is more after the value") }
        return node
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> SourceNode {
        guard depth <= Self.deepest else { throw error("nested deeper than \(Self.deepest) levels") }
        let start = position()
        guard offset < bytes.count else { throw error("unexpected end of JSON input") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return SourceNode(position: start, content: .object(try members(depth: depth)))
        case UInt8(ascii: "["): return SourceNode(position: start, content: .array(try elements(depth: depth)))
        case UInt8(ascii: "\""): return SourceNode(position: start, content: .string(try string()))
        case UInt8(ascii: "t"):
            try word("true")
            return SourceNode(position: start, content: .bool(true))
        case UInt8(ascii: "f"):
            try word("false")
            return SourceNode(position: start, content: .bool(false))
        case UInt8(ascii: "n"):
            try word("null")
            return SourceNode(position: start, content: .null)
        default: return SourceNode(position: start, content: try number())
        }
    }

    private mutating func members(depth: Int) throws(JSONSyntaxError) -> [SourceNode.Member] {
        var members: [SourceNode.Member] = []
        var seen: Set<String> = []
        offset += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            let position = position()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
                throw error("expected a key in quotes")
            }
            let key = try string()
            path.elements.append(.field(key))
            guard seen.insert(key).inserted else {
                throw JSONSyntaxError(position: position, problem: "duplicate key \"\(key)\"", duplicate: path)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("expected ':' after the key") }
            skipSpace()
            members.append(SourceNode.Member(key: key, position: position, value: try value(depth: depth + 1)))
            path.elements.removeLast()
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw error("expected ',' or '}'") }
            skipSpace()
        }
    }

    private mutating func elements(depth: Int) throws(JSONSyntaxError) -> [SourceNode] {
        var elements: [SourceNode] = []
        offset += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            path.elements.append(.index(elements.count))
            elements.append(try value(depth: depth + 1))
            path.elements.removeLast()
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw error("expected ',' or ']'") }
            skipSpace()
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONSyntaxError) {
        for byte in "\(word)".utf8 { guard take(byte) else { throw error("expected \(word)") } }
    }

    private mutating func number() throws(JSONSyntaxError) -> SourceNode.Content {
        let start = offset
        let negative = take(UInt8(ascii: "-"))
        let first = offset
        let whole = skipDigits()
        guard whole > 0, whole == 1 || bytes[first] != UInt8(ascii: "0") else {
            offset = negative ? first : start
            throw error("expected a value")
        }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard skipDigits() > 0 else { throw error("expected a digit") }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            offset += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw error("expected a digit") }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw error("the number \(text) is too large") }
        if !isInteger, let integer = Int64(exactly: value), abs(value) < 1e15 { return .int(integer) }
        return .double(value)
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, bytes[offset] >= 48, bytes[offset] <= 57 { offset += 1 }
        return offset - start
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        offset += 1
        var start = offset
        var unescaped: [UInt8] = []
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                defer { offset += 1 }
                guard !unescaped.isEmpty else { return String(decoding: bytes[start..<offset], as: UTF8.self) }
                unescaped += bytes[start..<offset]
                return String(decoding: unescaped, as: UTF8.self)
            case UInt8(ascii: "\\"):
                unescaped += bytes[start..<offset]
                unescaped += try escape()
                start = offset
            case 0..<0x20: throw error("a control character within a string")
            default: offset += 1
            }
        }
        throw error("unexpected end of JSON input")
    }

    private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
        guard offset + 1 < bytes.count else { throw error("unexpected end of JSON input") }
        let letter = bytes[offset + 1]
        if letter == UInt8(ascii: "u") { return Array(String(try unicodeEscape()).utf8) }
        let plain: UInt8? =
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
            case UInt8(ascii: "b"): 0x08
            case UInt8(ascii: "f"): 0x0c
            case UInt8(ascii: "n"): 0x0a
            case UInt8(ascii: "r"): 0x0d
            case UInt8(ascii: "t"): 0x09
            default: nil
            }
        guard let plain else { throw error("an unknown escape in a string") }
        offset += 2
        return [plain]
    }

    /// A `\u` escape, or two that are a surrogate pair; half a pair becomes U+FFFD, as in Go.
    private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{fffd}"
        let unit = try fourDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xdc00, offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { return replacement }
        let before = offset
        let low = try fourDigits()
        guard (0xdc00...0xdfff).contains(low) else {
            offset = before
            return replacement
        }
        return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)) ?? replacement
    }

    private mutating func fourDigits() throws(JSONSyntaxError) -> UInt32 {
        let digits = String(decoding: bytes[min(offset + 2, bytes.count)..<min(offset + 6, bytes.count)], as: UTF8.self)
        guard digits.utf8.count == 4, digits.first != "+", digits.first != "-", let unit = UInt32(digits, radix: 16)
        else { throw error("expected four hexadecimal digits after \\u") }
        offset += 6
        return unit
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0a, 0x0d: offset += 1
            default: return
            }
        }
    }

    /// Counts on from the last position, so that all positions together cost one pass.
    private mutating func position() -> Position {
        while counted < offset {
            let byte = bytes[counted]
            if byte == 0x0a {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {
                column += 1
            }
            counted += 1
        }
        return Position(line: line, column: column)
    }

    mutating func error(_ problem: String) -> JSONSyntaxError {
        JSONSyntaxError(position: position(), problem: problem)
    }
}

extension JSONValue {
    /// The value that this JSON text writes.
    package init(parsing text: [UInt8]) throws(JSONSyntaxError) { self.init(try JSONReader.read(text)) }
}
