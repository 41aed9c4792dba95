// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Who breaks a rule: the pod's own context, some of its containers, and the fields by which they do.
struct Offenders {
    var includesPod = false
    /// Names, in the order in which the containers are visited.
    private(set) var containers: [String] = []
    var fields: [FieldPath] = []

    var isEmpty: Bool { !includesPod && containers.isEmpty }

    mutating func add(_ container: Container) { containers.append(container.name) }

    mutating func add(_ container: Container, _ field: FieldPath) {
        containers.append(container.name)
        fields.append(field)
    }

    mutating func addPod(_ names: String...) {
        includesPod = true
        fields.append(FieldPath([.field("spec")] + names.map { .field($0) }))
    }

    /// `container "a"`, or `containers "a", "b"`.
    var containerList: String { containers.quotedList(after: "container") }

    /// Those who set something: `pod`, `container "a"`, `pod and containers "a", "b"`.
    var setters: String {
        guard includesPod else { return containerList }
        return containers.isEmpty ? "pod" : "pod and \(containerList)"
    }
}

extension [String] {
    /// `"a", "b"`: nothing is escaped.
    var quotedList: String { isEmpty ? "" : "\"\(joined(separator: "\", \""))\"" }

    /// `volume "a"`, `volumes "a", "b"`.
    func quotedList(after noun: String) -> String { "\(noun)\(count == 1 ? "" : "s") \(quotedList)" }

    /// In the order of their bytes and each once, as Go sorts and compares.
    var sortedOnce: [String] {
        guard count > 1 else { return self }
        var result: [String] = []
        for text in sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where result.last?.hasSameBytes(as: text) != true {
            result.append(text)
        }
        return result
    }
}

/// Comparisons by bytes, as Go's: Swift's own take canonical equivalents for equal, and `\u{212a}ILL` for `KILL`.
extension String {
    func hasSameBytes(as text: String) -> Bool { utf8.elementsEqual(text.utf8) }

    func hasBytes(_ prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }
}
