// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Comments that take a problem on, with a reason: `# holdfast: allow capability-unused because …`.
///
/// A comment is about the field on its line, or, on a line of its own, about the field on the next line that is none; and
/// about everything within that field. At the head of a document it is about all of it.
struct AllowComments {
    struct Comment: Hashable {
        /// Of the comment itself.
        let line: Int
        let column: Int
        let ids: [String]
        let reason: String
    }

    /// By the line that they are about.
    private(set) var byLine: [Int: [Comment]] = [:]
    /// Comments that allow nothing, and why.
    private(set) var mistakes: [(line: Int, column: Int, message: String, remedy: String)] = []
    private var used: Set<Comment> = []

    static let mark = Array("holdfast:".utf8)

    /// Reads the comments of a text; most have none, and are told apart by one search.
    init(_ text: () -> SourceText, bytes: [UInt8], knownIDs: (String) -> Bool) {
        guard bytes.firstPlace(of: Self.mark) != nil else { return }
        let text = text()
        var pending: [Comment] = []
        for number in 1...text.lineCount {
            let line = text.line(number)
            let isComment = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: "#")
            if let comment = read(line, number, knownIDs) {
                if isComment { pending.append(comment) } else { byLine[number, default: []].append(comment) }
            }
            let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if isComment || isBlank || line.starts(with: "---".utf8) { continue }
            byLine[number, default: []] += pending
            pending = []
        }
    }

    var isEmpty: Bool { byLine.isEmpty }

    /// `allow ID, ID because REASON` behind the mark.
    private mutating func read(_ line: ArraySlice<UInt8>, _ number: Int, _ known: (String) -> Bool) -> Comment? {
        guard let range = line.firstPlace(of: Self.mark) else { return nil }
        // Only blanks between the sign of a comment and the mark.
        let before = line[..<range.lowerBound].reversed().drop { $0 == UInt8(ascii: " ") }
        guard before.first == UInt8(ascii: "#") else { return nil }
        let start = before.dropFirst()
        guard start.isEmpty || start.first == UInt8(ascii: " ") || start.first == UInt8(ascii: "\t") else { return nil }
        let column = String(decoding: line[..<range.lowerBound], as: UTF8.self).unicodeScalars.count + 1
        let words = String(decoding: line[range.upperBound...], as: UTF8.self).split(separator: " ")
        func mistake(_ message: String, _ remedy: String) -> Comment? {
            mistakes.append((number, column, message, remedy))
            return nil
        }
        let form = "write # holdfast: allow ID because REASON"
        guard words.first == "allow" else {
            return mistake("a comment to holdfast that says nothing that it knows", form)
        }
        guard let because = words.firstIndex(of: "because"), because + 1 < words.count else {
            return mistake("nothing is allowed without a reason", form)
        }
        let ids = words[1..<because].flatMap { $0.split(separator: ",") }.map(String.init)
        guard !ids.isEmpty else { return mistake("names nothing that is to be allowed", form) }
        if let unknown = ids.first(where: { !known($0) }) {
            return mistake("\"\(unknown)\" is no finding", "holdfast check --list shows all")
        }
        return Comment(line: number, column: column, ids: ids, reason: words[(because + 1)...].joined(separator: " "))
    }

    /// The reason for which a problem is allowed, by the lines of its field and of the fields around it.
    mutating func reason(for id: String, on lines: some Sequence<Int>) -> String? {
        for line in lines {
            guard let comment = byLine[line]?.first(where: { $0.ids.contains { Self.covers($0, id) } }) else {
                continue
            }
            used.insert(comment)
            return comment.reason
        }
        return nil
    }

    /// `pod-security` covers each of its checks.
    static func covers(_ allowed: String, _ id: String) -> Bool {
        allowed == id || id.hasPrefix("\(allowed)/")
    }

    /// Those that were not needed.
    var unused: [Comment] {
        Set(byLine.values.joined()).subtracting(used).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}
