// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import LinuxTypes
import OCISpec

/// Starts one container from its `config.json`, with fresh writable folders.
struct ContainerStart {
    let plan: ContainerPlan
    let sandbox: Sandbox
    let cgroupLayout: CgroupLayout
    let attemptNumber: Int
    /// Of the pod's user namespace.
    let owners: OwnerMapping?
    /// Takes away what an earlier run has left at a path, without waiting for it.
    let discard: (String) throws -> Void
    /// A process that the shim has not reaped, in whose PID namespace the container is to be.
    let target: Int32?

    /// What the shim reads from and writes to.
    struct Streams {
        var readers: [Int32]
        var input: Int32?
        /// Brings the terminal's master side.
        var console: Int32?
    }

    func start() throws -> (attempt: ContainerRun.Attempt, streams: Streams) {
        for part in plan.parts { try part.prepare() }
        let spec = try JSONFile.read(RuntimeSpec.self, from: plan.folder + "/config.json")
        if attemptNumber > 0 { try TerminationMessage.clear(plan.folder) }
        let upper = try freshFolders("upper", "work", like: plan.layers.first)
        var launch = try LaunchPlan(
            spec: spec, root: .overlay(lower: plan.layers, upper: upper.upper, work: upper.work),
            cgroupPath: "/holdfast/unnamed")
        launch.mounts.insert(contentsOf: try imageVolumes(), at: 0)
        sandbox.share(with: &launch)
        let pid = try target.map { try Process.namespace(.pid, of: $0).release() }
        defer { if let pid { _ = OwnedDescriptor(taking: pid) } }
        if let pid {
            launch.namespaces = launch.namespaces.map { namespace in
                namespace.kind == .pid
                    ? NamespacePlan(kind: .pid, source: .path("/proc/self/fd/\(pid)")) : namespace
            }
        }
        let log = try LogFile(folder: plan.folder, run: attemptNumber)
        let cgroup: Cgroup
        do throws(SyscallError) { cgroup = try Cgroup.create(launch.cgroup, layout: cgroupLayout) } catch {
            throw LaunchError(step: .cgroup, field: LaunchStep.cgroup.containerField, message: error.description)
        }
        do {
            let (process, streams) = try fork(launch, cgroup)
            return (ContainerRun.Attempt(process: process, plan: launch, cgroup: cgroup, log: log), streams)
        } catch {
            try cgroup.remove()
            throw error
        }
    }

    private func fork(_ launch: LaunchPlan, _ cgroup: Cgroup) throws -> (StartingProcess, Streams) {
        if launch.process.terminal {
            let console = try Socket.pair()
            let options = LaunchOptions(consoleSocket: console.second.raw, diesWithParent: true)
            let process = try launch.start(in: cgroup, options)
            return (process, Streams(readers: [], input: nil, console: console.takeFirst().release()))
        }
        let output = try Pipe()
        let error = try Pipe()
        let null = try File.open("/dev/null", [.readOnly])
        var ends = (reader: null.raw, writer: Int32(-1))
        if plan.stdin { ends = try Pipe().release() }
        defer { if plan.stdin { _ = OwnedDescriptor(taking: ends.reader) } }
        var isStarted = false
        defer { if plan.stdin, !isStarted { _ = OwnedDescriptor(taking: ends.writer) } }
        let options = LaunchOptions(
            streams: .init(input: ends.reader, output: output.writer.raw, error: error.writer.raw), diesWithParent: true
        )
        let process = try launch.start(in: cgroup, options)
        isStarted = true
        return (
            process,
            Streams(
                readers: [output.takeReader().release(), error.takeReader().release()],
                input: plan.stdin ? ends.writer : nil, console: nil)
        )
    }

    /// The image's `VOLUME`s: what the image has there, writable, gone with the container.
    private func imageVolumes() throws -> [MountPlan] {
        var mounts: [MountPlan] = []
        for (index, path) in plan.imageVolumes.enumerated() {
            let folders = try freshFolders("volume-\(index)", "volume-\(index)-work", like: nil)
            mounts.append(
                MountPlan(imageVolume: path, upper: folders.upper, work: folders.work))
        }
        return mounts
    }

    /// Two empty folders for an overlay, the container's root's; the upper one looks like the layer below, which it hides.
    private func freshFolders(
        _ upperName: String, _ workName: String, like lower: String?
    ) throws -> (upper: String, work: String) {
        let upper = "\(plan.folder)/\(upperName)"
        let work = "\(plan.folder)/\(workName)"
        for path in [upper, work] {
            try discard(path)
            try File.makeFolder(path, mode: 0o755)
            if let root = owners?.hostUser(0), let group = owners?.hostGroup(0) {
                try File.changeOwner(path, uid: root, gid: group)
            }
        }
        if let lower {
            let status = try File.status(lower)
            let root = try File.open(upper, [.readOnly, .directory, .noFollow])
            try File.changeOwner(
                of: root.raw, uid: owners.map { $0.hostUser(status.uid) ?? 65534 } ?? status.uid,
                gid: owners.map { $0.hostGroup(status.gid) ?? 65534 } ?? status.gid)
            try File.changePermissions(of: root.raw, to: status.permissions)
        }
        return (upper, work)
    }
}
