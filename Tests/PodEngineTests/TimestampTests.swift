// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import PodEngine

@Suite("Times in Kubernetes' texts")
struct TimestampTests {
    @Test(
        "a moment is written and read the same",
        arguments: [
            (0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_399, "2000-02-28T23:59:59Z", "Mon, 28 Feb 2000 23:59:59 +0000"),
            (951_782_400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_795_562_410, "2026-11-24T23:20:10Z", "Tue, 24 Nov 2026 23:20:10 +0000"),
            (4_107_542_400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 +0000"),
            (-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
        ])
    func texts(seconds: Int64, rfc3339: String, rfc1123: String) {
        let time = Timestamp(nanoseconds: seconds * 1_000_000_000)
        #expect(time.rfc3339 == rfc3339)
        #expect(time.rfc1123 == rfc1123)
        #expect(Timestamp(rfc3339: rfc3339) == time)
    }

    @Test("fractions and offsets count")
    func fractions() {
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:01.5Z")?.nanoseconds == 1_500_000_000)
        #expect(Timestamp(rfc3339: "1970-01-01T02:00:00+02:00")?.nanoseconds == 0)
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:00.123456789-00:30")?.nanoseconds == 1_800_123_456_789)
    }

    @Test(
        "what is no time is nil",
        arguments: ["", "now", "2026-13-01T00:00:00Z", "2026-11-24 23:20", "2026-11-24T23:20:10"])
    func wrong(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test(
        "ages are kubectl's",
        arguments: [
            (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"), (10_800, "3h"), (10_860, "3h1m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
            (176_400, "2d1h"), (691_200, "8d"), (63_072_000, "2y"), (66_096_000, "2y35d"), (252_288_000, "8y"),
        ])
    func ages(seconds: Int64, text: String) { #expect(Timestamp.humanDuration(seconds: seconds) == text) }
}
