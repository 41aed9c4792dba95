// SPDX-License-Identifier: Apache-2.0

/// Linux capabilities as the kernel holds them: bit `n` is capability number `n`.
///
/// All 64 bits are carried. capget(2) splits them into two words, and a type that keeps only the
/// first one loses `bpf` and `perfmon` without an error.
package struct CapabilitySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The capability with this number.
    package init(number: UInt32) { rawValue = 1 << UInt64(number) }

    package static let dacOverride = Self(number: 1)
    package static let dacReadSearch = Self(number: 2)
    package static let netBindService = Self(number: 10)
    package static let netAdmin = Self(number: 12)
    package static let netRaw = Self(number: 13)
    package static let sysModule = Self(number: 16)
    package static let sysRawIO = Self(number: 17)
    package static let sysChroot = Self(number: 18)
    package static let sysPtrace = Self(number: 19)
    package static let sysPacct = Self(number: 20)
    package static let sysAdmin = Self(number: 21)
    package static let sysBoot = Self(number: 22)
    package static let sysNice = Self(number: 23)
    package static let sysTime = Self(number: 25)
    package static let sysTTYConfig = Self(number: 26)
    package static let syslog = Self(number: 34)
    package static let perfmon = Self(number: 38)
    package static let bpf = Self(number: 39)

    /// Every capability that this type has a name for: 0 to 40, CAP_CHECKPOINT_RESTORE (Linux 5.9).
    package static let all = Self(rawValue: (1 << UInt64(names.count)) - 1)

    /// The names without `CAP_`, indexed by capability number.
    ///
    /// Source: capabilities(7).
    package static let names: [String] = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]

    private static let byName = Dictionary(
        uniqueKeysWithValues: names.enumerated().map { ($1, Self(number: UInt32($0))) })

    /// The numbers of the members, ascending.
    package var numbers: [UInt32] { (0..<64).filter { rawValue & (1 << UInt64($0)) != 0 } }
}

extension CapabilitySet {
    /// The one capability with this name, in any case, with or without `CAP_`: `NET_RAW`, `cap_net_raw`.
    ///
    /// - Throws: ``UnknownCapability``. Skipping a name in `drop` would leave it granted.
    package init(named name: String) throws(UnknownCapability) {
        guard let capability = Self.byName[Self.canonical(name)] else { throw UnknownCapability(name: name) }
        self = capability
    }

    /// The union of the capabilities with these names.
    ///
    /// - Throws: ``UnknownCapability`` for the first name that no capability has.
    package init(named names: [String]) throws(UnknownCapability) {
        var union: Self = []
        for name in names { union.formUnion(try Self(named: name)) }
        self = union
    }

    /// The names as the OCI runtime spec writes them, in the order of their numbers: `CAP_NET_RAW`.
    ///
    /// A bit above the last known name is written as its number, so that nothing is lost.
    package var ociNames: [String] {
        numbers.map { Int($0) < Self.names.count ? "CAP_" + Self.names[Int($0)] : "CAP_\($0)" }
    }

    /// Upper case, without `CAP_`.
    package static func canonical(_ name: String) -> String {
        let upper = name.uppercased()
        return upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
    }
}

extension CapabilitySet: CustomStringConvertible {
    /// Sixteen hexadecimal digits, as `/proc/PID/status` writes it.
    package var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Reads what ``description`` writes.
    package init?(hexadecimal text: some StringProtocol) {
        guard let value = UInt64(text, radix: 16) else { return nil }
        rawValue = value
    }
}

/// A capability name that this kernel's list does not have.
package struct UnknownCapability: Error, Hashable, CustomStringConvertible {
    package let name: String
    package init(name: String) { self.name = name }
    package var description: String { "unknown capability \"\(name)\"" }
}
