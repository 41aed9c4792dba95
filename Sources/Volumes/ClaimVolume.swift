// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import LinuxKernel

/// The files of a PersistentVolume: a folder (`local`), or what a `hostPath` says.
struct ClaimVolume {
    /// Where the files are, and whether fsGroup concerns them.
    struct Place: Hashable {
        let path: String
        let takesGroup: Bool
    }

    let volume: PersistentVolume
    var name: String { volume.metadata.name ?? "" }

    /// The group that its annotation gives to the containers of a pod; what is no group id counts for nothing.
    ///
    /// Source: kubelet, `VolumeGidAnnotationKey`.
    var supplementalGroup: UInt32? {
        volume.metadata.annotations?["pv.beta.kubernetes.io/gid"].flatMap { UInt32($0) }.flatMap {
            $0 == .max ? nil : $0
        }
    }

    /// Finds the files; the folder of a volume that was made here is made with it, 0755 as a new file system has it.
    func place(storage: String) throws(SetUpError) -> Place {
        if let source = volume.spec.hostPath {
            try HostPathVolume(source).prepare()
            return Place(path: source.path, takesGroup: false)
        }
        guard let path = volume.spec.local?.path else { throw unsupported() }
        if path == ClaimBinder.folder(name, in: storage) {
            do { try HostPathVolume.makeFolders(path) } catch { throw SetUpError("\(error)") }
        }
        if !path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            throw SetUpError("invalid path: \(path) must be absolute and must not contain '..'")
        }
        let kind: FileKind
        do { kind = try File.followedStatus(path).kind } catch  where error.errno == .noEntry {
            throw SetUpError(step: Self.initialization, "path \"\(path)\" does not exist")
        } catch {
            throw SetUpError(step: Self.initialization, "\(error)")
        }
        guard kind == .directory else {
            throw SetUpError(step: Self.initialization, "path \"\(path)\" is not a folder: only folders are supported")
        }
        return Place(path: path, takesGroup: true)
    }

    private static let initialization = "MountVolume.NewMounter initialization failed"

    private func unsupported() -> SetUpError {
        let kind = volume.spec.unsupportedSource ?? "its source"
        return SetUpError("persistentvolume \"\(name)\": spec.\(kind) is not supported: local and hostPath are")
    }
}

extension PersistentVolumeSpec {
    /// The key of the source that needs more than this machine; nil when there is none.
    var unsupportedSource: String? {
        let sources: [(String, JSONValue?)] = [
            ("awsElasticBlockStore", awsElasticBlockStore), ("azureDisk", azureDisk), ("azureFile", azureFile),
            ("cephfs", cephfs), ("cinder", cinder), ("csi", csi), ("fc", fc), ("flexVolume", flexVolume),
            ("flocker", flocker), ("gcePersistentDisk", gcePersistentDisk), ("glusterfs", glusterfs),
            ("iscsi", iscsi), ("nfs", nfs), ("photonPersistentDisk", photonPersistentDisk),
            ("portworxVolume", portworxVolume), ("quobyte", quobyte), ("rbd", rbd), ("scaleIO", scaleIO),
            ("storageos", storageos), ("vsphereVolume", vsphereVolume),
        ]
        return sources.first { $0.1 != nil }?.0
    }
}

extension Volume {
    /// The key of the source that this machine does not have; nil when there is none.
    var unsupportedSource: String? {
        let sources: [(String, JSONValue?)] = [
            ("awsElasticBlockStore", awsElasticBlockStore), ("azureDisk", azureDisk), ("azureFile", azureFile),
            ("cephfs", cephfs), ("cinder", cinder), ("csi", csi), ("fc", fc), ("flexVolume", flexVolume),
            ("flocker", flocker), ("gcePersistentDisk", gcePersistentDisk), ("gitRepo", gitRepo),
            ("glusterfs", glusterfs), ("iscsi", iscsi), ("nfs", nfs),
            ("photonPersistentDisk", photonPersistentDisk), ("portworxVolume", portworxVolume),
            ("quobyte", quobyte), ("rbd", rbd), ("scaleIO", scaleIO), ("storageos", storageos),
            ("vsphereVolume", vsphereVolume),
        ]
        return sources.first { $0.1 != nil }?.0
    }
}

extension Pod {
    /// What the claim is called that is made for an ephemeral volume.
    package func claimName(ofEphemeral volume: Volume) -> String {
        Self.claimName(pod: metadata.name ?? "", ephemeralVolume: volume.name)
    }

    package static func claimName(pod: String, ephemeralVolume volume: String) -> String { "\(pod)-\(volume)" }
}
