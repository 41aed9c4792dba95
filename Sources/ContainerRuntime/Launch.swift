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
        let joined = try NamespaceDescriptors(namespaces)
        let fork = ProcessFork(
            cgroup: cgroup, newNamespaces: namespaces.filter { $0.source == .new && $0.kind != .cgroup }.map(\.kind),
            pidNamespace: joined.raw(.pid))
        return try fork.start(options) { report throws(LaunchError) in
            for step in LaunchStep.entryOrder {
                switch step {
                case .limits: try process.setLimits()
                case .cgroup: try step.run { () throws(SyscallError) in try cgroup.add(pid: 0, unifiedToo: false) }
                case .namespaces:
                    try step.run { () throws(SyscallError) in
                        try joined.join()
                        if hasNew(.cgroup) { try Process.unshare([.cgroup]) }
                    }
                default: fatalError("\(step) is no step of the entry")
                }
            }
            try RootSetup(plan: self, cgroup: cgroup).build()
            try Confinement(process: process, options: options, report: report).execute()
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

    init(_ plans: [NamespacePlan]) throws(LaunchError) {
        for plan in plans {
            guard case .path(let path) = plan.source else { continue }
            let descriptor = try LaunchStep.namespaces.run(
                "linux.namespaces[\(plan.kind.rawValue)]",
                { () throws(SyscallError) in try File.open(path, [.readOnly]) })
            held.append(descriptor.release())
            kinds.append(plan.kind)
        }
    }

    deinit { for descriptor in held { _ = OwnedDescriptor(taking: descriptor) } }

    func raw(_ kind: NamespaceKind) -> Int32 { kinds.firstIndex(of: kind).map { held[$0] } ?? -1 }

    /// Joins all but the PID namespace, which a process is born in.
    func join() throws(SyscallError) {
        for (kind, descriptor) in zip(kinds, held) where kind != .pid { try Process.join(descriptor, kind) }
    }
}
