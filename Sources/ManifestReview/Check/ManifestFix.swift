// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy

/// A change of one line of a file that makes it say what it plainly means: everything else stays, comments and layout too.
///
/// A capability's usual spelling, a file mode's leading 0, the number of a user whom the image names.
package struct TextChange: Hashable, Sendable {
    /// Of the file's bytes, within one line.
    package let range: Range<Int>
    package let text: String
    /// What is changed: a value, or the key before which another one is put.
    let subject: Subject

    /// A scalar or a key, by where it is written: what aliases refer to is in the object more than once.
    enum Subject: Hashable, Sendable {
        case value(Position)
        case key(Position)
    }

    /// Nil where the change cannot be made without touching the layout: a mapping in braces, a scalar with escapes.
    init?(_ edit: ManifestEdit, _ node: SourceNode, _ text: SourceText) {
        switch edit {
        case .replace(let path, let value):
            guard let scalar = node.node(at: FieldPath(parsing: path)) else { return nil }
            self.init(replacing: scalar, with: value, text)
        case .insert(let path, let key, let value):
            guard !text.isJSON, let mapping = node.node(at: FieldPath(parsing: path)) else { return nil }
            self.init(inserting: key, value, into: mapping, text)
        }
    }

    /// A plain or quoted scalar on one line, written just as it reads; what is quoted stays so.
    private init?(replacing scalar: SourceNode, with value: String, _ text: SourceText) {
        let old: String
        switch scalar.content {
        case .string(let text): old = text
        case .int(let number): old = String(number)
        default: return nil
        }
        guard let start = text.offset(of: scalar.position), start < text.bytes.count else { return nil }
        let rest = text.bytes[start...]
        subject = .value(scalar.position)
        if let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            guard rest.dropFirst().starts(with: Array(old.utf8) + [quote]) else { return nil }
            range = start + 1..<start + 1 + old.utf8.count
            self.text = value
            return
        }
        guard rest.starts(with: old.utf8) else { return nil }
        let end = start + old.utf8.count
        let lineEnd = text.line(Int(scalar.position.line)).endIndex
        guard end == lineEnd || end < lineEnd && " \t,]}".utf8.contains(text.bytes[end]) else { return nil }
        range = start..<end
        // JSON has no octal numbers.
        let octal = text.isJSON && value.hasPrefix("0") ? Int(value, radix: 8) : nil
        self.text = octal.map { String($0) } ?? value
    }

    /// A line of its own before the mapping's first field.
    private init?(inserting key: String, _ value: String, into mapping: SourceNode, _ text: SourceText) {
        // A mapping in braces begins before its first field; of one with `<<`, the first field may be another one's.
        guard case .object(let members) = mapping.content, let first = members.first?.position,
            mapping.position == first, mapping.member(key) == nil, let start = text.offset(of: first)
        else { return nil }
        let line = text.line(Int(first.line))
        // Only blanks before it: no `- `.
        let indentation = line[..<start]
        guard indentation.allSatisfy({ $0 == UInt8(ascii: " ") }) else { return nil }
        subject = .key(first)
        range = start..<start
        self.text =
            "\(key): \(value)" + String(decoding: text.lineEnd(of: Int(first.line)) + indentation, as: UTF8.self)
    }
}

extension TextChange {
    /// How often each value and key of the objects is there: more than once is what aliases refer to.
    static func uses(in nodes: [SourceNode]) -> [Subject: Int] {
        var uses: [Subject: Int] = [:]
        func count(_ node: SourceNode) {
            switch node.content {
            case .array(let elements): for element in elements { count(element) }
            case .object(let members):
                for member in members {
                    uses[.key(member.position), default: 0] += 1
                    count(member.value)
                }
            case .null, .bool, .int, .double, .string: uses[.value(node.position), default: 0] += 1
            }
        }
        for node in nodes { count(node) }
        return uses
    }
}

/// A file's safe changes, in its order.
package struct ManifestFix: Sendable {
    private let old: SourceText
    let changes: [TextChange]
    /// What they answer, in the order of the file.
    package let problems: [Problem]

    /// Nil where there is nothing to change.
    init?(_ review: FileReview) {
        var changes: [TextChange] = []
        var answered: Set<Int> = []
        let wanted = review.problems.indices.compactMap { index in
            review.problems[index].allowance == nil ? review.problems[index].change.map { (index, $0) } : nil
        }
        let ordered = wanted.sorted {
            ($0.1.range.lowerBound, $0.1.range.upperBound, $0.0) < ($1.1.range.lowerBound, $1.1.range.upperBound, $1.0)
        }
        // Of two that ask for different things at one place neither is right for both.
        var contradicted: Set<TextChange> = []
        for ((_, first), (_, second)) in zip(ordered, ordered.dropFirst())
        where first != second && (first.range == second.range || first.range.overlaps(second.range)) {
            contradicted.formUnion([first, second])
        }
        for (index, change) in ordered where !contradicted.contains(change) {
            // What several objects share is asked for by each of them.
            if change != changes.last { changes.append(change) }
            answered.insert(index)
        }
        guard !changes.isEmpty else { return nil }
        old = review.text
        self.changes = changes
        problems = review.problems.indices.filter(answered.contains).map { review.problems[$0] }
    }

    /// The file as it is after them.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var end = 0
        for change in changes {
            bytes += old.bytes[end..<change.range.lowerBound]
            bytes += Array(change.text.utf8)
            end = change.range.upperBound
        }
        return bytes + old.bytes[end...]
    }

    /// For patch(1).
    package func patch(file: String) -> String { Patch.text(file: file, old: old.bytes, changes) }
}

extension FileReview {
    /// Nil where nothing is to be changed.
    package var fix: ManifestFix? { ManifestFix(self) }
}
