// SPDX-License-Identifier: Apache-2.0

/// The ids that Kubernetes takes for users and groups: 0 to 2147483647.
package enum UserID {
    package static let range: ClosedRange<Int64> = 0...2_147_483_647
    package static let rangeMessage = "must be between 0 and 2147483647, inclusive"

    /// A number as Go's strconv.ParseInt reads it: decimal digits with at most one sign.
    package enum Number: Hashable, Sendable {
        case valid(UInt32)
        /// Digits, but none of 0 to 2147483647; the text, since it may fit no integer.
        case outOfRange(String)
        case notANumber
    }

    /// Reads a number that is never cut off and never becomes a name because it is long.
    ///
    /// An id that wrapped to 0, and one too long that was then taken for a name, passed as non-root: CVE-2024-40635,
    /// CVE-2026-46680.
    package static func parse(_ text: some StringProtocol) -> Number {
        var digits = text.utf8[...]
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return .notANumber
        }
        var value: Int64 = 0
        for digit in digits {
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
            if value > range.upperBound { return .outOfRange(String(text)) }
        }
        return isNegative && value != 0 ? .outOfRange(String(text)) : .valid(UInt32(value))
    }
}
