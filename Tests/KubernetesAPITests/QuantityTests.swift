// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@Suite("Quantities")
struct QuantityTests {
    @Test(
        "a quantity has its exact value, rounded up",
        arguments: [
            ("0", 0, 0), ("1", 1, 1000), ("1500m", 2, 1500), ("0.1", 1, 100), (".5", 1, 500), ("5.", 5, 5000),
            ("1k", 1000, 1_000_000), ("1Ki", 1024, 1_024_000), ("1.5Gi", 1_610_612_736, 1_610_612_736_000),
            ("1n", 1, 1), ("100u", 1, 1), ("1M", 1_000_000, 1_000_000_000), ("1e3", 1000, 1_000_000),
            ("1E3", 1000, 1_000_000), ("12e-1", 2, 1200), ("-1", -1, -1000), ("-1.5", -1, -1500), ("+2", 2, 2000),
            ("1E", 1_000_000_000_000_000_000, Int64.max), ("8Ei", Int64.max, Int64.max),
            ("1Ti", 1_099_511_627_776, 1_099_511_627_776_000),
            ("1Pi", 1_125_899_906_842_624, 1_125_899_906_842_624_000),
            ("99999999999999999999999999", Int64.max, Int64.max), ("1e400", Int64.max, Int64.max),
            ("0.000000000000001", 1, 1), ("1e-400", 1, 1), ("0e400", 0, 0), ("0.3Ki", 308, 307_200),
            ("000001", 1, 1000), ("1.000000000001Ki", 1025, 1_024_001),
        ])
    func value(text: String, value: Int64, milli: Int64) throws {
        let quantity = try Quantity(text)
        #expect(quantity.value == value)
        #expect(quantity.milliValue == milli)
        #expect(quantity.text == text)
    }

    @Test(
        "what is no quantity is refused",
        arguments: [
            "", "m", "1.2.3", "1KB", "1ki", "1Gib", "1 Gi", "--1", "1e", "1e1.5", "0x10", "1i", ".", "Ki", "1K",
        ])
    func refused(text: String) {
        #expect(throws: InvalidQuantity.self) { try Quantity(text) }
    }

    @Test("equal amounts are equal however they are written")
    func equality() throws {
        #expect(try Quantity("1Gi") == Quantity("1024Mi"))
        #expect(try Quantity("500m") == Quantity("0.5"))
        #expect(try Quantity("1") < Quantity("1001m"))
    }
}
