// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("Levels and versions of the Pod Security Standards")
struct PodSecurityValueTests {
    @Test("a level is read and written by its name", arguments: PodSecurityLevel.allCases)
    func level(level: PodSecurityLevel) throws { #expect(try PodSecurityLevel(level.rawValue) == level) }

    @Test("the levels are known by these names, the least strict first")
    func levels() {
        #expect(PodSecurityLevel.allCases.map(\.rawValue) == ["privileged", "baseline", "restricted"])
        #expect(PodSecurityLevel.allCases.reversed().sorted() == PodSecurityLevel.allCases)
        #expect(!(PodSecurityLevel.baseline < .baseline))
    }

    @Test("what is no level is refused", arguments: ["", "Restricted", "restricted ", "default", "0"])
    func noLevel(text: String) {
        let expected = PodSecurityValueError(message: "must be one of privileged, baseline, restricted")
        #expect(throws: expected) { try PodSecurityLevel(text) }
        #expect("\(expected)" == "must be one of privileged, baseline, restricted")
    }

    @Test(
        "a version is read, and written as it was read",
        arguments: [
            ("latest", PodSecurityVersion.latest), ("v1.0", .minor(0)), ("v1.9", .minor(9)), ("v1.10", .minor(10)),
            ("v1.37", .minor(37)), ("v1.1000000", .minor(1_000_000)),
        ])
    func version(text: String, version: PodSecurityVersion) throws {
        #expect(try PodSecurityVersion(text) == version)
        #expect("\(version)" == text)
    }

    @Test(
        "what is no version is refused",
        arguments: [
            "", "Latest", "v1", "v1.", "1.25", "v1.00", "v1.01", "v2.0", "v1.25.0", "v1.25 ", " v1.25", "v1.-1",
            "v1.+1",
            "v1.x", "V1.1", "v1.1\n", "v1.\u{661}", "v1.99999999999999999999",
        ])
    func noVersion(text: String) {
        let expected = PodSecurityValueError(message: #"must be "latest" or "v1.x""#)
        #expect(throws: expected) { try PodSecurityVersion(text) }
    }

    @Test("a policy is written as level and version")
    func policy() {
        #expect("\(PodSecurityPolicy(.restricted))" == "restricted:latest")
        #expect("\(PodSecurityPolicy(.baseline, .minor(25)))" == "baseline:v1.25")
    }
}
