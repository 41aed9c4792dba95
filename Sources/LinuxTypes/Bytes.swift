// SPDX-License-Identifier: Apache-2.0

/// An amount of memory or storage, in bytes.
package struct Bytes: Hashable, Sendable, Comparable, Codable {
    package let count: Int64
    package init(_ count: Int64) { self.count = count }

    package static func kibibytes(_ count: Int64) -> Self { Self(count << 10) }
    package static func mebibytes(_ count: Int64) -> Self { Self(count << 20) }

    package static func < (left: Self, right: Self) -> Bool { left.count < right.count }

    package init(from decoder: any Decoder) throws { count = try decoder.singleValueContainer().decode(Int64.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}
