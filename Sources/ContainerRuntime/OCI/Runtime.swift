// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes
package import OCISpec

/// The operations of the OCI runtime specification on containers whose state lies below one folder.
///
/// A container's folder holds `state.json` and, until it is started, the socket `start`; it is made first and removed
/// last, so that whatever a kill leaves behind, `delete --force` finds.
package struct Runtime: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    private func place(_ id: String) -> String { "\(folder)/\(id)" }
    private func statePath(_ id: String) -> String { "\(place(id))/state.json" }
    private func specPath(_ id: String) -> String { "\(place(id))/config.json" }
    private func startSocket(_ id: String) -> String { "\(place(id))/start" }

    /// Makes the container and leaves its first process waiting for ``start(_:)``, or runs it at once.
    ///
    /// `waits` is false for `run`. The process is the caller's child.
    package func create(
        _ id: String, bundle: String, waits: Bool, consoleSocket: Int32? = nil
    ) throws -> StartingProcess {
        try Self.checkName(id)
        let text = try File.read(bundle + "/config.json")
        let spec = try RuntimeSpec.read(text, of: bundle + "/config.json")
        let plan = try plan(spec, id: id, bundle: bundle)
        if plan.process.terminal, consoleSocket == nil {
            throw RuntimeError("process.terminal: give --console-socket PATH")
        }
        try File.makeFolders(folder, mode: 0o700)
        try claim(id)
        // exec goes by what the container was made from, whatever becomes of the bundle.
        try File.replace(specPath(id), with: text, durable: false)
        let cgroup = Cgroup(layout: try CgroupLayout.current(), path: plan.cgroup.path)
        do {
            // What is there is somebody else's, and would be killed with the container.
            guard try cgroup.processes().isEmpty, plan.cgroup.path != "/" else {
                throw RuntimeError("linux.cgroupsPath: \(plan.cgroup.path) is in use")
            }
        } catch {
            try File.removeTree(place(id))
            throw error
        }
        do {
            return try launch(plan, in: cgroup, waits: waits ? startSocket(id) : nil, consoleSocket: consoleSocket) {
                process in
                try JSONFile.write(
                    ContainerState(
                        id: id, bundle: bundle, pid: process, startTime: try Process.startTime(of: process),
                        cgroupPath: plan.cgroup.path, annotations: spec.annotations), to: statePath(id), durable: false)
            }
        } catch {
            try cgroup.remove()
            try File.removeTree(place(id))
            throw error
        }
    }

    private func launch(
        _ plan: LaunchPlan, in cgroup: Cgroup, waits socket: String?, consoleSocket: Int32?,
        record: (_ pid: Int32) throws -> Void
    ) throws -> StartingProcess {
        try LaunchStep.cgroup.run { () throws(SyscallError) in
            _ = try Cgroup.create(plan.cgroup, layout: cgroup.layout)
        }
        var options = LaunchOptions(consoleSocket: consoleSocket)
        let listener = try socket.map { path throws in try Socket.listen(path).release() } ?? -1
        defer { if listener >= 0 { _ = OwnedDescriptor(taking: listener) } }
        if listener >= 0 { options.startListener = listener }
        let process = try plan.start(in: cgroup, options)
        try record(process.pid)
        try process.awaitStart()
        return process
    }

    /// Makes the container's folder: of two that choose a name, one gets it.
    private func claim(_ id: String) throws {
        do throws(SyscallError) { try File.makeFolder(place(id), mode: 0o700) } catch {
            if error.errno != .exists { throw error }
            throw RuntimeError("container \(id) exists; choose another name, or delete it")
        }
    }

    private func plan(_ spec: RuntimeSpec, id: String, bundle: String) throws(LaunchError) -> LaunchPlan {
        guard let root = spec.root?.path, !root.isEmpty else { throw LaunchPlan.wrong("root.path", "required") }
        return try LaunchPlan(
            spec: spec, root: .folder(root.hasPrefix("/") ? root : "\(bundle)/\(root)"), cgroupPath: "/holdfast/\(id)")
    }

    /// Has a created container execute its program.
    package func start(_ id: String) throws {
        guard try status(try state(id)) == .created else {
            throw RuntimeError("container \(id) is not in the state created")
        }
        let connection = try Socket.connect(startSocket(id))
        try File.remove(startSocket(id))
        let answer: [UInt8]
        do throws(SyscallError) {
            answer = try File.readAll(connection.raw, limit: 1 << 20, subject: "the first process of \(id)")
        } catch {
            if error.errno != .connectionReset { throw error }
            throw LaunchError(
                step: .start, field: LaunchStep.start.specField, message: "the first process has ended: \(error)")
        }
        if let failure = LaunchReport.decode(answer) { throw failure }
    }

    package func report(_ id: String) throws -> StateReport {
        let state = try state(id)
        let status = try status(state)
        return StateReport(
            ociVersion: RuntimeSpec.version, id: id, status: status, pid: status == .stopped ? 0 : state.pid,
            bundle: state.bundle, annotations: state.annotations)
    }

    package func list() throws -> [StateReport] {
        guard try File.exists(folder) else { return [] }
        // One that is being made has no state yet.
        return try File.names(in: folder).sorted().filter { try File.exists(statePath($0)) }.map(report)
    }

    /// Sends a signal to the first process, or SIGKILL to all.
    package func kill(_ id: String, signal: Int32, all: Bool) throws {
        let state = try state(id)
        if all {
            try cgroup(state).signalAll(signal)
            return
        }
        let process = try open(state)
        try Process.signal(process.raw, signal)
    }

    /// Removes what is left of a stopped container; with `force` it is stopped first, and one that is not there is fine.
    package func delete(_ id: String, force: Bool) throws {
        try Self.checkName(id)
        guard try File.exists(statePath(id)) else {
            // Nothing, or what a kill in the middle of `create` has left.
            let isThere = try File.exists(place(id))
            guard force || isThere else { throw Self.unknown(id) }
            try Cgroup(layout: try CgroupLayout.current(), path: "/holdfast/\(id)").remove()
            try File.removeTree(place(id))
            return
        }
        let state = try state(id)
        if try status(state) == .running, !force {
            throw RuntimeError("container \(id) is running; stop it, or delete it with --force")
        }
        if try Process.isAlive(state.pid, startTime: state.startTime) {
            let process = try open(state)
            try Process.signal(process.raw, Signal.kill)
            try Process.awaitEnd(process.raw)
        }
        try cgroup(state).remove()
        try File.removeTree(place(id))
    }

    /// Starts another process in a running container, with the context of the first unless the spec says otherwise.
    package func exec(
        _ id: String, _ spec: ProcessSpec, consoleSocket: Int32?
    ) throws -> StartingProcess {
        let state = try state(id)
        let container = try open(state)
        if try status(state) != .running { throw RuntimeError("container \(id) has not been started") }
        let linux = try JSONFile.read(RuntimeSpec.self, from: specPath(id)).linux
        let plan = try ProcessPlan(spec: spec, seccomp: linux?.seccomp)
        let hasUserNamespace = linux?.namespaces?.contains { $0.type == .user } == true
        let owners =
            hasUserNamespace ? OwnerMapping(users: linux?.uidMappings ?? [], groups: linux?.gidMappings ?? []) : nil
        if plan.terminal, consoleSocket == nil { throw RuntimeError("a terminal needs --console-socket PATH") }
        let process = try plan.start(
            joining: container.raw, in: cgroup(state), owners: owners, LaunchOptions(consoleSocket: consoleSocket))
        try process.awaitStart()
        return process
    }

    /// The process of a container's own spec, for `exec` to vary.
    package func process(of id: String) throws -> ProcessSpec {
        guard let process = try JSONFile.read(RuntimeSpec.self, from: specPath(try state(id).id)).process else {
            throw LaunchPlan.wrong("process", "required")
        }
        return process
    }

    // MARK: state

    private func state(_ id: String) throws -> ContainerState {
        try Self.checkName(id)
        do { return try JSONFile.read(ContainerState.self, from: statePath(id)) } catch let error as SyscallError
            where error.errno == .noEntry
        {
            throw Self.unknown(id)
        }
    }

    private func status(_ state: ContainerState) throws(SyscallError) -> ContainerState.Status {
        guard try Process.isAlive(state.pid, startTime: state.startTime) else { return .stopped }
        return try File.exists(startSocket(state.id)) ? .created : .running
    }

    /// A pidfd of the first process.
    ///
    /// Opened first, compared then: the pid cannot change its owner in between.
    private func open(_ state: ContainerState) throws -> OwnedDescriptor {
        let descriptor = try Process.open(state.pid)
        let isAlive = try Process.isAlive(state.pid, startTime: state.startTime)
        if !isAlive { throw RuntimeError("container \(state.id) is not running") }
        return descriptor
    }

    private func cgroup(_ state: ContainerState) throws(SyscallError) -> Cgroup {
        Cgroup(layout: try CgroupLayout.current(), path: state.cgroupPath)
    }

    private static func unknown(_ id: String) -> RuntimeError { RuntimeError("container \(id) does not exist") }

    /// Names become folders and cgroups: letters, digits and `_+-.`, none of them `..`.
    private static func checkName(_ id: String) throws {
        let allowed = id.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || (0x30...0x39).contains($0)
                || "_+-.".utf8.contains($0)
        }
        guard allowed, !id.isEmpty, id != ".", id != "..", id.utf8.count <= 200 else {
            throw RuntimeError("\"\(id)\" is no container name: use letters, digits and _ + - .", exitCode: 2)
        }
    }
}
