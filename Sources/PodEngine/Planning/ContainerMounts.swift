// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
package import OCISpec
package import SecurityPolicy

/// What is mounted in a container beside its root.
package struct ContainerMounts: Hashable, Sendable {
    /// One mount that the pod asks for: a volume, or the termination log.
    package struct Volume: Hashable, Sendable {
        package enum Propagation: String, Hashable, Sendable {
            case none = "rprivate"
            case hostToContainer = "rslave"
            case bidirectional = "rshared"
        }
        package enum Access: String, Hashable, Sendable {
            case readWrite = "rw"
            case readOnly = "ro"
            /// Mounts below it are read-only too.
            case recursivelyReadOnly = "rro"
        }
        package var destination: String
        /// A path of the machine.
        package var source: String
        /// The part of the source that is mounted; it is looked for at the moment of the mount.
        package var subPath: String?
        package var access: Access
        package var propagation: Propagation
        /// Whether its owners are the container's ids as it is, whatever the pod's user namespace.
        package var showsMappedOwners: Bool
        package init(
            destination: String, source: String, subPath: String? = nil, access: Access = .readWrite,
            propagation: Propagation = .none, showsMappedOwners: Bool = false
        ) {
            self.destination = destination
            self.source = source
            self.subPath = subPath
            self.access = access
            self.propagation = propagation
            self.showsMappedOwners = showsMappedOwners
        }
    }

    /// Files of the pod on the machine, which the container sees in `/etc`.
    package struct PodFiles: Hashable, Sendable {
        package var hosts: String
        package var hostname: String
        package var resolverConfiguration: String
        /// The pod's `/dev/shm`.
        package var sharedMemory: String
        package init(hosts: String, hostname: String, resolverConfiguration: String, sharedMemory: String) {
            self.hosts = hosts
            self.hostname = hostname
            self.resolverConfiguration = resolverConfiguration
            self.sharedMemory = sharedMemory
        }
    }

    package var volumes: [Volume]
    package var files: PodFiles
    /// Whether a container of the pod is privileged: sysfs is one file system for all that share a network namespace, and
    /// read-only for one of them it would be so for the privileged one too.
    package var podIsPrivileged: Bool
    /// Owners on the disk are the container's ids: what the pod mounts is shifted by its user namespace.
    package var mapsOwners = false

    package init(volumes: [Volume], files: PodFiles, podIsPrivileged: Bool) {
        self.volumes = volumes
        self.files = files
        self.podIsPrivileged = podIsPrivileged
    }

    /// Every mount in its order: the kernel's own file systems, then the pod's, those with the shorter paths first.
    ///
    /// What the pod mounts at one of the usual places takes that place.
    /// Source: containerd, internal/cri/opts, `WithMounts`.
    package func specs(for context: EffectiveSecurityContext) -> [MountSpec] {
        let asked = volumes.map { volume in
            MountSpec(
                destination: Self.clean(volume.destination), type: "bind", source: volume.source,
                options: ["rbind", volume.propagation.rawValue, volume.access.rawValue]
                    + (mapsOwners && !volume.showsMappedOwners ? ["idmap"] : [])
                    + (volume.subPath.map { ["\(MountPlan.subPathOption)=\($0)"] } ?? []))
        }
        let places = Set(asked.map(\.destination))
        let own =
            asked
            + podFiles(readOnlyRoot: context.readOnlyRootFilesystem.value).filter { !places.contains($0.destination) }
        let taken = Set(own.map(\.destination))
        let usual = kernelOwn(privileged: context.privileged.value).filter { mount in
            !taken.contains(mount.destination) && !(taken.contains("/dev") && mount.destination.hasPrefix("/dev/"))
        }
        // By depth alone, and stable: a mount never covers one that stands before it.
        let sorted = own.enumerated().sorted { left, right in
            let depths = (Self.depth(left.element.destination), Self.depth(right.element.destination))
            return depths.0 == depths.1 ? left.offset < right.offset : depths.0 < depths.1
        }
        return usual + sorted.map(\.element)
    }

    private func podFiles(readOnlyRoot: Bool) -> [MountSpec] {
        func file(_ destination: String, _ source: String, readOnly: Bool = false) -> MountSpec {
            MountSpec(
                destination: destination, type: "bind", source: source,
                options: ["rbind", "rprivate", readOnly ? "ro" : "rw"] + (mapsOwners ? ["idmap"] : []))
        }
        // Its owners are the pod's already.
        let sharedMemory = MountSpec(
            destination: "/dev/shm", type: "bind", source: files.sharedMemory,
            options: ["rbind", "rprivate", "rw"] + (mapsOwners ? ["nosuid", "nodev", "noexec"] : []))
        return [
            file("/etc/hosts", files.hosts),
            file("/etc/hostname", files.hostname, readOnly: readOnlyRoot),
            file("/etc/resolv.conf", files.resolverConfiguration, readOnly: readOnlyRoot),
            sharedMemory,
        ]
    }

    private func kernelOwn(privileged: Bool) -> [MountSpec] {
        let access = privileged ? "rw" : "ro"
        let systemAccess = privileged ? "rw" : podIsPrivileged ? "ro=vfs" : "ro"
        return [
            MountSpec(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
            MountSpec(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            MountSpec(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            MountSpec(
                destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
            MountSpec(
                destination: "/sys", type: "sysfs", source: "sysfs",
                options: ["nosuid", "noexec", "nodev", systemAccess]),
            MountSpec(
                destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
                options: ["nosuid", "noexec", "nodev", "relatime", access]),
        ]
    }

    /// Absolute, without empty parts, `.` and `..`: a path is resolved inside the root in any case.
    package static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static func depth(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }
}
