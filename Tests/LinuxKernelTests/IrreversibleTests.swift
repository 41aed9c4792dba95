// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import LinuxTypes
import Testing

/// One line of the calling thread's `/proc/thread-self/status`, without its name.
private func status(_ key: String) throws -> String {
    let text = try File.readText("/proc/thread-self/status")
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(key + ":") })
    return line.dropFirst(key.count + 1).trimmingCharacters(in: .whitespaces)
}

/// Each runs in a process of its own, since nothing of it can be taken back.
@Suite("What a process does to itself for good, as the kernel shows it")
struct IrreversibleTests {
    @Test("no_new_privs is on, and stays on")
    func noNewPrivileges() async {
        await #expect(processExitsWith: .success) {
            #expect(try status("NoNewPrivs") == "0")
            try Process.setNoNewPrivileges()
            #expect(try status("NoNewPrivs") == "1")
        }
    }

    @Test("user and group are real, effective and saved, and root is gone")
    func identity() async {
        await #expect(processExitsWith: .success) {
            try Identity.setGroups([2000, 3000])
            try Identity.setGroup(3000)
            try Identity.setUser(1000)
            #expect(try status("Uid") == "1000\t1000\t1000\t1000")
            #expect(try status("Gid") == "3000\t3000\t3000\t3000")
            #expect(try status("Groups") == "2000 3000")
            try Identity.verify(user: 1000, group: 3000, groups: [3000, 2000])
            #expect(throws: SyscallError.self) { try Identity.setUser(0) }
            #expect(throws: SyscallError.self) { try Identity.setGroups([]) }
        }
    }

    @Test("another user, another group, a group more and a group less are seen")
    func verify() async {
        await #expect(processExitsWith: .success) {
            try Identity.setGroups([2000])
            try Identity.verify(user: 0, group: 0, groups: [2000])
            #expect(throws: SyscallError.self) { try Identity.verify(user: 1, group: 0, groups: [2000]) }
            #expect(throws: SyscallError.self) { try Identity.verify(user: 0, group: 1, groups: [2000]) }
            #expect(throws: SyscallError.self) { try Identity.verify(user: 0, group: 0, groups: []) }
            #expect(throws: SyscallError.self) { try Identity.verify(user: 0, group: 0, groups: [2000, 2001]) }
        }
    }

    @Test("the id that setresuid(2) takes for no change is seen to have changed nothing")
    func noChange() async {
        await #expect(processExitsWith: .success) {
            try Identity.setUser(.max)
            #expect(throws: SyscallError.self) { try Identity.verify(user: .max, group: 0, groups: []) }
        }
    }

    @Test("a change of user gives up the permitted set, unless it is to be kept", arguments: [true, false])
    func keepCapabilities(keep: Bool) async {
        await #expect(processExitsWith: .success) { [keep = keep as Bool] in
            try ThreadCapabilities.keepAcrossUserChange(keep)
            let before = try ThreadCapabilities.current().permitted
            try #require(before != [])
            try Identity.setUser(1000)
            #expect(try procStatus("CapPrm") == (keep ? before : []))
            #expect(try procStatus("CapEff") == [])
        }
    }

    @Test("capabilities are those that are applied, the high ones too, and none comes back")
    func capabilities() async {
        await #expect(processExitsWith: .success) {
            let some: CapabilitySet = [.netRaw, .bpf]
            try ThreadCapabilities(effective: [.bpf], permitted: some, inheritable: []).apply()
            #expect(try procStatus("CapPrm") == some)
            #expect(try procStatus("CapEff") == [.bpf])
            #expect(try procStatus("CapInh") == [])
            #expect(throws: SyscallError.self) {
                try ThreadCapabilities(effective: [], permitted: some.union(.sysAdmin), inheritable: []).apply()
            }
        }
    }

    @Test("an answer about the bounding set that is none is an error: what it hides would stay")
    func boundingSetIsNotReadable() async {
        await #expect(processExitsWith: .success) {
            // prctl(PR_CAPBSET_READ, …) is EINVAL for every capability, as past the last one.
            try SystemCallFilter.load(refusal(of: prctlNumber, firstArgument: 23, errno: EINVAL), flags: [])
            #expect(throws: SyscallError.self) { try BoundingSet.restrict(to: []) }
        }
    }

    @Test("a filter answers for good")
    func filter() async {
        await #expect(processExitsWith: .success) {
            try Process.setNoNewPrivileges()
            try SystemCallFilter.load(refusal(of: prctlNumber, firstArgument: 4, errno: EACCES), flags: [])
            #expect(try status("Seccomp") == "2")
            let refused = #expect(throws: SyscallError.self) { try Process.setDumpable(false) }
            #expect(refused?.errno == .accessDenied)
        }
    }

    @Test("a process that is not dumpable belongs to root in /proc, whoever runs it", arguments: [true, false])
    func dumpable(dumpable: Bool) async {
        await #expect(processExitsWith: .success) { [dumpable = dumpable as Bool] in
            let ready = try LinuxKernel.Pipe()
            guard case .parent(let child, let descriptor) = try Process.fork() else {
                do {
                    try Identity.setUser(1000)
                    try Process.setDumpable(dumpable)
                    try File.write([1], to: ready.writer.raw, subject: "the parent")
                } catch { Process.exit(1) }
                Clock.sleep(milliseconds: 60_000)
                Process.exit(0)
            }
            try #require(try File.read(ready.reader.raw, upTo: 1, subject: "the child") == [1])
            let owner = try File.status("/proc/\(child)/stat").uid
            try Process.signal(descriptor.raw, 9)
            _ = try Process.wait(descriptor.raw)
            #expect(owner == (dumpable ? 1000 : 0))
        }
    }

    @Test("a session of its own has the number of the process")
    func session() async {
        await #expect(processExitsWith: .success) {
            let pid = Process.id
            // The leader of a process group cannot start one.
            guard case .parent(let child, let descriptor) = try Process.fork() else {
                do { try Process.startSession() } catch { Process.exit(1) }
                Clock.sleep(milliseconds: 60_000)
                Process.exit(0)
            }
            let end = Clock.monotonic + 10_000_000_000
            var session: Int32 = 0
            while session != child, Clock.monotonic < end {
                let text = try File.readText("/proc/\(child)/stat")
                // pid, name, state, parent, group, session
                session = Int32(text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")[4]) ?? 0
            }
            try Process.signal(descriptor.raw, 9)
            _ = try Process.wait(descriptor.raw)
            #expect(session == child && child != pid)
        }
    }

    @Test("a new session keyring is another than the caller's")
    func keyring() async {
        await #expect(processExitsWith: .success) {
            func serials() throws -> Set<Substring> {
                Set(
                    try File.readText("/proc/keys").split(separator: "\n").filter { $0.contains("keyring   _ses") }
                        .compactMap { $0.split(separator: " ").first })
            }
            try Process.startSessionKeyring()
            let first = try serials()
            try Process.startSessionKeyring()
            #expect(try !serials().subtracting(first).isEmpty)
        }
    }

    @Test("a host name in a namespace of its own is not the machine's")
    func hostname() async throws {
        let before = try File.readText("/proc/sys/kernel/hostname")
        await #expect(processExitsWith: .success) {
            try Process.unshare([.uts])
            try Process.setHostname("holdfast-test")
            try Process.setDomainName("example.test")
            #expect(try File.readText("/proc/sys/kernel/hostname") == "holdfast-test\n")
            #expect(try File.readText("/proc/sys/kernel/domainname") == "example.test\n")
        }
        #expect(try File.readText("/proc/sys/kernel/hostname") == before)
    }

    @Test("a limit is set for good, and not raised again without the right to")
    func limit() async {
        await #expect(processExitsWith: .success) {
            try Process.setLimit(pid: 0, resource: 7, soft: 100, hard: 200)  // RLIMIT_NOFILE
            let line = try #require(
                File.readText("/proc/self/limits").split(separator: "\n").first { $0.hasPrefix("Max open files") })
            #expect(line.split(separator: " ").suffix(3) == ["100", "200", "files"])
            try Identity.setUser(1000)
            #expect(throws: SyscallError.self) {
                try Process.setLimit(pid: 0, resource: 7, soft: 100, hard: 300)
            }
        }
    }

    @Test("all signals are blocked, and none is after that")
    func signals() async {
        await #expect(processExitsWith: .success) {
            try Process.blockSignals()
            // All but SIGKILL (9) and SIGSTOP (19); the C library keeps 32 and 33 to itself.
            let blocked = try #require(UInt64(status("SigBlk"), radix: 16))
            let expected = ~UInt64(1 << 8 | 1 << 18)
            #expect(blocked | 0b11 << 31 == expected | 0b11 << 31)
            try Process.resetSignals()
            #expect(try UInt64(status("SigBlk"), radix: 16) == 0)
            #expect(try UInt64(status("SigIgn"), radix: 16) == 0)
            #expect(try UInt64(status("SigCgt"), radix: 16) == 0)
        }
    }

    @Test("a creation mask takes bits from what is made")
    func creationMask() async {
        await #expect(processExitsWith: .success) {
            let path = "/var/tmp/holdfast-mask-\(UUID().uuidString)"
            Process.setCreationMask(0o027)
            try File.makeFolder(path, mode: 0o777)
            let permissions = try File.status(path).permissions
            try File.removeFolder(path)
            #expect(permissions == 0o750)
        }
    }

    @Test("descriptors are closed but for those that are kept")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            // High numbers: the low ones are the test library's own, whose threads trap without them.
            let (first, kept, last): (Int32, Int32, Int32) = (900, 901, 902)
            let null = try File.open("/dev/null", [.readOnly])
            for number in [first, kept, last] { try Descriptors.replace(number, with: null.raw) }
            try Descriptors.closeAll(from: first, except: [kept])
            #expect(throws: SyscallError.self) { try File.status(of: first) }
            #expect(throws: SyscallError.self) { try File.status(of: last) }
            #expect(try File.status(of: kept).kind == .characterDevice)
        }
    }

    @Test("a mount in a namespace of its own is read-only to root, and nobody else sees it")
    func mount() async throws {
        let folder = "/var/tmp/holdfast-mount-\(UUID().uuidString)"
        try File.makeFolder(folder)
        defer { try? File.removeFolder(folder) }
        await #expect(processExitsWith: .success) { [folder = folder as String] in
            try Process.unshare([.mount])
            try Mount.setPropagation(.private, of: "/")
            let tree = try Mount.make("tmpfs", options: [("size", "64k")])
            try Mount.attach(tree.raw, toPath: folder)
            try File.makeFolder(folder + "/before")
            try Mount.change(tree.raw, set: .readOnly, subject: folder)
            let refused = #expect(throws: SyscallError.self) { try File.makeFolder(folder + "/after") }
            #expect(refused?.errno == .readOnly)
        }
        #expect(try File.names(in: folder) == [])
    }

    @Test("after the pivot nothing of the old root can be reached")
    func pivot() async {
        await #expect(processExitsWith: .success) {
            try Process.unshare([.mount])
            try Mount.setPropagation(.slave, of: "/")
            let root = try Mount.make("tmpfs", options: [("size", "64k")])
            try Mount.attach(root.raw, toPath: "/sys")
            try Process.changeFolder(to: root.raw)
            try Mount.pivotToWorkingFolder()
            try File.makeFolder("/only")
            #expect(try File.names(in: "/") == ["only"])
            #expect(try File.names(in: "/..") == ["only"])
            #expect(try Process.folder() == "/")
        }
    }

    @Test(
        "who joins a mount namespace that was parted in a chroot stands in the chroot, and outside nothing is unmounted"
    )
    func partNamespaceInChroot() async {
        await #expect(processExitsWith: .success) {
            // A machine whose mounts are shared, as systemd leaves them.
            try Process.unshare([.mount])
            try Mount.setPropagation(.slave, of: "/")
            try Mount.setPropagation(.shared, of: "/")
            let tree = try Mount.make("tmpfs", options: [("size", "64k")])
            try Mount.attach(tree.raw, toPath: "/sys")
            try File.makeFolders("/sys/chroot/procfs")
            let processes = try Mount.make("proc")
            try Mount.attach(processes.raw, toPath: "/sys/chroot/procfs")
            let root = try File.open("/sys/chroot", [.path])
            let mounted = try File.readText("/proc/thread-self/mountinfo")

            // A process has one mount namespace when it has one thread.
            switch try Process.fork() {
            case .child:
                do {
                    try Process.changeRoot(to: root.raw)
                    try Process.unshare([.mount])
                    try Mount.partNamespace()
                    let caller = try Process.open(Process.id)
                    try Process.join(process: caller.raw, [.mount])
                    let isParted = try ["/", "/.."].allSatisfy { try File.names(in: $0) == ["procfs"] }
                    Process.exit(try isParted && File.exists("/procfs/self") ? 0 : 1)
                } catch { fatalError("\(error)") }
            case .parent(_, let child):
                #expect(try Process.wait(child.raw) == .exited(code: 0))
            }
            #expect(try File.readText("/proc/thread-self/mountinfo") == mounted)
        }
    }

    @Test("a namespace that was left is entered again by its descriptor")
    func join() async {
        await #expect(processExitsWith: .success) {
            let old = try Process.namespace(.network)
            let link = try File.linkTarget("/proc/thread-self/ns/net")
            try Process.unshare([.network])
            #expect(try File.linkTarget("/proc/thread-self/ns/net") != link)
            try Process.join(old.raw, .network)
            #expect(try File.linkTarget("/proc/thread-self/ns/net") == link)
        }
    }
}

#if arch(x86_64)
    private let prctlNumber: UInt32 = 157
#elseif arch(arm64)
    private let prctlNumber: UInt32 = 167
#endif

/// A filter that refuses one system call with one first argument.
///
/// An instruction is code, two jumps and a constant. Source: seccomp(2), `struct sock_filter`, `struct seccomp_data`.
private func refusal(of call: UInt32, firstArgument: UInt32, errno: Int32) -> [UInt64] {
    func instruction(_ code: UInt64, _ constant: UInt32, _ then: UInt64 = 0, _ otherwise: UInt64 = 0) -> UInt64 {
        code | then << 16 | otherwise << 24 | UInt64(constant) << 32
    }
    let (load, equal, answer): (UInt64, UInt64, UInt64) = (0x20, 0x15, 0x06)
    return [
        instruction(load, 0), instruction(equal, call, 0, 3),  // the number
        instruction(load, 16), instruction(equal, firstArgument, 0, 1),  // the low half of the first argument
        instruction(answer, 0x0005_0000 | UInt32(errno)), instruction(answer, 0x7fff_0000),
    ]
}
