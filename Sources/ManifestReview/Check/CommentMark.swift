// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Where a comment speaks to `check`: `# holdfast:`.
struct CommentMark: Hashable {
    let line: Int
    /// Of the sign of the comment, in code points from 1.
    let column: Int
    /// Where the mark begins in the file's bytes.
    let start: Int

    static let text = Array("holdfast:".utf8)

    /// Behind the mark.
    var end: Int { start + Self.text.count }

    /// Whether the bytes have the mark anywhere; most files have not.
    static func occurs(in bytes: some BidirectionalCollection<UInt8>) -> Bool { !places(in: bytes[...]).isEmpty }

    private static func places<Bytes: BidirectionalCollection<UInt8>>(in bytes: Bytes) -> [Bytes.Index] {
        var places: [Bytes.Index] = []
        // Its last character is rarer than its others.
        var index = bytes.startIndex
        while let colon = bytes[index...].firstIndex(of: UInt8(ascii: ":")) {
            index = bytes.index(after: colon)
            guard bytes.distance(from: bytes.startIndex, to: index) >= text.count else { continue }
            let start = bytes.index(index, offsetBy: -text.count)
            if bytes[start..<index].elementsEqual(text) { places.append(start) }
        }
        return places
    }

    /// The marks of a text that stand in comments, one a line.
    ///
    /// What looks like one may be a line of a text in quotes or in a block. Whether it is, the parser says: each mark is made
    /// another text, of the same length, and what appears in a value of the document was none. So the file is read again, but
    /// only where a value has the mark in it.
    ///
    /// `decode` gives the values of such bytes.
    static func find(
        in text: SourceText, values: [SourceNode], decode: ([UInt8]) throws -> [SourceNode]
    ) rethrows -> [Self] {
        var candidates: [Self] = []
        for number in 1...text.lineCount {
            let line = text.line(number)
            candidates += places(in: line).compactMap { Self(at: $0, in: line, number, text) }
        }
        guard !candidates.isEmpty, values.contains(where: { $0.hasText { occurs(in: $0) } }) else { return candidates }
        var bytes = text.bytes
        for (index, candidate) in candidates.enumerated() {
            bytes.replaceSubrange(candidate.start..<candidate.end, with: stray(index))
        }
        var quoted: Set<Int> = []
        for node in try decode(bytes) {
            _ = node.hasText {
                quoted.formUnion(strays(in: $0))
                return false
            }
        }
        return candidates.indices.filter { !quoted.contains($0) }.map { candidates[$0] }
    }

    private init?(at start: Int, in line: ArraySlice<UInt8>, _ number: Int, _ text: SourceText) {
        // Only blanks between the sign of a comment and the mark.
        guard let sign = line[..<start].lastIndex(where: { !AllowComments.isBlank($0) }),
            line[sign] == UInt8(ascii: "#")
        else { return nil }
        // The sign begins a comment at the start of a line or behind a blank; within another comment it begins none.
        guard sign == line.startIndex || AllowComments.isBlank(line[sign - 1]) else { return nil }
        let first = line.first { !AllowComments.isBlank($0) }
        guard first != UInt8(ascii: "#") || line[..<sign].allSatisfy(AllowComments.isBlank) else { return nil }
        self.line = number
        column = text.column(of: sign, in: line)
        self.start = start
    }

    // MARK: another text

    /// Three characters for private use, of three bytes each: a sign, and a number of two digits.
    private static func stray(_ index: Int) -> [UInt8] {
        var text = String.UnicodeScalarView([sign])
        for digit in [index / digits, index % digits] { text.append(Unicode.Scalar(first + UInt32(digit))!) }
        return Array(String(text).utf8)
    }

    private static func strays(in bytes: some BidirectionalCollection<UInt8>) -> [Int] {
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        return scalars.indices.dropLast(2).compactMap { index in
            guard scalars[index] == sign, let high = digit(scalars[index + 1]), let low = digit(scalars[index + 2])
            else {
                return nil
            }
            return high * digits + low
        }
    }

    private static func digit(_ scalar: Unicode.Scalar) -> Int? {
        (first..<first + UInt32(digits)).contains(scalar.value) ? Int(scalar.value - first) : nil
    }

    private static let sign: Unicode.Scalar = "\u{f8ff}"
    private static let first: UInt32 = 0xe000
    private static let digits = 6000
}

extension SourceNode {
    /// Whether a text in it, or the key of one, is as asked.
    fileprivate func hasText(_ isAsked: (String.UTF8View) -> Bool) -> Bool {
        switch content {
        case .string(let text): isAsked(text.utf8)
        case .array(let elements): elements.contains { $0.hasText(isAsked) }
        case .object(let members): members.contains { isAsked($0.key.utf8) || $0.value.hasText(isAsked) }
        case .null, .bool, .int, .double: false
        }
    }
}
