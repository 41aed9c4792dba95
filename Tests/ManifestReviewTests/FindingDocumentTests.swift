// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import SecurityPolicy
import Testing

@testable import ManifestReview

@Suite("The documentation of findings")
struct FindingDocumentTests {
    @Test("docs/findings.md is what the rules write: `holdfast internal findings` writes it anew")
    func current() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = String(decoding: try Data(contentsOf: root.appending(path: "docs/findings.md")), as: UTF8.self)
        let (old, new) = (text.split(separator: "\n"), FindingDocument.markdown.split(separator: "\n"))
        let difference = zip(old, new).first { $0 != $1 }
        #expect(text == FindingDocument.markdown, "\(String(describing: difference))")
    }

    @Test("each rule has an entry, a link to it, and lines of at most 120 characters")
    func complete() {
        let lines = FindingDocument.markdown.split(separator: "\n")
        for rule in FindingRule.all {
            #expect(
                lines.contains("## `\(rule.id)`") && lines.contains { $0.hasPrefix("- [`\(rule.id)`](#\(rule.id)) ") })
        }
        #expect(lines.filter { $0.count > 120 && !$0.hasPrefix("- [`") && !$0.hasPrefix("**") } == [])
    }

    @Test("the list on a terminal has a line a rule")
    func list() {
        let lines = FindingDocument.list.split(separator: "\n")
        #expect(lines.count == FindingRule.all.count)
        #expect(Set(lines.map { $0.prefix { $0 != " " } }) == Set(FindingRule.all.map { $0.id[...] }))
    }
}
