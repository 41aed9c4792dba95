// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import OCISpec

/// What a manifest's words mean for a mount; a start and what is said of it before go through the same.
extension ContainerMounts.Volume.Access {
    /// Of a volume that may be read-only whatever the container asks.
    init(_ mount: VolumeMount, ofReadOnlyVolume isReadOnly: Bool) {
        // mount_setattr(2) makes mounts below read-only on every kernel that Holdfast runs on.
        let isDeep = ["Enabled", "IfPossible"].contains(mount.recursiveReadOnly)
        self = mount.readOnly == true || isReadOnly ? isDeep ? .recursivelyReadOnly : .readOnly : .readWrite
    }
}

extension ContainerMounts.Volume.Propagation {
    /// Nil for a word that is none; nobody but the pod mounts anything in what its shim mounts: a tmpfs, or an image.
    init?(_ mount: VolumeMount, isMountedByShim: Bool) {
        switch mount.mountPropagation ?? "None" {
        case "None": self = .none
        case "HostToContainer": self = isMountedByShim ? .none : .hostToContainer
        case "Bidirectional": self = isMountedByShim ? .none : .bidirectional
        default: return nil
        }
    }
}

extension ContainerMounts {
    /// The image's `VOLUME`s, less those that the pod mounts itself.
    static func imageVolumes(_ paths: some Sequence<String>, besides volumes: [Volume]) -> [String] {
        Set(paths.map(clean)).subtracting(volumes.map { clean($0.destination) }).sorted()
    }
}

extension Container {
    /// Where it sees its termination message.
    var terminationLog: String {
        terminationMessagePath.flatMap { $0.isEmpty ? nil : $0 } ?? "/dev/termination-log"
    }
}
