// SPDX-License-Identifier: Apache-2.0

/// An amount of a resource as Kubernetes writes it: `1500m`, `2Gi`, `1e3`.
///
/// The value is exact to a billionth; what is finer is rounded away from zero, and what is larger than Int64 in whole
/// units is held at that bound, as the API does. The text is kept.
package struct Quantity: Sendable {
    /// As written.
    package let text: String
    /// In billionths.
    let nanos: Int128

    /// The quantity with this text.
    ///
    /// - Throws: ``InvalidQuantity``.
    package init(_ text: String) throws(InvalidQuantity) {
        guard let nanos = Self.parse(text) else { throw InvalidQuantity(text: text) }
        self.text = text
        self.nanos = nanos
    }

    /// Nil for a text that is no quantity.
    init?(ifValid text: String) {
        guard let nanos = Self.parse(text) else { return nil }
        self.text = text
        self.nanos = nanos
    }

    init(text: String, nanos: Int128) {
        self.text = text
        self.nanos = nanos
    }

    package init(_ whole: Int64) {
        text = String(whole)
        nanos = Int128(whole) * Self.one
    }

    private static let one: Int128 = 1_000_000_000
    private static let largest = Int128(Int64.max) * one

    /// Whole units (bytes, cores), rounded up.
    package var value: Int64 { Self.ceiling(nanos, Self.one) }
    /// Thousandths, rounded up: millicores of `cpu`.
    package var milliValue: Int64 { Self.ceiling(nanos, 1_000_000) }
    package var isNegative: Bool { nanos < 0 }
    package var isZero: Bool { nanos == 0 }

    private static func ceiling(_ nanos: Int128, _ unit: Int128) -> Int64 {
        let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
        return Int64(clamping: remainder > 0 ? quotient + 1 : quotient)
    }
}

/// A text that is no quantity.
///
/// The description is the API server's own sentence.
package struct InvalidQuantity: Error, Hashable, CustomStringConvertible {
    package let text: String
    package var description: String {
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    }
}

extension Quantity {
    /// How a suffix scales: by a power of ten or of two.
    private enum Scale {
        case ten(Int)
        case two(Int)
    }

    private static func parse(_ text: String) -> Int128? {
        let bytes = Array(text.utf8)
        var index = 0
        var negative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            index = 1
        }
        var whole: [UInt8] = []
        var fraction: [UInt8] = []
        var seenPoint = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                if seenPoint { fraction.append(byte - 48) } else { whole.append(byte - 48) }
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                break
            }
            index += 1
        }
        guard !whole.isEmpty || !fraction.isEmpty, let scale = scale(of: bytes[index...]) else { return nil }
        let magnitude = scaled(whole, fraction, by: scale)
        return negative ? -magnitude : magnitude
    }

    private static func scale(of suffix: ArraySlice<UInt8>) -> Scale? {
        switch String(decoding: suffix, as: UTF8.self) {
        case "": .ten(0)
        case "n": .ten(-9)
        case "u": .ten(-6)
        case "m": .ten(-3)
        case "k": .ten(3)
        case "M": .ten(6)
        case "G": .ten(9)
        case "T": .ten(12)
        case "P": .ten(15)
        case "E": .ten(18)
        case "Ki": .two(10)
        case "Mi": .two(20)
        case "Gi": .two(30)
        case "Ti": .two(40)
        case "Pi": .two(50)
        case "Ei": .two(60)
        case let other: exponent(other)
        }
    }

    /// An exponent as a suffix, such as `e3` or `E-2`.
    private static func exponent(_ text: String) -> Scale? {
        guard let mark = text.utf8.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
        let digits = text.dropFirst()
        guard let power = Int32(digits) else { return nil }
        return .ten(Int(power))
    }

    /// In billionths, held at ``largest``, rounded up.
    private static func scaled(_ whole: [UInt8], _ fraction: [UInt8], by scale: Scale) -> Int128 {
        let trimmed = whole.drop { $0 == 0 }
        switch scale {
        case .ten(let power):
            // The decimal point moves by the power, and by nine more for billionths.
            return decimal(Array(trimmed) + fraction, pointAt: trimmed.count + power + 9)
        case .two(let power):
            let unit = Int128(1) << power
            let units = decimal(Array(trimmed), pointAt: trimmed.count)
            guard units <= largest / unit / one else { return largest }
            // Twenty-seven digits decide a billionth of 2^60 units, but for the direction of the last rounding.
            var part: Int128 = 0
            for digit in fraction.reversed().drop(while: { $0 == 0 }) {
                part = (part + Int128(digit) * unit * one * 10 + 9) / 10
            }
            part = (part + 9) / 10
            return min(units * unit * one + part, largest)
        }
    }

    /// The whole number before the point in this string of digits, rounded up, held at ``largest``.
    private static func decimal(_ digits: [UInt8], pointAt point: Int) -> Int128 {
        guard let first = digits.firstIndex(where: { $0 != 0 }) else { return 0 }
        guard point > first else { return 1 }
        guard point - first <= 29 else { return largest }
        var value: Int128 = 0
        for index in first..<point {
            value = value * 10 + Int128(index < digits.count ? digits[index] : 0)
        }
        if point < digits.count, digits[point...].contains(where: { $0 != 0 }) { value += 1 }
        return min(value, largest)
    }
}

extension Quantity: Hashable, Comparable {
    /// Equal amounts are equal however they are written.
    package static func == (left: Self, right: Self) -> Bool { left.nanos == right.nanos }
    package static func < (left: Self, right: Self) -> Bool { left.nanos < right.nanos }
    package func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}

extension Quantity: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            self.init(number)
        } else {
            try self.init(container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
