// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Comments that take a problem on, with a reason: `# holdfast: allow capability-unused because …`.
///
/// A comment is about the field on its line, or, on a line of its own, about the field on the next line that is none; and
/// about everything within that field. At the head of a document it is about all of it, and of no other one.
struct AllowComments {
    struct Comment: Hashable {
        /// Of the comment itself.
        let line: Int
        let column: Int
        let ids: [String]
        let reason: String
    }

    struct Mistake: Hashable {
        let line: Int
        let column: Int
        let message: String
        let remedy: String
    }

    /// By the line that they are about.
    private(set) var byLine: [Int: [Comment]] = [:]
    /// Comments that allow nothing, and why.
    private(set) var mistakes: [Mistake] = []
    /// Every comment that allows something somewhere, in the order of the file.
    private var comments: [Comment] = []
    private var used: Set<Use> = []

    private struct Use: Hashable {
        let line: Int
        let column: Int
        let id: String
    }

    /// No comment.
    init() {}

    init(_ text: SourceText, marks: [CommentMark], knownIDs: (String) -> Bool) {
        let byNumber = Dictionary(grouping: marks, by: \.line)
        // Of lines of their own, whose field comes further down.
        var pending: [Comment] = []
        var isInDocument = false
        for number in 1...text.lineCount {
            let line = text.line(number)
            let mark = byNumber[number]?.first
            let comment = mark.flatMap { read($0, line, knownIDs) }
            if let comment { comments.append(comment) }
            switch Self.kind(of: line) {
            case .empty: pending += comment.map { [$0] } ?? []
            case .boundary:
                // What stands below a document's last field is about nothing, and not about the next document.
                if isInDocument { pending = [] }
                isInDocument = false
                pending += comment.map { [$0] } ?? []
            case .content:
                let all = pending + (comment.map { [$0] } ?? [])
                if !all.isEmpty { byLine[number, default: []] += all }
                pending = []
                isInDocument = true
            }
        }
    }

    var isEmpty: Bool { comments.isEmpty }

    // MARK: lines

    private enum Line { case empty, boundary, content }

    private static func kind(of line: ArraySlice<UInt8>) -> Line {
        let words = line.drop(while: isBlank)
        guard let first = words.first, first != UInt8(ascii: "#") else { return .empty }
        let rest = words.dropFirst().drop(while: isBlank)
        let isEmptyBehind = rest.first.map { $0 == UInt8(ascii: "#") } ?? true
        // The sign of a list's element, whose fields begin on the next line.
        if first == UInt8(ascii: "-"), isEmptyBehind { return .empty }
        for sign in ["---", "..."] where line.starts(with: sign.utf8) {
            let rest = line.dropFirst(3)
            guard rest.first.map(isBlank) ?? true else { continue }
            return rest.drop(while: isBlank).first.map { $0 == UInt8(ascii: "#") } ?? true ? .boundary : .content
        }
        return line.first == UInt8(ascii: "%") ? .empty : .content
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// `allow ID, ID because REASON` behind the mark.
    private mutating func read(
        _ mark: CommentMark, _ line: ArraySlice<UInt8>, _ isKnown: (String) -> Bool
    ) -> Comment? {
        let words = line[mark.end...].split(whereSeparator: Self.isBlank).map { String(decoding: $0, as: UTF8.self) }
        func mistake(_ message: String, _ remedy: String) -> Comment? {
            mistakes.append(Mistake(line: mark.line, column: mark.column, message: message, remedy: remedy))
            return nil
        }
        let form = "write # holdfast: allow ID because REASON"
        guard words.first == "allow" else { return mistake("a comment to holdfast that it does not understand", form) }
        let ids = words.dropFirst().prefix { $0 != "because" }.flatMap { $0.split(separator: ",") }.map(String.init)
        guard !ids.isEmpty else { return mistake("names nothing that is to be allowed", form) }
        if let unknown = ids.first(where: { !isKnown($0) }) {
            return mistake("\"\(unknown)\" is no finding", "holdfast check --list shows all")
        }
        let reason = words.drop { $0 != "because" }.dropFirst().joined(separator: " ")
        guard !reason.isEmpty else { return mistake("nothing is allowed without a reason", form) }
        return Comment(line: mark.line, column: mark.column, ids: ids, reason: reason)
    }

    // MARK: what they allow

    /// The reason for which a problem is allowed, by the lines of its field and of the fields around it.
    mutating func reason(for id: String, on lines: some Sequence<Int>) -> String? {
        for line in lines {
            for comment in byLine[line] ?? [] {
                guard let allowed = comment.ids.first(where: { Self.covers($0, id) }) else { continue }
                used.insert(Use(line: comment.line, column: comment.column, id: allowed))
                return comment.reason
            }
        }
        return nil
    }

    /// `pod-security` covers each of its checks.
    static func covers(_ allowed: String, _ id: String) -> Bool {
        allowed == id || id.hasPrefix("\(allowed)/")
    }

    /// The ids that were not needed, by comment.
    var unused: [(comment: Comment, ids: [String])] {
        comments.compactMap { comment in
            let ids = comment.ids.filter {
                !used.contains(Use(line: comment.line, column: comment.column, id: $0))
            }
            return ids.isEmpty ? nil : (comment, ids)
        }
    }
}
