// SPDX-License-Identifier: Apache-2.0

/// Header fields of HTTP/2 as they are packed.
///
/// Source: RFC 7541.
struct HeaderCompression {
    struct Field: Hashable {
        var name: String
        var value: String
        /// Source: RFC 7541, section 4.1.
        var size: Int { name.utf8.count + value.utf8.count + 32 }
    }
    struct Fault: Error { let message: String }

    private static let largestTable = 4096
    /// The newest first.
    private var table: [Field] = []
    private var limit = Self.largestTable

    /// Fields as literals that no table takes: what is sent needs no state.
    static func encode(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + encode(name) + encode(value) }
    }

    private static func encode(_ text: String) -> [UInt8] {
        var length = text.utf8.count
        guard length >= 127 else { return [UInt8(length)] + text.utf8 }
        var bytes: [UInt8] = [127]
        length -= 127
        while length >= 128 {
            bytes.append(UInt8(length % 128) | 128)
            length /= 128
        }
        return bytes + [UInt8(length)] + text.utf8
    }

    mutating func decode(_ block: [UInt8]) throws(Fault) -> [Field] {
        var rest = block[...]
        var fields: [Field] = []
        while let first = rest.first {
            if first & 0x80 != 0 {
                fields.append(try field(at: Self.number(&rest, bits: 7)))
            } else if first & 0xE0 == 0x20 {
                let size = try Self.number(&rest, bits: 5)
                guard size <= Self.largestTable else { throw Fault(message: "a header table of \(size) bytes") }
                limit = size
                evict()
            } else {
                let isIndexed = first & 0x40 != 0
                let index = try Self.number(&rest, bits: isIndexed ? 6 : 4)
                let name = index == 0 ? try Self.text(&rest) : try field(at: index).name
                let new = Field(name: name, value: try Self.text(&rest))
                fields.append(new)
                if isIndexed {
                    table.insert(new, at: 0)
                    evict()
                }
            }
        }
        return fields
    }

    private mutating func evict() {
        var size = table.reduce(0) { $0 + $1.size }
        while size > limit, let last = table.popLast() { size -= last.size }
    }

    private func field(at index: Int) throws(Fault) -> Field {
        if (1...Self.fixed.count).contains(index) {
            let entry = Self.fixed[index - 1]
            return Field(name: entry.0, value: entry.1)
        }
        let place = index - Self.fixed.count - 1
        guard table.indices.contains(place) else { throw Fault(message: "header field \(index) is in no table") }
        return table[place]
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, bits: Int) throws(Fault) -> Int {
        let most = (1 << bits) - 1
        guard let first = rest.popFirst() else { throw Fault(message: "header block ends early") }
        var value = Int(first) & most
        guard value == most else { return value }
        for shift in stride(from: 0, to: 28, by: 7) {
            guard let byte = rest.popFirst() else { throw Fault(message: "header block ends early") }
            value += Int(byte & 127) << shift
            if byte & 128 == 0 { return value }
        }
        throw Fault(message: "a number in a header block is too large")
    }

    private static func text(_ rest: inout ArraySlice<UInt8>) throws(Fault) -> String {
        let isPacked = (rest.first ?? 0) & 0x80 != 0
        let length = try number(&rest, bits: 7)
        guard length <= rest.count else { throw Fault(message: "header block ends early") }
        let bytes = rest.prefix(length)
        rest = rest.dropFirst(length)
        return String(decoding: isPacked ? try unpack(bytes) : Array(bytes), as: UTF8.self)
    }

    /// By the canonical code: shorter codes first, of one length in the order of the symbols.
    private static func unpack(_ bytes: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
        var output: [UInt8] = []
        var code = 0
        var length = 0
        for byte in bytes {
            for bit in (0..<8).reversed() {
                code = code << 1 | Int(byte >> bit) & 1
                length += 1
                guard length <= 30 else { throw Fault(message: "a header's text is packed wrongly") }
                let group = codes[length]
                guard code - group.first < group.symbols.count, code >= group.first else { continue }
                let symbol = group.symbols[code - group.first]
                guard symbol < 256 else { throw Fault(message: "a header's text is packed wrongly") }
                output.append(UInt8(symbol))
                (code, length) = (0, 0)
            }
        }
        // What is left is filled up with ones, at most seven of them.
        guard length < 8, code == (1 << length) - 1 else { throw Fault(message: "a header's text is packed wrongly") }
        return output
    }

    /// Indexed by length: the first code of that length, and the symbols that have one.
    private static let codes: [(first: Int, symbols: [Int])] = {
        var groups: [(first: Int, symbols: [Int])] = []
        var next = 0
        for length in 0...30 {
            let symbols = lengths.indices.filter { lengths[$0] == length }
            groups.append((next, symbols))
            next = (next + symbols.count) << 1
        }
        return groups
    }()

    /// How many bits each byte takes, and last the end of the text.
    ///
    /// Source: RFC 7541, appendix B.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
        7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
        23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
        21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]

    /// Source: RFC 7541, appendix A.
    private static let fixed: [(String, String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""),
        ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
        ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}
