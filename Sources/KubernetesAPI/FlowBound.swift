// SPDX-License-Identifier: Apache-2.0

/// Refuses, before it is parsed, a large text with lists or mappings in brackets nested deeper than any manifest has.
///
/// The parser's work for each value grows with the depth in brackets, up to a thousand, so that a few megabytes of
/// values at the bottom would keep it busy for a minute.
enum FlowBound {
    /// Texts up to this size take no time at any depth, in bytes.
    private static let small = 64 << 10

    static func check(_ text: String) throws(YAMLSyntaxError) {
        guard text.utf8.count > small else { return }
        var depth = 0
        var line = 1
        // What stood before, blanks apart: a bracket opens a list only where a value may begin.
        var previous = UInt8(ascii: "\n")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if beginsValue(after: previous) { depth += 1 }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            default: break
            }
            guard depth <= YAMLReader.deepest else {
                throw YAMLSyntaxError(
                    position: Position(line: line, column: 1),
                    problem: "nested deeper than \(YAMLReader.deepest) levels in brackets",
                    remedy: "close the brackets")
            }
            previous = byte
        }
    }

    private static func beginsValue(after byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":"),
            UInt8(ascii: "-"), UInt8(ascii: "?"):
            true
        default: false
        }
    }
}
