// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension JSONValue {
    /// The document as YAML, as kubectl prints it: members sorted, lists as deep as their key.
    package var yamlText: String {
        var out = ""
        switch self {
        case .object(let members) where !members.isEmpty: writeMembers(to: &out, indent: 0, first: "")
        case .array(let elements) where !elements.isEmpty: writeElements(to: &out, indent: 0, first: "")
        default: out = inlineYAML(indent: 0) + "\n"
        }
        return out
    }

    /// Writes members; `first` stands before the first line in place of the indent: `- ` after its own.
    private func writeMembers(to out: inout String, indent: Int, first: String) {
        var lead = first
        for (key, value) in members {
            out += lead + Self.yamlScalar(key) + ":"
            value.writeAfterKey(to: &out, indent: indent)
            lead = String(repeating: " ", count: indent)
        }
    }

    private func writeElements(to out: inout String, indent: Int, first: String) {
        var lead = first
        for element in elements {
            switch element {
            case .object(let members) where !members.isEmpty:
                element.writeMembers(to: &out, indent: indent + 2, first: lead + "- ")
            case .array(let inner) where !inner.isEmpty:
                element.writeElements(to: &out, indent: indent + 2, first: lead + "- ")
            default: out += lead + "- " + element.inlineYAML(indent: indent + 2) + "\n"
            }
            lead = String(repeating: " ", count: indent)
        }
    }

    private func writeAfterKey(to out: inout String, indent: Int) {
        switch self {
        case .object(let members) where !members.isEmpty:
            out += "\n"
            writeMembers(to: &out, indent: indent + 2, first: String(repeating: " ", count: indent + 2))
        case .array(let elements) where !elements.isEmpty:
            out += "\n"
            writeElements(to: &out, indent: indent, first: String(repeating: " ", count: indent))
        default: out += " " + inlineYAML(indent: indent + 2) + "\n"
        }
    }

    private func inlineYAML(indent: Int) -> String {
        switch self {
        case .object: "{}"
        case .array: "[]"
        case .string(let text):
            text.contains("\n") && Self.fitsBlock(text) ? Self.block(text, indent: indent) : Self.yamlScalar(text)
        default: compactText
        }
    }

    /// A literal block keeps lines as they are, if they are printable and the first does not begin with a space.
    private static func fitsBlock(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first != " ", first != "\n" else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
    }

    private static func block(_ text: String, indent: Int) -> String {
        let body = text.hasSuffix("\n") ? String(text.dropLast()) : text
        let sign = !text.hasSuffix("\n") ? "-" : text.hasSuffix("\n\n") ? "+" : ""
        let lead = String(repeating: " ", count: indent)
        return body.split(separator: "\n", omittingEmptySubsequences: false).reduce(into: "|" + sign) { out, line in
            out += "\n" + (line.isEmpty ? "" : lead + line)
        }
    }

    private static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0x20..<0x7F, 0xA0...0xD7FF, 0xE000..<0xFEFF, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            scalar.value != 0x2028 && scalar.value != 0x2029
        default: false
        }
    }

    /// A scalar that every YAML reader, 1.1 or 1.2, takes for this very text.
    static func yamlScalar(_ text: String) -> String {
        guard text.unicodeScalars.allSatisfy(isPrintable) else {
            var out = ""
            quote(text, to: &out)
            return out
        }
        if isPlain(text) { return text }
        // A word, number or date that a reader would not take for text: kubectl writes those in double quotes.
        if text.unicodeScalars.allSatisfy({ isWordPart($0) }) { return "\"\(text)\"" }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    private static func isWordPart(_ scalar: UnicodeScalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "+", ":", "/", "~", "=": true
        default: false
        }
    }

    private static let words: Set<String> = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", ".nan", ".inf", "-.inf",
        "+.inf",
    ]

    private static func isPlain(_ text: String) -> Bool {
        if words.contains(text.lowercased()) { return false }
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last, last != " ", last != ":"
        else {
            return false
        }
        // A number of any kind begins with a digit, a sign or a dot; so do dates and times.
        if looksNumeric(text) { return false }
        if "-?:,[]{}#&*!|>'\"%@` \t".unicodeScalars.contains(first) {
            let second = text.unicodeScalars.dropFirst().first
            guard "-?:".unicodeScalars.contains(first), let second, second != " " else { return false }
        }
        return !text.contains(": ") && !text.contains(" #")
    }

    /// Whether a reader may take the text for a number, a date or a time.
    private static func looksNumeric(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, "0123456789+-.".unicodeScalars.contains(first) else {
            return false
        }
        guard text.unicodeScalars.contains(where: { ("0"..."9").contains($0) }) else {
            return text == "." ? false : false
        }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "0"..."9", "+", "-", ".", "_", ":", "e", "E", "x", "o", "a"..."f", "A"..."F", "T", "Z": true
            default: false
            }
        }
    }
}
