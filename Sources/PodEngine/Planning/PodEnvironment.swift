// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import LinuxTypes
package import SecurityPolicy

/// One variable of an environment.
package struct EnvironmentVariable: Hashable, Sendable {
    package let name: String
    package let value: String
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a container's `envFrom` and `env` come to, as the kubelet decides them.
///
/// Source: kubelet, `makeEnvironmentVariables`.
package struct PodEnvironment: Sendable {
    let pod: Pod
    let container: PodContainer
    let facts: PodFacts
    let node: Node
    /// The config maps and secrets that the pod names, by name; absent where there is none of that name.
    let configMaps: [String: [String: String]]
    let secrets: [String: [String: String]]

    package init(
        pod: Pod, container: PodContainer, facts: PodFacts, node: Node, configMaps: [String: [String: String]],
        secrets: [String: [String: String]]
    ) {
        self.pod = pod
        self.container = container
        self.facts = facts
        self.node = node
        self.configMaps = configMaps
        self.secrets = secrets
    }

    /// The variables in the order of the manifest; of two with one name the last counts, at the first one's place.
    package func variables() throws(Refusal) -> [EnvironmentVariable] {
        var values: [String: String] = [:]
        var names: [String] = []
        func set(_ name: String, _ value: String) {
            if values.updateValue(value, forKey: name) == nil { names.append(name) }
        }
        for (index, source) in (container.container.envFrom ?? []).enumerated() {
            let field = "\(container.path).envFrom[\(index)]"
            // Sorted, so that the same objects always give the same environment.
            for (key, value) in try all(of: source, field: field).sorted(by: { $0.key < $1.key }) {
                let name = (source.prefix ?? "") + key
                if Self.isName(name) { set(name, value) }
            }
        }
        for (index, variable) in (container.container.env ?? []).enumerated() {
            let field = "\(container.path).env[\(index)]"
            guard Self.isName(variable.name) else {
                throw Refusal(
                    .containerConfig, field: "\(field).name",
                    message: "\(field).name: \"\(variable.name)\" is no name of a variable")
            }
            if let value = try value(of: variable, earlier: values, field: field) { set(variable.name, value) }
        }
        return names.map { EnvironmentVariable($0, values[$0] ?? "") }
    }

    /// What an environment can hold as a name: anything printable in ASCII but `=`.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "=") }
    }

    private func all(of source: EnvFromSource, field: String) throws(Refusal) -> [String: String] {
        if let reference = source.configMapRef {
            let name = reference.name ?? ""
            if let values = configMaps[name] { return values }
            if reference.optional != true { throw missing("configmap", name, "\(field).configMapRef") }
        } else if let reference = source.secretRef {
            let name = reference.name ?? ""
            if let values = secrets[name] { return values }
            if reference.optional != true { throw missing("secret", name, "\(field).secretRef") }
        }
        return [:]
    }

    private func missing(_ kind: String, _ name: String, _ field: String) -> Refusal {
        Refusal(.containerConfig, field: field, message: "\(kind) \"\(name)\" not found", isTransient: true)
    }

    /// Nil: an optional source that is not there; the variable is not set.
    private func value(
        of variable: EnvVar, earlier: [String: String], field: String
    ) throws(Refusal) -> String? {
        if let value = variable.value, !value.isEmpty { return VariableExpansion.expand(value, with: earlier) }
        guard let source = variable.valueFrom else { return "" }
        let field = "\(field).valueFrom"
        if let reference = source.fieldRef { return try self.field(reference.fieldPath, "\(field).fieldRef.fieldPath") }
        if let reference = source.resourceFieldRef { return try resource(reference, "\(field).resourceFieldRef") }
        if let key = source.configMapKeyRef {
            return try value(of: key, in: configMaps, kind: ("configmap", "ConfigMap"), "\(field).configMapKeyRef")
        }
        if let key = source.secretKeyRef {
            return try value(of: key, in: secrets, kind: ("secret", "Secret"), "\(field).secretKeyRef")
        }
        throw Refusal(
            .containerConfig, field: field,
            message: "\(field): only fieldRef, resourceFieldRef, configMapKeyRef and secretKeyRef are supported")
    }

    private func value(
        of key: KeySelector, in objects: [String: [String: String]], kind: (word: String, type: String), _ field: String
    ) throws(Refusal) -> String? {
        let name = key.name ?? ""
        let isOptional = key.optional == true
        guard let values = objects[name] else {
            if isOptional { return nil }
            throw missing(kind.word, name, field)
        }
        if let value = values[key.key] { return value }
        if isOptional { return nil }
        throw Refusal(
            .containerConfig, field: "\(field).key",
            message: "couldn't find key \(key.key) in \(kind.type) \(pod.metadata.namespace ?? "")/\(name)",
            isTransient: true)
    }

    private func field(_ path: String, _ field: String) throws(Refusal) -> String {
        let metadata = pod.metadata
        switch path {
        case "metadata.name": return metadata.name ?? ""
        case "metadata.namespace": return metadata.namespace ?? ""
        case "metadata.uid": return metadata.uid ?? ""
        case "spec.nodeName": return facts.nodeName
        case "spec.serviceAccountName": return pod.spec.serviceAccountName ?? ""
        case "status.hostIP": return facts.hostIPs.first ?? ""
        case "status.hostIPs": return facts.hostIPs.joined(separator: ",")
        case "status.podIP": return facts.podIPs.first ?? ""
        case "status.podIPs": return facts.podIPs.joined(separator: ",")
        default: break
        }
        for (prefix, values) in [
            ("metadata.labels['", metadata.labels), ("metadata.annotations['", metadata.annotations),
        ]
        where path.hasPrefix(prefix) && path.hasSuffix("']") {
            return values?[String(path.dropFirst(prefix.count).dropLast(2))] ?? ""
        }
        throw Refusal(.containerConfig, field: field, message: "unsupported fieldPath: \(path)")
    }

    private func resource(_ reference: ResourceFieldSelector, _ field: String) throws(Refusal) -> String {
        let value = ResourceValue(pod: pod, processors: node.possibleCPUs.count, memory: node.memory)
        do { return try value.text(reference, container: container.container.name) } catch {
            throw Refusal(
                .containerConfig, field: "\(field).\(error.part)",
                message: error.isAboutMachine ? "\(field).\(error.part): \(error)" : error.description)
        }
    }
}
