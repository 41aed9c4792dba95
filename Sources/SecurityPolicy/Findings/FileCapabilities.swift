// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes

/// The capabilities of a program: its extended attribute `security.capability`.
///
/// Source: capabilities(7), "File capability extended attribute versioning".
package struct FileCapabilities: Hashable, Sendable {
    package let permitted: CapabilitySet
    package let inheritable: CapabilitySet
    /// One bit for all: the program holds them at once, and execve(2) fails where it would not get them all.
    package let isEffective: Bool

    package init(permitted: CapabilitySet, inheritable: CapabilitySet = [], isEffective: Bool) {
        self.permitted = permitted
        self.inheritable = inheritable
        self.isEffective = isEffective
    }

    /// Reads the attribute's bytes, of version 1, 2 or 3; nil for what the kernel takes for none.
    package init?(attribute bytes: [UInt8]) {
        func word(_ index: Int) -> UInt64 {
            (0..<4).reduce(0) { $0 | UInt64(bytes[index * 4 + $1]) << UInt64($1 * 8) }
        }
        guard bytes.count >= 12 else { return nil }
        let head = word(0)
        switch (head >> 24, bytes.count) {
        case (1, 12):
            permitted = CapabilitySet(rawValue: word(1))
            inheritable = CapabilitySet(rawValue: word(2))
        case (2, 20), (3, 24):
            permitted = CapabilitySet(rawValue: word(1) | word(3) << 32)
            inheritable = CapabilitySet(rawValue: word(2) | word(4) << 32)
        default: return nil
        }
        isEffective = head & 1 != 0
    }
}
