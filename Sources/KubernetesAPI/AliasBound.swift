// SPDX-License-Identifier: Apache-2.0

/// Refuses, before it is parsed, a text whose keys are aliases that expand without end.
///
/// The parser compares the keys of each mapping by value. With aliases of aliases as a key, a few hundred bytes would
/// keep it busy for ever. Values that expand are counted later, while they are read, which is exact.
enum AliasBound {
    /// More values than any key has.
    private static let most = 100_000.0

    static func check(_ text: String) throws(YAMLSyntaxError) {
        guard text.utf8.contains(UInt8(ascii: "*")), text.utf8.contains(UInt8(ascii: "&")) else { return }
        var scan = Scan()
        scan.read(text)
        guard scan.hasCollectionKey, scan.expanded > most else { return }
        throw YAMLSyntaxError(
            position: nil, problem: "a key is an alias that expands to more than \(Int(most)) values",
            remedy: "use plain names as keys")
    }

    /// Whether a token may begin after this byte.
    static func separates(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x0a, 0x0d, 0x20: true
        case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"),
            UInt8(ascii: "}"), UInt8(ascii: "\""), UInt8(ascii: "'"):
            true
        default: false
        }
    }

    /// What may be anchors and aliases, in the order of the text.
    ///
    /// Within quotes and comments it counts too much, never
    /// too little.
    private struct Scan {
        /// Something looks like a key that is not a plain scalar.
        var hasCollectionKey = false
        /// An upper bound for the values that all aliases so far expand to.
        var expanded = 0.0
        /// By anchor: ``expanded`` where it began.
        private var begun: [Substring: Double] = [:]
        /// By anchor: its own bound, once an alias has used it.
        ///
        /// An alias to it cannot stand within it, so the first use is behind its end.
        private var weight: [Substring: Double] = [:]

        mutating func read(_ text: String) {
            var previous = UInt8(ascii: "\n")
            var index = text.utf8.startIndex
            let utf8 = text.utf8
            while index < utf8.endIndex {
                let byte = utf8[index]
                let starts = AliasBound.separates(previous)
                previous = byte
                index = utf8.index(after: index)
                switch byte {
                case UInt8(ascii: "&") where starts:
                    let name = Self.name(in: text, from: &index)
                    begun[name] = expanded
                    weight[name] = nil
                case UInt8(ascii: "*") where starts:
                    let name = Self.name(in: text, from: &index)
                    if let start = begun[name] {
                        let own = weight[name] ?? 1 + expanded - start
                        weight[name] = own
                        expanded += own
                        if Self.isKey(utf8, index) { hasCollectionKey = true }
                    }
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    if Self.isKey(utf8, index) { hasCollectionKey = true }
                case UInt8(ascii: "?") where starts: hasCollectionKey = true
                default: break
                }
            }
        }

        private static func name(in text: String, from index: inout String.Index) -> Substring {
            let start = index
            while index < text.utf8.endIndex {
                let byte = text.utf8[index]
                let isName =
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                guard isName else { break }
                index = text.utf8.index(after: index)
            }
            return text[start..<index]
        }

        /// Whether a colon follows, with at most blanks before it.
        private static func isKey(_ utf8: String.UTF8View, _ index: String.Index) -> Bool {
            let next = utf8[index...].first { $0 != 0x20 && $0 != 0x09 }
            return next == UInt8(ascii: ":")
        }
    }
}
