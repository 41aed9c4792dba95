// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A template of kubectl's `-o jsonpath=`: text, with what a path finds in the place of each `{…}`.
///
/// A path that finds nothing stands for nothing. Source: kubectl's reference, "JSONPath support".
package struct JSONPath: Sendable {
    private indirect enum Part: Sendable {
        case text(String)
        case path([Step])
        case range([Step], [Part])
    }
    enum Step: Hashable, Sendable {
        case root
        case key(String)
        /// Several paths, one after the other: `['a','b.c']`.
        case union([[Step]])
        case everything
        case descendants
        /// Of a list, each end as in Python: negative from the back, nil for the end.
        case slice(from: Int?, to: Int?, by: Int)
        case indices([Int])
        case filter(Filter)
    }
    /// `?(@.a == "b")`; without an operator: whether the path finds anything.
    struct Filter: Hashable, Sendable {
        let left: Operand
        let sign: String?
        let right: Operand?
    }
    enum Operand: Hashable, Sendable {
        case value(JSONValue)
        case path([Step])
    }

    private let parts: [Part]

    package init(template: String) throws(EngineError) {
        var parser = JSONPathParser(template)
        parts = try Self.parse(&parser, inRange: false)
    }

    /// One path with or without its braces and first dot, as `--sort-by` and `custom-columns` take it.
    package init(relaxed text: String) throws(EngineError) {
        var path = text
        if path.hasPrefix("{"), path.hasSuffix("}") { path = String(path.dropFirst().dropLast()) }
        if !path.hasPrefix("."), !path.hasPrefix("["), !path.hasPrefix("$") { path = ".\(path)" }
        var parser = JSONPathParser(path)
        let steps = try parser.steps()
        try parser.expectEnd()
        parts = [.path(steps)]
    }

    /// The template with its paths' findings, several of them with a space between.
    package func text(of value: JSONValue) -> String { Self.render(parts, value, root: value) }

    /// What the only path of a relaxed one finds.
    package func findings(in value: JSONValue) -> [JSONValue] {
        guard case .path(let steps)? = parts.first else { return [] }
        return Self.find(steps, in: value, root: value)
    }

    /// As kubectl prints a value: strings as they are, anything else as JSON.
    package static func text(_ value: JSONValue) -> String {
        if case .string(let text) = value { text } else { value.compactText }
    }

    // MARK: parse

    private static func parse(_ parser: inout JSONPathParser, inRange: Bool) throws(EngineError) -> [Part] {
        var parts: [Part] = []
        while let next = try parser.next() {
            switch next {
            case .text(let text): parts.append(.text(text))
            case .path(let steps): parts.append(.path(steps))
            case .range(let steps): parts.append(.range(steps, try parse(&parser, inRange: true)))
            case .end:
                guard inRange else { throw parser.failure("{end} without {range}") }
                return parts
            }
        }
        if inRange { throw parser.failure("{range} without {end}") }
        return parts
    }

    // MARK: evaluate

    private static func render(_ parts: [Part], _ value: JSONValue, root: JSONValue) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .path(let steps): find(steps, in: value, root: root).map(text).joined(separator: " ")
            case .range(let steps, let body):
                find(steps, in: value, root: root).map { render(body, $0, root: root) }.joined()
            }
        }.joined()
    }

    fileprivate static func find(_ steps: [Step], in value: JSONValue, root: JSONValue) -> [JSONValue] {
        var found = [value]
        for step in steps {
            if case .union(let paths) = step {
                found = paths.flatMap { path in found.flatMap { find(path, in: $0, root: root) } }
            } else {
                found = found.flatMap { take(step, $0, root: root) }
            }
        }
        return found
    }

    private static func take(_ step: Step, _ value: JSONValue, root: JSONValue) -> [JSONValue] {
        switch step {
        case .root: return [root]
        case .key(let key): return value[key].map { [$0] } ?? []
        case .union(let paths): return paths.flatMap { find($0, in: value, root: root) }
        case .everything: return children(value)
        case .descendants: return descendants(value)
        case .indices(let indices):
            let list = value.arrayValue ?? []
            return indices.compactMap { index in
                let place = index < 0 ? list.count + index : index
                return list.indices.contains(place) ? list[place] : nil
            }
        case .slice(let from, let to, let by):
            let list = value.arrayValue ?? []
            func bound(_ index: Int) -> Int { min(max(index < 0 ? list.count + index : index, 0), list.count) }
            return stride(from: bound(from ?? 0), to: bound(to ?? list.count), by: by).map { list[$0] }
        case .filter(let filter): return (value.arrayValue ?? []).filter { filter.holds(for: $0, root: root) }
        }
    }

    private static func children(_ value: JSONValue) -> [JSONValue] {
        value.arrayValue ?? (value.objectValue ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    private static func descendants(_ value: JSONValue) -> [JSONValue] {
        [value] + children(value).flatMap(descendants)
    }
}

extension JSONPath.Filter {
    fileprivate func holds(for value: JSONValue, root: JSONValue) -> Bool {
        func values(_ operand: JSONPath.Operand) -> [JSONValue] {
            switch operand {
            case .value(let value): [value]
            case .path(let steps): JSONPath.find(steps, in: value, root: root)
            }
        }
        let left = values(left)
        guard let sign, let right else { return !left.isEmpty }
        return zip(left, values(right)).contains { Self.compare($0, sign, $1) } && left.count == values(right).count
    }

    private static func compare(_ left: JSONValue, _ sign: String, _ right: JSONValue) -> Bool {
        switch sign {
        case "==": return left == right
        case "!=": return left != right
        default: break
        }
        if let left = left.stringValue, let right = right.stringValue { return ordered(left, sign, right) }
        if let left = left.intValue, let right = right.intValue { return ordered(left, sign, right) }
        return false
    }

    private static func ordered<Value: Comparable>(_ left: Value, _ sign: String, _ right: Value) -> Bool {
        switch sign {
        case "<": left < right
        case "<=": left <= right
        case ">": left > right
        default: left >= right
        }
    }
}
