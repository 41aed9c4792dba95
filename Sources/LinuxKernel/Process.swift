// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import LinuxTypes

/// How a process ended.
///
/// Source: waitid(2).
package enum ExitStatus: Hashable, Sendable {
    case exited(code: Int32)
    case killed(signal: Int32)

    init(code: Int32, status: Int32) {
        self = code == 1 ? .exited(code: status) : .killed(signal: status)  // CLD_EXITED
    }

    /// The number a shell and Kubernetes show: the exit code, or 128 + signal.
    package var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }
}

/// Which side of a fork the caller is on.
package enum ForkSide: ~Copyable {
    case child
    case parent(pid: Int32, descriptor: OwnedDescriptor)
}

/// Calls on processes; those that change the caller say so.
package enum Process {
    /// Forks into new namespaces of these kinds, and into a cgroup v2 folder.
    ///
    /// Only a process with one thread may call it: the child has the calling thread alone. Source: clone3(2).
    package static func fork(
        newNamespaces kinds: [NamespaceKind] = [], intoCgroup cgroup: Int32 = -1, asSibling: Bool = false
    ) throws(SyscallError) -> ForkSide {
        var descriptor: Int32 = -1
        // CLONE_PARENT: the child of the caller's parent.
        let flags = kinds.reduce(asSibling ? UInt64(0x8000) : 0) { $0 | $1.cloneFlag }
        let pid = try check(unsafe clinux_clone(flags, &descriptor, cgroup), "clone3", on: "\(kinds.map(\.rawValue))")
        return pid == 0 ? .child : .parent(pid: pid, descriptor: OwnedDescriptor(taking: descriptor))
    }

    /// Clock ticks between the machine's start and the start of a process: with the pid, a name for one process for good.
    ///
    /// The kernel adds the offset of the reader's time namespace, which is taken off again, so that all of the machine
    /// name a process alike. Source: proc_pid_stat(5), field 22; time_namespaces(7).
    package static func startTime(of pid: Int32) throws(SyscallError) -> UInt64 {
        let text = try File.readText("/proc/\(pid)/stat")
        // The second field is a name in brackets that may hold anything.
        let rest = text.lastIndex(of: ")").map { text[text.index(after: $0)...] } ?? ""
        let fields = rest.split(separator: " ")
        guard fields.count > 19, let time = UInt64(fields[19]) else {
            throw SyscallError(call: "read", subject: "/proc/\(pid)/stat", errno: .invalid)
        }
        return UInt64(truncatingIfNeeded: Int64(truncatingIfNeeded: time) - (try bootTimeOffset.get()))
    }

    /// What the caller's time namespace adds to the time since the machine's start, in clock ticks: it stays for a process.
    private static let bootTimeOffset = Result { () throws(SyscallError) in try readBootTimeOffset() }

    private static func readBootTimeOffset() throws(SyscallError) -> Int64 {
        let path = "/proc/self/timens_offsets"
        let text: String
        // A kernel without time namespaces has no such file.
        do { text = try File.readText(path) } catch  where error.errno == .noEntry { return 0 }
        let words = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("boottime") }?
            .split(whereSeparator: \.isWhitespace)
        guard let words, words.count == 3, let seconds = Int64(words[1]), let nanoseconds = Int64(words[2]) else {
            throw SyscallError(call: "read", subject: path, errno: .invalid)
        }
        // USER_HZ is 100 on every architecture that Linux runs Swift on.
        return seconds * 100 + nanoseconds / 10_000_000
    }

    /// Whether the process of this pid is still the one that started then, and is no zombie.
    package static func isAlive(_ pid: Int32, startTime: UInt64) throws(SyscallError) -> Bool {
        do {
            // Two offsets that are no whole ticks round differently; no pid is used again within a tick.
            let difference = Int64(truncatingIfNeeded: try self.startTime(of: pid) &- startTime)
            guard (-1...1).contains(difference) else { return false }
            let state = try File.readText("/proc/\(pid)/stat")
            return state.lastIndex(of: ")").map { !state[$0...].hasPrefix(") Z") } ?? false
        } catch  where error.errno == .noEntry || error.errno == .noProcess {
            return false
        }
    }

    /// Forks a child of the caller's parent: nil in it, its pid in the caller.
    ///
    /// Source: clone(2), `CLONE_PARENT`; the older call, since a container's filter may refuse clone3(2).
    package static func forkSibling() throws(SyscallError) -> Int32? {
        let pid = try check(clinux_clone_sibling(), "clone", on: "CLONE_PARENT")
        return pid == 0 ? nil : pid
    }

    /// Whether a process that is given by its pidfd has ended; it need not be a child.
    package static func hasEnded(_ descriptor: Int32) throws(SyscallError) -> Bool {
        let events = try EventQueue()
        try events.add(descriptor, token: 0)
        return try !events.wait(milliseconds: 0).isEmpty
    }

    /// Gives memory that is free in the caller's heap back to the kernel.
    ///
    /// Source: malloc_trim(3).
    package static func trimMemory() { clinux_trim_memory() }

    package static var id: Int32 { clinux_get_pid() }
    package static var parentID: Int32 { clinux_get_ppid() }

    /// A descriptor of a running process.
    ///
    /// Source: pidfd_open(2).
    package static func open(_ pid: Int32) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try check(clinux_pidfd_open(pid), "pidfd_open", on: "pid \(pid)"))
    }

    /// The number of a process that is given by its pidfd, as the machine's `/proc` has it.
    ///
    /// Source: pidfd_open(2); `Pid:` in `/proc/self/fdinfo`.
    package static func id(of descriptor: Int32) throws(SyscallError) -> Int32 {
        let path = "/proc/self/fdinfo/\(descriptor)"
        for line in try File.readText(path).split(separator: "\n") where line.hasPrefix("Pid:") {
            if let pid = Int32(line.dropFirst("Pid:".count).drop { $0 == "\t" || $0 == " " }) { return pid }
        }
        throw SyscallError(call: "read", subject: path, errno: .noProcess)
    }

    /// Sends a signal; a process that has ended already is fine.
    package static func signal(_ descriptor: Int32, _ number: Int32) throws(SyscallError) {
        do {
            try check(clinux_pidfd_send_signal(descriptor, number), "pidfd_send_signal", on: "signal \(number)")
        } catch
            where error.errno == .noProcess
        {}
    }

    /// Sends a signal by number; a process that has ended already is fine.
    package static func signal(pid: Int32, _ number: Int32) throws(SyscallError) {
        do { try check(clinux_kill(pid, number), "kill", on: "pid \(pid)") } catch  where error.errno == .noProcess {}
    }

    /// How a child ended, or nil while it runs.
    package static func poll(_ descriptor: Int32) throws(SyscallError) -> ExitStatus? {
        try wait(descriptor, block: 0)
    }

    /// Waits for a child's end.
    package static func wait(_ descriptor: Int32) throws(SyscallError) -> ExitStatus {
        while true {
            if let status = try wait(descriptor, block: 1) { return status }
        }
    }

    /// Waits until a process that need not be a child has ended.
    ///
    /// Source: pidfd_open(2): the descriptor is readable then.
    package static func awaitEnd(_ descriptor: Int32) throws(SyscallError) {
        let events = try EventQueue()
        try events.add(descriptor, token: 0)
        while try events.wait(milliseconds: nil).isEmpty {}
    }

    private static func wait(_ descriptor: Int32, block: Int32) throws(SyscallError) -> ExitStatus? {
        var code: Int32 = 0
        var status: Int32 = 0
        let ended = try check(
            unsafe clinux_wait_pidfd(descriptor, block, &code, &status), "waitid", on: "descriptor \(descriptor)")
        return ended == 1 ? ExitStatus(code: code, status: status) : nil
    }

    /// Reaps one ended child of any kind, or nil when none has ended.
    package static func reapAny() throws(SyscallError) -> (pid: Int32, status: ExitStatus)? {
        var code: Int32 = 0
        var status: Int32 = 0
        let pid = unsafe clinux_reap_any(&code, &status)
        if pid == 0 || pid == -ECHILD { return nil }
        try check(pid, "waitid", on: "any child")
        return (pid, ExitStatus(code: code, status: status))
    }

    /// Moves the caller into new namespaces.
    ///
    /// Source: unshare(2).
    package static func unshare(_ kinds: [NamespaceKind]) throws(SyscallError) {
        let flags = kinds.reduce(UInt64(0)) { $0 | $1.cloneFlag }
        try check(clinux_unshare(flags), "unshare", on: "\(kinds.map(\.rawValue))")
    }

    /// Moves the caller into an open namespace; of a PID namespace, only its later children.
    ///
    /// Source: setns(2).
    package static func join(_ namespace: Int32, _ kind: NamespaceKind) throws(SyscallError) {
        try check(clinux_setns(namespace, kind.cloneFlag), "setns", on: kind.rawValue)
    }

    /// Moves the caller into namespaces of a process that is given by its pidfd, all at once.
    ///
    /// Source: setns(2), Linux 5.8.
    package static func join(process descriptor: Int32, _ kinds: [NamespaceKind]) throws(SyscallError) {
        let flags = kinds.reduce(UInt64(0)) { $0 | $1.cloneFlag }
        try check(clinux_setns(descriptor, flags), "setns", on: "\(kinds.map(\.rawValue))")
    }

    /// A descriptor of a namespace of a process.
    package static func namespace(_ kind: NamespaceKind, of pid: Int32? = nil) throws(SyscallError) -> OwnedDescriptor {
        try File.open("/proc/\(pid.map(String.init) ?? "self")/ns/\(kind.procName)", [.readOnly])
    }

    /// The signal that the caller gets when its parent ends; 0 for none.
    ///
    /// Source: prctl(2), `PR_SET_PDEATHSIG`.
    package static func setParentDeathSignal(_ number: Int32) throws(SyscallError) {
        try check(clinux_parent_death_signal(number), "prctl(PR_SET_PDEATHSIG)", on: "signal \(number)")
    }

    /// Whether others of the same user may trace the caller and read its /proc.
    ///
    /// Source: prctl(2), `PR_SET_DUMPABLE`.
    package static func setDumpable(_ dumpable: Bool) throws(SyscallError) {
        try check(clinux_set_dumpable(dumpable ? 1 : 0), "prctl(PR_SET_DUMPABLE)", on: dumpable ? "1" : "0")
    }

    /// For good: no execve(2) from here on gives more privileges.
    ///
    /// Source: prctl(2), `PR_SET_NO_NEW_PRIVS`.
    package static func setNoNewPrivileges() throws(SyscallError) {
        try check(clinux_set_no_new_privs(), "prctl(PR_SET_NO_NEW_PRIVS)", on: "the calling thread")
    }

    /// Orphans below the caller become its children.
    ///
    /// Source: prctl(2), `PR_SET_CHILD_SUBREAPER`.
    package static func becomeSubreaper() throws(SyscallError) {
        try check(clinux_set_child_subreaper(), "prctl(PR_SET_CHILD_SUBREAPER)", on: "the calling process")
    }

    /// The name in `/proc/PID/comm`, at most 15 bytes.
    package static func setName(_ name: String) throws(SyscallError) {
        try check(unsafe clinux_set_name(name), "prctl(PR_SET_NAME)", on: name)
    }

    /// A new session without a controlling terminal.
    ///
    /// Source: setsid(2).
    package static func startSession() throws(SyscallError) {
        try check(clinux_setsid(), "setsid", on: "the calling process")
    }

    /// A new session keyring: one that had a name could be joined by the next container.
    ///
    /// Source: keyctl(2), `KEYCTL_JOIN_SESSION_KEYRING`.
    package static func startSessionKeyring() throws(SyscallError) {
        try check(clinux_new_session_keyring(), "keyctl(KEYCTL_JOIN_SESSION_KEYRING)", on: "a new keyring")
    }

    /// Sets the file mode creation mask; it cannot fail.
    ///
    /// Source: umask(2).
    package static func setCreationMask(_ mask: UInt32) { _ = clinux_umask(mask) }

    package static func changeFolder(_ path: String) throws(SyscallError) {
        try check(unsafe clinux_chdir(path), "chdir", on: path)
    }

    package static func changeFolder(to descriptor: Int32) throws(SyscallError) {
        try check(clinux_fchdir(descriptor), "fchdir", on: "descriptor \(descriptor)")
    }

    /// Makes an open folder the caller's root, and its working folder.
    ///
    /// Source: chroot(2).
    package static func changeRoot(to descriptor: Int32) throws(SyscallError) {
        try changeFolder(to: descriptor)
        try check(unsafe clinux_chroot("."), "chroot", on: "descriptor \(descriptor)")
    }

    /// The working folder as the kernel names it: `(unreachable)…` when it lies outside the root.
    ///
    /// Source: getcwd(2).
    package static func folder() throws(SyscallError) -> String {
        var buffer = [UInt8](repeating: 0, count: 4097)
        let length = try check(
            unsafe buffer.withUnsafeMutableBytes { unsafe clinux_getcwd($0.baseAddress, $0.count) }, "getcwd", on: ".")
        return String(decoding: buffer[..<Int(max(0, length - 1))], as: UTF8.self)
    }

    /// The name of the caller's UTS namespace.
    ///
    /// Source: sethostname(2).
    package static func setHostname(_ name: String) throws(SyscallError) {
        try check(unsafe clinux_set_hostname(name, name.utf8.count), "sethostname", on: name)
    }

    package static func setDomainName(_ name: String) throws(SyscallError) {
        try check(unsafe clinux_set_domainname(name, name.utf8.count), "setdomainname", on: name)
    }

    /// A limit of a process; pid 0 is the caller.
    ///
    /// Source: prlimit(2).
    package static func setLimit(pid: Int32, resource: Int32, soft: UInt64, hard: UInt64) throws(SyscallError) {
        try check(clinux_prlimit(pid, resource, soft, hard), "prlimit", on: "resource \(resource)")
    }

    /// Blocks all signals until ``resetSignals()``.
    package static func blockSignals() throws(SyscallError) {
        try check(clinux_block_all_signals(), "sigprocmask", on: "all signals")
    }

    /// Default dispositions and an empty mask, as a new program expects.
    package static func resetSignals() throws(SyscallError) {
        try check(clinux_reset_signals(), "sigaction and sigprocmask", on: "all signals")
    }

    /// Ends the caller at once; nothing else of it runs.
    package static func exit(_ code: Int32) -> Never { clinux_exit(code) }

    /// The caller's environment, `NAME=value` each.
    package static var environment: [String] {
        var variables: [String] = []
        var next = unsafe environ
        while let variable = unsafe next.pointee {
            unsafe variables.append(String(cString: variable))
            unsafe next += 1
        }
        return variables
    }

    /// Becomes another program.
    ///
    /// Returns only to throw. Source: execve(2).
    package static func execute(_ path: String, _ arguments: [String], environment: [String]) throws(SyscallError)
        -> Never
    {
        let result = unsafe withCStrings(arguments, environment) { unsafe clinux_execve(path, $0, $1) }
        throw SyscallError(call: "execve", subject: path, errno: Errno(-result))
    }

    /// Becomes the program of an open file.
    ///
    /// Returns only to throw. Source: execveat(2), `AT_EMPTY_PATH`.
    package static func execute(
        descriptor: Int32, _ arguments: [String], environment: [String]
    ) throws(SyscallError) -> Never {
        let result = unsafe withCStrings(arguments, environment) { unsafe clinux_execveat(descriptor, $0, $1) }
        throw SyscallError(call: "execveat", subject: arguments.first ?? "", errno: Errno(-result))
    }

    typealias CStrings = UnsafePointer<UnsafeMutablePointer<CChar>?>

    /// Two null-terminated arrays of C strings, valid in the body; they are leaked when the call succeeds, as the process is then another.
    static func withCStrings(
        _ first: [String], _ second: [String], _ body: (CStrings, CStrings) -> Int32
    ) -> Int32 {
        let a = unsafe first.map { unsafe strdup($0) } + [nil]
        let b = unsafe second.map { unsafe strdup($0) } + [nil]
        defer { unsafe (a + b).forEach { unsafe free($0) } }
        return unsafe a.withUnsafeBufferPointer { x in
            unsafe b.withUnsafeBufferPointer { y in unsafe body(x.baseAddress!, y.baseAddress!) }
        }
    }
}
