// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import Foundation
import LinuxKernel
import LinuxTypes
import OCISpec
import Testing

/// The promise itself: whichever kernel call fails between clone(2) and execve(2), the program does not run with less.
///
/// `Tests/FaultInjection/inject.c` makes one call after the other fail; the program is the conformance cases' probe, which prints
/// what the kernel shows it.
@Suite("Every kernel call before the program is made to fail", .serialized)
struct FaultInjectionTests {
    enum Context: String, CaseIterable, Sendable {
        /// Root with the default capabilities, a filter, no_new_privs, masks, a sysctl and a read-only root.
        case root
        /// A user with groups and without no_new_privs, for which the filter is loaded before the capabilities go.
        case user
        case userNamespace
        case privileged
        /// A first process in a PID namespace in which another runs.
        case sharedProcesses
        /// `create` and `start`, as containerd has it.
        case created
        case exec
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var context: Context
        var errno: Int32
        var testDescription: String { "\(context.rawValue), \(Errno(errno))" }
    }

    /// One thing that may fail and change nothing, with the reason.
    struct Harmless {
        var call: String
        var argument: UInt64?
        var errno: Int32?
        var why: String
    }

    private static let workingFolder = UInt64(UInt32(bitPattern: File.here))

    private static let harmless: [Harmless] = [
        Harmless(
            call: "chdir", argument: nil, errno: EPERM,
            why: "root may lack the right to enter the working folder: the user enters it later, and getcwd(2) is asked"
        ),
        Harmless(
            call: "fchownat", argument: nil, errno: EPERM,
            why: "a stream of the caller's that cannot be given to the user is one that the program cannot open again"),
        Harmless(
            call: "fchownat", argument: nil, errno: EINVAL, why: "as above, for an owner that a user namespace lacks"),
        Harmless(
            call: "statx", argument: workingFolder, errno: nil,
            why: "a folder of PATH where the program is not found; in the next it is, and execve(2) decides"),
        Harmless(call: "statx", argument: nil, errno: ENOSYS, why: "the C library asks by fstatat(2) then"),
        Harmless(call: "fchmodat2", argument: nil, errno: ENOSYS, why: "Linux before 6.6: by /proc/self/fd then"),
        Harmless(
            call: "prctl", argument: 23, errno: EINVAL,
            why: "PR_CAPBSET_READ past the kernel's last capability, where this is its own answer"),
        Harmless(call: "keyctl", argument: nil, errno: ENOSYS, why: "a kernel without keyrings has none to leak"),
    ]

    private static let cases =
        Context.allCases.map { Case(context: $0, errno: EPERM) }
        + [(.root, ENOSYS), (.user, EINVAL), (.userNamespace, ENOMEM)].map { Case(context: $0, errno: $1) }

    @Test("no program runs after a failed call, but for those that change nothing", arguments: cases)
    func between(_ test: Case) throws {
        let scene = try FaultScene(test.context)
        let runs = try scene.inject("between", errno: test.errno)
        let untouched = try #require(runs.first { $0.number == 0 })
        try #require(untouched.executed == 1 && untouched.status == "0", "\(untouched.errors)")
        try #require(untouched.output.hasPrefix("uid: "))
        // What was made to fail: else the injector could have counted nothing.
        let calls = Set(runs.map(\.call))
        #expect(scene.mustHaveBeenCalled.subtracting(calls) == [])
        for run in runs where run.number > 0 {
            let what = "\(run.call)(\(run.argument)), call \(run.number) of process \(run.process): \(run.errors)"
            guard run.wasInjected else {
                // A process that is killed once it has done its work may get less far.
                #expect(run.output == untouched.output, "\(what)")
                continue
            }
            let reason = Self.harmless.first {
                $0.call == run.call && ($0.argument ?? run.argument) == run.argument
                    && ($0.errno ?? test.errno) == test.errno
            }
            if reason != nil, run.executed == 1 {
                #expect(run.output == untouched.output, "\(what)")
                continue
            }
            #expect(run.executed == 0 && run.output.isEmpty, "the program ran after \(what)")
            #expect(run.status != "0" && run.status != "timeout", "status \(run.status) after \(what)")
            #expect(
                run.errors.contains(" is not enforced (") || run.errors.contains("exec: \"probe\": ")
                    // A created one that ended while it waited: `start` comes too late to be told more.
                    || run.call == "accept4" && run.errors.contains("is not in the state created"),
                "no step and no field: \(what)")
        }
        #expect(try scene.leftovers() == [])
    }

    @Test("whatever fails in the runtime itself, the program sees nothing that it would not see else")
    func all() throws {
        let scene = try FaultScene(.root)
        let runs = try scene.inject("all", errno: EPERM)
        let untouched = try #require(runs.first { $0.number == 0 })
        try #require(untouched.executed == 1 && untouched.status == "0", "\(untouched.errors)")
        #expect(runs.count { $0.process == 0 && $0.wasInjected } > 100)
        let seen = Set(untouched.output.split(separator: "\n"))
        for run in runs {
            let new = Set(run.output.split(separator: "\n")).subtracting(seen)
            #expect(new == [], "\(run.call)(\(run.argument)), call \(run.number): \(run.errors)")
        }
        // What a runtime that failed while it cleaned up has left is known to it, and can be deleted.
        try scene.deleteAll()
        #expect(try scene.leftovers() == [])
    }
}

/// Bundles with the probe, one for each job, and the injector.
private final class FaultScene {
    private static let jobs = 2
    private let context: FaultInjectionTests.Context
    private let folder: String
    private let bundles: [Bundle]
    private let runtime: String
    /// Containers that others join, by the job that has them.
    private var running: [String] = []

    init(_ context: FaultInjectionTests.Context) throws {
        self.context = context
        folder = "/var/tmp/holdfast-faults-\(UUID().uuidString.prefix(8))"
        runtime = try Self.package() + "/.build/release/holdfast-runtime"
        try #require(try File.exists(runtime), "make build makes \(runtime)")
        bundles = try (0..<Self.jobs).map { _ in try Bundle() }
        try File.makeFolders(folder + "/out", mode: 0o700)
        let tests = try Self.package() + "/Tests"
        try Self.compile(["-O2", "-o", folder + "/inject", tests + "/FaultInjection/inject.c", "-lseccomp"])
        try Self.compile(["-static", "-Os", "-s", "-o", folder + "/probe", tests + "/Conformance/probe.c"])
        for (job, bundle) in bundles.enumerated() {
            try Self.run("/usr/bin/cp", [folder + "/probe", bundle.path + "/rootfs/bin/probe"])
            try File.makeLink("\(folder)/\(job)", to: bundle.path)
            try prepare(bundle, job)
        }
    }

    deinit {
        try? deleteAll()
        try? File.removeTree(folder)
    }

    func deleteAll() throws {
        for name in try File.names(in: folder + "/state") {
            try Self.run(runtime, ["--root", folder + "/state", "delete", "--force", name])
        }
        running = []
    }

    /// What the probe's system calls of confinement must be, for the injection to have met them.
    var mustHaveBeenCalled: Set<String> {
        var calls: Set = ["prctl", "setgroups", "setresgid", "setresuid", "capset", "close_range", "execve", "keyctl"]
        if context != .privileged { calls.formUnion(["seccomp"]) }
        if context != .exec { calls.formUnion(["open_tree", "mount_setattr", "move_mount", "pivot_root"]) }
        if [.exec, .userNamespace, .sharedProcesses].contains(context) { calls.formUnion(["setns"]) }
        if context == .created { calls.formUnion(["accept4"]) }
        return calls
    }

    private func prepare(_ bundle: Bundle, _ job: Int) throws {
        var spec = bundle.spec
        let names = try CapabilitySet(named: [
            "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE",
            "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP",
        ]).ociNames
        let refused = SeccompSpec.Rule(names: ["unshare", "mount"], action: .errno)
        spec.process?.args = ["probe"]
        spec.process?.capabilities = .init(bounding: names, effective: names, permitted: names)
        spec.root?.readonly = true
        spec.linux?.seccomp = SeccompSpec(defaultAction: .allow, architectures: [], syscalls: [refused])
        spec.linux?.sysctl = ["net.ipv4.ip_unprivileged_port_start": "80"]
        spec.mounts?.append(MountSpec(destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid"]))
        switch context {
        case .root, .created: break
        case .user, .exec:
            spec.process?.user = .init(uid: 1000, gid: 3000, umask: nil, additionalGids: [2000, 3000])
            spec.process?.capabilities = .init(bounding: names, effective: [], permitted: [])
            spec.process?.noNewPrivileges = context == .exec
        case .userNamespace:
            let mapping = IDMapping(containerID: 0, hostID: 1 << 20, size: 1 << 16)
            spec.linux?.namespaces?.append(.init(type: .user))
            spec.linux?.uidMappings = [mapping]
            spec.linux?.gidMappings = [mapping]
        case .privileged:
            let all = BoundingSet.current().ociNames
            spec.process?.capabilities = .init(bounding: all, effective: all, permitted: all)
            spec.process?.noNewPrivileges = false
            spec.linux?.seccomp = nil
            spec.linux?.maskedPaths = []
            spec.linux?.readonlyPaths = []
            spec.linux?.resources = ResourcesSpec(devices: [.init(allow: true, type: "a", access: "rwm")])
            spec.root?.readonly = false
        case .sharedProcesses: break
        }
        if context == .exec || context == .sharedProcesses {
            let pid = try startHolder(bundle, spec, job)
            if context == .exec {
                try JSONFile.write(try #require(spec.process), to: folder + "/process-\(job).json")
            } else {
                let index = try #require(spec.linux?.namespaces?.firstIndex { $0.type == .pid })
                spec.linux?.namespaces?[index].path = "/proc/\(pid)/ns/pid"
            }
        }
        bundle.spec = spec
        try bundle.write()
    }

    /// A container that lives until the end of the test.
    private func startHolder(_ bundle: Bundle, _ spec: RuntimeSpec, _ job: Int) throws -> Int32 {
        bundle.spec = spec
        bundle.spec.process?.args = ["sleep", "600"]
        try bundle.write()
        let name = "\(prefix)-holder-\(job)"
        let pidFile = folder + "/holder-\(job)"
        running.append(name)
        // With streams of its own, or the caller would wait for their end.
        let line = "--root \(folder)/state run --detach --pid-file \(pidFile) --bundle \(bundle.path) \(name)"
        try Self.run("/bin/sh", ["-c", "\(runtime) \(line) </dev/null >/dev/null 2>&1"])
        return try #require(Int32(try File.readText(pidFile).trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    struct Run {
        var number: Int
        var process: Int
        var call: String
        var argument: UInt64
        var wasInjected: Bool
        var executed: Int
        var status: String
        var output: String
        var errors: String
    }

    func inject(_ which: String, errno: Int32) throws -> [Run] {
        let result = try Command(
            folder + "/inject", [which, "\(errno)", "\(Self.jobs)", folder + "/out"] + command,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run(timeout: .seconds(900))
        try #require(result.status == .exited(code: 0), "\(String(decoding: result.errors, as: UTF8.self))")
        return try String(decoding: result.output, as: UTF8.self).split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 7)
            // The number of a process in a PID namespace in which others come and go says nothing.
            let output = try File.readText("\(folder)/out/\(words[0]).out").split(separator: "\n")
                .filter { !$0.hasPrefix("pid: ") }.joined(separator: "\n")
            return Run(
                number: try #require(Int(words[0])), process: try #require(Int(words[1])), call: words[2],
                argument: try #require(UInt64(words[3])), wasInjected: words[4] == "1",
                executed: try #require(Int(words[5])), status: words[6], output: output,
                errors: try File.readText("\(folder)/out/\(words[0]).err"))
        }
    }

    private var prefix: String { "fault-\(folder.suffix(8))" }

    private var command: [String] {
        let program = [runtime, "--root", folder + "/state"]
        switch context {
        case .exec:
            return program + ["exec", "--process", folder + "/process-%j.json", prefix + "-holder-%j"]
        case .created:
            let start = program.joined(separator: " ")
            let id = "\(prefix)-%k"
            return [
                "/bin/sh", "-c",
                """
                \(start) create --bundle \(folder)/%j \(id) && \(start) start \(id)
                status=$?
                while \(start) state \(id) 2>&1 | grep -q running; do :; done
                \(start) delete --force \(id)
                exit $status
                """,
            ]
        default: return program + ["run", "--bundle", folder + "/%j", "\(prefix)-%k"]
        }
    }

    /// What is left of the containers that were to be: state, cgroups, mounts.
    func leftovers() throws -> [String] {
        var found = try File.names(in: folder + "/state").filter { !running.contains($0) }
        for hierarchy in try File.names(in: "/sys/fs/cgroup") {
            let groups = "/sys/fs/cgroup/\(hierarchy)/holdfast"
            guard try File.exists(groups) else { continue }
            found += try File.names(in: groups).filter { $0.hasPrefix(prefix) && !running.contains($0) }
                .map { "\(groups)/\($0)" }
        }
        let mounts = try File.readText("/proc/self/mountinfo").split(separator: "\n")
        return found + mounts.filter { line in bundles.contains { line.contains($0.path) } }.map(String.init)
    }

    private static func compile(_ arguments: [String]) throws { try run("/usr/bin/cc", arguments) }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let result = try Command(program, arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
            .run(timeout: .seconds(60))
        try #require(
            result.status == .exited(code: 0), "\(program): \(String(decoding: result.errors, as: UTF8.self))")
    }

    private static func package() throws -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }
}
