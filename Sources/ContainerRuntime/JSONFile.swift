// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel

/// Values as JSON files.
package enum JSONFile {
    /// Reads a value.
    ///
    /// - Throws: ``SyscallError`` for the file, ``Malformed`` for its content.
    package static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value {
        try decode(type, from: try File.read(path), subject: path)
    }

    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], subject: String
    ) throws(Malformed) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw Malformed(path: subject, reason: describe(error))
        }
    }

    package static func encode(_ value: some Encodable) throws(Malformed) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(value)) } catch {
            throw Malformed(path: "\(type(of: value))", reason: describe(error))
        }
    }

    /// Replaces a file as a whole.
    ///
    /// `durable` is false for what need not outlive a crash of the machine.
    package static func write(
        _ value: some Encodable, to path: String, mode: UInt32 = 0o600, durable: Bool = true
    ) throws {
        try File.replace(path, with: try encode(value), mode: mode, durable: durable)
    }

    /// A file whose content is not what it should be.
    package struct Malformed: Error, CustomStringConvertible {
        package let path: String
        package let reason: String
        package var description: String { "\(path): \(reason)" }
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            "\(path(context.codingPath + [key])): required"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(path(context.codingPath)): \(context.debugDescription)"
        case DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "not valid JSON: \(context.debugDescription)"
                : "\(path(context.codingPath)): \(context.debugDescription)"
        default: "\(error)"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
        }
    }
}
