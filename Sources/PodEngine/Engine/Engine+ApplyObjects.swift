// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel

/// Objects beside pods: what may change when they are applied again.
extension Engine {
    func apply(_ claim: PersistentVolumeClaim, _ name: ObjectName) throws(EngineError) -> AppliedObject.Outcome {
        let outcome = try NameLock.holding(.claim, name, in: root) { () throws(EngineError) -> AppliedObject.Outcome in
            guard var stored = try objects.read(PersistentVolumeClaim.self, .claim, name) else {
                var new = claim
                NewObject.complete(&new.metadata)
                new.status = PersistentVolumeClaimStatus(phase: "Pending")
                try objects.write(.claim, name, new)
                return .created
            }
            var spec = claim.spec
            // What the binding has filled in is not the author's.
            spec.volumeName = spec.volumeName ?? stored.spec.volumeName
            spec.storageClassName = spec.storageClassName ?? stored.spec.storageClassName
            spec.volumeMode = spec.volumeMode ?? stored.spec.volumeMode
            var fixed = stored.spec
            fixed.resources = spec.resources
            try refuse(
                try JSONChange.paths(from: tree(fixed), to: tree(spec), at: "spec"),
                "The PersistentVolumeClaim \"\(name.name)\" is invalid: spec: Forbidden: spec is immutable after creation except "
                    + "resources.requests and volumeAttributesClassName for bound claims")
            return try store(&stored, claim.metadata, .claim, name) { $0.spec.resources = spec.resources }
        }
        if let stored = try objects.read(PersistentVolumeClaim.self, .claim, name), stored.status?.phase != "Bound" {
            try ClaimBinding(root: root).bindNow(stored)
        }
        return outcome
    }

    func apply(_ volume: PersistentVolume, _ name: ObjectName) throws(EngineError) -> AppliedObject.Outcome {
        let outcome = try NameLock.holding(.volume, name, in: root) { () throws(EngineError) -> AppliedObject.Outcome in
            guard var stored = try objects.read(PersistentVolume.self, .volume, name) else {
                var new = volume
                NewObject.complete(&new.metadata)
                new.status = PersistentVolumeStatus(phase: "Available")
                try objects.write(.volume, name, new)
                return .created
            }
            let sources = ["local", "hostPath", "volumeMode"]
            let before = try tree(stored.spec)
            let after = try tree(volume.spec)
            try refuse(
                sources.filter { before[$0] != after[$0] && after[$0] != nil }.map { "spec.\($0)" },
                "The PersistentVolume \"\(name.name)\" is invalid: spec.persistentvolumesource: Forbidden: "
                    + "spec.persistentvolumesource is immutable after creation")
            return try store(&stored, volume.metadata, .volume, name) { stored in
                let claim = stored.spec.claimRef
                stored.spec = volume.spec
                stored.spec.claimRef = volume.spec.claimRef ?? claim
            }
        }
        if outcome != .unchanged { try ClaimBinding(root: root).bindWaiting() }
        return outcome
    }

    func apply(_ map: ConfigMap, _ name: ObjectName) throws(EngineError) -> AppliedObject.Outcome {
        try NameLock.holding(.configMap, name, in: root) { () throws(EngineError) in
            guard var stored = try objects.read(ConfigMap.self, .configMap, name) else {
                var new = map
                NewObject.complete(&new.metadata)
                try objects.write(.configMap, name, new)
                return .created
            }
            if stored.immutable == true {
                try refuseChange(
                    [
                        ("immutable", map.immutable != true), ("data", stored.data != map.data),
                        ("binaryData", stored.binaryData != map.binaryData),
                    ], of: "ConfigMap", name)
            }
            return try store(&stored, map.metadata, .configMap, name) { stored in
                stored.data = map.data
                stored.binaryData = map.binaryData
                stored.immutable = map.immutable
            }
        }
    }

    func apply(_ secret: Secret, _ name: ObjectName) throws(EngineError) -> AppliedObject.Outcome {
        try NameLock.holding(.secret, name, in: root) { () throws(EngineError) in
            guard var stored = try objects.read(Secret.self, .secret, name) else {
                var new = secret
                NewObject.complete(&new.metadata)
                try objects.write(.secret, name, new)
                return .created
            }
            if stored.immutable == true {
                try refuseChange(
                    [("immutable", secret.immutable != true), ("data", stored.data != secret.data)], of: "Secret", name)
            }
            if stored.type != secret.type {
                throw .invalid("The Secret \"\(name.name)\" is invalid: type: Invalid value: field is immutable")
            }
            return try store(&stored, secret.metadata, .secret, name) { stored in
                stored.data = secret.data
                stored.immutable = secret.immutable
            }
        }
    }

    /// Source: API server, `ValidateConfigMapUpdate`, `ValidateSecretUpdate`.
    private func refuseChange(
        _ fields: [(name: String, changes: Bool)], of kind: String, _ name: ObjectName
    ) throws(EngineError) {
        guard let field = fields.first(where: \.changes) else { return }
        throw .invalid(
            "The \(kind) \"\(name.name)\" is invalid: \(field.name): Forbidden: field is immutable when `immutable` is set"
        )
    }

    private func refuse(_ changes: [String], _ message: String) throws(EngineError) {
        guard !changes.isEmpty else { return }
        throw .invalid("\(message) (\(changes.joined(separator: ", ")) would change)")
    }

    /// Changes a stored object, and tells whether anything did change.
    private func store<Object: StorableObject>(
        _ stored: inout Object, _ metadata: ObjectMeta, _ resource: Resource, _ name: ObjectName,
        _ change: (inout Object) -> Void
    ) throws(EngineError) -> AppliedObject.Outcome {
        let before = stored
        stored.metadata.labels = metadata.labels
        stored.metadata.annotations = metadata.annotations
        change(&stored)
        guard stored != before else { return .unchanged }
        try objects.write(resource, name, stored)
        return .configured
    }
}

/// What the stored kinds have in common.
protocol StorableObject: Codable, Equatable {
    var metadata: ObjectMeta { get set }
}
extension PersistentVolumeClaim: StorableObject {}
extension PersistentVolume: StorableObject {}
extension ConfigMap: StorableObject {}
extension Secret: StorableObject {}
