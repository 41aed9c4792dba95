// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import SecurityPolicy
import Testing

@Suite("The attribute security.capability")
struct FileCapabilitiesTests {
    /// Words as the file system has them: the least byte first.
    private static func bytes(_ words: UInt32...) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    static let read: [([UInt8], FileCapabilities)] = [
        // setcap cap_net_bind_service=+ep, as setcap(8) writes it.
        (bytes(0x0200_0001, 1 << 10, 0, 0, 0), FileCapabilities(permitted: .netBindService, isEffective: true)),
        (
            bytes(0x0200_0000, 1 << 13, 1 << 12, 1 << 7, 1 << 6),
            FileCapabilities(permitted: [.netRaw, .bpf], inheritable: [.netAdmin, .perfmon], isEffective: false)
        ),
        (
            bytes(0x0100_0001, 1 << 13, 1),
            FileCapabilities(permitted: .netRaw, inheritable: CapabilitySet(number: 0), isEffective: true)
        ),
        (bytes(0x0300_0001, 1 << 10, 0, 0, 0, 0), FileCapabilities(permitted: .netBindService, isEffective: true)),
        // Bits that no capability has.
        (
            bytes(0x0200_0001, 1, 0, 0xffff_fe00, 0),
            FileCapabilities(permitted: CapabilitySet(number: 0), isEffective: true)
        ),
    ]

    @Test("every version is read", arguments: read)
    func reads(bytes: [UInt8], expected: FileCapabilities) {
        #expect(FileCapabilities(attribute: bytes) == expected)
    }

    @Test(
        "what gives a container nothing is none",
        arguments: [
            [], [1], bytes(0x0200_0001, 1, 0, 0), bytes(0x0200_0001, 1, 0, 0, 0) + [0], bytes(0x0100_0001, 1, 0, 0, 0),
            bytes(0x0000_0001, 1, 0), bytes(0x0400_0001, 1, 0, 0, 0, 0),
            // Of another user namespace's root.
            bytes(0x0300_0001, 1, 0, 0, 0, 100_000),
        ] as [[UInt8]])
    func refuses(bytes: [UInt8]) {
        #expect(FileCapabilities(attribute: bytes) == nil)
    }
}
