// SPDX-License-Identifier: Apache-2.0
import Yams

/// Refuses, before it is parsed, a text whose aliases nest so deeply that freeing its values would overflow the stack.
///
/// A list that holds an alias of a list that holds an alias, and so on, nests without a bracket or an indent too many.
/// So the text is read with its aliases as plain text first, and the levels are counted. An error that is found then is
/// thrown then: after it, too, values would be freed.
struct AliasNesting {
    /// More levels than any value has; freeing one takes about 150 bytes of the stack.
    private static let deepest = 20_000
    /// The parser reads no deeper without aliases.
    private static let deepestWithoutAliases = 1000
    /// Stands in the place of an alias's `*`, one character as that.
    private static let mark: Unicode.Scalar = "\u{e000}"

    /// By anchor: the levels of what it names last.
    private var levels: [String: Int] = [:]

    static func check(_ text: String) throws(YAMLSyntaxError) {
        // A level takes two bytes at least.
        guard text.utf8.count > 2 * deepest, text.utf8.contains(UInt8(ascii: "&")),
            let plain = withoutAliases(text)
        else { return }
        try YAMLReader.read(plain) { _ in
            let parser = try Parser(yaml: plain, resolver: .basic, encoding: .utf8)
            var nesting = Self()
            while let root = try parser.nextRoot() {
                guard nesting.levels(of: root) <= deepest else {
                    throw YAMLSyntaxError(
                        position: Position(root.mark), problem: "aliases nest deeper than \(deepest) levels",
                        remedy: "write the values out")
                }
            }
        }
    }

    /// The text with each alias as plain text; nil if it has too few for many levels.
    private static func withoutAliases(_ text: String) -> String? {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.utf8.count)
        var previous = UInt8(ascii: "\n")
        var count = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "*"), AliasBound.separates(previous) {
                plain += String(mark).utf8
                count += 1
            } else {
                plain.append(byte)
            }
            previous = byte
        }
        return count < deepest / deepestWithoutAliases ? nil : String(decoding: plain, as: UTF8.self)
    }

    /// The levels of a value, with what its aliases stand for.
    private mutating func levels(of node: Node) -> Int {
        var below = 0
        switch node {
        case .scalar(let scalar):
            let name = scalar.string.unicodeScalars
            if name.first == Self.mark { below = levels[String(name.dropFirst())] ?? 0 }
        case .sequence(let sequence):
            for element in sequence { below = max(below, levels(of: element)) }
        case .mapping(let mapping):
            for (key, value) in mapping { below = max(below, levels(of: key), levels(of: value)) }
        case .alias: break
        }
        if let anchor = node.anchor { levels[anchor.rawValue] = below + 1 }
        return below + 1
    }
}
