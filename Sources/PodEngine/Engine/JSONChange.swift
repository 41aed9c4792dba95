// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Where two documents differ.
enum JSONChange {
    /// The paths of the differences, the deepest that tell them: `spec.containers[0].image`.
    static func paths(from old: JSONValue, to new: JSONValue, at path: String) -> [String] {
        if old == new { return [] }
        switch (old, new) {
        case (.object(let before), .object(let after)):
            return Set(before.keys).union(after.keys).sorted().flatMap { key in
                paths(from: before[key] ?? .null, to: after[key] ?? .null, at: "\(path).\(key)")
            }
        case (.array(let before), .array(let after)) where before.count == after.count:
            return zip(before, after).enumerated().flatMap { index, pair in
                paths(from: pair.0, to: pair.1, at: "\(path)[\(index)]")
            }
        default: return [path]
        }
    }
}
