// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import Testing

@Suite("Capability sets")
struct CapabilitySetTests {
    @Test(
        "a name is read in any case and with or without its prefix",
        arguments: ["NET_RAW", "CAP_NET_RAW", "net_raw", "cap_net_raw"])
    func spelling(name: String) throws {
        #expect(try CapabilitySet(named: name) == .netRaw)
    }

    @Test(
        "an unknown name is refused, not skipped",
        arguments: ["", " ", "CAP_", "NET_ROW", "CAP_CAP_NET_RAW", "NET_RAW ", "ALL"])
    func unknown(name: String) {
        #expect(throws: UnknownCapability(name: name)) { () throws in try CapabilitySet(named: name) }
    }

    @Test("the second word is carried: bpf is bit 39 and checkpoint_restore bit 40")
    func secondWord() throws {
        #expect(try CapabilitySet(named: "BPF").description == "0000008000000000")
        #expect(try CapabilitySet(named: ["CHECKPOINT_RESTORE", "CHOWN"]).rawValue == 1 << 40 | 1)
        #expect(CapabilitySet.all.description == "000001ffffffffff")
    }

    @Test("hexadecimal text and names come back as the same set", arguments: [0, 0xa804_25fb, 0x1ff_ffff_ffff])
    func roundTrip(bits: UInt64) throws {
        let set = CapabilitySet(rawValue: bits)
        #expect(CapabilitySet(hexadecimal: set.description) == set)
        #expect(try CapabilitySet(named: set.ociNames) == set)
    }
}
