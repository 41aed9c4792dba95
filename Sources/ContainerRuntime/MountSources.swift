// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// The sources of a container's mounts, taken as detached mounts before anything is attached.
///
/// A bind of `/` would else hold the container's own root, and a path would be walked after something covered it.
final class MountSources {
    /// The root, attached nowhere yet.
    let root: OwnedDescriptor
    /// For each mount of the plan, the copies to attach: one, or one for each cgroup hierarchy.
    private(set) var copies: [[Int32]] = []
    /// The folders below `/sys/fs/cgroup` in which the container has a cgroup of its own, as the copies stand.
    let cgroupNames: [String]
    /// A machine with cgroup v2 and nothing else.
    let isUnifiedAlone: Bool

    /// The owners of idmapped mounts are shifted by the user namespace that is given by descriptor; -1 for none.
    init(_ plan: LaunchPlan, cgroup: Cgroup, userNamespace: Int32) throws(LaunchError) {
        root = try LaunchStep.rootFileSystem.run { () throws(SyscallError) in
            let root = try Self.openRoot(
                plan.root.source, label: plan.mountLabel, owners: plan.owners, userNamespace: userNamespace)
            try Mount.change(root.raw, propagation: plan.root.propagation, recursive: true, subject: "the root")
            return root
        }
        isUnifiedAlone = cgroup.layout.hierarchies.isEmpty
        cgroupNames = try LaunchStep.cgroup.run { () throws(SyscallError) in
            try cgroup.ownHierarchies().map(\.name) + (cgroup.ownUnified == nil ? [] : ["unified"])
        }
        for mount in plan.mounts {
            copies.append(
                try LaunchStep.mounts.run(mount.field) { () throws(SyscallError) in
                    let opened = try Self.open(mount.source, cgroup: cgroup)
                    for copy in opened { try Self.finish(copy, mount, userNamespace: userNamespace) }
                    return opened
                })
        }
    }

    /// Gives a copy all that the mount asks for, while it belongs to the machine: in a user namespace it cannot be changed.
    ///
    /// `rw` and its like never take a property off that the machine's own mount has.
    private static func finish(_ copy: Int32, _ mount: MountPlan, userNamespace: Int32) throws(SyscallError) {
        if mount.mapsOwners, userNamespace >= 0 {
            try Mount.mapOwners(of: copy, userNamespace: userNamespace, subject: mount.destination)
        }
        try Mount.change(copy, set: mount.attributes, subject: mount.destination)
        try Mount.change(copy, propagation: mount.propagation, recursive: true, subject: mount.destination)
        if mount.recursiveReadOnly {
            try Mount.change(copy, set: .readOnly, recursive: true, subject: mount.destination)
        }
    }

    private static func open(_ source: MountPlan.Source, cgroup: Cgroup) throws(SyscallError) -> [Int32] {
        switch source {
        case .bind(let path, let recursive):
            return [try Mount.clone(File.here, path: path, recursive: recursive).release()]
        case .bindBelow(let folder, let path):
            return [try cloneBelow(folder, path)]
        case .cgroups:
            var folders: [Int32] = []
            for hierarchy in try cgroup.ownHierarchies() {
                folders.append(try Mount.clone(File.here, path: hierarchy.folder).release())
            }
            if let unified = cgroup.ownUnified {
                folders.append(try Mount.clone(File.here, path: unified).release())
            }
            return folders
        case .fileSystem, .imageVolume:
            return []
        }
    }

    /// A copy of what a path names below a folder that a container can write: no link leads out of it.
    ///
    /// Missing folders of it are made here: a volume in memory is seen in the shim's mount namespace alone.
    ///
    /// Source: CVE-2017-1002101, CVE-2021-25741.
    private static func cloneBelow(_ folder: String, _ path: String) throws(SyscallError) -> Int32 {
        let volume = try File.open(folder, [.path, .directory])
        let place = try SubPath.make(path, below: volume.raw)
        return try Mount.clone(place.raw, recursive: true).release()
    }

    private static func openRoot(
        _ source: RootPlan.Source, label: String?, owners: OwnerMapping?, userNamespace: Int32
    ) throws(SyscallError) -> OwnedDescriptor {
        switch source {
        case .folder(let path): try Mount.clone(File.here, path: path, recursive: true)
        case .overlay(let lower, let upper, let work):
            try Overlay.make(lower: lower, upper: upper, work: work, label: label, userNamespace: userNamespace)
        case .empty:
            // It belongs to the root of the container's user namespace, who makes /dev in it.
            try Mount.make(
                "tmpfs",
                options: [("mode", "755"), ("size", "64k")]
                    + [("uid", owners?.hostUser(0)), ("gid", owners?.hostGroup(0))].compactMap { key, id in
                        id.map { (key, "\($0)") }
                    }, attributes: [.noSetUserID])
        }
    }
}

/// A mount of an image's files alone.
package enum ImageMount {
    /// A read-only mount, attached nowhere yet, in which nothing can be executed.
    ///
    /// Its place, an empty folder, is the lowest layer: an overlay without an upper folder has at least two. With a user
    /// namespace (-1: none) what is root's in the image is the root's of that.
    package static func make(
        _ image: SandboxPlan.ImageMount, userNamespace: Int32
    ) throws(SyscallError) -> OwnedDescriptor {
        try Overlay.make(
            lower: image.layers + [image.path], label: image.label, userNamespace: userNamespace,
            attributes: [.readOnly, .noExecution])
    }
}

/// Overlay file systems whose folders are given by descriptor, so that no path is too long for fsconfig(2).
///
/// Source: Documentation/filesystems/overlayfs; a string of fsconfig has at most 255 bytes.
enum Overlay {
    /// With a user namespace (-1: none) the layers are idmapped: what is root's in the image is the container's root's.
    ///
    /// Source: overlayfs on idmapped layers, Linux 5.19; detached ones, Linux 6.15.
    static func make(
        lower: [String], upper: String, work: String, label: String? = nil, userNamespace: Int32 = -1
    ) throws(SyscallError) -> OwnedDescriptor {
        let lowers = try open(lower, userNamespace: userNamespace)
        defer { for descriptor in lowers { _ = OwnedDescriptor(taking: descriptor) } }
        return try make(lower: lowers, upper: upper, work: work, label: label)
    }

    private static func open(_ layers: [String], userNamespace: Int32) throws(SyscallError) -> [Int32] {
        var opened: [Int32] = []
        do throws(SyscallError) {
            for folder in layers {
                if userNamespace >= 0 {
                    let layer = try Mount.clone(File.here, path: folder)
                    try Mount.mapOwners(of: layer.raw, userNamespace: userNamespace, subject: folder)
                    opened.append(layer.release())
                } else {
                    opened.append(try File.open(folder, [.path, .directory]).release())
                }
            }
        } catch {
            for descriptor in opened { _ = OwnedDescriptor(taking: descriptor) }
            throw error
        }
        return opened
    }

    /// With a label, every file has that SELinux context, whatever the disk says.
    static func make(
        lower: [Int32], upper: String, work: String, label: String?
    ) throws(SyscallError) -> OwnedDescriptor {
        let upperFolder = try File.open(upper, [.path, .directory])
        let workFolder = try File.open(work, [.path, .directory])
        return try make(
            layerOptions(lower) + [("upperdir", path(upperFolder.raw)), ("workdir", path(workFolder.raw))],
            label: label)
    }

    /// Read-only: layers and nothing above them.
    static func make(
        lower: [String], label: String?, userNamespace: Int32, attributes: MountAttributes
    ) throws(SyscallError) -> OwnedDescriptor {
        let lowers = try open(lower, userNamespace: userNamespace)
        defer { for descriptor in lowers { _ = OwnedDescriptor(taking: descriptor) } }
        return try make(layerOptions(lowers), label: label, attributes: attributes)
    }

    private static func make(
        _ folders: [(key: String, value: String?)], label: String?, attributes: MountAttributes = []
    ) throws(SyscallError) -> OwnedDescriptor {
        try Mount.make(
            "overlay", options: folders + MountPlan.context(label).map { (key: $0.key, value: $0.value) },
            attributes: attributes)
    }

    /// One string where it fits, for kernels before 6.5; else a string a layer.
    private static func layerOptions(_ lower: [Int32]) -> [(key: String, value: String?)] {
        let joined = lower.map(path).joined(separator: ":")
        return joined.utf8.count < 256 ? [("lowerdir", joined)] : lower.map { ("lowerdir+", path($0)) }
    }

    private static func path(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }
}
