// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Reads a template of ``JSONPath``, a piece at a time.
struct JSONPathParser {
    enum Piece {
        case text(String)
        case path([JSONPath.Step])
        case range([JSONPath.Step])
        case end
    }

    private let template: String
    private var rest: Substring

    init(_ template: String) {
        self.template = template
        rest = template[...]
    }

    func failure(_ problem: String) -> EngineError {
        .failed("error parsing jsonpath \(template): \(problem)")
    }

    /// The next piece; nil at the end.
    mutating func next() throws(EngineError) -> Piece? {
        guard let first = rest.first else { return nil }
        guard first == "{" else {
            let text = rest.prefix { $0 != "{" }
            rest = rest[text.endIndex...]
            return .text(String(text))
        }
        rest.removeFirst()
        skipSpace()
        let piece: Piece
        if let quote = rest.first, quote == "\"" || quote == "'" {
            piece = .text(try quoted())
        } else if take("end") {
            piece = .end
        } else if rest.hasPrefix("range ") {
            rest.removeFirst("range ".count)
            skipSpace()
            piece = .range(try steps())
        } else {
            piece = .path(try steps())
        }
        skipSpace()
        guard take("}") else { throw failure("unclosed action") }
        return piece
    }

    /// A path from here to what cannot belong to one.
    mutating func steps() throws(EngineError) -> [JSONPath.Step] {
        var steps: [JSONPath.Step] = []
        if take("$") { steps.append(.root) } else { _ = take("@") }
        while let first = rest.first {
            if first == "[" {
                rest.removeFirst()
                steps.append(try bracket())
            } else if first == "." {
                rest.removeFirst()
                if rest.first == "." {
                    rest.removeFirst()
                    steps.append(.descendants)
                    if rest.first == "[" { continue }
                }
                // `.` alone is the value itself, and `.[0]` an element of it.
                guard let next = rest.first, next != "[", next != "}", next != " ", next != ")" else { continue }
                steps.append(take("*") ? .everything : .key(try key()))
            } else {
                break
            }
        }
        return steps
    }

    func expectEnd() throws(EngineError) {
        guard rest.isEmpty else { throw failure("unexpected \"\(rest)\"") }
    }

    // MARK: pieces of a path

    /// A name; a backslash keeps what follows it in the name: `kubernetes\.io/os`.
    private mutating func key() throws(EngineError) -> String {
        var name = ""
        while let first = rest.first, !".[]{}()=!<>, \t\"'".contains(first) {
            rest.removeFirst()
            if first == "\\", let next = rest.first {
                name.append(next)
                rest.removeFirst()
            } else {
                name.append(first)
            }
        }
        guard !name.isEmpty else { throw failure("unrecognized character at \"\(rest)\"") }
        return name
    }

    /// What stands in brackets, after the first one.
    private mutating func bracket() throws(EngineError) -> JSONPath.Step {
        skipSpace()
        let step: JSONPath.Step
        if take("*") {
            step = .everything
        } else if take("?(") {
            step = .filter(try filter())
        } else if let quote = rest.first, quote == "\"" || quote == "'" {
            let paths = try list { parser throws(EngineError) in try parser.quotedPath() }
            step = .union(paths)
        } else {
            step = try numbers()
        }
        skipSpace()
        guard take("]") else { throw failure("unterminated array") }
        return step
    }

    private mutating func list<Element>(
        _ element: (inout Self) throws(EngineError) -> Element
    ) throws(EngineError) -> [Element] {
        var found: [Element] = []
        repeat {
            skipSpace()
            found.append(try element(&self))
            skipSpace()
        } while take(",")
        return found
    }

    /// `0`, `-1`, `0,2`, or `1:3:2` with any of the three left out.
    private mutating func numbers() throws(EngineError) -> JSONPath.Step {
        let from = number()
        guard rest.first == ":" else {
            guard let from else { throw failure("invalid array index \"\(rest)\"") }
            guard take(",") else { return .indices([from]) }
            let others = try list { parser throws(EngineError) in
                guard let number = parser.number() else {
                    throw parser.failure("invalid array index \"\(parser.rest)\"")
                }
                return number
            }
            return .indices([from] + others)
        }
        rest.removeFirst()
        let to = number()
        let by = take(":") ? number() ?? 1 : 1
        guard by > 0 else { throw failure("step must be > 0") }
        return .slice(from: from, to: to, by: by)
    }

    private mutating func number() -> Int? {
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "-") }
        guard let number = Int(digits) else { return nil }
        rest = rest[digits.endIndex...]
        return number
    }

    private mutating func filter() throws(EngineError) -> JSONPath.Filter {
        let left = try operand()
        skipSpace()
        var sign: String?
        for candidate in ["==", "!=", "<=", ">=", "<", ">"] where sign == nil && take(candidate) { sign = candidate }
        skipSpace()
        let right = sign == nil ? nil : try operand()
        skipSpace()
        guard take(")") else { throw failure("unterminated filter") }
        return JSONPath.Filter(left: left, sign: sign, right: right)
    }

    private mutating func operand() throws(EngineError) -> JSONPath.Operand {
        skipSpace()
        guard let first = rest.first else { throw failure("unterminated filter") }
        if first == "\"" || first == "'" { return .value(.string(try quoted())) }
        if first == "@" || first == "$" || first == "." { return .path(try steps()) }
        if take("true") { return .value(.bool(true)) }
        if take("false") { return .value(.bool(false)) }
        guard let number = number() else { throw failure("unrecognized character at \"\(rest)\"") }
        return .value(.int(Int64(number)))
    }

    /// A string between quotes of either kind, with the escapes of Go.
    private mutating func quoted() throws(EngineError) -> String {
        let quote = rest.removeFirst()
        var text = ""
        while let first = rest.first {
            rest.removeFirst()
            if first == quote { return text }
            guard first == "\\", let escaped = rest.first else {
                text.append(first)
                continue
            }
            rest.removeFirst()
            switch escaped {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            default: text.append(escaped)
            }
        }
        throw failure("unterminated quoted string")
    }

    /// A path without its first dot, between quotes: `'metadata.name'`.
    private mutating func quotedPath() throws(EngineError) -> [JSONPath.Step] {
        guard let quote = rest.first, quote == "\"" || quote == "'" else { throw failure("invalid array index") }
        let text = rest.dropFirst().prefix { $0 != quote }
        guard text.endIndex < rest.endIndex else { throw failure("unterminated quoted string") }
        rest = rest[rest.index(after: text.endIndex)...]
        var parser = JSONPathParser(".\(text)")
        let steps = try parser.steps()
        try parser.expectEnd()
        return steps
    }

    private mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }

    private mutating func take(_ text: String) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest.removeFirst(text.count)
        return true
    }
}
