// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// Returns the volumes that have no error, by name: only those can be mounted.
    mutating func volumes(_ volumes: [Volume]?, podName: String) -> [String: Volume] {
        let list = volumes ?? []
        let created = Set(podName.isEmpty ? [] : list.filter { $0.ephemeral != nil }.map { "\(podName)-\($0.name)" })
        var sound: [String: Volume] = [:]
        each("volumes", list) { validation, volume in
            let before = validation.errors.count
            validation.source(of: volume, podName: podName)
            if volume.name.isEmpty {
                validation.required("name")
            } else {
                validation.invalid("name", volume.name, each: NameRules.label(volume.name))
            }
            if sound[volume.name] != nil { validation.duplicate("name", volume.name) }
            if validation.errors.count == before { sound[volume.name] = volume }
            if let claim = volume.persistentVolumeClaim?.claimName, created.contains(claim) {
                validation.within("persistentVolumeClaim") {
                    $0.invalid(
                        "claimName", .string(claim),
                        "must not reference a PVC that gets created for an ephemeral volume")
                }
            }
        }
        return sound
    }

    /// A volume has exactly one source; the rules of the first one are told, the others are refused.
    private mutating func source(of volume: Volume, podName: String) {
        var isFirst = true
        func one(_ field: String, _ rules: (inout Validation) -> Void) {
            if isFirst {
                isFirst = false
                within(field, rules)
            } else {
                forbidden(field, "may not specify more than 1 volume type")
            }
        }
        if let source = volume.emptyDir {
            one("emptyDir") {
                if source.sizeLimit?.isNegative == true {
                    $0.forbidden("sizeLimit", "SizeLimit field must be a valid resource quantity")
                }
            }
        }
        if let source = volume.hostPath { one("hostPath") { $0.hostPath(source) } }
        for (field, value) in volume.carriedBeforeSecret { one(field) { $0.carriedSource(field, value) } }
        if let source = volume.secret { one("secret") { $0.secretSource(source) } }
        for (field, value) in volume.carriedBeforeClaim { one(field) { $0.carriedSource(field, value) } }
        if let source = volume.persistentVolumeClaim {
            one("persistentVolumeClaim") { if source.claimName.isEmpty { $0.required("claimName") } }
        }
        for (field, value) in volume.carriedBeforeDownwardAPI { one(field) { $0.carriedSource(field, value) } }
        if let source = volume.downwardAPI { one("downwardAPI") { $0.downwardAPISource(source) } }
        for (field, value) in volume.carriedBeforeConfigMap { one(field) { $0.carriedSource(field, value) } }
        if let source = volume.configMap { one("configMap") { $0.configMapSource(source) } }
        for (field, value) in volume.carriedBeforeProjected { one(field) { $0.carriedSource(field, value) } }
        if let source = volume.projected { one("projected") { $0.projectedSource(source) } }
        for (field, value) in volume.carriedLast { one(field) { $0.carriedSource(field, value) } }
        if let source = volume.ephemeral {
            one("ephemeral") { $0.ephemeralSource(source) }
            ephemeralClaimName(volume.name, podName: podName)
        }
        if let source = volume.image { one("image") { $0.imageSource(source) } }
        if isFirst { required(nil, "must specify a volume type") }
    }

    mutating func hostPath(_ source: HostPathVolumeSource) {
        guard !source.path.isEmpty else { return required("path") }
        noBacksteps("path", source.path)
        let supported = [
            "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
        ]
        if let type = source.type, !supported.contains(type) { unsupported("type", type, supported: supported) }
    }

    private mutating func secretSource(_ source: SecretVolumeSource) {
        if (source.secretName ?? "").isEmpty { required("secretName") }
        mode("defaultMode", source.defaultMode)
        each("items", source.items) { $0.keyToPath($1) }
    }

    private mutating func configMapSource(_ source: ConfigMapVolumeSource) {
        if (source.name ?? "").isEmpty { required("name") }
        mode("defaultMode", source.defaultMode)
        each("items", source.items) { $0.keyToPath($1) }
    }

    private mutating func downwardAPISource(_ source: DownwardAPIVolumeSource) {
        mode("defaultMode", source.defaultMode)
        for file in source.items ?? [] { downwardAPIFile(file) }
    }

    mutating func keyToPath(_ item: KeyToPath) {
        if item.key.isEmpty { required("key") }
        if item.path.isEmpty { required("path") }
        localPath("path", item.path)
        mode("mode", item.mode)
    }

    mutating func mode(_ field: String, _ mode: Int32?) {
        guard let mode, !(0...0o777).contains(mode) else { return }
        invalid(field, .int(Int64(mode)), "must be a number between 0 and 0777 (octal), both inclusive")
    }

    /// The path of these errors is the volume's, without the file.
    mutating func downwardAPIFile(_ file: DownwardAPIVolumeFile) {
        if file.path.isEmpty { required("path") }
        localPath("path", file.path)
        if let reference = file.fieldRef {
            let fields = [
                "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
            ]
            within("fieldRef") { $0.podField(reference, of: fields) }
            if file.resourceFieldRef != nil {
                invalid(.string("resource"), "fieldRef and resourceFieldRef can not be specified simultaneously")
            }
        } else if let reference = file.resourceFieldRef {
            within("resourceFieldRef") { $0.resourceField(reference, needsContainer: true) }
        } else {
            required(nil, "one of fieldRef and resourceFieldRef is required")
        }
        mode("mode", file.mode)
    }

    private mutating func ephemeralSource(_ source: EphemeralVolumeSource) {
        guard let template = source.volumeClaimTemplate else { return required("volumeClaimTemplate") }
        within("volumeClaimTemplate") { validation in
            validation.within("metadata") { $0.labels("labels", template.metadata?.labels) }
            validation.within("spec") { $0.claimSpec(template.spec) }
        }
    }

    private mutating func ephemeralClaimName(_ volume: String, podName: String) {
        guard !podName.isEmpty, !volume.isEmpty else { return }
        let claim = "\(podName)-\(volume)"
        for problem in NameRules.subdomain(claim) {
            invalid("name", .string(volume), "PVC name \(GoText.quoted(claim)): \(problem)")
        }
    }

    private mutating func imageSource(_ source: ImageVolumeSource) {
        if (source.reference ?? "").isEmpty { required("reference") }
        choice("pullPolicy", source.pullPolicy ?? "", of: ["Always", "IfNotPresent", "Never"])
    }

    /// What a source of another system must have, as far as it is a matter of fields that are there.
    private mutating func carriedSource(_ field: String, _ value: JSONValue) {
        for name in CarriedSources.requiredFields[field] ?? [] {
            switch value[name] {
            case nil, .null, .string(""), .array([]): required(name)
            default: break
            }
        }
        if field == "nfs", let path = value["path"]?.stringValue, !path.hasPrefix("/") {
            invalid("path", .string(path), "must be an absolute path")
        }
        if field == "gitRepo", let folder = value["directory"]?.stringValue { descendingPath("directory", folder) }
    }
}

/// The volume sources that need more than one machine: only their fields' presence is checked.
enum CarriedSources {
    static let requiredFields: [String: [String]] = [
        "gitRepo": ["repository"], "gcePersistentDisk": ["pdName"], "awsElasticBlockStore": ["volumeID"],
        "nfs": ["server", "path"], "iscsi": ["targetPortal", "iqn"], "glusterfs": ["endpoints", "path"],
        "rbd": ["monitors", "image"], "cinder": ["volumeID"], "cephfs": ["monitors"],
        "quobyte": ["registry", "volume"],
        "flexVolume": ["driver"], "azureFile": ["secretName", "shareName"], "vsphereVolume": ["volumePath"],
        "photonPersistentDisk": ["pdID"], "portworxVolume": ["volumeID"], "azureDisk": ["diskName", "diskURI"],
        "storageos": ["volumeName"], "scaleIO": ["gateway", "system", "volumeName"], "csi": ["driver"],
    ]
}

extension Volume {
    /// In the order in which the API server looks at them, between those that have types here.
    fileprivate var carriedBeforeSecret: [(String, JSONValue)] {
        Self.present([
            ("gitRepo", gitRepo), ("gcePersistentDisk", gcePersistentDisk),
            ("awsElasticBlockStore", awsElasticBlockStore),
        ])
    }
    fileprivate var carriedBeforeClaim: [(String, JSONValue)] {
        Self.present([("nfs", nfs), ("iscsi", iscsi), ("glusterfs", glusterfs), ("flocker", flocker)])
    }
    fileprivate var carriedBeforeDownwardAPI: [(String, JSONValue)] {
        Self.present([("rbd", rbd), ("cinder", cinder), ("cephfs", cephfs), ("quobyte", quobyte)])
    }
    fileprivate var carriedBeforeConfigMap: [(String, JSONValue)] {
        Self.present([("fc", fc), ("flexVolume", flexVolume)])
    }
    fileprivate var carriedBeforeProjected: [(String, JSONValue)] {
        Self.present([
            ("azureFile", azureFile), ("vsphereVolume", vsphereVolume), ("photonPersistentDisk", photonPersistentDisk),
            ("portworxVolume", portworxVolume), ("azureDisk", azureDisk), ("storageos", storageos),
        ])
    }
    fileprivate var carriedLast: [(String, JSONValue)] { Self.present([("scaleIO", scaleIO), ("csi", csi)]) }

    private static func present(_ sources: [(String, JSONValue?)]) -> [(String, JSONValue)] {
        sources.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Whether the volume has any source.
    package var hasSource: Bool {
        emptyDir != nil || hostPath != nil || secret != nil || persistentVolumeClaim != nil || downwardAPI != nil
            || configMap != nil || projected != nil || ephemeral != nil || image != nil || !carriedBeforeSecret.isEmpty
            || !carriedBeforeClaim.isEmpty || !carriedBeforeDownwardAPI.isEmpty || !carriedBeforeConfigMap.isEmpty
            || !carriedBeforeProjected.isEmpty || !carriedLast.isEmpty
    }
}
