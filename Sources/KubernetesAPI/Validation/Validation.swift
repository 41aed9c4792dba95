// SPDX-License-Identifier: Apache-2.0

/// Collects what the API server refuses, rule by rule.
///
/// The rules are this type's methods, grouped by topic, one a rule. They are called in the server's order, because it
/// tells its errors in the order in which it finds them.
struct Validation {
    private(set) var errors: [FieldError] = []
    private var path: [FieldPath.Element]

    init(at path: FieldPath = FieldPath()) { self.path = path.elements }

    /// Runs rules about a field.
    mutating func within(_ field: String, _ rules: (inout Self) -> Void) {
        path.append(.field(field))
        rules(&self)
        path.removeLast()
    }

    /// Runs rules about a key of a map.
    mutating func within(key: String, _ rules: (inout Self) -> Void) {
        path.append(.key(key))
        rules(&self)
        path.removeLast()
    }

    /// Runs rules about an element of the list that the path names.
    mutating func within(index: Int, _ rules: (inout Self) -> Void) {
        path.append(.index(index))
        rules(&self)
        path.removeLast()
    }

    /// Runs rules about each element of a list.
    mutating func each<Element>(_ field: String, _ elements: [Element]?, _ rules: (inout Self, Element) -> Void) {
        guard let elements, !elements.isEmpty else { return }
        path.append(.field(field))
        eachElement(elements, rules)
        path.removeLast()
    }

    /// Runs rules about each element of the list that the path names already.
    mutating func eachElement<Element>(_ elements: [Element], _ rules: (inout Self, Element) -> Void) {
        for (index, element) in elements.enumerated() {
            path.append(.index(index))
            rules(&self, element)
            path.removeLast()
        }
    }

    mutating func required(_ field: String? = nil, _ detail: String = "") {
        add(.required, field, nil, detail)
    }
    mutating func forbidden(_ field: String?, _ detail: String) { add(.forbidden, field, nil, detail) }
    mutating func tooLong(_ field: String?, bytes: Int) {
        add(.tooLong, field, nil, "may not be more than \(bytes) bytes")
    }
    mutating func invalid(_ field: String?, _ value: FieldError.Value, _ detail: String) {
        add(.invalid, field, value, detail)
    }
    mutating func invalid(_ value: FieldError.Value, _ detail: String) { add(.invalid, nil, value, detail) }
    /// Without a value, where the server shows none.
    mutating func invalid(_ detail: String) { add(.invalid, nil, nil, detail) }
    /// One error for each of the details.
    mutating func invalid(_ field: String?, _ value: String, each details: [String]) {
        for detail in details { add(.invalid, field, .string(value), detail) }
    }
    mutating func invalid(_ value: String, each details: [String]) { invalid(nil, value, each: details) }
    mutating func unsupported(_ field: String?, _ value: String, supported: [String]) {
        let values = supported.map { GoText.quoted($0) }.joined(separator: ", ")
        add(.notSupported, field, .string(value), "supported values: \(values)")
    }
    mutating func unsupported(_ field: String?, json: String, supported: [String]) {
        let values = supported.map { GoText.quoted($0) }.joined(separator: ", ")
        add(.notSupported, field, .json(json), "supported values: \(values)")
    }
    mutating func duplicate(_ field: String?, _ value: String) { add(.duplicate, field, .string(value), "") }
    mutating func duplicate(_ value: Int64) { add(.duplicate, nil, .int(value), "") }
    mutating func tooMany(_ field: String, _ count: Int, most: Int) {
        if count > most { add(.tooMany, field, .int(Int64(count)), "must have at most \(most) items") }
    }
    mutating func notFound(_ field: String?, _ value: String, _ detail: String = "") {
        add(.notFound, field, .string(value), detail)
    }

    private mutating func add(_ kind: FieldError.Kind, _ field: String?, _ value: FieldError.Value?, _ detail: String) {
        let place = field.map { path + [.field($0)] } ?? path
        errors.append(FieldError(kind: kind, field: FieldPath(place), value: value, detail: detail))
    }
}
