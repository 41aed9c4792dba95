// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel
import LinuxTypes

/// Makes the container's view of the file system, in a mount namespace that is the caller's own.
struct RootSetup {
    let plan: LaunchPlan
    let sources: MountSources
    private let null: MaskingDevice
    private var root: RootFolder { RootFolder(raw: sources.root.raw) }

    init(plan: LaunchPlan, sources: MountSources) throws(LaunchError) {
        self.plan = plan
        self.sources = sources
        null = try LaunchStep.maskedPaths.run { () throws(SyscallError) in try MaskingDevice() }
    }

    func build() throws(LaunchError) {
        for step in LaunchStep.containerOrder { try take(step) }
    }

    private func take(_ step: LaunchStep) throws(LaunchError) {
        switch step {
        case .rootFileSystem: try step.run { () throws(SyscallError) in try attachRoot() }
        case .mounts: try mountAll()
        case .devices: try step.run { () throws(SyscallError) in try makeDevices() }
        case .sysctls: try writeSysctls()
        case .readOnlyPaths: try eachPath(plan.readOnlyPaths, step) { path throws(SyscallError) in try lock(path) }
        case .maskedPaths: try eachPath(plan.maskedPaths, step) { path throws(SyscallError) in try mask(path) }
        case .workingFolder:
            try step.run { () throws(SyscallError) in _ = try root.makeFolders(plan.process.folder) }
        case .readOnlyRoot:
            guard plan.root.readOnly else { return }
            try step.run { () throws(SyscallError) in
                try Mount.change(root.raw, set: .readOnly, subject: "the root")
            }
        case .pivot:
            try step.run { () throws(SyscallError) in
                try Process.changeFolder(to: root.raw)
                try Mount.pivotToWorkingFolder()
            }
        case .hostname: try step.run { () throws(SyscallError) in try setNames() }
        default: fatalError("\(step) is no step of a container's root")
        }
    }

    /// Puts the root on a folder that every machine has; the machine's own view is let go by the pivot.
    private func attachRoot() throws(SyscallError) {
        try Mount.attach(root.raw, toPath: "/sys")
    }

    private func setNames() throws(SyscallError) {
        if let name = plan.hostname { try Process.setHostname(name) }
        if let name = plan.domainName { try Process.setDomainName(name) }
    }

    private func eachPath(
        _ paths: [String], _ step: LaunchStep, _ work: (String) throws(SyscallError) -> Void
    ) throws(LaunchError) {
        for path in paths { try step.run { () throws(SyscallError) in try work(path) } }
    }

    // MARK: mounts

    private func mountAll() throws(LaunchError) {
        for (mount, copies) in zip(plan.mounts, sources.copies) {
            try LaunchStep.mounts.run(mount.field) { () throws(SyscallError) in try attach(mount, copies) }
        }
    }

    private func attach(_ mount: MountPlan, _ copies: [Int32]) throws(SyscallError) {
        switch mount.source {
        case .bind, .bindBelow:
            let kind = try File.status(of: copies[0]).kind
            let place = try root.makeMountPoint(mount.destination, folder: kind == .directory)
            try checkPlace(place.raw, mount)
            try Mount.attach(copies[0], to: place.raw, subject: mount.destination)
        case .fileSystem(let type, let options):
            // A link in the place of /proc or /sys would have the labels and sysctls written elsewhere: CVE-2019-19921.
            let kernelOwn = type == "proc" || type == "sysfs"
            let place = try root.makeMountPoint(mount.destination, folder: true, links: !kernelOwn)
            try checkPlace(place.raw, mount)
            let label = MountPlan.takingContext.contains(type) ? plan.mountLabel : nil
            let new = try Mount.make(
                type, options: (options + MountPlan.context(label)).map { (key: $0.key, value: $0.value) },
                attributes: mount.attributes)
            // The queues of an IPC namespace are one file system, however often it is mounted: its root is labelled.
            if type == "mqueue", let label = plan.mountLabel { try SELinuxAttribute.set(label, ofPlace: new.raw) }
            try Mount.change(new.raw, propagation: mount.propagation, subject: mount.destination)
            try Mount.attach(new.raw, to: place.raw, subject: mount.destination)
        case .cgroups: try attachCgroups(mount, copies)
        case .imageVolume(let upper, let work):
            let folder = try root.makeFolders(mount.destination)
            // An overlay's root shows the upper folder's owner and mode: those of the image's folder.
            let status = try File.status(of: folder.raw)
            let top = try File.open(upper, [.path, .directory, .noFollow])
            try File.changeOwner(of: top.raw, uid: status.uid, gid: status.gid)
            try File.changePermissions(of: top.raw, to: status.permissions)
            let volume = try Overlay.make(lower: [folder.raw], upper: upper, work: work, label: plan.mountLabel)
            try Mount.attach(volume.raw, to: folder.raw, subject: mount.destination)
        }
    }

    /// Nothing is mounted upon procfs but what the kernel itself would let a container see differently.
    ///
    /// Source: CVE-2019-16884, CVE-2025-52881; the list is runc's.
    private func checkPlace(_ place: Int32, _ mount: MountPlan) throws(SyscallError) {
        guard try File.systemType(of: place) == FileSystemType.proc else { return }
        if case .fileSystem("proc", _) = mount.source { return }
        let allowed = ["cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo"]
        guard allowed.contains(where: { mount.destination == "/proc/\($0)" }) else {
            throw SyscallError(
                call: "move_mount", subject: mount.destination, errno: .notPermitted,
                detail: "nothing may be mounted inside /proc")
        }
    }

    /// With v2 alone the container's own group as a whole; else a folder a hierarchy, in a small tmpfs.
    private func attachCgroups(_ mount: MountPlan, _ copies: [Int32]) throws(SyscallError) {
        let place = try root.makeFolders(mount.destination)
        if sources.isUnifiedAlone {
            try Mount.attach(copies[0], to: place.raw, subject: mount.destination)
            return
        }
        let top = try Mount.make(
            "tmpfs",
            options: [("mode", "755"), ("size", "64k")]
                + MountPlan.context(plan.mountLabel).map { (key: $0.key, value: $0.value) },
            attributes: [.noSetUserID, .noDevices, .noExecution])
        try Mount.attach(top.raw, to: place.raw, subject: mount.destination)
        for (copy, name) in zip(copies, sources.cgroupNames) {
            try File.makeFolder(name, at: top.raw)
            let inner = try File.open(name, [.path, .directory], at: top.raw)
            try Mount.attach(copy, to: inner.raw, subject: "\(mount.destination)/\(name)")
        }
    }

    // MARK: /dev

    /// Every container has these, whatever the spec lists.
    ///
    /// Source: OCI runtime spec, config-linux.md, "Default Devices".
    private static let defaultDevices: [DevicePlan] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ].map { (name: String, major: UInt32, minor: UInt32) in
        DevicePlan(
            path: "/dev/\(name)", kind: .characterDevice, device: DeviceNumber(major: major, minor: minor),
            permissions: 0o666, uid: 0, gid: 0)
    }

    private static let links = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]

    private func makeDevices() throws(SyscallError) {
        // An image whose /dev is a link would have nodes made on the machine: CVE-2026-41579.
        let folder = try root.makeMountPoint("/dev", folder: true, links: false)
        // A listed one first: it may give a default device another owner.
        for device in plan.devices + Self.defaultDevices { try makeNode(device, devices: folder.raw) }
        for (name, target) in Self.links where try !File.exists(name, at: folder.raw) {
            try File.makeLink(name, to: target, at: folder.raw)
        }
        if try root.openIfPresent("/proc/kcore") != nil, try !File.exists("core", at: folder.raw) {
            try File.makeLink("core", to: "/proc/kcore", at: folder.raw)
        }
    }

    private func makeNode(_ device: DevicePlan, devices: Int32) throws(SyscallError) {
        let (above, name) = RootFolder.split(device.path)
        let parent = above == "/dev" ? nil : try root.makeFolders(above)
        let folder = parent.rawOrNone >= 0 ? parent.rawOrNone : devices
        if plan.owners != nil { return try bindNode(device, name, in: folder) }
        do {
            try File.makeNode(name, kind: device.kind, permissions: 0, device: device.device, at: folder)
        } catch  where error.errno == .exists {
            // Listed twice, or made by a volume: it must be the very device.
            let status = try File.status(name, at: folder)
            guard status.kind == device.kind, status.represents == device.device else { throw error }
            return
        }
        let node = try File.open(name, [.path, .noFollow], at: folder)
        try File.changeOwner(of: node.raw, uid: device.uid, gid: device.gid)
        try File.changePermissions(of: node.raw, to: device.permissions)
    }

    /// In a user namespace mknod(2) is refused: the machine's own node is bound upon an empty file.
    private func bindNode(_ device: DevicePlan, _ name: String, in folder: Int32) throws(SyscallError) {
        if try File.exists(name, at: folder) { return }
        let node = try File.open(device.path, [.path, .noFollow])
        let status = try File.status(of: node.raw)
        guard status.kind == device.kind, status.represents == device.device else {
            throw SyscallError(
                call: "statx", subject: device.path, errno: .invalid, detail: "not the device that is asked for")
        }
        let place = try File.open(name, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o666, at: folder)
        let copy = try Mount.clone(node.raw)
        try Mount.attach(copy.raw, to: place.raw, subject: device.path)
    }

    // MARK: /proc and /sys

    /// Written through a procfs of our own, which nothing in the container can have changed: CVE-2025-52881.
    private func writeSysctls() throws(LaunchError) {
        for sysctl in plan.sysctls {
            try LaunchStep.sysctls.run("linux.sysctl[\(sysctl.name)]") { () throws(SyscallError) in
                try sysctl.write()
            }
        }
    }

    private func lock(_ path: String) throws(SyscallError) {
        guard let place = try root.openIfPresent(path, links: false) else { return }
        let copy = try Mount.clone(place.raw, recursive: true)
        try Mount.change(copy.raw, set: .readOnly, recursive: true, subject: path)
        try Mount.attach(copy.raw, to: place.raw, subject: path)
    }

    private func mask(_ path: String) throws(SyscallError) {
        guard let place = try root.openIfPresent(path, links: false) else { return }
        if try File.status(of: place.raw).kind == .directory {
            let empty = try Mount.make(
                "tmpfs", options: [("nr_blocks", "1"), ("nr_inodes", "1")], attributes: .readOnly)
            try Mount.attach(empty.raw, to: place.raw, subject: path)
        } else {
            let copy = try Mount.clone(null.raw)
            try Mount.attach(copy.raw, to: place.raw, subject: path)
        }
    }
}

extension SysctlPlan {
    /// Sets the value in the caller's own namespaces, through a procfs that is attached nowhere.
    ///
    /// Where they belong to a user namespace, open as `user`, a child does it that becomes root there: the sysctls of an IPC
    /// namespace are that root's to write, not the machine's. Source: `ipc_permissions` of Linux.
    package func write(asRootOf user: Int32? = nil) throws(SyscallError) {
        let proc = try Mount.make("proc")
        guard let user else { return try write(through: proc.raw) }
        switch try Process.fork() {
        case .child:
            do throws(SyscallError) {
                try Process.join(user, .user)
                try UserNamespace.becomeRoot()
                try write(through: proc.raw)
            } catch { Process.exit(error.errno.number) }
            Process.exit(0)
        case .parent(_, let child):
            let status = try Process.wait(child.raw)
            guard status == .exited(code: 0) else {
                throw SyscallError(call: "write", subject: name, errno: Errno(status.shellCode))
            }
        }
    }

    private func write(through proc: Int32) throws(SyscallError) {
        let file = try File.open(
            "sys/" + self.file, [.writeOnly], at: proc, resolve: [.beneath, .noSymlinks, .noMagicLinks])
        guard try File.systemType(of: file.raw) == FileSystemType.proc else {
            throw SyscallError(call: "fstatfs", subject: name, errno: .invalid, detail: "not a file of procfs")
        }
        try File.write(Array(value.utf8), to: file.raw, subject: name)
    }
}

/// The machine's `/dev/null`, which masks files.
///
/// Its device number is verified by descriptor: a link or a file in its place would uncover what it masks.
/// Source: CVE-2025-31133.
private final class MaskingDevice {
    private let descriptor: OwnedDescriptor
    var raw: Int32 { descriptor.raw }

    init() throws(SyscallError) {
        descriptor = try File.open("/dev/null", [.path, .noFollow])
        let status = try File.status(of: descriptor.raw)
        guard status.kind == .characterDevice, status.represents == .null else {
            throw SyscallError(
                call: "statx", subject: "/dev/null", errno: .invalid, detail: "not the character device 1:3")
        }
    }
}
