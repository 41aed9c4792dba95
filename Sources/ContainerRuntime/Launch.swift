// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel
import LinuxTypes

/// What a new process gets from the one that starts it.
package struct LaunchOptions: Sendable {
    /// Descriptors that become 0, 1 and 2; nil: the caller's own, or those of the terminal.
    package var streams: Streams?
    /// With `process.terminal`: a connected socket over which the terminal's master side is sent.
    package var consoleSocket: Int32?
    /// SIGKILL when the caller ends: nothing runs unsupervised.
    package var diesWithParent: Bool
    /// A listening socket: the program is executed once somebody has connected to it (`start` of the OCI runtime).
    package var startListener: Int32?

    package struct Streams: Sendable {
        package var input: Int32
        package var output: Int32
        package var error: Int32
        package init(input: Int32, output: Int32, error: Int32) {
            self.input = input
            self.output = output
            self.error = error
        }
    }

    package init(
        streams: Streams? = nil, consoleSocket: Int32? = nil, diesWithParent: Bool = false, startListener: Int32? = nil
    ) {
        self.streams = streams
        self.consoleSocket = consoleSocket
        self.diesWithParent = diesWithParent
        self.startListener = startListener
    }
}

/// A process between its fork and its execve(2).
package final class StartingProcess: Sendable {
    package let pid: Int32
    /// A pidfd.
    package let descriptor: OwnedDescriptor
    /// Becomes readable when the process has been executed, waits to be, or has failed.
    package let report: OwnedDescriptor

    init(pid: Int32, descriptor: consuming OwnedDescriptor, report: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
        self.report = report
    }

    /// Waits until the program runs, or until it waits to be started.
    ///
    /// - Throws: what stopped it; the process has ended and been reaped then.
    package func awaitStart() throws(LaunchError) {
        var bytes: [UInt8] = []
        do {
            while true {
                let part = try File.read(report.raw, upTo: 4096, subject: "the report of a new process")
                if part.isEmpty || part == [LaunchReport.waits] { break }
                bytes += part
            }
        } catch { throw LaunchError(step: .execute, field: LaunchStep.execute.specField, message: error.description) }
        guard let failure = LaunchReport.decode(bytes) else { return }
        do { _ = try Process.wait(descriptor.raw) } catch {
            throw LaunchError(
                step: failure.step, field: failure.field, message: "\(failure.message); then \(error.description)")
        }
        throw failure
    }
}

/// What the child writes to its parent: nothing when execve(2) has closed the pipe, one byte when it waits, or an error.
enum LaunchReport {
    static let waits: UInt8 = 1

    static func encode(_ error: LaunchError) -> [UInt8] {
        Array("\(error.step.rawValue)\n\(error.field)\n\(error.message)".utf8)
    }

    static func decode(_ bytes: [UInt8]) -> LaunchError? {
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", maxSplits: 2, omittingEmptySubsequences: false
        ).map(String.init)
        guard parts.count == 3, let step = LaunchStep(rawValue: parts[0]) else { return nil }
        return LaunchError(step: step, field: parts[1], message: parts[2])
    }
}

extension LaunchPlan {
    /// Forks the container's first process, which makes its own file system view, confines itself and executes the program.
    ///
    /// The caller has one thread. It goes on at once; ``StartingProcess/awaitStart()`` tells the outcome.
    package func start(in cgroup: Cgroup, _ options: LaunchOptions) throws(LaunchError) -> StartingProcess {
        let joined = try NamespaceDescriptors(self)
        let new = namespaces.filter { $0.source == .new && ![.cgroup, .user].contains($0.kind) }.map(\.kind)
        guard joined.raw(.user) >= 0 else {
            let fork = ProcessFork(cgroup: cgroup, newNamespaces: new, pidNamespace: joined.raw(.pid))
            return try fork.start(options) { report throws(LaunchError) in
                try enter(cgroup, options)
                try LaunchStep.namespaces.run { () throws(SyscallError) in try joined.join() }
                try keepMountsIn()
                let sources = try MountSources(self, cgroup: cgroup, userNamespace: -1)
                try become(sources, options, report)
            }
        }
        // Mount and PID namespaces must belong to the user namespace: they are made by a process that is in it already.
        // The sources of mounts come from one that is not.
        let fork = ProcessFork(cgroup: cgroup, newNamespaces: [], pidNamespace: joined.raw(.pid))
        return try fork.startTwice(options, newNamespaces: new.filter { [.mount, .pid].contains($0) }) {
            () throws(LaunchError) in
            try enter(cgroup, options)
            let sources = try MountSources(self, cgroup: cgroup, userNamespace: joined.raw(.user))
            try LaunchStep.namespaces.run { () throws(SyscallError) in try joined.join() }
            return sources
        } _: { sources, report throws(LaunchError) in
            try keepMountsIn()
            try become(sources, options, report)
        }
    }

    private func enter(_ cgroup: Cgroup, _ options: LaunchOptions) throws(LaunchError) {
        for step in LaunchStep.entryOrder where step != .namespaces {
            try process.enter(step, cgroup, options, owners)
        }
    }

    /// Slave: what the machine mounts later may come in, nothing that is mounted here goes out.
    private func keepMountsIn() throws(LaunchError) {
        try LaunchStep.mounts.run { () throws(SyscallError) in try Mount.setPropagation(.slave, of: "/") }
        if hasNew(.cgroup) {
            try LaunchStep.namespaces.run { () throws(SyscallError) in try Process.unshare([.cgroup]) }
        }
    }

    private func become(_ sources: MountSources, _ options: LaunchOptions, _ report: Int32) throws(LaunchError) -> Never
    {
        try RootSetup(plan: self, sources: sources).build()
        try Confinement(process: process, options: options, report: report).execute()
    }
}

extension ProcessPlan {
    /// The first steps of a new process, for the first of a container and for `exec` alike.
    func enter(
        _ step: LaunchStep, _ cgroup: Cgroup, _ options: LaunchOptions, _ owners: OwnerMapping?
    ) throws(LaunchError) {
        switch step {
        case .limits: try setLimits()
        case .cgroup: try step.run { () throws(SyscallError) in try cgroup.add(pid: 0, unifiedToo: false) }
        case .standardStreams:
            // The streams are the machine's: inside a user namespace nobody could give them to its user.
            guard let owners, let user = owners.hostUser(uid), let streams = options.streams else { return }
            try step.run { () throws(SyscallError) in
                for stream in [streams.input, streams.output, streams.error] {
                    try Confinement.give(stream, toUser: user)
                }
            }
        default: fatalError("\(step) is no step of the entry")
        }
    }
}

/// A fork into a cgroup and new namespaces, with the error that stopped the child brought back.
struct ProcessFork {
    let cgroup: Cgroup
    let newNamespaces: [NamespaceKind]
    /// A PID namespace that the child is born in; -1 for the caller's own.
    let pidNamespace: Int32

    /// Runs `body` in the child, which ends with it.
    func start(
        _ options: LaunchOptions, _ body: (_ report: Int32) throws(LaunchError) -> Never
    ) throws(LaunchError) -> StartingProcess {
        try LaunchStep.namespaces.run { () throws(SyscallError) in
            let report = try Pipe()
            let unified = try cgroup.openUnified()
            // setns(2): a PID namespace holds for the children of the caller; the caller's own is set again after.
            let own = pidNamespace >= 0 ? try Process.namespace(.pid) : nil
            if own.rawOrNone >= 0 { try Process.join(pidNamespace, .pid) }
            let side: ForkSide
            do throws(SyscallError) { side = try fork(into: unified.rawOrNone) } catch {
                if own.rawOrNone >= 0 { try Process.join(own.rawOrNone, .pid) }
                throw error
            }
            switch consume side {
            case .parent(let pid, let descriptor):
                if own.rawOrNone >= 0 { try Process.join(own.rawOrNone, .pid) }
                return StartingProcess(pid: pid, descriptor: descriptor, report: report.takeReader())
            case .child:
                Self.run(options, reportTo: report.writer.raw, body)
            }
        }
    }

    /// Like ``start(_:_:)``, with a process in between that prepares and then makes the container's own as its sibling.
    ///
    /// Source: clone(2), `CLONE_PARENT`: the second is a child of the caller, too.
    func startTwice<Prepared>(
        _ options: LaunchOptions, newNamespaces: [NamespaceKind], _ prepare: () throws(LaunchError) -> Prepared,
        _ body: (Prepared, _ report: Int32) throws(LaunchError) -> Never
    ) throws(LaunchError) -> StartingProcess {
        let handover = try LaunchStep.namespaces.run { () throws(SyscallError) in try Socket.pair() }
        let sender = handover.second.raw
        let first = try start(options) { report throws(LaunchError) in
            let prepared = try prepare()
            let isChild = try LaunchStep.namespaces.run { () throws(SyscallError) in
                try Self.forkSibling(newNamespaces, handOverTo: sender)
            }
            guard isChild else { Process.exit(0) }
            Self.run(options, reportTo: report) { report throws(LaunchError) in
                try body(prepared, report)
            }
        }
        let receiver = handover.takeFirst()
        return try LaunchStep.namespaces.run { () throws(SyscallError) in
            var descriptors: [Int32] = []
            _ = try Socket.receive(upTo: 1, descriptors: &descriptors, over: receiver.raw)
            // None: the first has failed, and its report says why.
            guard let descriptor = descriptors.first else { return first }
            let second = OwnedDescriptor(taking: descriptor)
            _ = try Process.wait(first.descriptor.raw)
            let pid = try Process.id(of: second.raw)
            return StartingProcess(pid: pid, descriptor: second, report: try first.report.duplicate())
        }
    }

    /// True in the sibling; the other sends its pidfd to the one that waits for both.
    private static func forkSibling(
        _ newNamespaces: [NamespaceKind], handOverTo socket: Int32
    ) throws(SyscallError) -> Bool {
        switch try Process.fork(newNamespaces: newNamespaces, asSibling: true) {
        case .child: return true
        case .parent(_, let descriptor):
            try Socket.send([1], descriptors: [descriptor.raw], over: socket)
            return false
        }
    }

    private func fork(into cgroup: Int32) throws(SyscallError) -> ForkSide {
        try Process.fork(newNamespaces: newNamespaces, intoCgroup: cgroup)
    }

    private static func run(
        _ options: LaunchOptions, reportTo report: Int32, _ body: (Int32) throws(LaunchError) -> Never
    ) -> Never {
        do throws(LaunchError) {
            do throws(SyscallError) {
                // Until execve(2) nobody in the container may look into this process: it holds the machine's descriptors.
                try Process.setDumpable(false)
                if options.diesWithParent { try Process.setParentDeathSignal(Signal.kill) }
                try Process.startSession()
            } catch { throw LaunchError(step: .namespaces, field: "process", message: error.description) }
            try body(report)
        } catch {
            // A parent that is gone cannot be told; the program has not run all the same.
            do { try File.write(LaunchReport.encode(error), to: report, subject: "the report") } catch {}
            Process.exit(LaunchStep.failureCode)
        }
    }
}

extension LaunchStep {
    /// The exit code of a process that could not become the container's program.
    static let failureCode: Int32 = 128
}

/// Open namespaces that the new process joins.
struct NamespaceDescriptors: ~Copyable {
    private var held: [Int32] = []
    private var kinds: [NamespaceKind] = []

    /// Opens those that exist, and makes a user namespace that does not, with the others that are to belong to it.
    init(_ plan: LaunchPlan) throws(LaunchError) {
        for namespace in plan.namespaces {
            guard case .path(let path) = namespace.source else { continue }
            let descriptor = try LaunchStep.namespaces.run(
                "linux.namespaces[\(namespace.kind.rawValue)]",
                { () throws(SyscallError) in try File.open(path, [.readOnly]) })
            held.append(descriptor.release())
            kinds.append(namespace.kind)
        }
        guard plan.hasNew(.user), let owners = plan.owners else { return }
        let others = plan.namespaces.filter { $0.source == .new && [.network, .ipc, .uts].contains($0.kind) }
        let made = try LaunchStep.namespaces.run { () throws(SyscallError) in
            try UserNamespace.make(users: owners.users, groups: owners.groups, with: others.map(\.kind))
        }
        for entry in made {
            held.append(entry.descriptor)
            kinds.append(entry.kind)
        }
    }

    deinit { for descriptor in held { _ = OwnedDescriptor(taking: descriptor) } }

    func raw(_ kind: NamespaceKind) -> Int32 { kinds.firstIndex(of: kind).map { held[$0] } ?? -1 }

    /// Joins all but the PID namespace, which a process is born in; the user namespace first, to which the others belong.
    func join() throws(SyscallError) {
        if raw(.user) >= 0 {
            try Process.join(raw(.user), .user)
            try UserNamespace.becomeRoot()
        }
        for (kind, descriptor) in zip(kinds, held) where kind != .pid && kind != .user {
            try Process.join(descriptor, kind)
        }
    }
}
