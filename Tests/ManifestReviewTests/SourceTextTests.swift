// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@testable import ManifestReview

@Suite("The lines and columns of a text")
struct SourceTextTests {
    @Test(
        "lines end as YAML's parser counts them, and JSON's at line feeds alone",
        arguments: [
            ("a\nb\r\nc\rd\u{85}e\u{2028}f\u{2029}g", ["a", "b", "c", "d", "e", "f", "g"]), ("", [""]),
            ("a\n", ["a", ""]), ("\r\r\n\n", ["", "", "", ""]), ("\u{feff}a\nb", ["a", "b"]),
            ("é\u{a8}\u{2026}", ["é\u{a8}\u{2026}"]),
            ("{\u{2028}\r}\n", ["{\u{2028}\r}", ""]),
        ])
    func lines(text: String, expected: [String]) {
        let source = SourceText(Array(text.utf8))
        #expect((1...source.lineCount).map { String(decoding: source.line($0), as: UTF8.self) } == expected)
        #expect(source.line(0).isEmpty && source.line(source.lineCount + 1).isEmpty)
    }

    @Test(
        "a place is found by its line and code point, also far behind in a long line", arguments: [1, 3, 2_000, 50_000])
    func offsets(count: Int) {
        let unit = "aß世😀"
        let line = String(repeating: unit, count: count)
        let source = SourceText(Array("\u{feff}first\n\(line)\nlast".utf8))
        let start = 3 + 6
        for column in [1, 2, 3, 4, 5, count * 2 + 1, count * 4 - 1, count * 4] {
            var offset = start + (column - 1) / 4 * unit.utf8.count
            offset += [0, 1, 3, 6][(column - 1) % 4]
            #expect(source.offset(of: Position(line: 2, column: column)) == offset)
            #expect(source.column(of: offset, in: source.line(2)) == column)
        }
        let end = start + line.utf8.count
        #expect(source.offset(of: Position(line: 2, column: count * 4 + 1)) == end)
        #expect(source.offset(of: Position(line: 2, column: count * 9)) == end, "a line's end is the last place in it")
        #expect(source.offset(of: Position(line: 3, column: 2)) == end + 2)
        #expect(source.offset(of: Position(line: 4, column: 1)) == nil)
    }

    @Test("a short line is shown whole, and of a long one what is around the place")
    func excerpts() {
        let line = (0..<5_000).map { "\($0)世" }.joined()
        let source = SourceText(Array("short\n\(line)".utf8))
        #expect(source.excerpt(around: Position(line: 1, column: 3)) == ("short", 2))
        #expect(source.excerpt(around: Position(line: 1, column: 90)) == ("short", 5))
        let (text, before) = source.excerpt(around: Position(line: 2, column: 10_001))
        #expect(text.unicodeScalars.count == 120 && before == 40)
        let all = Array(line.unicodeScalars)
        #expect(Array(text.unicodeScalars) == Array(all[9_960..<10_080]))
        #expect(source.excerpt(around: Position(line: 2, column: 5)).before == 4)
    }

    @Test("a megabyte on one line with a thousand places is read in a moment")
    func longLine() {
        let source = SourceText(Array(String(repeating: "世", count: 350_000).utf8))
        let clock = ContinuousClock()
        let time = clock.measure {
            for column in 0..<1_000 { _ = source.excerpt(around: Position(line: 1, column: column * 350)) }
        }
        // Reading the line each time takes minutes in a debug build.
        #expect(time < .seconds(5), "\(time)")
    }
}
