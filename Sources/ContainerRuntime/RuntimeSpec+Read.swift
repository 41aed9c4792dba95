// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
package import OCISpec

extension RuntimeSpec {
    /// Reads the text of a bundle's `config.json`; `path` is for errors.
    ///
    /// A field that this runtime does not know is refused: skipping it would start a container with less than was asked.
    package static func read(_ text: [UInt8], of path: String) throws -> RuntimeSpec {
        try readStrictly(RuntimeSpec.self, text, path)
    }
}

extension ProcessSpec {
    /// Reads the `process` that `exec` is given, as strictly.
    package static func read(_ path: String) throws -> ProcessSpec {
        try readStrictly(ProcessSpec.self, try File.read(path), path)
    }
}

private func readStrictly<Value: Codable>(_ type: Value.Type, _ bytes: [UInt8], _ path: String) throws -> Value {
    let value = try JSONFile.decode(type, from: bytes, subject: path)
    let written = try JSONFile.decode(JSONTree.self, from: bytes, subject: path)
    let known = try JSONFile.decode(JSONTree.self, from: try JSONFile.encode(value), subject: path)
    if let field = written.firstField(missingIn: known, at: "") {
        throw JSONFile.Malformed(path: path, reason: "\(field): this runtime does not know the field and refuses it")
    }
    return value
}

/// JSON of any shape.
private enum JSONTree: Decodable {
    case object([String: JSONTree])
    case array([JSONTree])
    /// Null.
    case nothing
    case scalar

    init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: Key.self) {
            var members: [String: JSONTree] = [:]
            for key in keyed.allKeys { members[key.stringValue] = try keyed.decode(JSONTree.self, forKey: key) }
            self = .object(members)
        } else if var list = try? decoder.unkeyedContainer() {
            var items: [JSONTree] = []
            while !list.isAtEnd { items.append(try list.decode(JSONTree.self)) }
            self = .array(items)
        } else {
            self = try decoder.singleValueContainer().decodeNil() ? .nothing : .scalar
        }
    }

    /// The path of the first member that the other tree lacks; ``nothing`` and empty containers are not missed.
    func firstField(missingIn known: JSONTree?, at path: String) -> String? {
        switch self {
        case .nothing: return nil
        case .scalar: return known == nil ? path : nil
        case .array(let items):
            guard case .array(let others)? = known, others.count == items.count else {
                return items.isEmpty ? nil : path
            }
            for (index, item) in items.enumerated() {
                if let field = item.firstField(missingIn: others[index], at: "\(path)[\(index)]") { return field }
            }
            return nil
        case .object(let members):
            // `annotations` and their like are objects whose keys are data: they are in both trees.
            guard case .object(let others)? = known else { return members.isEmpty ? nil : path }
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                let below = path.isEmpty ? name : "\(path).\(name)"
                if let field = member.firstField(missingIn: others[name], at: below) { return field }
            }
            return nil
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
