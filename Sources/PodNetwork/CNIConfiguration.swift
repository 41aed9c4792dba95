// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel

/// One network of the machine: a list of plugins that make a pod's interface, one after the other.
///
/// Source: the CNI specification, section 1; files are chosen as libcni chooses them.
package struct CNIConfiguration: Codable, Hashable, Sendable {
    /// The file that it stands in, for messages.
    package let file: String
    package let name: String
    /// Of the specification that the plugins are spoken to in: `1.0.0`.
    package let version: String
    let disableCheck: Bool
    let plugins: [Plugin]

    struct Plugin: Codable, Hashable, Sendable {
        /// The program's name.
        let type: String
        /// Runtime values that it wants, such as `portMappings`.
        let capabilities: [String]
        let configuration: [String: JSONValue]
    }

    /// The folder where a machine's networks stand.
    package static let folder = "/etc/cni/net.d"

    /// The machine's network: the first of the folder's files by name; nil when there is none.
    ///
    /// - Throws: when that file is not a valid configuration. It is not passed over: the pod would get another network
    ///   than the one that the machine's owner meant.
    package static func first(in folder: String = folder) throws(NetworkError) -> Self? {
        let names: [String]
        do { names = try File.names(in: folder) } catch  where error.errno == .noEntry {
            return nil
        } catch {
            throw NetworkError("\(error)")
        }
        let endings = [".conf", ".conflist", ".json"]
        let files = names.filter { name in endings.contains { name.hasSuffix($0) } }
        // Bytes, as a C program sorts, not a language's order.
        guard let first = files.min(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) else { return nil }
        return try Self(file: "\(folder)/\(first)")
    }

    /// Reads one file: a list (`.conflist`) or a single plugin.
    package init(file: String) throws(NetworkError) {
        let bytes: [UInt8]
        do { bytes = try File.read(file, limit: 1 << 20) } catch { throw NetworkError("\(error)") }
        try self.init(JSONValue(parsing: bytes, name: file), file: file)
    }

    init(_ value: JSONValue, file: String) throws(NetworkError) {
        guard case .object(let members) = value else { throw NetworkError("\(file) is not a JSON object") }
        self.file = file
        guard let name = members["name"]?.string else { throw NetworkError("\(file): name is missing") }
        guard Self.isIdentifier(name) else {
            throw NetworkError("\(file): name: \"\(name)\" must be letters, digits, '_', '.' and '-'")
        }
        self.name = name
        version = members["cniVersion"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "0.1.0"
        disableCheck = members["disableCheck"] == .bool(true) || members["disableCheck"] == .string("true")
        guard file.hasSuffix(".conflist") || members["plugins"] != nil else {
            plugins = [try Self.plugin(value, path: file)]
            return
        }
        guard let list = members["plugins"]?.array, !list.isEmpty else {
            throw NetworkError("\(file): plugins: at least one is needed")
        }
        var plugins: [Plugin] = []
        for (index, entry) in list.enumerated() {
            plugins.append(try Self.plugin(entry, path: "\(file): plugins[\(index)]"))
        }
        self.plugins = plugins
    }

    private static func plugin(_ value: JSONValue, path: String) throws(NetworkError) -> Plugin {
        guard case .object(let members) = value else { throw NetworkError("\(path) is not a JSON object") }
        guard let type = members["type"]?.string, !type.isEmpty else { throw NetworkError("\(path): type is missing") }
        guard !type.contains("/"), type != ".", type != ".." else {
            throw NetworkError("\(path): type: \"\(type)\" must be a program's name, not a path")
        }
        var capabilities: [String] = []
        if case .object(let wanted) = members["capabilities"] {
            capabilities = wanted.filter { $0.value == .bool(true) }.keys.sorted()
        }
        return Plugin(type: type, capabilities: capabilities, configuration: members)
    }

    /// Whether the specification allows it as a network's name or a container's id.
    static func isIdentifier(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = name.utf8.first, isAlphanumeric(first) else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }
}
