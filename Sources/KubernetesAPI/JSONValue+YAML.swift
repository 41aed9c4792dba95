// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// As `kubectl get -o yaml` prints it: two spaces a level, keys sorted, lists at the level of their key.
    package var yamlText: String {
        var writer = YAMLWriter()
        writer.write(self, depth: 0, after: .line)
        return writer.text
    }
}

private struct YAMLWriter {
    /// What stands on the line before a value.
    enum Before {
        case line
        case key
        case dash
    }
    var text = ""

    mutating func write(_ value: JSONValue, depth: Int, after before: Before) {
        switch value {
        case .object(let members) where !members.isEmpty: write(members, depth: depth, after: before)
        case .array(let elements) where !elements.isEmpty: write(elements, depth: depth, after: before)
        default:
            if before != .line { text += " " }
            scalar(value, depth: depth)
        }
    }

    private mutating func write(_ members: [String: JSONValue], depth: Int, after before: Before) {
        let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        if before == .key { text += "\n" }
        for (index, member) in sorted.enumerated() {
            if index == 0, before == .dash { text += " " } else { indent(depth) }
            text += Self.isPlain(member.key) ? member.key : Self.quoted(member.key)
            text += ":"
            let isList = if case .array = member.value { true } else { false }
            write(member.value, depth: isList ? depth : depth + 1, after: .key)
        }
    }

    private mutating func write(_ elements: [JSONValue], depth: Int, after before: Before) {
        if before == .key { text += "\n" }
        for (index, element) in elements.enumerated() {
            if index == 0, before == .dash { text += " " } else { indent(depth) }
            text += "-"
            write(element, depth: depth + 1, after: .dash)
        }
    }

    private mutating func indent(_ depth: Int) { text += String(repeating: "  ", count: depth) }

    private mutating func scalar(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: text += "null\n"
        case .bool(let value): text += "\(value)\n"
        case .int(let number): text += "\(number)\n"
        case .double(let number): text += "\(JSONValue.text(of: number))\n"
        case .array: text += "[]\n"
        case .object: text += "{}\n"
        case .string(let string):
            if Self.isPlain(string) {
                text += "\(string)\n"
            } else if Self.isLiteral(string) {
                literal(string, depth: depth)
            } else {
                text += "\(Self.quoted(string))\n"
            }
        }
    }

    private mutating func literal(_ string: String, depth: Int) {
        let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        // The last piece is empty where the text ends with a line end; more of those are kept by `+`.
        let ends = lines.reversed().prefix { $0.isEmpty }.count
        text += ends == 0 ? "|-\n" : ends == 1 ? "|\n" : "|+\n"
        for line in ends > 0 ? lines.dropLast() : lines[...] {
            if !line.isEmpty {
                indent(max(depth, 1))
                text += line
            }
            text += "\n"
        }
    }

    /// In double quotes, with JSON's escapes also for what YAML does not read as it is.
    private static func quoted(_ string: String) -> String {
        var text = ""
        for scalar in JSONValue.string(string).compactText.unicodeScalars {
            if isPrintable(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                text += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)"
            }
        }
        return text
    }

    /// Whether the text may stand without quotes and is read back as the same text.
    private static func isPlain(_ string: String) -> Bool {
        guard let first = string.unicodeScalars.first, string.unicodeScalars.last != " ", string.last != ":" else {
            return false
        }
        guard case .string = ScalarResolution.content(ofPlain: string), !isDate(string) else { return false }
        guard string != "<<", string != "=", string != "---", string != "..." else { return false }
        if "!&*?|>@`%\"'#,[]{}: ".unicodeScalars.contains(first) { return false }
        if first == "-", string.unicodeScalars.dropFirst().first.map({ $0 == " " }) ?? true { return false }
        guard !string.contains(": "), !string.contains(" #") else { return false }
        return string.unicodeScalars.allSatisfy(isPrintable)
    }

    /// Whether other readers may take this for a date.
    private static func isDate(_ string: String) -> Bool {
        let digits = string.utf8.prefix(5)
        return digits.count == 5 && digits.last == UInt8(ascii: "-")
            && digits.dropLast().allSatisfy { (48...57).contains($0) }
    }

    private static func isLiteral(_ string: String) -> Bool {
        guard string.contains("\n"), let first = string.first, first != " ", first != "\n" else { return false }
        return string.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...: true
        default: false
        }
    }
}
