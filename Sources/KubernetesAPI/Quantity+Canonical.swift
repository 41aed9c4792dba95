// SPDX-License-Identifier: Apache-2.0

extension Quantity {
    /// What the suffix says about how the amount is written.
    private enum Format {
        case decimal
        case binary
        case exponent
    }

    private var format: Format {
        if text.hasSuffix("i") { return .binary }
        // `E` alone is the suffix for 10^18.
        guard let mark = text.utf8.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) else {
            return .decimal
        }
        return text.utf8.index(after: mark) == text.utf8.endIndex ? .decimal : .exponent
    }

    /// As the API server writes it: no fraction, and the largest suffix that needs none.
    package var canonicalText: String {
        guard nanos != 0 else { return "0" }
        let unit: Int128 = 1_000_000_000
        switch format {
        case .binary where nanos.magnitude >= (1024 * unit).magnitude:
            let (whole, rest) = nanos.quotientAndRemainder(dividingBy: unit)
            return Self.scaled(
                rest > 0 ? whole + 1 : whole, by: 1024, suffixes: ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
        case .exponent:
            let suffixes = stride(from: -9, through: 18, by: 3).map { $0 == 0 ? "" : "e\($0)" }
            return Self.scaled(nanos, by: 1000, suffixes: suffixes)
        default:
            return Self.scaled(nanos, by: 1000, suffixes: ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"])
        }
    }

    private static func scaled(_ amount: Int128, by base: Int128, suffixes: [String]) -> String {
        var amount = amount
        var step = 0
        while step + 1 < suffixes.count, amount.isMultiple(of: base) {
            amount /= base
            step += 1
        }
        return "\(amount)\(suffixes[step])"
    }

    /// Rounded up to thousandths, as the API server rounds requests and limits.
    package var roundedToMilli: Quantity {
        let unit: Int128 = 1_000_000
        guard !nanos.isMultiple(of: unit) else { return self }
        let (whole, rest) = nanos.quotientAndRemainder(dividingBy: unit)
        return Quantity(nanos: (rest > 0 ? whole + 1 : whole - 1) * unit, like: self)
    }

    var isWhole: Bool { nanos.isMultiple(of: 1_000_000_000) }

    func isMultiple(of other: Quantity) -> Bool { nanos.isMultiple(of: other.nanos) }

    /// The sum, written as the left one is.
    package static func + (left: Self, right: Self) -> Self {
        Quantity(nanos: left.nanos + right.nanos, like: left.isZero ? right : left)
    }

    private init(nanos: Int128, like other: Quantity) {
        let sample = Quantity(text: other.text, nanos: nanos)
        self.init(text: sample.canonicalText, nanos: nanos)
    }
}
