// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

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
    /// The machine's `/dev/null`, verified, which masks files.
    let null: OwnedDescriptor

    init(_ plan: LaunchPlan, cgroup: Cgroup) throws(LaunchError) {
        root = try LaunchStep.rootFileSystem.run { () throws(SyscallError) in try Self.openRoot(plan.root.source) }
        null = try LaunchStep.maskedPaths.run { () throws(SyscallError) in try Self.openNull() }
        isUnifiedAlone = cgroup.layout.hierarchies.isEmpty
        cgroupNames = try LaunchStep.cgroup.run { () throws(SyscallError) in
            try cgroup.ownHierarchies().map(\.name) + (cgroup.ownUnified == nil ? [] : ["unified"])
        }
        for mount in plan.mounts {
            copies.append(
                try LaunchStep.mounts.run(mount.field) { () throws(SyscallError) in
                    try Self.open(mount.source, cgroup: cgroup)
                })
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
    /// Source: CVE-2017-1002101, CVE-2021-25741.
    private static func cloneBelow(_ folder: String, _ path: String) throws(SyscallError) -> Int32 {
        let volume = try File.open(folder, [.path, .directory])
        let place = try SubPath.open(path, below: volume.raw)
        return try Mount.clone(place.raw, recursive: true).release()
    }

    private static func openRoot(_ source: RootPlan.Source) throws(SyscallError) -> OwnedDescriptor {
        switch source {
        case .folder(let path): try Mount.clone(File.here, path: path, recursive: true)
        case .overlay(let lower, let upper, let work): try Overlay.make(lower: lower, upper: upper, work: work)
        case .empty: try Mount.make("tmpfs", options: [("mode", "755"), ("size", "64k")], attributes: [.noSetUserID])
        }
    }

    /// Its device number is verified by descriptor: a link or a file in its place would uncover what it masks.
    ///
    /// Source: CVE-2025-31133.
    private static func openNull() throws(SyscallError) -> OwnedDescriptor {
        let null = try File.open("/dev/null", [.path, .noFollow])
        let status = try File.status(of: null.raw)
        guard status.kind == .characterDevice, status.represents == .null else {
            throw SyscallError(
                call: "statx", subject: "/dev/null", errno: .invalid, detail: "not the character device 1:3")
        }
        return null
    }
}

/// Overlay file systems whose folders are given by descriptor, so that no path is too long for fsconfig(2).
///
/// Source: Documentation/filesystems/overlayfs; a string of fsconfig has at most 255 bytes.
enum Overlay {
    static func make(lower: [String], upper: String, work: String) throws(SyscallError) -> OwnedDescriptor {
        var lowers: [Int32] = []
        for folder in lower { lowers.append(try File.open(folder, [.path, .directory]).release()) }
        defer { for descriptor in lowers { _ = OwnedDescriptor(taking: descriptor) } }
        return try make(lower: lowers, upper: upper, work: work)
    }

    static func make(lower: [Int32], upper: String, work: String) throws(SyscallError) -> OwnedDescriptor {
        let upperFolder = try File.open(upper, [.path, .directory])
        let workFolder = try File.open(work, [.path, .directory])
        let top = [("upperdir", path(upperFolder.raw)), ("workdir", path(workFolder.raw))]
        let joined = lower.map(path).joined(separator: ":")
        // One string where it fits, for kernels before 6.5; else a string a layer.
        let layers = joined.utf8.count < 256 ? [("lowerdir", joined)] : lower.map { ("lowerdir+", path($0)) }
        return try Mount.make("overlay", options: (layers + top).map { (key: $0.0, value: $0.1) })
    }

    private static func path(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }
}
