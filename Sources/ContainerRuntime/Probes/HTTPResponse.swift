// SPDX-License-Identifier: Apache-2.0

/// A response as it comes in: its head, and so much of its body as anybody wants.
///
/// What a container sends is bounded: its head to ``longestHead``, its body to ``longestBody``.
/// Source: RFC 9112.
package struct HTTPResponse: Sendable {
    static let longestHead = 64 << 10
    /// Source: the kubelet's probe/http, `maxRespBodyLength`.
    static let longestBody = 10 << 10

    package private(set) var status = 0
    package private(set) var body: [UInt8] = []
    private var headers: [(name: String, value: String)] = []
    private var pending: [UInt8] = []
    private var place = Place.head
    /// So much of what is pending holds no end of the head: bytes that come one by one are not looked at again and again.
    private var searched = 0

    private enum Place: Hashable {
        case head
        /// So many bytes are left; nil: up to the end of the connection.
        case body(left: Int?)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case done
    }

    package init() {}

    /// What is wrong with it, and where that was found.
    package struct Fault: Error, Hashable, Sendable {
        package let message: String
        /// The head had come by then.
        package let isInBody: Bool
    }

    package var hasHead: Bool { place != .head }

    package func header(_ name: String) -> String? {
        headers.first { $0.name == name.lowercased() }?.value
    }

    /// Takes what came, nothing at the end of the connection; true once it is complete.
    package mutating func take(_ bytes: [UInt8]) throws(Fault) -> Bool {
        pending += bytes
        while true {
            let before = (place, pending.count)
            try step()
            if place == .done || body.count >= Self.longestBody { return true }
            if before == (place, pending.count) { break }
        }
        guard bytes.isEmpty else { return false }
        switch place {
        case .body(left: nil): return true
        case .head: throw Fault(message: pending.isEmpty ? "EOF" : "unexpected EOF", isInBody: false)
        default: throw Fault(message: "unexpected EOF", isInBody: true)
        }
    }

    private mutating func step() throws(Fault) {
        switch place {
        case .head: try takeHead()
        case .body(let left):
            let count = min(left ?? pending.count, pending.count)
            keep(count)
            if let left { place = left == count ? .done : .body(left: left - count) }
        case .chunkSize:
            guard let line = try takeLine() else { return }
            let digits = line.prefix { $0 != ";" }.filter { !$0.isWhitespace }
            guard let size = Int(digits, radix: 16), size >= 0 else {
                throw Fault(message: "invalid byte in chunk length", isInBody: true)
            }
            // The trailer says nothing that is asked for.
            place = size == 0 ? .done : .chunk(left: size)
        case .chunk(let left):
            let count = min(left, pending.count)
            keep(count)
            place = count == left ? .chunkEnd : .chunk(left: left - count)
        case .chunkEnd:
            if try takeLine() != nil { place = .chunkSize }
        case .done: break
        }
    }

    private mutating func keep(_ count: Int) {
        body += pending.prefix(min(count, Self.longestBody - body.count))
        pending.removeFirst(count)
    }

    private mutating func takeLine() throws(Fault) -> String? {
        guard let end = pending.firstIndex(of: UInt8(ascii: "\n")) else {
            if pending.count > 4096 { throw Fault(message: "line too long", isInBody: true) }
            return nil
        }
        let line = pending[..<end].last == UInt8(ascii: "\r") ? pending[..<(end - 1)] : pending[..<end]
        let text = String(decoding: line, as: UTF8.self)
        pending.removeSubrange(...end)
        return text
    }

    private mutating func takeHead() throws(Fault) {
        guard let end = Self.headEnd(pending, from: searched) else {
            searched = max(0, pending.count - 3)
            if pending.count > Self.longestHead {
                throw Fault(message: "the response's headers are longer than 65536 bytes", isInBody: false)
            }
            return
        }
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(..<end)
        searched = 0
        let lines = text.split(whereSeparator: \.isNewline)
        let first = lines.first.map(String.init) ?? ""
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let number = Int(words[1]),
            number >= 100
        else { throw Fault(message: "malformed HTTP response \"\(first.prefix(100))\"", isInBody: false) }
        // Others come before the one that counts, but for one that changes the protocol: RFC 9110, section 15.2.
        guard number >= 200 || number == 101 else { return }
        status = number
        headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let value = line[colon...].dropFirst().drop { $0 == " " || $0 == "\t" }
            return (line[..<colon].lowercased(), String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()))
        }
        place = try bodyPlace()
    }

    private func bodyPlace() throws(Fault) -> Place {
        if [101, 204, 304].contains(status) { return .done }
        if header("transfer-encoding")?.lowercased().contains("chunked") == true { return .chunkSize }
        guard let length = header("content-length") else { return .body(left: nil) }
        guard let count = Int(length), count >= 0 else {
            throw Fault(message: "bad Content-Length \"\(length.prefix(100))\"", isInBody: false)
        }
        return count == 0 ? .done : .body(left: count)
    }

    /// Past the empty line that ends it.
    private static func headEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while let line = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) {
            let next = line + 1
            if next < bytes.count, bytes[next] == UInt8(ascii: "\n") { return next + 1 }
            if next + 1 < bytes.count, bytes[next] == UInt8(ascii: "\r"), bytes[next + 1] == UInt8(ascii: "\n") {
                return next + 2
            }
            index = next
        }
        return nil
    }
}
