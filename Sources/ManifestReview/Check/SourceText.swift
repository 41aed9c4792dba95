// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A file's text by lines and columns, as its positions count them.
///
/// One pass over the bytes; after it a place is found without reading its line again, however long that is.
package struct SourceText: Sendable {
    package let bytes: [UInt8]
    /// Whether it begins as JSON does: with a brace.
    let isJSON: Bool
    /// Where each line begins; the mark that some editors put first is no character of the first one.
    private let starts: [Int]
    /// How many code points begin before each block of ``block`` bytes; empty where each byte is one.
    private let points: [Int]

    private static let block = 1024
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let first = bytes.starts(with: Self.mark) ? Self.mark.count : 0
        isJSON = bytes[first...].first { $0 > 0x20 } == UInt8(ascii: "{")
        var starts = [first]
        var isASCII = true
        for index in bytes.indices {
            let byte = bytes[index]
            if byte >= 0x80 { isASCII = false }
            guard byte == UInt8(ascii: "\n") || !isJSON && Self.mayEndBreak(byte) else { continue }
            if Self.isBreak(bytes, endingAt: index) { starts.append(index + 1) }
        }
        self.starts = starts
        points = isASCII ? [] : Self.points(bytes)
    }

    package var lineCount: Int { starts.count }

    // MARK: lines

    /// YAML 1.1 also ends a line at a carriage return alone, and at U+0085, U+2028 and U+2029; its parser counts so.
    private static func mayEndBreak(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\r") || byte == 0x85 || byte == 0xa8 || byte == 0xa9
    }

    private static func isBreak(_ bytes: [UInt8], endingAt index: Int) -> Bool {
        switch bytes[index] {
        case UInt8(ascii: "\n"): true
        case UInt8(ascii: "\r"): index + 1 == bytes.count || bytes[index + 1] != UInt8(ascii: "\n")
        case 0x85: index >= 1 && bytes[index - 1] == 0xc2
        default: index >= 2 && bytes[index - 1] == 0x80 && bytes[index - 2] == 0xe2
        }
    }

    /// The bytes of a line, counted from 1, without its end; empty where there is none.
    package func line(_ number: Int) -> ArraySlice<UInt8> {
        guard (1...starts.count).contains(number) else { return [] }
        let start = starts[number - 1]
        guard number < starts.count else { return bytes[start...] }
        return bytes[start..<starts[number] - lengthOfBreak(before: starts[number])]
    }

    private func lengthOfBreak(before end: Int) -> Int {
        switch bytes[end - 1] {
        case UInt8(ascii: "\n"): end >= 2 && bytes[end - 2] == UInt8(ascii: "\r") ? 2 : 1
        case UInt8(ascii: "\r"): 1
        case 0x85: 2
        default: 3
        }
    }

    /// What ends this line, or else the one before it.
    func lineEnd(of number: Int) -> ArraySlice<UInt8> {
        let next = number < starts.count ? number : number - 1
        guard next > 0, next < starts.count else { return [UInt8(ascii: "\n")] }
        return bytes[starts[next] - lengthOfBreak(before: starts[next])..<starts[next]]
    }

    // MARK: columns

    private static func isFirst(_ byte: UInt8) -> Bool { byte & 0xc0 != 0x80 }

    private static func points(_ bytes: [UInt8]) -> [Int] {
        var points: [Int] = []
        var count = 0
        for index in bytes.indices {
            if index % block == 0 { points.append(count) }
            if isFirst(bytes[index]) { count += 1 }
        }
        return points
    }

    /// How many code points begin before this offset.
    private func points(before offset: Int) -> Int {
        guard !points.isEmpty else { return offset }
        let block = min(offset / Self.block, points.count - 1)
        return points[block] + bytes[block * Self.block..<offset].count(where: Self.isFirst)
    }

    /// The place of a position in ``bytes``; the end of its line where the line is shorter.
    package func offset(of position: Position) -> Int? {
        guard (1...starts.count).contains(Int(position.line)) else { return nil }
        let line = line(Int(position.line))
        return offset(in: line, pastPoints: max(0, Int(position.column) - 1))
    }

    private func offset(in line: ArraySlice<UInt8>, pastPoints count: Int) -> Int {
        guard !points.isEmpty else { return min(line.startIndex + count, line.endIndex) }
        let wanted = points(before: line.startIndex) + count
        // The last block that begins at or before it.
        var (low, high) = (line.startIndex / Self.block, points.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if points[middle] <= wanted { low = middle } else { high = middle }
        }
        var offset = max(low * Self.block, line.startIndex)
        var passed = points(before: offset)
        while offset < line.endIndex {
            if Self.isFirst(bytes[offset]) {
                if passed == wanted { break }
                passed += 1
            }
            offset += 1
        }
        return min(offset, line.endIndex)
    }

    /// The column, from 1, of a place in this line.
    func column(of offset: Int, in line: ArraySlice<UInt8>) -> Int {
        points(before: offset) - points(before: line.startIndex) + 1
    }

    /// The line of a position, or of a long line what is around it, and the code points in it before the position.
    func excerpt(around position: Position) -> (text: String, before: Int) {
        let line = line(Int(position.line))
        let column = min(
            max(0, Int(position.column) - 1), points(before: line.endIndex) - points(before: line.startIndex))
        let isLong = offset(in: line, pastPoints: Self.longest) < line.endIndex
        let skipped = isLong ? max(0, column - Self.window / 3) : 0
        let start = offset(in: line, pastPoints: skipped)
        let end = isLong ? offset(in: line, pastPoints: skipped + Self.window) : line.endIndex
        return (String(decoding: bytes[start..<end], as: UTF8.self), column - skipped)
    }

    /// In code points: lines up to this length are shown whole, of longer ones so many.
    private static let longest = 160
    private static let window = 120
}
