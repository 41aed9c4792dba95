// SPDX-License-Identifier: Apache-2.0

/// What a plain (unquoted) YAML scalar means, by the rules of YAML 1.1 as Kubernetes' tools read it.
///
/// `y`, `yes`, `on` and their kin are booleans; `0644`, `0o644`, `0x1f` and `0b1` are integers; dates stay strings.
/// Source: yaml.org/type, and `kubectl`.
enum ScalarResolution {
    static func content(ofPlain text: String) -> SourceNode.Content {
        let utf8 = text.utf8
        guard let first = utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return number(text) ?? .string(text)
        case UInt8(ascii: "~"):
            return utf8.count == 1 ? .null : .string(text)
        default:
            guard utf8.count <= 5 else { return .string(text) }
            return word(text) ?? .string(text)
        }
    }

    private static func word(_ text: String) -> SourceNode.Content? {
        switch text {
        case "null", "Null", "NULL": .null
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
        default: nil
        }
    }

    private static func number(_ text: String) -> SourceNode.Content? {
        switch text {
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
        case ".nan", ".NaN", ".NAN": return .double(.nan)
        default: break
        }
        let digits = text.contains("_") ? text.filter { $0 != "_" } : text
        if let integer = integer(digits) { return .int(integer) }
        guard isDecimal(digits), let value = Double(digits) else { return nil }
        // JSON does not tell 1e3 from 1000, and what follows reads JSON.
        if let integer = Int64(exactly: value), abs(value) < 1e15 { return .int(integer) }
        return .double(value)
    }

    /// An integer with an optional sign and Go's prefixes: `0x`, `0b`, `0o`, and `0` for octal.
    private static func integer(_ text: String) -> Int64? {
        var rest = text[...]
        var sign = ""
        if let first = rest.first, first == "+" || first == "-" {
            sign = String(first)
            rest = rest.dropFirst()
        }
        guard let first = rest.utf8.first, first >= 48, first <= 57 else { return nil }
        guard first == UInt8(ascii: "0"), rest.utf8.count > 1 else { return Int64(text) }
        let body = rest.dropFirst()
        guard !body.contains(where: { $0 == "+" || $0 == "-" }) else { return nil }
        switch body.first {
        case "x", "X": return Int64(sign + body.dropFirst(), radix: 16)
        case "b", "B": return Int64(sign + body.dropFirst(), radix: 2)
        case "o", "O": return Int64(sign + body.dropFirst(), radix: 8)
        default: return Int64(sign + body, radix: 8)
        }
    }

    /// Whether this is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
    private static func isDecimal(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        func digits() -> Int {
            let count = rest.prefix { $0 >= 48 && $0 <= 57 }.count
            rest = rest.dropFirst(count)
            return count
        }
        func skip(_ characters: StaticString...) -> Bool {
            guard let first = rest.first, characters.contains(where: { "\($0)".utf8.first == first }) else {
                return false
            }
            rest = rest.dropFirst()
            return true
        }
        _ = skip("+", "-")
        let whole = digits()
        var fraction = 0
        if skip(".") { fraction = digits() }
        guard whole + fraction > 0 else { return false }
        if skip("e", "E") {
            _ = skip("+", "-")
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
