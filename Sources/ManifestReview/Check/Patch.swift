// SPDX-License-Identifier: Apache-2.0

/// The difference of two texts as patch(1) reads it, with three lines around each change.
///
/// For texts of which one is the other with a few lines changed or added: lines that are alike are found by their order.
package enum Patch {
    private static let context = 3

    package static func text(file: String, old: [UInt8], new: [UInt8]) -> String {
        let (before, after) = (lines(old), lines(new))
        var edits: [(old: Range<Int>, new: Range<Int>)] = []
        var (left, right) = (0, 0)
        while left < before.count || right < after.count {
            if left < before.count, right < after.count, before[left] == after[right] {
                (left, right) = (left + 1, right + 1)
                continue
            }
            let (skipLeft, skipRight) = nextMatch(before[left...], after[right...])
            edits.append((left..<left + skipLeft, right..<right + skipRight))
            (left, right) = (left + skipLeft, right + skipRight)
        }
        guard !edits.isEmpty else { return "" }
        var text = "--- \(file)\n+++ \(file)\n"
        var index = 0
        while index < edits.count {
            var last = index
            while last + 1 < edits.count, edits[last + 1].old.lowerBound - edits[last].old.upperBound <= 2 * context {
                last += 1
            }
            text += hunk(Array(edits[index...last]), before, after)
            index = last + 1
        }
        return text
    }

    /// How many lines of each to pass over until they are alike again.
    private static func nextMatch(_ left: ArraySlice<ArraySlice<UInt8>>, _ right: ArraySlice<ArraySlice<UInt8>>) -> (
        Int, Int
    ) {
        for distance in 1...(left.count + right.count) {
            for skip in 0...distance where skip <= left.count && distance - skip <= right.count {
                let (first, second) = (left.dropFirst(skip).first, right.dropFirst(distance - skip).first)
                if first == second { return (skip, distance - skip) }
            }
        }
        return (left.count, right.count)
    }

    private static func hunk(
        _ edits: [(old: Range<Int>, new: Range<Int>)], _ before: [ArraySlice<UInt8>], _ after: [ArraySlice<UInt8>]
    ) -> String {
        let start = max(0, edits[0].old.lowerBound - context)
        let end = min(before.count, edits[edits.count - 1].old.upperBound + context)
        let newStart = edits[0].new.lowerBound - (edits[0].old.lowerBound - start)
        var body = ""
        var next = start
        var newCount = 0
        func line(_ sign: String, _ bytes: ArraySlice<UInt8>) -> String {
            var text = sign + String(decoding: bytes, as: UTF8.self)
            if !text.hasSuffix("\n") { text += "\n\\ No newline at end of file\n" }
            return text
        }
        for edit in edits {
            for place in next..<edit.old.lowerBound { body += line(" ", before[place]) }
            newCount += edit.old.lowerBound - next
            for place in edit.old { body += line("-", before[place]) }
            for place in edit.new { body += line("+", after[place]) }
            newCount += edit.new.count
            next = edit.old.upperBound
        }
        for place in next..<end { body += line(" ", before[place]) }
        newCount += end - next
        return "@@ -\(start + 1),\(end - start) +\(newStart + 1),\(newCount) @@\n" + body
    }

    /// With their ends.
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(bytes[start...index])
            start = index + 1
        }
        if start < bytes.count { lines.append(bytes[start...]) }
        return lines
    }
}
