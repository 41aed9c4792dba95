// SPDX-License-Identifier: Apache-2.0

/// What a container wrote at once: a line of its log file, or a part of one.
///
/// Source: the CRI's log format, `2026-11-24T23:20:10.123456789Z stdout F line`.
package struct LogLine: Sendable {
    package enum Stream: Sendable {
        case output, errors
    }
    package let time: ArraySlice<UInt8>
    package let stream: Stream
    /// Whether the line goes on in the next entry.
    package let isPartial: Bool
    package let content: ArraySlice<UInt8>

    /// Reads an entry without its newline; nil when it is none.
    package init?(_ entry: ArraySlice<UInt8>) {
        let space = UInt8(ascii: " ")
        guard let first = entry.firstIndex(of: space),
            let second = entry[(first + 1)...].firstIndex(of: space)
        else { return nil }
        let tagEnd = entry[(second + 1)...].firstIndex(of: space) ?? entry.endIndex
        switch Array(entry[(first + 1)..<second]) {
        case Array("stdout".utf8): stream = .output
        case Array("stderr".utf8): stream = .errors
        default: return nil
        }
        time = entry[..<first]
        // More tags may follow the first one after a colon.
        isPartial = entry[(second + 1)..<tagEnd].first == UInt8(ascii: "P")
        content = tagEnd < entry.endIndex ? entry[(tagEnd + 1)...] : []
    }

    var timestamp: Timestamp? { Timestamp(rfc3339: String(decoding: time, as: UTF8.self)) }
}
