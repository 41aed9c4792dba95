// SPDX-License-Identifier: Apache-2.0
import Yams

/// What keeps a text from being YAML that Kubernetes reads.
struct YAMLSyntaxError: Error {
    let position: Position?
    let problem: String
    var remedy: String?
    /// The field, if the error is about one.
    var path = FieldPath()
}

/// Reads the documents of a YAML text with positions.
///
/// A key that a mapping has twice is an error. Aliases and merge keys (`<<`) are resolved, within a bound.
struct YAMLReader {
    /// Deeper nesting than any Kubernetes object has, and little enough for the stack.
    static let deepest = 100
    /// More documents than anybody writes into one file by hand or by program.
    static let mostDocuments = 100_000

    /// Up to how many bytes a text is read again to tell more about an error.
    private static let largestReread = 256 << 10

    private let text: String
    /// How many more values may be read.
    ///
    /// A text without aliases has fewer values than bytes.
    private var budget: Int
    private var path = FieldPath()

    private init(_ text: String) {
        self.text = text
        budget = text.utf8.count + 100_000
    }

    /// The documents that hold anything.
    static func read(_ text: String) throws(YAMLSyntaxError) -> [SourceNode] {
        try AliasBound.check(text)
        try FlowBound.check(text)
        try DirectiveBound.check(text)
        try AliasNesting.check(text)
        return try read(text) { reader throws in try reader.documents() }
    }

    /// Reads the text in some way, and tells what the parser finds wrong.
    static func read<Result>(
        _ text: String, _ body: (inout Self) throws -> Result
    ) throws(YAMLSyntaxError) -> Result {
        var reader = Self(text)
        do {
            return try body(&reader)
        } catch let error as YAMLSyntaxError {
            throw error
        } catch let error as YamlError {
            throw reader.translated(error)
        } catch {
            throw YAMLSyntaxError(position: nil, problem: "is not YAML: \(error)")
        }
    }

    private mutating func documents() throws -> [SourceNode] {
        var documents: [SourceNode] = []
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        var count = 0
        while let root = try parser.nextRoot() {
            count += 1
            guard count <= Self.mostDocuments else {
                throw YAMLSyntaxError(position: nil, problem: "more than \(Self.mostDocuments) documents")
            }
            let node = try node(root, depth: 1)
            if !node.isNull { documents.append(node) }
        }
        return documents
    }

    private mutating func node(_ node: Node, depth: Int) throws(YAMLSyntaxError) -> SourceNode {
        let position = Position(node.mark)
        budget -= 1
        guard budget > 0 else {
            throw YAMLSyntaxError(
                position: position, problem: "aliases expand to more values than the file has bytes",
                remedy: "write the values out, or refer to fewer of them")
        }
        guard depth <= Self.deepest else {
            throw YAMLSyntaxError(position: position, problem: "nested deeper than \(Self.deepest) levels", path: path)
        }
        switch node {
        case .scalar(let scalar): return SourceNode(position: position, content: try content(scalar, position))
        case .sequence(let sequence):
            try expect(sequence.tag, ["tag:yaml.org,2002:seq"], position)
            var elements: [SourceNode] = []
            elements.reserveCapacity(sequence.count)
            for (index, element) in sequence.enumerated() {
                path.elements.append(.index(index))
                elements.append(try self.node(element, depth: depth + 1))
                path.elements.removeLast()
            }
            return SourceNode(position: position, content: .array(elements))
        case .mapping(let mapping):
            try expect(mapping.tag, ["tag:yaml.org,2002:map"], position)
            return SourceNode(position: position, content: .object(try members(mapping, depth: depth)))
        case .alias(let alias):
            throw YAMLSyntaxError(position: position, problem: "unresolved alias \(alias.anchor.rawValue)", path: path)
        }
    }

    private mutating func members(
        _ mapping: Node.Mapping, depth: Int
    ) throws(YAMLSyntaxError) -> [SourceNode.Member] {
        var members: [SourceNode.Member] = []
        members.reserveCapacity(mapping.count)
        var merged: [SourceNode] = []
        var isRenamed = false
        for (key, value) in mapping {
            let position = Position(key.mark)
            if case .scalar(let scalar) = key, scalar.string == "<<", scalar.style == .plain {
                merged.append(try node(value, depth: depth + 1))
                continue
            }
            let name = try name(key, position)
            if key.scalar?.string != name { isRenamed = true }
            path.elements.append(.field(name))
            let value = try node(value, depth: depth + 1)
            members.append(SourceNode.Member(key: name, position: position, value: value))
            path.elements.removeLast()
        }
        if isRenamed { try expectDistinct(members) }
        guard !merged.isEmpty else { return members }
        var present = Set(members.map(\.key))
        for node in merged { try merge(node, into: &members, present: &present) }
        return members
    }

    /// Refuses two keys that become one name, such as `0x10` and `16`; the parser compares them as written.
    private func expectDistinct(_ members: [SourceNode.Member]) throws(YAMLSyntaxError) {
        var names: Set<String> = []
        for member in members where !names.insert(member.key).inserted {
            throw duplicate(FieldPath(path.elements + [.field(member.key)]), member.position, first: nil)
        }
    }

    /// Adds what a `<<` refers to, where the mapping does not say otherwise.
    private func merge(
        _ node: SourceNode, into members: inout [SourceNode.Member], present: inout Set<String>
    ) throws(YAMLSyntaxError) {
        switch node.content {
        case .object(let inherited):
            for member in inherited where present.insert(member.key).inserted { members.append(member) }
        case .array(let nodes):
            for node in nodes { try merge(node, into: &members, present: &present) }
        default:
            throw YAMLSyntaxError(
                position: node.position, problem: "map merge requires map or sequence of maps as the value", path: path)
        }
    }

    /// A key as the JSON key that it becomes: `0x10` is `16`, and `on` is `true`.
    private func name(_ key: Node, _ position: Position) throws(YAMLSyntaxError) -> String {
        guard case .scalar(let scalar) = key else {
            throw collectionKey(at: position)
        }
        guard scalar.style == .plain else { return scalar.string }
        switch ScalarResolution.content(ofPlain: scalar.string) {
        case .string(let text): return text
        case .int(let number): return String(number)
        case .bool(let value): return String(value)
        case .double(let number): return String(number)
        default:
            throw YAMLSyntaxError(
                position: position, problem: "a key is empty or null", remedy: "name it, or quote it", path: path)
        }
    }

    private func content(
        _ scalar: Node.Scalar, _ position: Position
    ) throws(YAMLSyntaxError) -> SourceNode.Content {
        let isPlain: Bool
        switch scalar.tag.description {
        case "": isPlain = scalar.style == .plain
        case "tag:yaml.org,2002:str": isPlain = false
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:float":
            isPlain = true
        default:
            try expect(scalar.tag, [], position)
            isPlain = scalar.style == .plain
        }
        let content = isPlain ? ScalarResolution.content(ofPlain: scalar.string) : .string(scalar.string)
        if case .double(let number) = content, !number.isFinite {
            throw YAMLSyntaxError(
                position: position, problem: "\(scalar.string) is a number that JSON does not have",
                remedy: "quote it if it is meant as text", path: path)
        }
        return content
    }

    private func expect(_ tag: Tag, _ expected: [String], _ position: Position) throws(YAMLSyntaxError) {
        let name = tag.description
        guard name.isEmpty || expected.contains(name) else {
            throw YAMLSyntaxError(
                position: position, problem: "the tag \(name) has no meaning here", remedy: "remove it", path: path)
        }
    }

    private func collectionKey(at position: Position) -> YAMLSyntaxError {
        YAMLSyntaxError(
            position: position, problem: "a list or mapping cannot be a key", remedy: "use a plain name", path: path)
    }

    private func duplicate(_ path: FieldPath, _ position: Position, first: Position?) -> YAMLSyntaxError {
        var key = ""
        if case .field(let name) = path.elements.last { key = name }
        let place = first.map { " at line \($0.line)" } ?? ""
        return YAMLSyntaxError(
            position: position,
            problem:
                "strict decoding error: duplicate field \"\(path)\"; mapping key \"\(key)\" already defined\(place)",
            remedy: "remove one of the two", path: path)
    }
}

extension YAMLReader {
    private func translated(_ error: YamlError) -> YAMLSyntaxError {
        switch error {
        case .parser(_, let problem, let mark, _) where problem.hasPrefix("Maximum nesting level"):
            YAMLSyntaxError(position: Position(mark), problem: "nested deeper than \(Self.deepest) levels")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            YAMLSyntaxError(
                position: Position(mark), problem: "is not YAML: \(problem)",
                remedy: remedy(problem, at: Position(mark)))
        case .reader(let problem, let offset, _, _):
            YAMLSyntaxError(position: offset.map(position(ofCharacter:)), problem: "is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            // The parser's word for a key that has no text.
            keys.first == "<uncovertable>"
                ? collectionKey(at: Position(context.mark)) : duplicate(keys.first ?? "", at: context.mark)
        case .memory: YAMLSyntaxError(position: nil, problem: "too large for this machine's memory")
        default: YAMLSyntaxError(position: nil, problem: "is not YAML: \(error)")
        }
    }

    private func remedy(_ problem: String, at position: Position) -> String? {
        switch problem {
        case "found character that cannot start any token":
            character(at: position) == "\t" ? "indent with spaces, not with a tab" : "quote the value"
        case "mapping values are not allowed in this context":
            "check the indentation, or quote a value that contains ': '"
        case "did not find expected key", "did not find expected '-' indicator", "could not find expected ':'":
            "check the indentation of this line and of the lines above it"
        case "found undefined alias": "define the anchor before it is used, or quote a value that begins with '*'"
        default: nil
        }
    }

    private func character(at position: Position) -> Unicode.Scalar? {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(Int(position.line) - 1) else { return nil }
        let line = Substring(lines[Int(position.line) - 1]).unicodeScalars
        return line.dropFirst(Int(position.column) - 1).first
    }

    private func position(ofCharacter offset: Int) -> Position {
        let before = text.prefix(offset)
        let line = before.split(separator: "\n", omittingEmptySubsequences: false)
        return Position(line: line.count, column: (line.last?.unicodeScalars.count ?? 0) + 1)
    }

    /// The error for a key that a mapping has twice, of which the parser tells one place.
    ///
    /// That key is made another one, of the same length, and the text is read again: now both have a path. More such
    /// keys in the same text are treated alike, up to a bound.
    private func duplicate(_ key: String, at mark: Mark) -> YAMLSyntaxError {
        let place = Position(mark)
        let unknown = duplicate(FieldPath([.field(key)]), place, first: nil)
        guard text.utf8.count <= Self.largestReread else { return unknown }
        let first = "\u{e000}"
        var strays = ["\u{e007}", "\u{e006}", "\u{e005}", "\u{e004}", "\u{e003}", "\u{e002}", "\u{e001}", first]
        var changed = text
        var mark = mark
        while let stray = strays.popLast(), let next = changed.replacing(at: mark, with: stray) {
            changed = next
            var reader = Self(changed)
            do {
                for document in try reader.documents() {
                    guard let (path, position) = document.twin(ofStray: first, of: key) else { continue }
                    return position < place
                        ? duplicate(path, place, first: position) : duplicate(path, position, first: place)
                }
                return unknown
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                mark = context.mark
            } catch {
                // There is another error further on; this one comes first in the file.
                return unknown
            }
        }
        return unknown
    }
}

extension String {
    /// The text with another character in the place of a key's first one; nil where there is none.
    fileprivate func replacing(at mark: Mark, with stray: String) -> String? {
        var lines = split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        var line = String(lines[mark.line - 1]).unicodeScalars
        guard var index = line.index(line.startIndex, offsetBy: mark.column - 1, limitedBy: line.endIndex),
            index < line.endIndex
        else { return nil }
        if line[index] == "\"" || line[index] == "'" { index = line.index(after: index) }
        guard index < line.endIndex else { return nil }
        line.replaceSubrange(index...index, with: stray.unicodeScalars)
        lines[mark.line - 1] = Substring(String(line))
        return lines.joined(separator: "\n")
    }
}

extension SourceNode {
    /// The member with this key beside the one whose key begins with `stray` instead.
    fileprivate func twin(ofStray stray: String, of key: String) -> (FieldPath, Position)? {
        switch content {
        case .object(let members):
            if members.contains(where: { $0.key.hasPrefix(stray) }) {
                return members.first { $0.key == key }.map { (FieldPath([.field(key)]), $0.position) }
            }
            for member in members {
                if let (path, position) = member.value.twin(ofStray: stray, of: key) {
                    return (FieldPath([.field(member.key)] + path.elements), position)
                }
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let (path, position) = element.twin(ofStray: stray, of: key) {
                    return (FieldPath([.index(index)] + path.elements), position)
                }
            }
        default: break
        }
        return nil
    }
}

extension Position {
    init(_ mark: Mark?) { self.init(line: mark?.line ?? 1, column: mark?.column ?? 1) }

    static func < (left: Self, right: Self) -> Bool { (left.line, left.column) < (right.line, right.column) }
}
