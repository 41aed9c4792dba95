// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

/// A fork into a cgroup and new namespaces, with the error that stopped the child brought back.
struct ProcessFork {
    let cgroup: Cgroup
    let newNamespaces: [NamespaceKind]
    /// Whether a security module is told what the program is to be.
    let isLabelled: Bool

    /// What the child has of its parent.
    struct Launch {
        /// Where it tells how far it has come.
        let report: Int32
        /// A pidfd of the process whose end ends it; -1 without one.
        let parent: Int32
        /// The machine's procfs, opened while it is in view; -1 where nobody needs it.
        let machineProcesses: Int32
    }

    /// Runs `body` in the child, which ends with it.
    func start(
        _ options: LaunchOptions, _ body: (Launch) throws(LaunchError) -> Never
    ) throws(LaunchError) -> StartingProcess {
        try LaunchStep.namespaces.run { () throws(SyscallError) in
            let report = try Pipe()
            let unified = try cgroup.openUnified()
            // Owned by nobody: in the child, which never returns, an owner could go before the last use of its number.
            let parent = options.diesWithParent ? try Process.open(Process.id).release() : -1
            defer { if parent >= 0 { _ = OwnedDescriptor(taking: parent) } }
            let processes = isLabelled ? try MachineProcesses.open().release() : -1
            defer { if processes >= 0 { _ = OwnedDescriptor(taking: processes) } }
            switch try Process.fork(newNamespaces: newNamespaces, intoCgroup: unified.rawOrNone) {
            case .parent(let pid, let descriptor):
                return StartingProcess(pid: pid, descriptor: descriptor, report: report.takeReader())
            case .child:
                Self.run(Launch(report: report.writer.raw, parent: parent, machineProcesses: processes), body)
            }
        }
    }

    /// Like ``start(_:_:)``, with a process in between that prepares and then makes the container's own as its sibling.
    ///
    /// Source: clone(2), `CLONE_PARENT`: the second is a child of the caller, too.
    func startTwice<Prepared>(
        _ options: LaunchOptions, newNamespaces: [NamespaceKind], _ prepare: () throws(LaunchError) -> Prepared,
        _ body: (Prepared, Launch) throws(LaunchError) -> Never
    ) throws(LaunchError) -> StartingProcess {
        try start(options) { launch throws(LaunchError) in
            let prepared = try prepare()
            let isChild = try LaunchStep.namespaces.run { () throws(SyscallError) in
                try Self.forkSibling(newNamespaces, report: launch.report)
            }
            guard isChild else { Process.exit(0) }
            Self.run(launch) { launch throws(LaunchError) in try body(prepared, launch) }
        }
    }

    /// True in the sibling; the other tells its number.
    private static func forkSibling(_ newNamespaces: [NamespaceKind], report: Int32) throws(SyscallError) -> Bool {
        let word = try BirthWord()
        switch try Process.fork(newNamespaces: newNamespaces, asSibling: true) {
        case .child:
            try word.await()
            return true
        case .parent(let pid, _):
            try word.give(pid, to: report)
            return false
        }
    }

    private static func run(_ launch: Launch, _ body: (Launch) throws(LaunchError) -> Never) -> Never {
        do throws(LaunchError) {
            do throws(SyscallError) {
                // Until execve(2) no one without SYS_PTRACE may look into this process: it holds the machine's descriptors.
                try Process.setDumpable(false)
                try Confinement.dieWithParent(launch.parent)
                try Process.startSession()
            } catch { throw LaunchError(step: .namespaces, field: "process", message: error.description) }
            try body(launch)
        } catch {
            // A parent that is gone cannot be told; the program has not run all the same.
            do { try File.write(LaunchReport.encode(error), to: launch.report, subject: "the report") } catch {}
            Process.exit(LaunchStep.failureCode)
        }
    }
}

/// Lets a process that goes on in another's place go on: not before its number has been told.
///
/// Else a start that has failed, since nobody could be told, would leave a program that runs.
struct BirthWord {
    // Owned by nobody: numbers that two processes have.
    let reader: Int32
    let writer: Int32

    init() throws(SyscallError) {
        (reader, writer) = try Pipe().release()
    }

    /// In the one that ends.
    func give(_ pid: Int32, to report: Int32) throws(SyscallError) {
        try File.write(LaunchReport.encode(pid: pid), to: report, subject: "the report")
        try File.write([1], to: writer, subject: "the word to go on")
    }

    /// In the one that goes on, or ends where no word comes.
    func await() throws(SyscallError) {
        _ = OwnedDescriptor(taking: writer)
        let word = try File.read(reader, upTo: 1, subject: "the word to go on")
        if word.isEmpty { Process.exit(LaunchStep.failureCode) }
        _ = OwnedDescriptor(taking: reader)
    }
}

extension LaunchStep {
    /// The exit code of a process that could not become the container's program.
    static let failureCode: Int32 = 128
}
