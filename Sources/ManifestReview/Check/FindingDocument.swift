// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy

/// What findings mean, written from the rules themselves.
package enum FindingDocument {
    /// For a terminal: a line a rule.
    package static var list: String {
        let width = FindingRule.all.map(\.id.count).max() ?? 0
        return FindingRule.all.map { rule in
            let id = rule.id + String(repeating: " ", count: width - rule.id.count)
            let severity = rule.severity.rawValue + String(repeating: " ", count: 7 - rule.severity.rawValue.count)
            return "\(id)  \(severity)  \(rule.title)\n"
        }.joined()
    }

    /// `docs/findings.md`.
    package static var markdown: String {
        var text = """
            # Findings

            What `holdfast check` finds beyond the API server's validation and Pod Security: manifests that are valid and do not
            do what their author means, or that no node starts. This page is written from the code: `holdfast internal findings`.

            An **error** keeps the pod or a container from starting; a **warning** is something that runs, and not as the
            manifest says; a **note** is good to know and does not make `check` fail. Rules marked *image* need the image in
            the store (`holdfast image import` or `pull`), of which nothing is run.

            A finding that is meant is allowed by a comment with a reason, on its line or above it (above a container, a pod
            template or the head of a document, it counts for all within), or by `--allow ID` for all files:

            ```yaml
            # holdfast: allow capability-unused because the entrypoint has file capabilities
            - name: web
            ```


            """
        for rule in FindingRule.all {
            text += "- [`\(rule.id)`](#\(rule.id)) \(rule.severity.rawValue): \(rule.title)\n"
        }
        for rule in FindingRule.all {
            let image = rule.needsImage ? ", *image*" : ""
            text += "\n## `\(rule.id)`\n\n**\(rule.title)** (\(rule.severity.rawValue)\(image))\n\n"
            text += "\(wrapped(rule.reason))\n\nRemedy: \(wrapped(rule.remedy))\n"
        }
        return text
    }

    /// In lines of at most 120 characters.
    private static func wrapped(_ text: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > 110 {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
