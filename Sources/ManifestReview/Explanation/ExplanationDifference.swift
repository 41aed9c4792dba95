// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
package import KubernetesAPI

/// One thing that two explanations say differently.
package struct ExplanationDifference: Hashable, Sendable {
    /// `Pod web`, `container app of Pod web`.
    package let subject: String
    /// `runAsUser`, `mount /data`.
    package let name: String
    /// Nil where one side does not have it.
    package let left: String?
    package let right: String?

    /// Pods and containers are matched by their names; where each side has one pod alone, by that.
    package static func all(_ left: [PodExplanation], _ right: [PodExplanation]) -> [Self] {
        if left.count == 1, right.count == 1 { return compare(left[0], right[0]) }
        var differences: [Self] = []
        func key(_ pod: PodExplanation) -> String { "\(pod.kind) \(pod.namespace)/\(pod.name)" }
        for pod in left {
            if let other = right.first(where: { key($0) == key(pod) }) {
                differences += compare(pod, other)
            } else {
                differences.append(Self(subject: "\(pod.kind) \(pod.name)", name: "pod", left: "is there", right: nil))
            }
        }
        for pod in right where !left.contains(where: { key($0) == key(pod) }) {
            differences.append(Self(subject: "\(pod.kind) \(pod.name)", name: "pod", left: nil, right: "is there"))
        }
        return differences
    }

    private static func compare(_ left: PodExplanation, _ right: PodExplanation) -> [Self] {
        let pod = "\(left.kind) \(left.name)"
        var differences = compare(pod, rows(left), rows(right))
        for container in left.containers {
            let subject = "\(container.kind) \(container.name) of \(pod)"
            guard let other = right.containers.first(where: { $0.name == container.name }) else {
                differences.append(Self(subject: subject, name: "container", left: "is there", right: nil))
                continue
            }
            differences += compare(subject, rows(container), rows(other))
        }
        for container in right.containers where !left.containers.contains(where: { $0.name == container.name }) {
            differences.append(
                Self(
                    subject: "\(container.kind) \(container.name) of \(pod)", name: "container", left: nil,
                    right: "is there"))
        }
        return differences
    }

    private static func compare(_ subject: String, _ left: [(String, String)], _ right: [(String, String)]) -> [Self] {
        let values = Dictionary(right) { first, _ in first }
        let known = Set(left.map(\.0))
        return left.compactMap { name, text in
            values[name] == text ? nil : Self(subject: subject, name: name, left: text, right: values[name])
        } + right.filter { !known.contains($0.0) }.map { Self(subject: subject, name: $0.0, left: nil, right: $0.1) }
    }

    private static func rows(_ pod: PodExplanation) -> [(String, String)] {
        var rows = pod.fields.map { ($0.name, $0.text) }
        if let refusal = pod.refusal { rows.append(("does not start", refusal)) }
        for volume in pod.volumes {
            let mode = volume.mode.map(FileMode.octal) ?? "unknown"
            rows.append(
                (
                    "volume \(volume.name)",
                    "\(volume.kind), mode \(mode), group \(volume.gid.map { String($0) } ?? "unknown")"
                ))
        }
        return rows
    }

    private static func rows(_ container: ContainerExplanation) -> [(String, String)] {
        var rows = [("image", container.image)]
        if let refusal = container.refusal { rows.append(("does not start", refusal)) }
        let groups = container.fields.filter { $0.name == "supplementalGroups" }.map(\.text)
        rows.append(("supplementalGroups", groups.joined(separator: " ")))
        rows += container.fields.filter { $0.name != "supplementalGroups" }.map { ($0.name, $0.text) }
        guard let kernel = container.kernel else { return rows }
        rows += kernel.rows.map { ("kernel \($0[0])", $0[1]) }
        rows += kernel.mounts.map { ("mount \($0.path)", "\($0.type) \($0.flags.joined(separator: ",")), \($0.what)") }
        return rows
    }

    package static func text(_ differences: [Self], _ style: TextStyle) -> String {
        guard !differences.isEmpty else { return "no difference\n" }
        var page = TextPage(style: style)
        var subject = ""
        for difference in differences {
            if difference.subject != subject {
                subject = difference.subject
                page.heading(subject, "")
            }
            page.change(difference.name, difference.left, difference.right)
        }
        return page.text
    }
}

extension TextPage {
    fileprivate mutating func change(_ name: String, _ left: String?, _ right: String?) {
        line("  \(name)")
        for (sign, text, colour) in [("-", left, TextStyle.Colour.red), ("+", right, .green)] {
            guard let text else { continue }
            for (index, line) in Self.wrapped(text.printable, Self.width - 6).enumerated() {
                self.line(style.paint("    \(index == 0 ? sign : " ") \(line)", colour))
            }
        }
    }
}

extension JSONValue {
    /// `explain --diff -o json`.
    package init(differences: [ExplanationDifference]) {
        self = [
            "differences": .array(
                differences.map { difference in
                    [
                        "subject": .string(difference.subject), "name": .string(difference.name),
                        "left": difference.left.map { .string($0) } ?? .null,
                        "right": difference.right.map { .string($0) } ?? .null,
                    ]
                })
        ]
    }
}
