// SPDX-License-Identifier: Apache-2.0

/// Refuses, before it is parsed, a text with more `%TAG` directives than anybody writes.
///
/// The parser compares each with all before it, so that a few megabytes of them would keep it busy for an hour.
enum DirectiveBound {
    private static let most = 1000
    private static let word = Array("%TAG".utf8)

    static func check(_ text: String) throws(YAMLSyntaxError) {
        guard text.utf8.contains(word[0]) else { return }
        var count = 0
        var line = 1
        var matched = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n") { line += 1 }
            matched = byte == word[matched] ? matched + 1 : byte == word[0] ? 1 : 0
            guard matched == word.count else { continue }
            matched = 0
            count += 1
            guard count <= most else {
                throw YAMLSyntaxError(
                    position: Position(line: line, column: 1), problem: "has %TAG more than \(most) times",
                    remedy: "write the tags in full")
            }
        }
    }
}
