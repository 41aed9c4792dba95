// SPDX-License-Identifier: Apache-2.0

/// The changes of a text as patch(1) reads them, with three lines around each.
///
/// Lines end at `\n` alone, as for patch(1).
enum Patch {
    private static let context = 3

    /// Some lines of the old text in a row, and what stands in their place.
    private struct Edit {
        var old: Range<Int>
        var new: [ArraySlice<UInt8>]
    }

    /// The patch of one file, by changes in the order of the text of which none is over another one.
    static func text(file: String, old: [UInt8], _ changes: [TextChange]) -> String {
        let lines = lines(old[...])
        let edits = edits(lines, old, changes)
        guard !edits.isEmpty else { return "" }
        let name = quoted(file)
        var text = "--- \(name)\n+++ \(name)\n"
        var shift = 0
        var index = 0
        while index < edits.count {
            var last = index
            while last + 1 < edits.count, edits[last + 1].old.lowerBound - edits[last].old.upperBound <= 2 * context {
                last += 1
            }
            text += hunk(edits[index...last], lines, shift: &shift)
            index = last + 1
        }
        return text
    }

    /// The lines that the changes touch.
    private static func edits(_ lines: [ArraySlice<UInt8>], _ old: [UInt8], _ changes: [TextChange]) -> [Edit] {
        var edits: [Edit] = []
        var number = 0
        var next = 0
        while next < changes.count {
            let place = changes[next].range.lowerBound
            while number < lines.count - 1, lines[number].endIndex <= place { number += 1 }
            var text: [UInt8] = []
            var end = lines[number].startIndex
            while next < changes.count, changes[next].range.lowerBound < lines[number].endIndex {
                text += old[end..<changes[next].range.lowerBound]
                text += Array(changes[next].text.utf8)
                end = changes[next].range.upperBound
                next += 1
            }
            text += old[end..<lines[number].endIndex]
            let edit = Edit(old: number..<number + 1, new: Self.lines(text[...]))
            // A line that is only put before another one leaves that as it is.
            edits.append(
                edit.new.last == lines[number]
                    ? Edit(old: number..<number, new: edit.new.dropLast()) : edit)
        }
        return edits
    }

    private static func hunk(
        _ edits: ArraySlice<Edit>, _ lines: [ArraySlice<UInt8>], shift: inout Int
    ) -> String {
        guard let first = edits.first, let last = edits.last else { return "" }
        let start = max(0, first.old.lowerBound - context)
        let end = min(lines.count, last.old.upperBound + context)
        let newStart = start + shift
        var body = ""
        var next = start
        for edit in edits {
            for place in next..<edit.old.lowerBound { body += line(" ", lines[place]) }
            for place in edit.old { body += line("-", lines[place]) }
            for new in edit.new { body += line("+", new) }
            shift += edit.new.count - edit.old.count
            next = edit.old.upperBound
        }
        for place in next..<end { body += line(" ", lines[place]) }
        return "@@ -\(start + 1),\(end - start) +\(newStart + 1),\(end + shift - newStart) @@\n" + body
    }

    private static func line(_ sign: String, _ bytes: ArraySlice<UInt8>) -> String {
        let text = sign + String(decoding: bytes, as: UTF8.self)
        return bytes.last == UInt8(ascii: "\n") ? text : text + "\n\\ No newline at end of file\n"
    }

    /// With their ends.
    private static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(bytes[start...end])
            start = end + 1
        }
        if start < bytes.endIndex { lines.append(bytes[start...]) }
        return lines
    }

    /// A name with blanks ends at a tab; one with what could end a line is written with C's escapes, as diff(1) does.
    private static func quoted(_ name: String) -> String {
        guard
            name.utf8.contains(where: {
                $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
            })
        else { return name.contains(" ") ? name + "\t" : name }
        var text = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(Unicode.Scalar(byte))
            case 0x20..<0x7f: text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return "\"\(text)\""
    }
}
