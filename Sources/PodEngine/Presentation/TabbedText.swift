// SPDX-License-Identifier: Apache-2.0

/// Lines of cells that end in tabs, laid out as kubectl does: adjoining lines with a cell in a column share its width.
///
/// Source: text/tabwriter.
struct TabbedText {
    /// Cells of a column are at least so wide, padding included.
    let minimum: Int
    let padding: Int
    private var lines: [[Substring]] = []

    init(minimum: Int = 0, padding: Int = 2) {
        self.minimum = minimum
        self.padding = padding
    }

    /// Adds a line, indented by two spaces a level; what it says in several lines is several lines.
    mutating func add(_ level: Int = 0, _ text: String) {
        let indented = String(repeating: "  ", count: level) + text
        for line in indented.split(separator: "\n", omittingEmptySubsequences: false) {
            lines.append(line.split(separator: "\t", omittingEmptySubsequences: false))
        }
    }

    /// With a newline at the end of each line.
    var text: String {
        var out = ""
        var widths: [Int] = []
        layOut(lines.indices, &widths, &out)
        return out
    }

    private func layOut(_ range: Range<Int>, _ widths: inout [Int], _ out: inout String) {
        let column = widths.count
        var next = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            guard column < lines[index].count - 1 else {
                index += 1
                continue
            }
            write(next..<index, widths, &out)
            let first = index
            var width = minimum
            while index < range.upperBound, column < lines[index].count - 1 {
                width = max(width, lines[index][column].unicodeScalars.count + padding)
                index += 1
            }
            widths.append(width)
            layOut(first..<index, &widths, &out)
            widths.removeLast()
            next = index
        }
        write(next..<range.upperBound, widths, &out)
    }

    private func write(_ range: Range<Int>, _ widths: [Int], _ out: inout String) {
        for line in lines[range] {
            for (column, cell) in line.enumerated() {
                out += cell
                if column < widths.count, column < line.count - 1 {
                    out += String(repeating: " ", count: max(0, widths[column] - cell.unicodeScalars.count))
                }
            }
            out += "\n"
        }
    }
}
