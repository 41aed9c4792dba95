// SPDX-License-Identifier: Apache-2.0

/// Addresses as texts.
enum IPAddressText {
    /// Whether this is an IPv4 address in four decimal parts, or an IPv6 address without zone (RFC 4291, section 2.2).
    static func isValid(_ text: String) -> Bool {
        text.contains(":") ? isVersion6(text) : isVersion4(text[...])
    }

    private static func isVersion4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) } && UInt8(part) != nil
            }
    }

    private static func isVersion6(_ text: String) -> Bool {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return false }
        var groups = 0
        for (place, half) in halves.enumerated() {
            if half.isEmpty {
                // Nothing before or behind `::` is right; an empty text is not.
                guard halves.count == 2 else { return false }
                continue
            }
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                if part.contains(".") {
                    guard place == halves.count - 1, index == parts.count - 1, isVersion4(part) else { return false }
                    groups += 2
                } else {
                    guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit) else { return false }
                    groups += 1
                }
            }
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }
}
