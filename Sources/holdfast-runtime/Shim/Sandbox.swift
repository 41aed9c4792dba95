// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import LinuxTypes

/// What a pod's containers share: namespaces held by descriptor, memory volumes, and process 1 where they share that too.
final class Sandbox {
    private var namespaces: [NamespaceKind: Int32] = [:]
    private var pause: StartingProcess?
    private let plan: SandboxPlan
    private var mounted: Set<String> = []
    /// The machine's mount namespace and the root in it, while something of it may be shared; -1: not kept.
    private var machineMounts: Int32 = -1
    private var machineRoot: Int32 = -1

    /// Makes it; the caller's mount namespace becomes its own, and its memory volumes go with the caller.
    init(_ plan: SandboxPlan) throws {
        self.plan = plan
        if !plan.sharedFolders.isEmpty || plan.waiting != nil {
            machineMounts = try Process.namespace(.mount).release()
            machineRoot = try File.open("/", [.path]).release()
        }
        try Process.unshare([.mount])
        try Mount.partNamespace()
        if let memory = plan.sharedMemory { try Self.mount(memory) }
        if let limits = plan.limits {
            try Cgroup.createPod(plan.cgroupPath, limits, layout: try CgroupLayout.current())
        }
        try makeNamespaces()
        try mountVolumes(of: plan)
        if plan.shareProcessNamespace { try startPause() }
    }

    deinit {
        for descriptor in namespaces.values { _ = OwnedDescriptor(taking: descriptor) }
        for descriptor in [machineMounts, machineRoot] where descriptor >= 0 {
            _ = OwnedDescriptor(taking: descriptor)
        }
    }

    /// The pod's network namespace as a path that other programs can open while the shim lives; nil for the machine's.
    var networkPath: String? { namespaces[.network].map { "/proc/\(Process.id)/fd/\($0)" } }

    /// The process whose end is the end of the shared PID namespace.
    var pauseDescriptor: Int32? { pause?.descriptor.raw }

    /// Replaces a container's own namespaces by the pod's, and leaves out those that are the machine's.
    func share(with launch: inout LaunchPlan) {
        launch.owners = plan.owners
        launch.namespaces = launch.namespaces.compactMap { namespace in
            switch namespace.kind {
            case .network where plan.hostNetwork, .uts where plan.hostname == nil, .ipc where plan.hostIPC,
                .pid where plan.hostPID:
                return nil
            default:
                guard let descriptor = namespaces[namespace.kind] else { return namespace }
                return NamespacePlan(kind: namespace.kind, source: .path("/proc/self/fd/\(descriptor)"))
            }
        }
    }

    /// Does something of an instant in the pod's network, such as to make a socket, which belongs to it from then on.
    func insideNetwork<Result>(_ body: () throws(SyscallError) -> Result) throws(SyscallError) -> Result {
        guard let network = namespaces[.network] else { return try body() }
        return try Self.inside(network, .network, body)
    }

    /// Does something of an instant in another namespace.
    private static func inside<Result: ~Copyable>(
        _ namespace: Int32, _ kind: NamespaceKind, _ body: () throws(SyscallError) -> Result
    ) throws(SyscallError) -> Result {
        let own = try Process.namespace(kind)
        try Process.join(namespace, kind)
        defer { goBack(to: own.raw, kind) }
        return try body()
    }

    /// A shim that cannot go back must not go on: what it does for the machine would be done in the pod, or the reverse.
    private static func goBack(to own: Int32, _ kind: NamespaceKind) {
        do { try Process.join(own, kind) } catch {
            do { try File.write(Array("\(error)\n".utf8), to: 2, subject: "shim.log") } catch {}
            Process.exit(1)
        }
    }

    func endPause() throws {
        guard let pause else { return }
        try Process.signal(pause.descriptor.raw, Signal.kill)
        _ = try Process.wait(pause.descriptor.raw)
        self.pause = nil
    }

    /// Mounts what of a plan's volumes is not there yet: some come with a later preparation.
    func mountVolumes(of plan: SandboxPlan) throws {
        try mount(plan.memoryVolumes, at: \.path) { (memory) throws(SyscallError) in try Self.mount(memory) }
        try mount(plan.imageVolumes, at: \.path) { (image) throws(SyscallError) in
            let files = try ImageMount.make(image, userNamespace: namespaces[.user] ?? -1)
            try Mount.attach(files.raw, toPath: image.path)
        }
        try mount(plan.sharedFolders, at: \.path) { (folder) throws(SyscallError) in try share(folder) }
    }

    private func mount<Volume>(
        _ volumes: [Volume], at path: KeyPath<Volume, String>, _ work: (Volume) throws(SyscallError) -> Void
    ) throws(SyscallError) {
        for volume in volumes where !mounted.contains(volume[keyPath: path]) {
            try work(volume)
            mounted.insert(volume[keyPath: path])
        }
    }

    /// Takes a folder in the machine's mount namespace, so that the copy is one with the machine's mount: what a container
    /// mounts below it appears on the machine.
    ///
    /// Source: mount_namespaces(7), shared subtrees.
    private func share(_ folder: SandboxPlan.SharedFolder) throws(SyscallError) {
        let copy = try Self.inside(machineMounts, .mount) { () throws(SyscallError) in
            // Who joins stands at the namespace's root, which is not the machine's as the shim knew it in a chroot.
            try Process.changeRoot(to: machineRoot)
            return try Mount.clone(File.here, path: folder.source, recursive: true)
        }
        try Mount.attach(copy.raw, toPath: folder.path)
    }

    private static func mount(_ memory: SandboxPlan.MemoryMount) throws(SyscallError) {
        var options: [(key: String, value: String?)] = [("mode", String(memory.permissions, radix: 8))]
        if let size = memory.size { options.append(("size", "\(size)")) }
        if let gid = memory.gid { options.append(("gid", "\(gid)")) }
        options += MountPlan.context(memory.label).map { (key: $0.key, value: $0.value) }
        let attributes: MountAttributes = memory.noExecution ? [.noExecution] : []
        let new: OwnedDescriptor
        // What is in memory so that it is on no disk must not be swapped out to one: tmpfs(5), Linux 6.4.
        do throws(SyscallError) {
            new = try Mount.make("tmpfs", options: options + [("noswap", nil)], attributes: attributes)
        } catch  where error.errno == .invalid {
            new = try Mount.make("tmpfs", options: options, attributes: attributes)
        }
        try Mount.attach(new.raw, toPath: memory.path)
    }

    /// The shim enters the new namespaces, sets them up, keeps their descriptors, and goes back to the machine's.
    private func makeNamespaces() throws {
        var kinds: [NamespaceKind] = []
        if !plan.hostNetwork { kinds.append(.network) }
        if plan.hostname != nil { kinds.append(.uts) }
        if !plan.hostIPC { kinds.append(.ipc) }
        guard !kinds.isEmpty else {
            if let name = plan.sysctls.keys.min() {
                throw LaunchError(
                    step: .sysctls, field: "spec.securityContext.sysctls[\(name)]",
                    message: "the pod has no namespace of its own that the sysctl belongs to")
            }
            return
        }
        var machine: [(kind: NamespaceKind, descriptor: Int32)] = []
        for kind in kinds { machine.append((kind, try Process.namespace(kind).release())) }
        defer { for entry in machine { _ = OwnedDescriptor(taking: entry.descriptor) } }
        if let mapping = plan.userMapping {
            for made in try UserNamespace.make(users: [mapping], groups: [mapping], with: kinds) {
                namespaces[made.kind] = made.descriptor
                if made.kind != .user { try Process.join(made.descriptor, made.kind) }
            }
        } else {
            try Process.unshare(kinds)
        }
        if !plan.hostNetwork { try NetworkInterface.up("lo") }
        if let name = plan.hostname { try Process.setHostname(name) }
        try writeSysctls(kinds)
        if plan.userMapping == nil {
            for kind in kinds { namespaces[kind] = try Process.namespace(kind).release() }
        }
        for entry in machine { try Process.join(entry.descriptor, entry.kind) }
    }

    private func writeSysctls(_ kinds: [NamespaceKind]) throws(LaunchError) {
        for (name, value) in plan.sysctls.sorted(by: { $0.key < $1.key }) {
            let sysctl = SysctlPlan(name: name, value: value)
            let field = "spec.securityContext.sysctls[\(name)]"
            guard let kind = sysctl.namespace, kinds.contains(kind) else {
                throw LaunchError(
                    step: .sysctls, field: field,
                    message: "not a sysctl of a namespace that the pod has of its own")
            }
            do throws(SyscallError) { try sysctl.write(asRootOf: namespaces[.user]) } catch {
                throw LaunchError(step: .sysctls, field: field, message: error.description)
            }
        }
    }

    private func startPause() throws {
        // The shim itself runs from the sealed mount.
        let program = try File.open("/proc/self/exe", [.path])
        var launch = LaunchPlan.pause(program: program.raw, cgroupPath: plan.cgroupPath + "/pause")
        if plan.userMapping != nil { launch.namespaces.append(NamespacePlan(kind: .user, source: .new)) }
        share(with: &launch)
        let cgroup = try Cgroup.create(launch.cgroup, layout: try CgroupLayout.current())
        let null = try File.open("/dev/null", [.readWrite])
        let streams = LaunchOptions.Streams(input: null.raw, output: null.raw, error: null.raw)
        let process = try launch.start(in: cgroup, LaunchOptions(streams: streams, diesWithParent: true))
        try process.awaitStart()
        pause = process
        namespaces[.pid] = try Process.namespace(.pid, of: process.pid).release()
    }
}
