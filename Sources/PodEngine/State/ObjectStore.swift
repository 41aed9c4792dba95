// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import ContainerRuntime
import LinuxKernel

/// The objects beside pods: one file each, `objects/KIND/NS_NAME.json`, replaced as a whole.
package struct ObjectStore: Sendable {
    private let root: StateRoot
    package init(root: StateRoot) { self.root = root }

    private func folder(_ resource: Resource) -> String { "\(root.objects)/\(resource.rawValue)" }
    private func path(_ resource: Resource, _ name: ObjectName) -> String {
        "\(folder(resource))/\(resource.isNamespaced ? name.namespace : "")_\(name.name).json"
    }

    /// The object with this name, or nil.
    package func read(_ resource: Resource, _ name: ObjectName) throws(EngineError) -> JSONValue? {
        guard name.isSafe || (name.namespace.isEmpty && !resource.isNamespaced) else { return nil }
        let path = path(resource, name)
        let bytes: [UInt8]
        do { bytes = try File.read(path) } catch  where error.errno == .noEntry { return nil } catch {
            throw .system(error, "cannot read \(resource.singular) \(name.name)")
        }
        do { return try JSONValue(parsing: bytes) } catch {
            throw .failed("\(path) is damaged (\(error)): remove it and apply the object again")
        }
    }

    /// The object with this name as a typed value, or nil.
    package func read<Object: Decodable>(
        _ type: Object.Type, _ resource: Resource, _ name: ObjectName
    ) throws(EngineError) -> Object? {
        guard name.isSafe || (name.namespace.isEmpty && !resource.isNamespaced) else { return nil }
        let path = path(resource, name)
        do { return try JSONFile.read(type, from: path) } catch let error as SyscallError where error.errno == .noEntry
        {
            return nil
        } catch let error as SyscallError {
            throw .system(error, "cannot read \(resource.singular) \(name.name)")
        } catch {
            throw .failed("\(error): remove the file and apply the object again")
        }
    }

    package func write(
        _ resource: Resource, _ name: ObjectName, _ object: some Encodable
    ) throws(EngineError) {
        let bytes: [UInt8]
        do { bytes = try JSONFile.encode(object) } catch { throw .failed("\(error)") }
        try doing("cannot store \(resource.singular) \(name.name)") { () throws(SyscallError) in
            try File.makeFolders(folder(resource), mode: 0o700)
            try File.replace(path(resource, name), with: bytes + [UInt8(ascii: "\n")])
        }
    }

    package func remove(_ resource: Resource, _ name: ObjectName) throws(EngineError) {
        try doing("cannot remove \(resource.singular) \(name.name)") { () throws(SyscallError) in
            _ = try unlessMissing { () throws(SyscallError) in try File.remove(path(resource, name)) }
        }
    }

    /// The names of all objects of a kind, sorted; of one namespace when one is given.
    package func names(_ resource: Resource, namespace: String? = nil) throws(EngineError) -> [ObjectName] {
        try doing("cannot list \(resource.rawValue)") { () throws(SyscallError) in
            let entries = try unlessMissing { () throws(SyscallError) in try File.names(in: folder(resource)) }
            return (entries ?? []).compactMap { entry -> ObjectName? in
                // A scratch file of a write that was cut off ends otherwise, and is no object.
                guard entry.hasSuffix(".json"), let line = entry.firstIndex(of: "_") else { return nil }
                return ObjectName(
                    namespace: String(entry[..<line]), name: String(entry[entry.index(after: line)...].dropLast(5)))
            }
            .filter { namespace == nil || !resource.isNamespaced || $0.namespace == namespace }
            .sorted()
        }
    }
}
