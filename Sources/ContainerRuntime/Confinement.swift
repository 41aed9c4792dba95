// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

/// Makes the calling process what its plan says, and then the program; the first process and `exec` alike.
struct Confinement {
    let process: ProcessPlan
    let options: LaunchOptions
    /// Where errors are told; execve(2) closes it.
    let report: Int32
    /// For a program that runs in a PID namespace which the calling process only has for its children.
    let birth: BirthWord?
    /// A pidfd of the process whose end ends this one; -1 without one.
    let parent: Int32
    /// The machine's procfs, ``MachineProcesses``; -1 for a process that no security module is told of.
    let machineProcesses: Int32

    func execute() throws(LaunchError) -> Never {
        var program = ""
        for step in LaunchStep.processOrder(noNewPrivileges: process.noNewPrivileges) {
            switch step {
            case .executable: if process.program == nil { program = try Executable(process).find() }
            case .execute: try run(program)
            default: try step.run { () throws(SyscallError) in try take(step) }
            }
        }
        fatalError("the order of steps ends without execve(2)")
    }

    private func take(_ step: LaunchStep) throws(SyscallError) {
        switch step {
        case .seLinuxLabel: try labelProcess()
        case .appArmorProfile:
            guard let profile = process.appArmorProfile else { return }
            try MachineProcesses.write("exec \(profile)", to: "attr/apparmor/exec", of: machineProcesses)
        case .keyring: try joinKeyring()
        case .terminal: if process.terminal { try openTerminal() }
        case .standardStreams: try prepareStreams()
        case .currentFolder: try changeFolder()
        case .boundingSet: try BoundingSet.restrict(to: process.bounding)
        case .groups: try Identity.setGroups(process.groups)
        case .user: try changeUser()
        case .noNewPrivileges: if process.noNewPrivileges { try Process.setNoNewPrivileges() }
        case .birth: try beBorn()
        case .start: try awaitStart()
        case .seccomp: try loadFilter()
        case .capabilities: try setCapabilities()
        default: fatalError("\(step) is no step of a process")
        }
    }

    /// The kernel forgets both at execve(2), the first of them by following it.
    private func labelProcess() throws(SyscallError) {
        guard let label = process.seLinuxLabel else { return }
        try MachineProcesses.write(label, to: "attr/exec", of: machineProcesses)
        try MachineProcesses.write(label, to: "attr/keycreate", of: machineProcesses)
    }

    /// A kernel without keyrings has none to leak.
    private func joinKeyring() throws(SyscallError) {
        do { try Process.startSessionKeyring() } catch  where error.errno == .noSystemCall {}
    }

    /// A pseudo-terminal of the container's own devpts: its master goes to the one that asked, the other side becomes 0, 1 and 2.
    ///
    /// The other side is opened from the master, never by a path: CVE-2025-52565.
    private func openTerminal() throws(SyscallError) {
        guard let socket = options.consoleSocket else {
            throw SyscallError(
                call: "sendmsg", subject: "the console socket", errno: .badDescriptor, detail: "none was given")
        }
        let master = try File.open("/dev/pts/ptmx", [.readWrite, .noControllingTerminal])
        let peer = try Terminal.openPeer(of: master.raw)
        if let size = process.terminalSize { try Terminal.setSize(size, of: peer.raw) }
        try File.changeOwner(of: peer.raw, uid: process.uid, gid: nil)
        try Socket.send(Array("/dev/pts/ptmx".utf8), descriptors: [master.raw], over: socket)
        if birth == nil { try Terminal.becomeControlling(peer.raw) }
        for target in Int32(0)...2 { try Descriptors.install(peer.raw, as: target) }
        if process.isFirst { try bindConsole(peer.raw) }
    }

    private func bindConsole(_ peer: Int32) throws(SyscallError) {
        do { _ = try File.open("/dev/console", [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600) } catch
            where error.errno == .exists
        {}
        let place = try File.open("/dev/console", [.path, .noFollow])
        let copy = try Mount.clone(peer)
        try Mount.attach(copy.raw, to: place.raw, subject: "/dev/console")
    }

    private func prepareStreams() throws(SyscallError) {
        if !process.terminal, let streams = options.streams {
            try Descriptors.install(streams.input, as: 0)
            try Descriptors.install(streams.output, as: 1)
            try Descriptors.install(streams.error, as: 2)
        }
        for descriptor in Int32(0)...2 { try Self.give(descriptor, toUser: process.uid) }
        // CVE-2024-21626: nothing of the machine stays open; the report closes with the rest at execve(2).
        try Descriptors.closeOnExec(from: 3)
        if let birth {
            // A container with SYS_PTRACE may look at this process before execve(2).
            let kept = [
                report, parent, options.startListener ?? -1, process.program ?? -1, birth.reader, birth.writer,
            ]
            try Descriptors.closeAll(from: 3, except: kept)
        }
        Process.setCreationMask(process.creationMask)
    }

    /// The program may open its own streams again through `/dev/stdout`; devices, `/dev/null` above all, keep their owner.
    ///
    /// Pipes and sockets alone: a file that a caller has on its standard input stays its own.
    static func give(_ descriptor: Int32, toUser user: UInt32) throws(SyscallError) {
        let status = try File.status(of: descriptor)
        guard status.kind == .fifo || status.kind == .socket, status.uid != user else { return }
        do { try File.changeOwner(of: descriptor, uid: user, gid: nil) } catch
            where error.errno == .readOnly || error.errno == .notPermitted || error.errno == .invalid
        {}
    }

    /// As root, so that a folder which only root may enter can be the working folder; again as the user where root may not.
    private func changeFolder() throws(SyscallError) {
        do { try Process.changeFolder(process.folder) } catch
            where error.errno == .accessDenied || error.errno == .notPermitted
        {}
    }

    private func changeUser() throws(SyscallError) {
        try ThreadCapabilities.keepAcrossUserChange(true)
        try Identity.setGroup(process.gid)
        try Identity.setUser(process.uid)
        try ThreadCapabilities.keepAcrossUserChange(false)
        // Leaving uid 0 cleared the effective set and the signal; the steps that follow need both.
        try ThreadCapabilities.raiseAllPermitted()
        try Self.dieWithParent(parent)
        try Identity.verify(user: process.uid, group: process.gid, groups: process.groups)
        if try Process.folder() != process.folder { try Process.changeFolder(process.folder) }
        let folder = try Process.folder()
        guard folder.hasPrefix("/") else {  // CVE-2024-21626
            throw SyscallError(
                call: "getcwd", subject: process.folder, errno: .notPermitted, detail: "\(folder) is not in the root")
        }
    }

    /// The signal that the parent's end sends; a change of user clears it, and a fork does.
    static func dieWithParent(_ parent: Int32) throws(SyscallError) {
        guard parent >= 0 else { return }
        try Process.setParentDeathSignal(Signal.kill)
        // It may have ended before the signal was set.
        if try Process.hasEnded(parent) { Process.exit(LaunchStep.failureCode) }
    }

    /// Goes on as a sibling that is in the PID namespace of the container; what the caller was is told and ends.
    private func beBorn() throws(SyscallError) {
        guard let birth else { return }
        if let pid = try Process.forkSibling() {
            try birth.give(pid, to: report)
            Process.exit(0)
        }
        try birth.await()
        try Self.dieWithParent(parent)
        try Process.startSession()
        if process.terminal { try Terminal.becomeControlling(0) }
    }

    private func loadFilter() throws(SyscallError) {
        guard let filter = process.filter else { return }
        try SystemCallFilter.load(filter.instructions, flags: SystemCallFilter.Flags(rawValue: filter.flags))
    }

    /// Inheritable and ambient are empty: a file with inheritable capabilities gives nothing (CVE-2022-24769).
    private func setCapabilities() throws(SyscallError) {
        try ThreadCapabilities.clearAmbient()
        try ThreadCapabilities(effective: process.effective, permitted: process.permitted, inheritable: []).apply()
    }

    /// Says that all is ready, waits until somebody asks for the start, and tells errors to that one from then on.
    private func awaitStart() throws(SyscallError) {
        guard let listener = options.startListener else { return }
        try Descriptors.setNonBlocking(listener, false)
        try File.write([LaunchReport.waits], to: report, subject: "the report")
        let starter = try Socket.accept(listener)
        do { try Descriptors.replace(report, with: starter.raw) } catch {
            // The one that asks listens there, and nobody at the report any more.
            let failure = LaunchError(step: .start, field: LaunchStep.start.specField, message: error.description)
            try File.write(LaunchReport.encode(failure), to: starter.raw, subject: "the one that starts")
            throw error
        }
    }

    private func run(_ program: String) throws(LaunchError) -> Never {
        do { try Process.resetSignals() } catch { throw executionError(error.description) }
        do {
            if let descriptor = process.program {
                try Process.execute(descriptor: descriptor, process.arguments, environment: process.environment)
            }
            try Process.execute(program, process.arguments, environment: process.environment)
        } catch {
            throw executionError(error.errno.description.lowercasedFirst)
        }
    }

    private func executionError(_ text: String) -> LaunchError {
        LaunchError(
            step: .execute, field: LaunchStep.execute.specField, message: "exec: \"\(process.arguments[0])\": \(text)")
    }
}

extension ProcessPlan {
    /// Resource limits and the out-of-memory score, while the machine's `/proc` is in view.
    func setLimits() throws(LaunchError) {
        try LaunchStep.limits.run { () throws(SyscallError) in
            for limit in limits {
                try Process.setLimit(pid: 0, resource: limit.resource, soft: limit.soft, hard: limit.hard)
            }
            if let score = scoreAdjustment { try File.writeValue("\(score)", to: "/proc/self/oom_score_adj") }
        }
    }
}

extension ThreadCapabilities {
    /// Makes all that is permitted effective, for the steps that are left.
    fileprivate static func raiseAllPermitted() throws(SyscallError) {
        let permitted = try Self.current().permitted
        try Self(effective: permitted, permitted: permitted, inheritable: []).apply()
    }
}

/// The program that `process.args[0]` names, found as the container's user in the container's root.
private struct Executable {
    let name: String
    let searchPath: String

    init(_ process: ProcessPlan) {
        name = process.arguments[0]
        let variable = process.environment.last { $0.hasPrefix("PATH=") }
        searchPath = variable.map { String($0.dropFirst("PATH=".count)) } ?? ""
    }

    func find() throws(LaunchError) -> String {
        if name.contains("/") {
            if let failure = Self.test(name) {
                throw Self.error("stat \(name): \(failure.description.lowercasedFirst)", name, failure)
            }
            return name
        }
        var refused: Errno?
        for folder in searchPath.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = (folder.isEmpty ? "." : String(folder)) + "/" + name
            guard let failure = Self.test(candidate) else { return candidate }
            if failure == .accessDenied { refused = failure }
        }
        if let refused { throw Self.error("", name, refused) }
        throw LaunchError(
            step: .executable, field: LaunchStep.executable.specField,
            message: "exec: \"\(name)\": executable file not found in $PATH")
    }

    private static func test(_ path: String) -> Errno? {
        do {
            guard try File.followedStatus(path).kind != .directory else { return .isDirectory }
            try File.checkExecutable(path)
            return nil
        } catch { return error.errno }
    }

    /// 127 in a shell for what is not there, 126 for what may not be executed: the step tells the two apart.
    private static func error(_ text: String, _ name: String, _ errno: Errno) -> LaunchError {
        let missing = errno == .noEntry || errno == .notDirectory
        return LaunchError(
            step: missing ? .executable : .execute, field: LaunchStep.executable.specField,
            message: "exec: \"\(name)\": \(missing ? text : errno.description.lowercasedFirst)")
    }
}

extension String {
    /// Error texts go on after a colon: `Permission denied` becomes `permission denied`.
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
