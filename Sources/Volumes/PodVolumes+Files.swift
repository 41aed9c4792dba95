// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import LinuxKernel

/// Volumes whose files come from objects: `configMap` on disk, `secret`, `downwardAPI` and `projected` in memory.
extension PodVolumes {
    /// The files that a volume has now and where they go; nil for another kind of volume.
    ///
    /// `current` is the folder that holds what the volume has now.
    func files(of volume: Volume, field: String, current: String) throws -> VolumeFiles {
        var files = VolumeFiles()
        if let source = volume.configMap {
            let projection = ConfigMapProjection(name: source.name, items: source.items, optional: source.optional)
            try add(projection, mode: source.defaultMode, to: &files)
            return files
        }
        if let source = volume.secret {
            let projection = SecretProjection(name: source.secretName, items: source.items, optional: source.optional)
            try add(projection, mode: source.defaultMode, to: &files)
            return files
        }
        if let source = volume.downwardAPI {
            try add(source.items, mode: source.defaultMode, to: &files)
            return files
        }
        let source = volume.projected
        for (index, projection) in (source?.sources ?? []).enumerated() {
            try add(
                projection, mode: source?.defaultMode, to: &files, volume: volume.name,
                field: "\(field).projected.sources[\(index)]", current: current)
        }
        return files
    }

    /// Whether a volume's files come from objects, and where they are; nil for another kind of volume.
    package static func fileKind(_ volume: Volume) -> (kind: String, inMemory: Bool)? {
        if volume.configMap != nil { return ("config-map", false) }
        if volume.secret != nil { return ("secret", true) }
        if volume.downwardAPI != nil { return ("downward-api", true) }
        return volume.projected == nil ? nil : ("projected", true)
    }

    private func add(
        _ projection: VolumeProjection, mode: Int32?, to files: inout VolumeFiles, volume: String, field: String,
        current: String
    ) throws {
        if let source = projection.configMap { try add(source, mode: mode, to: &files) }
        if let source = projection.secret { try add(source, mode: mode, to: &files) }
        if let source = projection.downwardAPI { try add(source.items, mode: mode, to: &files) }
        if let source = projection.serviceAccountToken {
            let file = "\(current)/..data/\(source.path)"
            let earlier = try File.exists(file) ? try File.readText(file) : nil
            let token = try objects.serviceAccountToken(source, of: pod, current: earlier)
            let user = pod.commonUser()
            // Whoever runs in the pod can read it, and nobody else.
            let isPrivate = try user != nil || fsGroup() != nil
            let content = VolumeFiles.File(
                content: Array(token.utf8), mode: isPrivate ? 0o600 : Self.mode(mode), owner: user)
            try files.add(source.path, content)
        }
        if let source = projection.clusterTrustBundle, source.optional != true {
            throw VolumeError.unsupported(volume, field: "\(field).clusterTrustBundle", "this source is not supported")
        }
        if projection.podCertificate != nil {
            throw VolumeError.unsupported(volume, field: "\(field).podCertificate", "this source is not supported")
        }
    }

    private func add(_ source: ConfigMapProjection, mode: Int32?, to files: inout VolumeFiles) throws {
        let name = source.name ?? ""
        let optional = source.optional ?? false
        let object = try objects.configMap(name, namespace: namespace)
        if object == nil, !optional { throw SetUpError("configmap \"\(name)\" not found") }
        try files.add(
            object?.contents() ?? [:], items: source.items, mode: Self.mode(mode), optional: optional,
            missing: { "configmap references non-existent config key: \($0)" })
    }

    private func add(_ source: SecretProjection, mode: Int32?, to files: inout VolumeFiles) throws {
        let name = source.name ?? ""
        let optional = source.optional ?? false
        let object = try objects.secret(name, namespace: namespace)
        if object == nil, !optional { throw SetUpError("secret \"\(name)\" not found") }
        try files.add(
            object?.contents() ?? [:], items: source.items, mode: Self.mode(mode), optional: optional,
            missing: { "references non-existent secret key: \($0)" })
    }

    private func add(_ items: [DownwardAPIVolumeFile]?, mode: Int32?, to files: inout VolumeFiles) throws {
        for item in items ?? [] {
            let text: String
            if let reference = item.fieldRef {
                text = try pod.text(ofField: reference.fieldPath)
            } else if let reference = item.resourceFieldRef {
                text = try objects.resource(reference, of: pod)
            } else {
                throw SetUpError("\(item.path): one of fieldRef and resourceFieldRef is needed")
            }
            try files.add(item.path, VolumeFiles.File(content: Array(text.utf8), mode: Self.mode(item.mode ?? mode)))
        }
    }

    private static func mode(_ mode: Int32?) -> UInt32 { mode.map { UInt32(truncatingIfNeeded: $0) & 0o777 } ?? 0o644 }
}
