// SPDX-License-Identifier: Apache-2.0

/// One thing that the API server refuses about a field, in its own words.
package struct FieldError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        case required = "Required value"
        case forbidden = "Forbidden"
        case tooLong = "Too long"
        case tooMany = "Too many"
        case invalid = "Invalid value"
        case notSupported = "Unsupported value"
        case duplicate = "Duplicate value"
        case notFound = "Not found"
        case internalError = "Internal error"
    }
    /// A value as the API server prints it: numbers and booleans bare, strings quoted, the rest as JSON.
    struct Value: Hashable, Sendable {
        let text: String

        static func string(_ value: String) -> Self { Self(text: GoText.quoted(value)) }
        static func int(_ value: Int64) -> Self { Self(text: String(value)) }
        static func bool(_ value: Bool) -> Self { Self(text: String(value)) }
        static func json(_ text: String) -> Self { Self(text: text) }
    }
    package let kind: Kind
    /// `spec.containers[0].securityContext.runAsUser`, for example.
    package let field: FieldPath
    /// Of the kinds that show one.
    let value: Value?
    package let detail: String

    /// `FIELD: KIND: VALUE: DETAIL`.
    package var description: String {
        var text = "\(field): \(kind.rawValue)"
        if let value { text += ": \(value.text)" }
        if !detail.isEmpty { text += ": \(detail)" }
        return text
    }

    /// The machine's word for the kind: `FieldValueInvalid`, for example.
    package var reason: String {
        switch kind {
        case .required: "FieldValueRequired"
        case .forbidden: "FieldValueForbidden"
        case .tooLong: "FieldValueTooLong"
        case .tooMany: "FieldValueTooMany"
        case .invalid: "FieldValueInvalid"
        case .notSupported: "FieldValueNotSupported"
        case .duplicate: "FieldValueDuplicate"
        case .notFound: "FieldValueNotFound"
        case .internalError: "InternalError"
        }
    }
}

/// What the API server answers about an object that is refused, with HTTP code 422.
///
/// An error that occurs twice is told once. Nil where there is none.
package func invalidMessage(kind: String, name: String, _ errors: [FieldError]) -> String? {
    var seen: Set<String> = []
    let texts = errors.map(\.description).filter { seen.insert($0).inserted }
    guard let first = texts.first else { return nil }
    return "\(kind) \(GoText.quoted(name)) is invalid: "
        + (texts.count == 1 ? first : "[\(texts.joined(separator: ", "))]")
}

/// How Go prints values.
package enum GoText {
    /// As `%q` does: in double quotes, with escapes for what cannot be printed.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{7}": result += "\\a"
            case "\u{8}": result += "\\b"
            case "\u{c}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{b}": result += "\\v"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else if scalar.value < 0x80 {
                    result += "\\x" + hexadecimal(scalar.value, digits: 2)
                } else if scalar.value < 0x10000 {
                    result += "\\u" + hexadecimal(scalar.value, digits: 4)
                } else {
                    result += "\\U" + hexadecimal(scalar.value, digits: 8)
                }
            }
        }
        return result + "\""
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7f }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// As `strconv.Atoi` reads it: decimal digits, perhaps with a sign.
    static func integer(_ text: String) -> Int? { Int(text) }

    /// A struct as Go's JSON encoder prints it, in the order of its fields; nil is null.
    static func object(_ members: [(String, String?)]) -> String {
        "{" + members.map { "\"\($0)\":\($1 ?? "null")" }.joined(separator: ",") + "}"
    }

    static func json(_ text: String?) -> String? { text.map { JSONValue.string($0).compactText } }
    static func json(_ number: Int64?) -> String? { number.map { String($0) } }
    static func json(_ value: Bool?) -> String? { value.map { String($0) } }
    static func json(_ list: [String]?) -> String? {
        list.map { "[" + $0.map { JSONValue.string($0).compactText }.joined(separator: ",") + "]" }
    }
}
