// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import ManifestReview
import Volumes

/// What owners and modes the volumes of a pod will have.
struct VolumePrediction {
    typealias Row = PodExplanation.VolumeRow

    let pod: Pod
    let places: ManifestPlaces

    private var fsGroup: UInt32? { pod.spec.securityContext?.fsGroup.flatMap { UInt32(exactly: $0) } }

    func row(_ volume: Volume, index: Int) throws -> Row {
        var row = try self.row(volume)
        row.position = places.position(of: "spec.volumes[\(index)]")
        return row
    }

    private func row(_ volume: Volume) throws -> Row {
        if let source = volume.emptyDir {
            let isMemory = source.medium == "Memory"
            var row = root("emptyDir\(isMemory ? " in memory" : "")", volume, mode: isMemory ? 0o1777 : 0o777)
            if let limit = source.sizeLimit { row.note = "at most \(limit) are kept" }
            return row
        }
        if let source = volume.configMap {
            return files("configMap", volume, mode: 0o777, source.defaultMode, of: source.name)
        }
        if let source = volume.secret {
            return files("secret", volume, mode: 0o1777, source.defaultMode, of: source.secretName)
        }
        if let source = volume.downwardAPI {
            return files("downwardAPI", volume, mode: 0o1777, source.defaultMode, of: nil)
        }
        if let source = volume.projected {
            var row = files("projected", volume, mode: 0o1777, source.defaultMode, of: nil)
            let hasToken = (source.sources ?? []).contains { $0.serviceAccountToken != nil }
            if hasToken { row.note = "tokens have mode 0600 where fsGroup is set or all containers run as one user" }
            return row
        }
        if let source = volume.hostPath { return try hostPath(source, volume) }
        if let source = volume.persistentVolumeClaim {
            return unknown(
                "claim \(source.claimName)", volume, "what the claim holds decides; a new one is root's", follows: true)
        }
        if volume.ephemeral != nil {
            return unknown("ephemeral claim", volume, "a new claim is root's", follows: true)
        }
        if let source = volume.image {
            return unknown("image \(source.reference ?? "")", volume, "as the image has it, read-only", follows: false)
        }
        if volume.csi != nil { return unknown("csi", volume, "its driver decides", follows: true) }
        if volume.nfs != nil { return unknown("nfs", volume, "the server decides", follows: false) }
        return unknown("other", volume, "needs a driver that this machine does not have", follows: false)
    }

    /// A folder of the pod's own.
    private func root(_ kind: String, _ volume: Volume, mode: UInt32, readOnly: Bool = false) -> Row {
        var row = Row(name: volume.name, kind: kind, followsGroup: true)
        row.uid = 0
        row.gid = fsGroup ?? 0
        row.mode = fsGroup == nil ? mode : mode | 0o2000 | (readOnly ? 0o550 : 0o770)
        return row
    }

    private func files(_ kind: String, _ volume: Volume, mode: UInt32, _ fileMode: Int32?, of object: String?) -> Row {
        var row = root(object.map { "\(kind) \($0)" } ?? kind, volume, mode: mode, readOnly: true)
        row.fileMode = UInt32(fileMode ?? 0o644) | (fsGroup == nil ? 0 : 0o440)
        return row
    }

    private func hostPath(_ source: HostPathVolumeSource, _ volume: Volume) throws -> Row {
        var row = Row(name: volume.name, kind: "hostPath \(source.path)", followsGroup: false)
        do throws(SyscallError) {
            let status = try File.followedStatus(source.path)
            row.uid = status.uid
            row.gid = status.gid
            row.mode = status.permissions
            row.note = "as it is on this machine"
        } catch  where error.errno == .noEntry || error.errno == .notDirectory {
            switch source.type ?? "" {
            case "", "DirectoryOrCreate": (row.uid, row.gid, row.mode) = (0, 0, 0o755)
            case "FileOrCreate": (row.uid, row.gid, row.mode) = (0, 0, 0o644)
            default: break
            }
            row.note = row.mode == nil ? "is not on this machine: the pod waits for it" : "is made where it is missing"
        } catch {
            row.note = "cannot be looked at: \(error)"
        }
        return row
    }

    private func unknown(_ kind: String, _ volume: Volume, _ note: String, follows: Bool) -> Row {
        var row = Row(name: volume.name, kind: kind, followsGroup: follows)
        row.note = note
        if follows, let fsGroup { row.gid = fsGroup }
        return row
    }

    /// Whether every mount of it is read-only, whatever the container asks.
    static func isReadOnly(_ volume: Volume) -> Bool {
        PodVolumes.fileKind(volume) != nil || volume.image != nil || volume.persistentVolumeClaim?.readOnly == true
    }

    /// Whether only the pod's shim mounts it: memory, or an image.
    static func isMountedByShim(_ volume: Volume) -> Bool {
        volume.emptyDir?.medium == "Memory" || PodVolumes.fileKind(volume)?.inMemory == true || volume.image != nil
    }
}
