// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel
package import LinuxTypes

/// All that starting one container's first process needs, decided and parsed before anything is changed.
///
/// It is made from an OCI runtime spec: names have become numbers, options flags, and what
/// this runtime does not enforce has been refused by then.
package struct LaunchPlan: Sendable {
    package var namespaces: [NamespacePlan]
    package var root: RootPlan
    package var mounts: [MountPlan]
    package var devices: [DevicePlan]
    package var maskedPaths: [String]
    package var readOnlyPaths: [String]
    package var sysctls: [SysctlPlan]
    package var hostname: String?
    package var domainName: String?
    package var process: ProcessPlan
    package var cgroup: CgroupPlan
    /// The SELinux context of the files in the root and in what is mounted for the container; nil: the policy's choice.
    package var mountLabel: String?
    /// The ids of the container's user namespace as the machine sees them; nil without one.
    package var owners: OwnerMapping?

    /// Whether the container gets a namespace of this kind that nobody else has.
    package func hasNew(_ kind: NamespaceKind) -> Bool {
        namespaces.contains { $0.kind == kind && $0.source == .new }
    }
}

/// One namespace of a container: a new one, or one that exists.
package struct NamespacePlan: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case new
        /// A path such as `/proc/PID/ns/net`.
        case path(String)
    }
    package var kind: NamespaceKind
    package var source: Source
    package init(kind: NamespaceKind, source: Source) {
        self.kind = kind
        self.source = source
    }
}

/// Where a container's root file system comes from.
package struct RootPlan: Sendable {
    package enum Source: Hashable, Sendable {
        /// A folder that is bound as it is.
        case folder(String)
        /// An overlay of unpacked layers, the uppermost first.
        case overlay(lower: [String], upper: String, work: String)
        /// An empty tmpfs.
        case empty
    }
    package var source: Source
    package var readOnly: Bool
    package var propagation: Propagation
    package init(source: Source, readOnly: Bool, propagation: Propagation = .private) {
        self.source = source
        self.readOnly = readOnly
        self.propagation = propagation
    }
}

/// One mount below the root.
package struct MountPlan: Sendable {
    package enum Source: Hashable, Sendable {
        /// A path of the machine.
        case bind(path: String, recursive: Bool)
        /// What a path names below a folder of the machine whose content a container can write: a `subPath`.
        case bindBelow(folder: String, path: String)
        case fileSystem(type: String, options: [Option])
        /// The cgroup hierarchies, seen from the container's own cgroup.
        case cgroups
        /// What the root has at the destination, writable: an overlay upon it.
        ///
        /// It serves the `VOLUME`s of an image, whose content is there and can be changed under a read-only root.
        case imageVolume(upper: String, work: String)
    }
    package struct Option: Hashable, Sendable {
        package var key: String
        package var value: String?
    }
    package var source: Source
    package var destination: String
    package var attributes: MountAttributes
    package var cleared: MountAttributes
    package var recursiveReadOnly: Bool
    /// Whether owners on the disk are the container's ids: an idmapped mount, where the container has a user namespace.
    package var mapsOwners: Bool
    package var propagation: Propagation
    /// Where the manifest or the spec asks for it: `mounts[3]`.
    package var field: String

    /// A writable volume at a place of the image, which begins with what the image has there.
    package init(imageVolume path: String, upper: String, work: String) {
        source = .imageVolume(upper: upper, work: work)
        destination = path
        attributes = []
        cleared = []
        recursiveReadOnly = false
        mapsOwners = false
        propagation = .private
        field = "the image's VOLUME \(path)"
    }
}

/// One device node.
package struct DevicePlan: Hashable, Sendable {
    package var path: String
    package var kind: FileKind
    package var device: DeviceNumber
    package var permissions: UInt32
    package var uid: UInt32
    package var gid: UInt32
}

/// One sysctl, by its file below `/proc/sys`.
package struct SysctlPlan: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// The path below `/proc/sys`: `net/ipv4/conf/eth0.1/arp_filter` for `net.ipv4.conf.eth0/1.arp_filter`.
    ///
    /// Dots separate, and a slash stands for a dot within a part; when the first of the two in the name is a slash it
    /// is the other way round. Source: sysctl.d(5).
    package var file: String {
        if let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" { return name }
        return String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }

    /// The namespace that the sysctl belongs to; nil for one of the machine's, and for a name that is no plain path.
    ///
    /// Source: Kubernetes' table of namespaced sysctls, which is runc's.
    package var namespace: NamespaceKind? {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else { return nil }
        let ipc: Set = [
            "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
            "kernel/shmmni", "kernel/shm_rmid_forced",
        ]
        if parts[0] == "net" { return .network }
        if ipc.contains(file) || file.hasPrefix("fs/mqueue/") { return .ipc }
        return file == "kernel/domainname" ? .uts : nil
    }
}

/// Whom a process runs as and what it executes; for the first process and for each exec.
package struct ProcessPlan: Sendable {
    package var arguments: [String]
    package var environment: [String]
    package var folder: String
    package var uid: UInt32
    package var gid: UInt32
    /// All supplementary groups; an empty list leaves none.
    package var groups: [UInt32]
    package var creationMask: UInt32
    package var bounding: CapabilitySet
    package var permitted: CapabilitySet
    package var effective: CapabilitySet
    package var noNewPrivileges: Bool
    /// The AppArmor profile that the program runs in; nil: the one that the kernel chooses, which is mostly none.
    package var appArmorProfile: String?
    /// The program's SELinux context, `user:role:type:level`; nil: what the policy makes of it.
    package var seLinuxLabel: String?
    package var filter: SeccompProgram?
    package var limits: [Limit]
    package var scoreAdjustment: Int?
    package var terminal: Bool
    package var terminalSize: Terminal.Size?
    /// The first process of its container: its terminal is `/dev/console` too.
    package var isFirst = true
    /// An open program that is executed in place of what `arguments[0]` names.
    package var program: Int32?

    package struct Limit: Hashable, Sendable {
        /// A number of getrlimit(2).
        package var resource: Int32
        package var soft: UInt64
        package var hard: UInt64
    }
}

/// A compiled filter of system calls.
package struct SeccompProgram: Hashable, Sendable, Codable {
    /// `struct sock_filter` each, in the machine's byte order.
    package var instructions: [UInt64]
    /// Flags of seccomp(2).
    package var flags: UInt32
    package init(instructions: [UInt64], flags: UInt32) {
        self.instructions = instructions
        self.flags = flags
    }
}
