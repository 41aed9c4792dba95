// SPDX-License-Identifier: Apache-2.0

/// What the API server refuses about a claim that is created; nothing if it takes it.
package func validate(_ claim: PersistentVolumeClaim) -> [FieldError] {
    var validation = Validation()
    validation.metadata(claim.metadata, isNamespaced: true, name: NameRules.subdomain)
    validation.within("spec") { $0.claimSpec(claim.spec) }
    return validation.errors
}

/// What the API server refuses about a volume that is created; nothing if it takes it.
package func validate(_ volume: PersistentVolume) -> [FieldError] {
    var validation = Validation()
    validation.metadata(volume.metadata, isNamespaced: false, name: NameRules.subdomain)
    validation.within("spec") { $0.volumeSpec(volume.spec) }
    return validation.errors
}

extension Validation {
    private static let modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

    mutating func claimSpec(_ spec: PersistentVolumeClaimSpec) {
        if (spec.accessModes ?? []).isEmpty { required("accessModes", "at least 1 access mode is required") }
        labelSelector("selector", spec.selector)
        accessModes(spec.accessModes)
        within("resources") { validation in
            validation.within(key: "storage") { validation in
                guard let amount = spec.resources.requests?["storage"]?.roundedToMilli else {
                    return validation.required()
                }
                validation.positive(amount)
            }
        }
        if let name = spec.storageClassName, !name.isEmpty {
            invalid("storageClassName", name, each: NameRules.subdomain(name))
        }
        policy("volumeMode", spec.volumeMode, of: ["Block", "Filesystem"])
        if let name = spec.volumeAttributesClassName, !name.isEmpty {
            invalid("volumeAttributesClassName", name, each: NameRules.subdomain(name))
        }
    }

    private mutating func positive(_ amount: Quantity) {
        if amount.isNegative || amount.isZero {
            invalid(.string(amount.canonicalText), "must be greater than zero")
        }
    }

    private mutating func accessModes(_ modes: [String]?) {
        let modes = modes ?? []
        for mode in modes where !Self.modes.contains(mode) {
            unsupported("accessModes", mode, supported: Self.modes)
        }
        if modes.contains("ReadWriteOncePod"),
            modes.contains(where: { $0 != "ReadWriteOncePod" && Self.modes.contains($0) })
        {
            forbidden("accessModes", "may not use ReadWriteOncePod with other access modes")
        }
    }

    fileprivate mutating func volumeSpec(_ spec: PersistentVolumeSpec) {
        if (spec.accessModes ?? []).isEmpty { required("accessModes") }
        accessModes(spec.accessModes)
        capacity(spec.capacity ?? [:])
        if let policy = spec.persistentVolumeReclaimPolicy, !policy.isEmpty {
            self.policy("persistentVolumeReclaimPolicy", policy, of: ["Delete", "Recycle", "Retain"])
        }
        source(of: spec)
        if spec.hostPath?.path.allSatisfy({ $0 == "/" }) == true, spec.persistentVolumeReclaimPolicy == "Recycle" {
            let problem = "may not be 'recycle' for a hostPath mount of '/'"
            forbidden("persistentVolumeReclaimPolicy", problem)
        }
        if let name = spec.storageClassName, !name.isEmpty {
            invalid("storageClassName", name, each: NameRules.subdomain(name))
        }
        policy("volumeMode", spec.volumeMode, of: ["Block", "Filesystem"])
    }

    private mutating func capacity(_ capacity: [String: Quantity]) {
        if capacity.isEmpty { required("capacity") }
        if capacity["storage"] == nil || capacity.count > 1 {
            let json = GoText.object(sorted(capacity).map { ($0.key, GoText.json($0.value.canonicalText)) })
            unsupported("capacity", json: json, supported: ["storage"])
        }
        within("capacity") { validation in
            for (name, amount) in validation.sorted(capacity) { validation.within(key: name) { $0.positive(amount) } }
        }
    }

    private mutating func source(of spec: PersistentVolumeSpec) {
        let carried = spec.carriedSources
        let own: [(String, Bool)] = [("hostPath", spec.hostPath != nil), ("local", spec.local != nil)]
        let fields = own.filter(\.1).map(\.0) + carried
        guard let first = fields.first else { return required(nil, "must specify a volume type") }
        if let source = spec.hostPath { within("hostPath") { $0.hostPath(source) } }
        if let source = spec.local, first == "local" {
            within("local") { validation in
                if source.path.isEmpty { validation.required("path") }
                validation.noBacksteps("path", source.path)
            }
            if spec.nodeAffinity == nil { required("nodeAffinity", "Local volume requires node affinity") }
        }
        for field in fields.dropFirst() { forbidden(field, "may not specify more than 1 volume type") }
    }
}

extension PersistentVolumeSpec {
    /// The names of the sources that need more than one machine.
    package var carriedSources: [String] {
        let sources: [(String, JSONValue?)] = [
            ("gcePersistentDisk", gcePersistentDisk), ("awsElasticBlockStore", awsElasticBlockStore),
            ("glusterfs", glusterfs), ("flocker", flocker), ("nfs", nfs), ("rbd", rbd), ("quobyte", quobyte),
            ("cephfs", cephfs), ("iscsi", iscsi), ("cinder", cinder), ("fc", fc), ("flexVolume", flexVolume),
            ("azureFile", azureFile), ("vsphereVolume", vsphereVolume), ("photonPersistentDisk", photonPersistentDisk),
            ("portworxVolume", portworxVolume), ("azureDisk", azureDisk), ("scaleIO", scaleIO),
            ("storageos", storageos), ("csi", csi),
        ]
        return sources.filter { $0.1 != nil }.map(\.0)
    }
}
