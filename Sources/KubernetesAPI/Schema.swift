// SPDX-License-Identifier: Apache-2.0

/// What a field of the API holds.
indirect enum FieldType: Hashable, Sendable {
    case string
    case bool
    case int32
    case int64
    case quantity
    case intOrString
    /// A string by RFC 3339.
    case time
    /// A string by base64.
    case bytes
    case any
    case list(FieldType)
    case map(FieldType)
    /// The type at this place of ``Schema/types``.
    case object(Int)
}

/// The names and types of all fields, of every type of the API that a manifest may have.
struct Schema: Sendable {
    struct ObjectType: Sendable {
        let name: String
        var fields: [String: FieldType]
    }
    private(set) var types: [ObjectType]
    private let places: [String: Int]
    /// Where the specification of a pod stands, in words.
    let podSpecification: String

    /// Reads a table with one type a line: `Type: field type, field type`; `+Type` stands for that type's fields.
    ///
    /// A field's type is one of the names of ``FieldType``, another type's name, `[…]` for a list or `{…}` for a map.
    init(table: String) { self.init(types: [], places: [:], podSpecification: "spec", table: table) }

    /// The types of another schema, at their places, and those of a table that may name them.
    init(extending base: Self, podSpecification: String, table: String) {
        self.init(types: base.types, places: base.places, podSpecification: podSpecification, table: table)
    }

    private init(types known: [ObjectType], places: [String: Int], podSpecification: String, table: String) {
        let lines = table.split(separator: "\n")
        types = known
        types.reserveCapacity(known.count + lines.count)
        var places = places
        for line in lines {
            let name = String(line.prefix { $0 != ":" })
            places[name] = types.count
            types.append(ObjectType(name: name, fields: [:]))
        }
        self.places = places
        self.podSpecification = podSpecification
        for (place, line) in zip(known.count..., lines) {
            for field in line.dropFirst(types[place].name.count + 1).split(separator: ",") {
                let words = field.split(separator: " ")
                if words.count == 1, words[0].hasPrefix("+") {
                    let other = self.place(of: String(words[0].dropFirst()))
                    types[place].fields.merge(types[other].fields) { own, _ in own }
                } else {
                    types[place].fields[String(words[0])] = fieldType(words[1])
                }
            }
        }
    }

    /// The type with this name.
    func type(named name: String) -> FieldType { .object(place(of: name)) }

    private func place(of name: String) -> Int {
        guard let place = places[name] else { fatalError("the schema's table has no type \(name)") }
        return place
    }

    private func fieldType(_ text: Substring) -> FieldType {
        switch text {
        case "string": .string
        case "bool": .bool
        case "int32": .int32
        case "int64": .int64
        case "quantity": .quantity
        case "intOrString": .intOrString
        case "time": .time
        case "bytes": .bytes
        case "any": .any
        default:
            switch text.first {
            case "[": .list(fieldType(text.dropFirst().dropLast()))
            case "{": .map(fieldType(text.dropFirst().dropLast()))
            default: .object(place(of: String(text)))
            }
        }
    }
}

extension FieldType {
    /// In words: what a value of this type is.
    var expectation: String {
        switch self {
        case .string: "a string"
        case .bool: "true or false"
        case .int32, .int64: "a whole number"
        case .quantity: "a quantity such as 500m or 2Gi"
        case .intOrString: "a number or a name"
        case .time: "a time such as 2006-01-02T15:04:05Z"
        case .bytes: "a base64 string"
        case .any: "a value"
        case .list: "a list"
        case .map, .object: "a mapping"
        }
    }

    /// As the API server names it.
    func goName(in schema: Schema) -> String {
        switch self {
        case .string: "string"
        case .bool: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .quantity: "resource.Quantity"
        case .intOrString: "intstr.IntOrString"
        case .time: "v1.Time"
        case .bytes: "[]uint8"
        case .any: "interface {}"
        case .list(let element): "[]\(element.goName(in: schema))"
        case .map(let element): "map[string]\(element.goName(in: schema))"
        case .object(let place): "v1.\(schema.types[place].name)"
        }
    }
}
