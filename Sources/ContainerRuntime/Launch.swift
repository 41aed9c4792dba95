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
package final class StartingProcess {
    /// How far it has come.
    package enum Progress {
        case pending
        /// It waits for ``Runtime/start(_:)``.
        case waits
        /// The program has been executed.
        case started
        case failed(LaunchError)
    }

    /// Until it is born in the PID namespace of its container, the process that prepares it.
    package private(set) var pid: Int32
    package private(set) var descriptor: OwnedDescriptor
    /// Becomes readable when there is progress.
    package let report: OwnedDescriptor
    private var received: [UInt8] = []

    init(pid: Int32, descriptor: consuming OwnedDescriptor, report: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
        self.report = report
    }

    /// Takes what the report has; with a report that does not block it never waits for the process.
    package func advance() throws(SyscallError) -> Progress {
        let part: [UInt8]
        do { part = try File.read(report.raw, upTo: 4096, subject: "the report of a new process") } catch
            where error.errno == .again
        {
            return .pending
        }
        received += part
        if let (child, length) = LaunchReport.decodePID(received) {
            received.removeFirst(length)
            try follow(child)
        }
        if received.first == LaunchReport.waits {
            received.removeFirst()
            // One that failed as soon as it waited has said so in the same read.
            if received.isEmpty { return .waits }
        }
        guard part.isEmpty else { return .pending }
        guard !received.isEmpty else { return .started }
        // It ends by itself, unless somebody in its PID namespace stops it.
        try Process.signal(descriptor.raw, Signal.kill)
        _ = try Process.wait(descriptor.raw)
        return .failed(
            LaunchReport.decode(received)
                ?? LaunchError(
                    step: .execute, field: LaunchStep.execute.specField,
                    message: "unreadable report: \(String(decoding: received, as: UTF8.self))"))
    }

    /// The first process has ended by its own hand; the one that it made is the caller's child, too.
    private func follow(_ child: Int32) throws(SyscallError) {
        let next = try Process.open(child)
        _ = try Process.wait(descriptor.raw)
        pid = child
        descriptor = next
    }

    /// Waits until the program runs, or until it waits to be started.
    ///
    /// - Throws: what stopped it; the process has ended and been reaped then.
    package func awaitStart() throws(LaunchError) {
        while true {
            let progress: Progress
            do { progress = try advance() } catch {
                throw LaunchError(step: .execute, field: LaunchStep.execute.specField, message: error.description)
            }
            switch progress {
            case .pending: continue
            case .waits, .started: return
            case .failed(let error): throw error
            }
        }
    }
}

/// What the child writes to its parent: nothing when execve(2) has closed the pipe, one byte when it waits, an error, or
/// before any of these the number of the process that goes on in its place.
enum LaunchReport {
    static let waits: UInt8 = 1
    private static let pidMark: UInt8 = 2

    static func encode(_ error: LaunchError) -> [UInt8] {
        Array("\(error.step.rawValue)\n\(error.field)\n\(error.message)".utf8)
    }

    static func encode(pid: Int32) -> [UInt8] { [pidMark] + Array("\(pid)\n".utf8) }

    static func decodePID(_ bytes: [UInt8]) -> (pid: Int32, length: Int)? {
        guard bytes.first == pidMark, let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let pid = Int32(String(decoding: bytes[1..<end], as: UTF8.self))
        else { return nil }
        return (pid, end + 1)
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
        if joined.raw(.user) >= 0 { return try startInUserNamespace(joined, new, cgroup, options) }
        if joined.raw(.pid) >= 0, !Mount.procShowsOtherNamespaces {
            return try startInside(joined, new, cgroup, options)
        }
        let fork = ProcessFork(cgroup: cgroup, newNamespaces: new, isLabelled: process.isLabelled)
        return try fork.start(options) { launch throws(LaunchError) in
            try enter(cgroup, options)
            try LaunchStep.namespaces.run { () throws(SyscallError) in try joined.join() }
            var plan = self
            let isBornInside = joined.raw(.pid) >= 0
            if isBornInside { plan.showProcesses(of: joined.raw(.pid)) }
            let sources = try MountSources(plan, cgroup: cgroup, userNamespace: -1)
            try partNamespaces()
            try plan.become(sources, options, launch, isBornInside: isBornInside)
        }
    }

    /// Before Linux 6.17 procfs shows the PID namespace of the process that mounts it: that one must be in it already.
    private func startInside(
        _ joined: borrowing NamespaceDescriptors, _ new: [NamespaceKind], _ cgroup: Cgroup, _ options: LaunchOptions
    ) throws(LaunchError) -> StartingProcess {
        let others = joined.joinable
        let pid = joined.raw(.pid)
        let fork = ProcessFork(cgroup: cgroup, newNamespaces: [], isLabelled: process.isLabelled)
        return try fork.startTwice(options, newNamespaces: new) { () throws(LaunchError) in
            try enter(cgroup, options)
            try LaunchStep.namespaces.run { () throws(SyscallError) in
                try NamespaceDescriptors.join(user: -1, others, pid: pid)
            }
        } _: { _, launch throws(LaunchError) in
            let sources = try MountSources(self, cgroup: cgroup, userNamespace: -1)
            try partNamespaces()
            try become(sources, options, launch, isBornInside: false)
        }
    }

    /// Mount and PID namespaces must belong to the user namespace: they are made by a process that is in it already.
    ///
    /// The sources of mounts come from one that is not.
    private func startInUserNamespace(
        _ joined: borrowing NamespaceDescriptors, _ new: [NamespaceKind], _ cgroup: Cgroup, _ options: LaunchOptions
    ) throws(LaunchError) -> StartingProcess {
        let user = joined.raw(.user)
        let pid = joined.raw(.pid)
        let others = joined.joinable
        let fork = ProcessFork(cgroup: cgroup, newNamespaces: [], isLabelled: process.isLabelled)
        return try fork.startTwice(options, newNamespaces: new.filter { [.mount, .pid].contains($0) }) {
            () throws(LaunchError) in
            try enter(cgroup, options)
            let sources = try MountSources(self, cgroup: cgroup, userNamespace: user)
            try LaunchStep.namespaces.run { () throws(SyscallError) in
                try NamespaceDescriptors.join(user: user, others, pid: pid)
            }
            return sources
        } _: { sources, launch throws(LaunchError) in
            try partNamespaces()
            try become(sources, options, launch, isBornInside: false)
        }
    }

    /// The container's procfs shows a PID namespace in which the process that mounts it is not yet.
    ///
    /// Source: proc(5), the mount option `pidns`, Linux 6.17.
    private mutating func showProcesses(of pidNamespace: Int32) {
        for index in mounts.indices {
            guard case .fileSystem("proc", let options) = mounts[index].source else { continue }
            let option = MountPlan.Option(key: "pidns", value: "/proc/self/fd/\(pidNamespace)")
            mounts[index].source = .fileSystem(type: "proc", options: options + [option])
        }
    }

    private func enter(_ cgroup: Cgroup, _ options: LaunchOptions) throws(LaunchError) {
        for step in LaunchStep.entryOrder where step != .namespaces {
            try process.enter(step, cgroup, options, owners)
        }
    }

    /// After the sources are taken: one that is to be shared is the peer of the machine's own mount.
    private func partNamespaces() throws(LaunchError) {
        try LaunchStep.mounts.run { () throws(SyscallError) in try Mount.partNamespace() }
        if hasNew(.cgroup) {
            try LaunchStep.namespaces.run { () throws(SyscallError) in try Process.unshare([.cgroup]) }
        }
    }

    private func become(
        _ sources: MountSources, _ options: LaunchOptions, _ launch: ProcessFork.Launch, isBornInside: Bool
    ) throws(LaunchError) -> Never {
        try RootSetup(plan: self, sources: sources).build()
        let birth = isBornInside ? try LaunchStep.birth.run { () throws(SyscallError) in try BirthWord() } : nil
        try Confinement(
            process: process, options: options, report: launch.report, birth: birth, parent: launch.parent,
            machineProcesses: launch.machineProcesses
        ).execute()
    }
}

extension ProcessPlan {
    var isLabelled: Bool { appArmorProfile != nil || seLinuxLabel != nil }

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
