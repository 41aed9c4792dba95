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

    /// Reads the attribute's bytes, of version 1, 2 or 3; nil for what gives a container nothing.
    ///
    /// Version 3 names the root user of the user namespace that it is meant for: but for 0, that is none of a container's.
    /// Bits that name no capability are passed over. Source: security/commoncap.c, `get_vfs_caps_from_disk`.
    package init?(attribute bytes: [UInt8]) {
        func word(_ index: Int) -> UInt64 {
            (0..<4).reduce(0) { $0 | UInt64(bytes[index * 4 + $1]) << UInt64($1 * 8) }
        }
        guard bytes.count >= 12 else { return nil }
        let head = word(0)
        switch (head >> 24, bytes.count) {
        case (1, 12):
            permitted = CapabilitySet(rawValue: word(1)).intersection(.all)
            inheritable = CapabilitySet(rawValue: word(2)).intersection(.all)
        case (2, 20), (3, 24):
            guard bytes.count < 24 || word(5) == 0 else { return nil }
            permitted = CapabilitySet(rawValue: word(1) | word(3) << 32).intersection(.all)
            inheritable = CapabilitySet(rawValue: word(2) | word(4) << 32).intersection(.all)
        default: return nil
        }
        isEffective = head & 1 != 0
    }
}
