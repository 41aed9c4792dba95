// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// On one line, keys sorted.
    package var compactText: String { text(indent: nil) }

    /// As `kubectl get -o json` prints it: four spaces a level, keys sorted, no line end behind it.
    package var prettyText: String { text(indent: 4) }

    private func text(indent: Int?) -> String {
        var writer = JSONWriter(indent: indent)
        writer.write(self, depth: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A number as Go writes it.
    static func text(of number: Double) -> String {
        if let integer = Int64(exactly: number), abs(number) < 1e15 { return String(integer) }
        return number.description
    }
}

private struct JSONWriter {
    var bytes: [UInt8] = []
    /// Spaces a level; nil for all on one line.
    let indent: Int?

    init(indent: Int?) { self.indent = indent }

    mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .int(let number): bytes += String(number).utf8
        case .double(let number): bytes += JSONValue.text(of: number).utf8
        case .string(let text): quote(text)
        case .array(let elements):
            list(UInt8(ascii: "["), UInt8(ascii: "]"), elements, depth: depth) { writer, element in
                writer.write(element, depth: depth + 1)
            }
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            list(UInt8(ascii: "{"), UInt8(ascii: "}"), sorted, depth: depth) { writer, member in
                writer.quote(member.key)
                writer.bytes.append(UInt8(ascii: ":"))
                if writer.indent != nil { writer.bytes.append(UInt8(ascii: " ")) }
                writer.write(member.value, depth: depth + 1)
            }
        }
    }

    private mutating func list<Element>(
        _ open: UInt8, _ close: UInt8, _ elements: [Element], depth: Int, write: (inout Self, Element) -> Void
    ) {
        bytes.append(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            line(depth + 1)
            write(&self, element)
        }
        if !elements.isEmpty { line(depth) }
        bytes.append(close)
    }

    private mutating func line(_ depth: Int) {
        guard let indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes += repeatElement(UInt8(ascii: " "), count: indent * depth)
    }

    /// In quotes; `<`, `>` and `&` are escaped, as Go does by default.
    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes += "\\\"".utf8
            case "\\": bytes += "\\\\".utf8
            case "\n": bytes += "\\n".utf8
            case "\r": bytes += "\\r".utf8
            case "\t": bytes += "\\t".utf8
            case "\u{8}": bytes += "\\b".utf8
            case "\u{c}": bytes += "\\f".utf8
            case "\u{0}"..<" ", "<", ">", "&", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            default: bytes += String(scalar).utf8
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
