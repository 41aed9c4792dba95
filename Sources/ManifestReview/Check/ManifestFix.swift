// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy

/// A change of one line of a file that makes it say what it plainly means: everything else stays, comments and layout too.
///
/// A capability's usual spelling, a file mode's leading 0, the number of a user whom the image names.
package struct TextChange: Hashable, Sendable {
    /// Of the file's bytes.
    let range: Range<Int>
    let text: String

    /// Nil where the change cannot be made without touching the layout: a mapping in braces, a scalar of several lines.
    init?(_ edit: ManifestEdit, _ node: SourceNode, _ text: SourceText) {
        let isJSON = text.isJSON
        switch edit {
        case .replace(let path, let value):
            guard let scalar = node.node(at: FieldPath(parsing: path)), scalar.isScalar,
                let start = text.offset(of: scalar.position)
            else { return nil }
            self.init(replacingAt: start, with: value, text, isJSON: isJSON)
        case .insert(let path, let key, let value):
            guard !isJSON else { return nil }
            self.init(inserting: key, value, into: node.node(at: FieldPath(parsing: path)), text)
        }
    }

    /// A plain or quoted scalar on one line; what is quoted stays so.
    private init?(replacingAt start: Int, with value: String, _ text: SourceText, isJSON: Bool) {
        let bytes = text.bytes
        guard start < bytes.count else { return nil }
        let quote = bytes[start]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            guard let end = bytes[(start + 1)...].firstIndex(of: quote),
                !bytes[start..<end].contains(UInt8(ascii: "\n")), !bytes[start..<end].contains(UInt8(ascii: "\\"))
            else { return nil }
            range = start + 1..<end
            self.text = value
            return
        }
        let ends = Set(" \t\r\n,]}#".utf8)
        let end = bytes[start...].firstIndex { ends.contains($0) } ?? bytes.count
        guard end > start, !Set("&*!|>[{".utf8).contains(quote) else { return nil }
        range = start..<end
        // JSON has no octal numbers.
        let octal = value.hasPrefix("0") && value.utf8.count > 1 ? Int(value, radix: 8) : nil
        self.text = isJSON ? octal.map { String($0) } ?? value : value
    }

    /// A line of its own before the mapping's first field.
    private init?(inserting key: String, _ value: String, into mapping: SourceNode?, _ text: SourceText) {
        guard case .object(let members)? = mapping?.content, let first = members.first?.position,
            let start = text.offset(of: first)
        else { return nil }
        let before = text.line(Int(first.line)).prefix(Int(first.column) - 1)
        // Only blanks before it: neither `- ` nor a brace.
        guard before.allSatisfy({ $0 == UInt8(ascii: " ") }) else { return nil }
        range = start..<start
        self.text = "\(key): \(value)\n\(String(repeating: " ", count: before.count))"
    }
}

extension SourceNode {
    fileprivate var isScalar: Bool {
        switch content {
        case .array, .object, .null: false
        case .bool, .int, .double, .string: true
        }
    }
}

extension FileReview {
    /// The file with all safe changes, and the problems that they answer; nil where there are none.
    package func fixed() -> (bytes: [UInt8], problems: [Problem])? {
        var changes: [TextChange] = []
        var fixed: [Problem] = []
        for problem in problems where problem.allowance == nil {
            guard let change = problem.change else { continue }
            // Two containers of one image may ask for the same line.
            if !changes.contains(change) {
                guard !changes.contains(where: { $0.range.overlaps(change.range) || $0.range == change.range }) else {
                    continue
                }
                changes.append(change)
            }
            fixed.append(problem)
        }
        guard !changes.isEmpty else { return nil }
        var bytes = text.bytes
        for change in changes.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            bytes.replaceSubrange(change.range, with: Array(change.text.utf8))
        }
        return (bytes, fixed)
    }
}
