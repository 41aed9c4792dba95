// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// Compares an object as read with the schema: every field known, every value of its field's type.
struct SchemaCheck {
    private static let mostProblems = 20

    private let schema: Schema
    private let file: String
    private var path: [FieldPath.Element]
    private(set) var problems: [ManifestProblem] = []

    /// The check of one object, which stands at `prefix` if it is an item of a list.
    init(file: String, prefix: FieldPath = FieldPath(), schema: Schema = .core) {
        self.schema = schema
        self.file = file
        path = prefix.elements
    }

    mutating func check(_ node: SourceNode, type: FieldType) { check(node, type, at: node.position) }

    private mutating func check(_ node: SourceNode, _ type: FieldType, at position: Position) {
        guard problems.count < Self.mostProblems else { return }
        switch (type, node.content) {
        case (_, .null), (.any, _), (.string, .string), (.bool, .bool), (.int64, .int): return
        case (.quantity, .int), (.quantity, .double), (.intOrString, .string): return
        case (.object(let place), .object(let members)):
            for member in members {
                guard let field = schema.types[place].fields[member.key] else {
                    unknown(member, in: place)
                    continue
                }
                path.append(.field(member.key))
                check(member.value, field, at: member.position)
                path.removeLast()
            }
        case (.map(let value), .object(let members)):
            for member in members {
                path.append(.key(member.key))
                check(member.value, value, at: member.position)
                path.removeLast()
            }
        case (.list(let element), .array(let elements)):
            for (index, node) in elements.enumerated() {
                path.append(.index(index))
                check(node, element, at: node.position)
                path.removeLast()
            }
        case (.int32, .int(let number)), (.intOrString, .int(let number)):
            if Int32(exactly: number) == nil {
                report(
                    node, at: position, "cannot unmarshal number \(number) into type int32",
                    "use a whole number between \(Int32.min) and \(Int32.max)")
            }
        case (.quantity, .string(let text)):
            do { _ = try Quantity(text) } catch {
                report(node, at: position, error.description, "write 500m or 2Gi, say")
            }
        case (.time, .string(let text)):
            if !Timestamp.isValid(text) {
                report(node, at: position, "parsing time \"\(text)\": not RFC 3339", "write \(type.expectation)")
            }
        case (.bytes, .string(let text)):
            if Data(base64Encoded: text.filter { $0 != "\n" && $0 != "\r" }) == nil {
                report(node, at: position, "illegal base64 data", "encode the bytes with base64, or use stringData")
            }
        default: mismatch(node, type, at: position)
        }
    }

    private mutating func mismatch(_ node: SourceNode, _ type: FieldType, at position: Position) {
        var remedy = "write \(type.expectation)"
        switch (type, node.content) {
        case (.string, .bool(let value)): remedy = "a plain \(value), yes, no, on or off is a boolean: quote it"
        case (.string, .int), (.string, .double): remedy = "a plain number is not a string: quote it"
        case (.bool, .string(let text)) where ["true", "false"].contains(text.lowercased()):
            remedy = "write \(text.lowercased()) without quotes"
        case (.int32, .string(let text)), (.int64, .string(let text)):
            if Int64(text) != nil { remedy = "write \(text) without quotes" }
        case (.list, .object), (.list, .string): remedy = "write a list: a line with '- ' for each element"
        case (.object, .array): remedy = "write a mapping: no '- ' before its fields"
        default: break
        }
        report(node, at: position, "cannot unmarshal \(node.kindName) into type \(type.goName(in: schema))", remedy)
    }

    private mutating func report(_ node: SourceNode, at position: Position, _ problem: String, _ remedy: String) {
        problems.append(
            ManifestProblem(
                file: file, position: node.position == .none ? position : node.position,
                path: FieldPath(path).description, problem: problem, remedy: remedy))
    }

    private mutating func unknown(_ member: SourceNode.Member, in place: Int) {
        guard problems.count < Self.mostProblems else { return }
        let field = FieldPath(path + [.field(member.key)]).description
        problems.append(
            ManifestProblem(
                file: file, position: member.position, path: FieldPath(path).description,
                problem: "strict decoding error: unknown field \"\(field)\"",
                remedy: schema.suggestion(for: member.key, in: place)))
    }
}

/// The times of the API: RFC 3339.
enum Timestamp {
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return false }
        for (index, sign) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] as [(Int, Unicode.Scalar)] {
            guard bytes[index] == UInt8(ascii: sign) else { return false }
        }
        func number(_ range: Range<Int>) -> Int { Int(String(decoding: bytes[range], as: UTF8.self)) ?? -1 }
        guard number(0..<4) >= 0, (1...12).contains(number(5..<7)), (1...31).contains(number(8..<10)),
            (0...23).contains(number(11..<13)), (0...59).contains(number(14..<16)), (0...60).contains(number(17..<19))
        else { return false }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let digits = rest.prefix { $0 >= 48 && $0 <= 57 }.count
            guard digits > 0 else { return false }
            rest = rest.dropFirst(digits)
        }
        if rest.elementsEqual("Z".utf8) { return true }
        guard rest.count == 6, rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") else { return false }
        let hours = number(rest.startIndex + 1..<rest.startIndex + 3)
        let minutes = number(rest.startIndex + 4..<rest.endIndex)
        return rest[rest.startIndex + 3] == UInt8(ascii: ":") && (0...23).contains(hours) && (0...59).contains(minutes)
    }
}
