// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The Pod Security labels of a namespace")
struct PodSecurityNamespacePolicyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        /// Without `pod-security.kubernetes.io/`.
        let labels: [String: String]
        let enforce: String
        let audit: String
        let warn: String
        let errors: [String]
        var testDescription: String { "\(labels)" }

        init(_ labels: [String: String], _ enforce: String, _ audit: String, _ warn: String, _ errors: String...) {
            (self.labels, self.enforce, self.audit, self.warn) = (labels, enforce, audit, warn)
            self.errors = errors
        }
    }
    static let none = "privileged:latest"

    static func noLevel(_ label: String, _ value: String) -> String {
        "metadata.labels[pod-security.kubernetes.io/\(label)]: Invalid value: \"\(value)\": "
            + "must be one of privileged, baseline, restricted"
    }
    static func noVersion(_ label: String, _ value: String) -> String {
        "metadata.labels[pod-security.kubernetes.io/\(label)]: Invalid value: \"\(value)\": "
            + #"must be "latest" or "v1.x""#
    }

    @Test(
        "each mode has its level and version; what cannot be read refuses or is silent, and is told",
        arguments: [
            Row([:], none, none, none),
            Row(["audit": "baseline", "audit-version": "v1.25"], none, "baseline:v1.25", none),
            Row(["warn": "restricted", "warn-version": "latest"], none, none, "restricted:latest"),
            Row(["audit-version": "v1.25"], none, "privileged:v1.25", none),
            Row(
                ["enforce": "baseline", "enforce-version": "v1.30", "audit": "restricted", "warn": "restricted"],
                "baseline:v1.30", "restricted:latest", "restricted:latest"),
            // Without a label of its own, warn goes with a stricter enforce.
            Row(["enforce": "baseline"], "baseline:latest", none, "baseline:latest"),
            Row(["enforce": "restricted", "enforce-version": "v1.30"], "restricted:v1.30", none, "restricted:v1.30"),
            Row(
                ["enforce": "restricted", "enforce-version": "v1.30", "warn-version": "v1.31"], "restricted:v1.30",
                none, "restricted:v1.31"),
            Row(["enforce": "restricted", "warn": "privileged"], "restricted:latest", none, none),
            Row(["enforce": "privileged", "enforce-version": "v1.30"], "privileged:v1.30", none, none),
            Row(["enforce-version": "v1.30"], "privileged:v1.30", none, none),
            // What cannot be read.
            Row(["enforce": "odd"], "restricted:latest", none, none, noLevel("enforce", "odd")),
            Row(["enforce": ""], "restricted:latest", none, none, noLevel("enforce", "")),
            Row(
                ["enforce": "baseline", "enforce-version": "1.30"], "baseline:latest", none, "baseline:latest",
                noVersion("enforce-version", "1.30")),
            Row(
                ["audit": "odd", "audit-version": "v1.25"], none, "privileged:v1.25", none, noLevel("audit", "odd")),
            Row(
                ["audit": "baseline", "audit-version": "x"], none, "baseline:latest", none,
                noVersion("audit-version", "x")),
            Row(["warn": "odd"], none, none, none, noLevel("warn", "odd")),
            // A label that cannot be read is a label still.
            Row(["enforce": "baseline", "warn": "odd"], "baseline:latest", none, none, noLevel("warn", "odd")),
            Row(
                ["enforce": "baseline", "enforce-version": "v1.30", "warn-version": "x"], "baseline:v1.30", none,
                "baseline:latest", noVersion("warn-version", "x")),
            Row(
                [
                    "enforce": "a", "enforce-version": "b", "audit": "c", "audit-version": "d", "warn": "e",
                    "warn-version": "f\"",
                ], "restricted:latest", none, none, noLevel("enforce", "a"), noVersion("enforce-version", "b"),
                noLevel("audit", "c"), noVersion("audit-version", "d"), noLevel("warn", "e"),
                noVersion("warn-version", #"f\""#)),
        ])
    func policy(row: Row) {
        var labels = ["enforce": "restricted", "other.kubernetes.io/enforce": "odd"]
        for (label, value) in row.labels { labels["pod-security.kubernetes.io/\(label)"] = value }
        let policy = PodSecurityNamespacePolicy(labels: labels)
        #expect("\(policy.enforce)" == row.enforce)
        #expect("\(policy.audit)" == row.audit)
        #expect("\(policy.warn)" == row.warn)
        #expect(policy.errors.map(\.description) == row.errors)
    }

    @Test("an error names its label, value and reason")
    func error() throws {
        let error = try #require(
            PodSecurityNamespacePolicy(labels: ["pod-security.kubernetes.io/warn": "odd"]).errors.first)
        #expect(error.label == "pod-security.kubernetes.io/warn")
        #expect(error.value == "odd")
        #expect(error.message == "must be one of privileged, baseline, restricted")
    }
}
