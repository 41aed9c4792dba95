// SPDX-License-Identifier: Apache-2.0

/// Where a field is in an object, as the API server writes it: `spec.containers[0].image`, `metadata.labels[app]`.
package struct FieldPath: Hashable, Sendable {
    package enum Element: Hashable, Sendable {
        /// A field of a type.
        case field(String)
        /// A key of a map.
        case key(String)
        case index(Int)
    }
    package var elements: [Element]

    package init(_ elements: [Element] = []) { self.elements = elements }
}

extension FieldPath {
    /// The path that this text writes.
    package init(parsing text: String) {
        elements = []
        let bytes = Array(text.utf8)
        var start = 0
        var index = 0
        func take(_ end: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "."):
                if index > start { elements.append(.field(take(index))) }
                start = index + 1
                index += 1
            case UInt8(ascii: "["):
                if index > start { elements.append(.field(take(index))) }
                start = index + 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "]") { index += 1 }
                let inside = take(index)
                elements.append(Int(inside).map { .index($0) } ?? .key(inside))
                index += 1
                start = index
            default: index += 1
            }
        }
        if start < bytes.count { elements.append(.field(take(bytes.count))) }
    }
}

extension FieldPath: CustomStringConvertible {
    package var description: String {
        var text = ""
        for element in elements {
            switch element {
            case .field(let name): text += text.isEmpty ? name : ".\(name)"
            case .key(let key): text += "[\(key)]"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}

extension SourceNode {
    /// Where the field at this path is written: its key, or its first character if it is an element of a list.
    ///
    /// Nil where the file does not have the field.
    package func position(of path: FieldPath) -> Position? {
        let (_, position, depth) = deepest(path)
        return depth == path.elements.count ? position : nil
    }

    /// The value at this path; nil where the file does not have the field.
    package func node(at path: FieldPath) -> SourceNode? {
        let (node, _, depth) = deepest(path)
        return depth == path.elements.count ? node : nil
    }

    /// Where the field at this path, or else the nearest field around it, is written.
    package func nearestPosition(of path: FieldPath) -> Position { deepest(path).position }

    private func deepest(_ path: FieldPath) -> (node: SourceNode, position: Position, depth: Int) {
        var node = self
        var position = position
        for (depth, element) in path.elements.enumerated() {
            switch element {
            case .field(let key), .key(let key):
                guard let member = node.member(key) else { return (node, position, depth) }
                position = member.position
                node = member.value
            case .index(let index):
                if let member = node.member(String(index)) {
                    position = member.position
                    node = member.value
                    continue
                }
                guard case .array(let elements) = node.content, elements.indices.contains(index) else {
                    return (node, position, depth)
                }
                node = elements[index]
                position = node.position
            }
        }
        return (node, position, path.elements.count)
    }
}
