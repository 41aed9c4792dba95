// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// What the rules ask of a pod's volumes.
extension FindingScope {
    /// Goes through the mounts of volumes that the pod has.
    func mounts(
        _ look: (ContainerScope, VolumeMount, String, Volume) throws -> Finding?
    ) rethrows -> [Finding] {
        guard !volumes.isEmpty else { return [] }
        return try each { container in
            try (container.place.container.volumeMounts ?? []).enumerated().compactMap { index, mount in
                guard let volume = volumes[mount.name] else { return nil }
                return try look(container, mount, "\(container.place.path).volumeMounts[\(index)]", volume)
            }
        }
    }

    /// Whether an init container that may be root has the volume before this container: it is there to prepare it.
    func isPrepared(_ volume: Volume, for container: ContainerScope) -> Bool {
        isWritten(volume, before: container) { $0.nonRootUser == nil }
    }

    /// Whether an init container has the volume before this container.
    func isFilled(_ volume: Volume, for container: ContainerScope) -> Bool {
        isWritten(volume, before: container) { _ in true }
    }

    private func isWritten(
        _ volume: Volume, before container: ContainerScope, by isMeant: (ContainerScope) -> Bool
    ) -> Bool {
        for other in containers where other.place.kind == .`init` || other.place.kind == .sidecar {
            if other.place.path == container.place.path { return false }
            let mounts = other.place.container.volumeMounts ?? []
            if mounts.contains(where: { $0.name == volume.name && $0.readOnly != true }), isMeant(other) { return true }
        }
        return false
    }

    /// Whether the kubelet gives tokens to one user: every container has the same `runAsUser`, of its own or of its pod.
    ///
    /// Source: kubelet, `FsUserFrom`; the USER of an image does not count.
    var hasOneUser: Bool {
        guard let first = containers.first?.runAsUser else { return false }
        return containers.allSatisfy { $0.runAsUser == first }
    }

    /// The file of a volume that a path of a container names, and the volume; nil where the image has the path.
    func fileOfVolume(_ path: String, in container: ContainerScope) -> (file: String, volume: Volume)? {
        let parts = path.split(separator: "/")
        let mount = (container.place.container.volumeMounts ?? []).filter {
            parts.starts(with: $0.mountPath.split(separator: "/"))
        }.max { $0.mountPath.split(separator: "/").count < $1.mountPath.split(separator: "/").count }
        guard let mount, let volume = volumes[mount.name], mount.subPathExpr?.isEmpty ?? true else { return nil }
        let rest = parts.dropFirst(mount.mountPath.split(separator: "/").count)
        return (((mount.subPath ?? "").split(separator: "/") + rest).joined(separator: "/"), volume)
    }
}

extension VolumeMount {
    var isOfPart: Bool { [subPath, subPathExpr].contains { $0?.isEmpty == false } }
}

extension HostPathVolumeSource {
    /// Unless the type, or the name, says that it is something else.
    var isFolder: Bool {
        ["", "Directory", "DirectoryOrCreate"].contains(type ?? "") && !path.hasSuffix(".sock")
            && !Self.files.contains(path)
    }

    private static let files: Set<String> = [
        "/etc/localtime", "/etc/timezone", "/etc/machine-id", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf",
        "/etc/passwd", "/etc/group",
    ]

    /// Whether somebody's data is in it, and not the node itself.
    var isDataFolder: Bool {
        guard isFolder, let top = path.split(separator: "/").first else { return false }
        return !["dev", "sys", "proc", "run", "etc", "boot", "lib", "lib64", "usr", "bin", "sbin"].contains(String(top))
            && !path.hasPrefix("/var/run/") && !path.hasPrefix("/var/log") && !path.hasPrefix("/var/lib/kubelet")
            && !path.hasPrefix("/var/lib/docker") && !path.hasPrefix("/var/lib/containerd")
    }
}

extension Volume {
    var isClaim: Bool { persistentVolumeClaim != nil || ephemeral != nil }

    /// Whether `fsGroupChangePolicy` is about it: a claim, or a disk of the pod's own.
    var followsGroupPolicy: Bool {
        isClaim
            || [
                csi, iscsi, fc, rbd, flexVolume, cinder, gcePersistentDisk, awsElasticBlockStore, azureDisk,
                vsphereVolume, portworxVolume,
            ].contains { $0 != nil }
    }

    /// A file, or all files that have no entry of their own.
    struct File {
        /// Within the volume; nil: every key of the object.
        let path: String?
        let mode: Int32
        let isWritten: Bool
        /// Made by the kubelet for the pod: it may belong to the user.
        var isToken = false

        /// Whether a mount of this part of the volume may have it.
        func isBelow(_ part: String?) -> Bool {
            guard let part, !part.isEmpty, let path else { return true }
            return path == part || path.hasPrefix("\(part)/")
        }
    }

    /// Its files, if they come from objects.
    var files: [File]? {
        func all(_ mode: Int32?) -> File { File(path: nil, mode: mode ?? 0o644, isWritten: mode != nil) }
        func file(_ path: String, _ mode: Int32?, _ usual: Int32?) -> File {
            let mode = mode ?? usual
            return File(path: path, mode: mode ?? 0o644, isWritten: mode != nil)
        }
        func files(_ items: [KeyToPath]?, _ usual: Int32?) -> [File] {
            guard let items, !items.isEmpty else { return [all(usual)] }
            return items.map { file($0.path, $0.mode, usual) }
        }
        func files(_ items: [DownwardAPIVolumeFile]?, _ usual: Int32?) -> [File] {
            (items ?? []).map { file($0.path, $0.mode, usual) }
        }
        if let secret { return files(secret.items, secret.defaultMode) }
        if let configMap { return files(configMap.items, configMap.defaultMode) }
        if let downwardAPI { return files(downwardAPI.items, downwardAPI.defaultMode) }
        guard let projected else { return nil }
        let usual = projected.defaultMode
        return (projected.sources ?? []).flatMap { source -> [File] in
            if let secret = source.secret { return files(secret.items, usual) }
            if let configMap = source.configMap { return files(configMap.items, usual) }
            if let downwardAPI = source.downwardAPI { return files(downwardAPI.items, usual) }
            let certificate = source.podCertificate
            return [
                source.serviceAccountToken?.path, source.clusterTrustBundle?.path, certificate?.credentialBundlePath,
                certificate?.keyPath, certificate?.certificateChainPath,
            ].compactMap { path in
                path.map { File(path: $0, mode: usual ?? 0o644, isWritten: usual != nil, isToken: true) }
            }
        }
    }

    /// The mode of one of its files; nil where it has no such file.
    func mode(of file: String) -> Int32? {
        let files = files ?? []
        return (files.first { $0.path == file } ?? files.first { $0.path == nil })?.mode
    }
}

extension Pod {
    /// Every file mode that is written in its volumes, with its path.
    var writtenModes: [(path: String, mode: Int32)] {
        var found: [(String, Int32)] = []
        func add(_ path: String, _ mode: Int32?) { if let mode { found.append((path, mode)) } }
        func add(_ path: String, items: [KeyToPath]?) {
            for (index, item) in (items ?? []).enumerated() { add("\(path).items[\(index)].mode", item.mode) }
        }
        func add(_ path: String, fields: [DownwardAPIVolumeFile]?) {
            for (index, item) in (fields ?? []).enumerated() { add("\(path).items[\(index)].mode", item.mode) }
        }
        for (index, volume) in (spec.volumes ?? []).enumerated() {
            let path = "spec.volumes[\(index)]"
            if let secret = volume.secret {
                add("\(path).secret.defaultMode", secret.defaultMode)
                add("\(path).secret", items: secret.items)
            }
            if let configMap = volume.configMap {
                add("\(path).configMap.defaultMode", configMap.defaultMode)
                add("\(path).configMap", items: configMap.items)
            }
            if let downwardAPI = volume.downwardAPI {
                add("\(path).downwardAPI.defaultMode", downwardAPI.defaultMode)
                add("\(path).downwardAPI", fields: downwardAPI.items)
            }
            guard let projected = volume.projected else { continue }
            add("\(path).projected.defaultMode", projected.defaultMode)
            for (place, source) in (projected.sources ?? []).enumerated() {
                let path = "\(path).projected.sources[\(place)]"
                add("\(path).secret", items: source.secret?.items)
                add("\(path).configMap", items: source.configMap?.items)
                add("\(path).downwardAPI", fields: source.downwardAPI?.items)
            }
        }
        return found
    }
}
