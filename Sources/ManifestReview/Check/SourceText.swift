// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A file's text by its lines, cut only once somebody asks for one.
package struct SourceText: Sendable {
    package let bytes: [UInt8]
    /// Where each line begins.
    private let starts: [Int]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
        self.starts = starts
    }

    package var lineCount: Int { starts.count }

    /// The bytes of a line, counted from 1, without its end; empty where there is none.
    package func line(_ number: Int) -> ArraySlice<UInt8> {
        guard (1...starts.count).contains(number) else { return [] }
        let end = number < starts.count ? starts[number] - 1 : bytes.count
        let line = bytes[starts[number - 1]..<end]
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    package func text(_ number: Int) -> String { String(decoding: line(number), as: UTF8.self) }

    /// The place of a position in ``bytes``; the column counts code points.
    package func offset(of position: Position) -> Int? {
        let line = Int(position.line)
        guard (1...starts.count).contains(line) else { return nil }
        var offset = starts[line - 1]
        // The mark that some editors put first is no character of the text.
        if line == 1, bytes.starts(with: [0xef, 0xbb, 0xbf]) { offset += 3 }
        var column = 1
        while column < Int(position.column), offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
            offset += 1
            while offset < bytes.count, bytes[offset] & 0xc0 == 0x80 { offset += 1 }
            column += 1
        }
        return offset
    }

    /// Whether it is JSON: in braces or brackets from its first character on.
    var isJSON: Bool {
        bytes.first { $0 > 0x20 }.map { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") } ?? false
    }
}
