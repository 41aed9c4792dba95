// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import Foundation
import LinuxKernel
import LinuxTypes
import OCISpec
import Testing

/// Where other runtimes let a process start with less protection than was asked for, read in their sources: a test a place.
///
/// Each says what must not happen, and its comment where it does. What only a failing kernel call can show runs in a process
/// that has a filter of its own, which answers EPERM to that call for good; the runtime inherits it.
@Suite("Never weaker in silence")
struct NeverWeakerTests {
    // containerization:vminitd/Sources/vmexec/vmexec.swift:209-213, `compactMap { try? … }`
    @Test(
        "a capability that has no such name is not left out of a set",
        arguments: ["bounding", "effective", "permitted", "inheritable", "ambient"],
        ["CAP_NOPE", "CAP_41", "CAP_63", "", "ALL"])
    func unknownCapability(set: String, name: String) throws {
        try refuse(
            {
                let capabilities = ProcessSpec.Capabilities(bounding: [], effective: [], permitted: [])
                $0.process?.capabilities = capabilities
                switch set {
                case "bounding": $0.process?.capabilities?.bounding = [name]
                case "effective": $0.process?.capabilities?.effective = [name]
                case "permitted": $0.process?.capabilities?.permitted = [name]
                case "inheritable": $0.process?.capabilities?.inheritable = [name]
                default: $0.process?.capabilities?.ambient = [name]
                }
            }, "process.capabilities.\(set): ")
    }

    // vmexec.swift:247, `try?` around PR_CAP_AMBIENT_RAISE
    @Test("ambient capabilities that would not be raised are not passed over")
    func ambient() throws {
        try refuse({ $0.process?.capabilities?.ambient = ["CAP_KILL"] }, "process.capabilities.ambient: must be empty")
    }

    // vmexec.swift:125-129, setgroups(2) is not called for an empty list
    @Test("an empty list of groups does not leave the runtime's own")
    func noGroups() async {
        await #expect(processExitsWith: .success) {
            try Identity.setGroups([4, 5, 27])
            let bundle = try Bundle()
            bundle.spec.process?.user = .init(uid: 1000, gid: 1000, umask: nil, additionalGids: [])
            let result = try bundle.run("grep ^Groups: /proc/self/status")
            #expect(result.output == "Groups:\t\u{20}\n", "\(result.output) \(result.errors)")
        }
    }

    // containerization:Sources/ContainerizationOS/Linux/Capabilities.swift:435-440, 577-585, the low word alone
    @Test(
        "capabilities from 32 up are neither lost nor kept",
        arguments: [
            (["CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"], "000001c000000000"),
            (["CAP_MAC_ADMIN", "CAP_AUDIT_READ"], "0000002200000000"), ([], "0000000000000000"),
        ])
    func highCapabilities(names: [String], mask: String) throws {
        // What is not there cannot show that it is dropped.
        try #require(BoundingSet.current().contains(CapabilitySet(named: ["PERFMON", "BPF", "CHECKPOINT_RESTORE"])))
        let bundle = try Bundle()
        bundle.spec.process?.capabilities = .init(bounding: names, effective: names, permitted: names)
        let result = try bundle.run("grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status")
        #expect(
            result.output == "CapPrm:\t\(mask)\nCapEff:\t\(mask)\nCapBnd:\t\(mask)\n",
            "\(result.output) \(result.errors)")
    }

    // Capabilities.swift:554-575, the bounding set step is skipped without CAP_SETPCAP
    @Test("the bounding set is not left as it is where it cannot be changed")
    func withoutSetPCap() async {
        await #expect(processExitsWith: .success) {
            try BoundingSet.drop(8)  // CAP_SETPCAP: no program that this process executes has it
            let bundle = try Bundle()
            try Self.refuse(
                bundle, "process.capabilities.bounding is not enforced (boundingSet): prctl(PR_CAPBSET_DROP)")
        }
    }

    // containerization:vminitd/Sources/vmexec/RunCommand.swift:291-322, a network namespace is passed over
    @Test(
        "no namespace that is asked for is the machine's",
        arguments: [NamespaceKind.network, .ipc, .uts, .pid, .mount, .cgroup])
    func namespaces(kind: NamespaceKind) throws {
        let file = kind.procName
        let bundle = try Bundle()
        if kind == .cgroup { bundle.spec.linux?.namespaces?.append(.init(type: .cgroup)) }
        let result = try bundle.run("busybox readlink /proc/self/ns/\(file)")
        #expect(result.output.hasPrefix("\(file):["), "\(result.errors)")
        #expect(try result.output != File.linkTarget("/proc/self/ns/\(file)") + "\n")
    }

    // RunCommand.swift and Spec.swift:422, a profile is decoded and read by nobody
    @Test("a filter is not decoded and then forgotten")
    func filterIsLoaded() throws {
        let bundle = try Bundle()
        bundle.spec.linux?.seccomp = SeccompSpec(
            defaultAction: .allow, architectures: [], syscalls: [.init(names: ["sethostname"], action: .errno)])
        let result = try bundle.run("grep ^Seccomp: /proc/self/status")
        #expect(result.output == "Seccomp:\t2\n", "\(result.errors)")
    }

    // youki:crates/libcontainer/src/process/init/process.rs:78-80, `let _ =` before no_new_privs
    @Test("no_new_privs that the kernel refuses does not stay off")
    func noNewPrivileges() async {
        await #expect(processExitsWith: .success) {
            try Self.refuse(
                calls: ["prctl"], first: 38, "process.noNewPrivileges is not enforced (noNewPrivileges): prctl")
        }
    }

    // youki, process.rs:367-370, 414-417: a build without libseccomp warns; minijail:libminijail.c:2926-2929, 3238-3242: a
    // soft-fail build goes on. This one has no such build, and a filter that the kernel refuses stops the start.
    @Test("a filter that the kernel refuses is not done without", arguments: [true, false])
    func filterIsRefused(noNewPrivileges: Bool) async {
        await #expect(processExitsWith: .success) { [noNewPrivileges = noNewPrivileges as Bool] in
            try Self.refuse(calls: ["seccomp"], first: 1, "linux.seccomp is not enforced (seccomp): seccomp") {
                $0.process?.noNewPrivileges = noNewPrivileges
                $0.linux?.seccomp = SeccompSpec(
                    defaultAction: .allow, architectures: [], syscalls: [.init(names: ["sethostname"], action: .errno)])
            }
        }
    }

    // runc:libcontainer/capabilities/capabilities.go:47-75, 127-147, a warning for unknown and for ambient ones
    @Test(
        "an exec does not run with fewer names than it was given, nor with inheritable ones",
        arguments: [("bounding", "CAP_NOPE"), ("inheritable", "CAP_KILL"), ("ambient", "CAP_KILL")])
    func exec(set: String, name: String) throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["sleep", "60"]
        try bundle.write()
        try #require(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        try #require(try bundle.runtime("start", bundle.name).code == 0)
        var process = try #require(bundle.spec.process)
        process.args = ["touch", "/ran"]
        switch set {
        case "bounding": process.capabilities?.bounding = [name]
        case "inheritable": process.capabilities?.inheritable = [name]
        default: process.capabilities?.ambient = [name]
        }
        try JSONFile.write(process, to: "\(bundle.path)/process.json")
        let answer = try bundle.runtime("exec", "--process", "\(bundle.path)/process.json", bundle.name)
        #expect(answer.code == 1)
        #expect(answer.errors.contains("process.capabilities.\(set): "), "\(answer.errors)")
        #expect(try !File.exists(bundle.path + "/rootfs/ran"))
    }

    // crun:src/libcrun/linux.c:4397, 4404, EPERM is passed over when ambient capabilities are reset or raised
    @Test("ambient capabilities that cannot be cleared are not left")
    func ambientIsNotCleared() async {
        await #expect(processExitsWith: .success) {
            try Self.refuse(
                calls: ["prctl"], first: 47,
                "process.capabilities is not enforced (capabilities): prctl(PR_CAP_AMBIENT_CLEAR_ALL)")
        }
    }

    // crun:src/libcrun/container.c:1072-1074, a warning where inherited descriptors stay open: CVE-2024-21626
    @Test("descriptors that cannot be closed are not left to the program")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            try Self.refuse(calls: ["close_range"], first: 3, "process is not enforced (standardStreams): close_range")
        }
    }

    @Test("no descriptor of the runtime's caller reaches the program")
    func callersDescriptors() throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["ls", "/proc/self/fd"]
        try bundle.write()
        let result = try Self.start(bundle, more: 5)
        // The last is ls's own, of the folder.
        #expect(result.output == "0\n1\n2\n3\n", "\(result.errors)")
    }

    // crun:src/libcrun/linux.c:4355-4408, `#ifdef HAVE_CAP` swallows setresuid(2) too
    @Test("a user is not passed over, with a set of capabilities or with none named")
    func userWithoutCapabilities() throws {
        let bundle = try Bundle()
        bundle.spec.process?.user = .init(uid: 1000, gid: 2000, umask: nil, additionalGids: [])
        bundle.spec.process?.capabilities = nil
        let result = try bundle.run("grep -E '^(Uid|Gid|CapBnd|CapPrm)' /proc/self/status")
        let zero = String(repeating: "0", count: 16)
        #expect(
            result.output == """
                Uid:\t1000\t1000\t1000\t1000
                Gid:\t2000\t2000\t2000\t2000
                CapPrm:\t\(zero)
                CapBnd:\t\(zero)

                """, "\(result.errors)")
    }

    @Test("a user or a group that the kernel refuses is not the runtime's own", arguments: ["setresuid", "setresgid"])
    func userIsRefused(call: String) async {
        await #expect(processExitsWith: .success) { [call = call as String] in
            try Self.refuse(calls: [call], "process.user is not enforced (user): \(call)") {
                $0.process?.user = .init(uid: 1000, gid: 1000, umask: nil, additionalGids: [])
            }
        }
    }

    // minijail:libminijail.c:2829, the bounding set is passed over under a securebits exception
    @Test("securebits that change what root means are not run with")
    func secureBits() throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["touch", "/ran"]
        try bundle.write()
        let command = Command(
            "/usr/bin/setpriv",
            [
                "--securebits", "+no_setuid_fixup", try Bundle.executable(), "--root", bundle.path + "/state", "run",
                "--bundle", bundle.path, bundle.name,
            ], environment: ["PATH": "/usr/bin:/bin"])
        let result = try command.run(timeout: .seconds(60))
        let errors = String(decoding: result.errors, as: UTF8.self)
        #expect(result.status == .exited(code: 1))
        #expect(errors.contains("process.user is not enforced (user): prctl(PR_GET_SECUREBITS)"), "\(errors)")
        #expect(try !File.exists(bundle.path + "/rootfs/ran"))
    }

    // bubblewrap:bubblewrap.c:728-739, EPERM of capset(2) is passed over where the caller is real root
    @Test("capabilities that cannot be given up are not kept", arguments: [0, 1000])
    func capabilitiesAreKept(uid: Int) async {
        await #expect(processExitsWith: .success) { [uid = uid as Int] in
            try Self.refuse(calls: ["capset"], " is not enforced (user): capset") {
                $0.process?.user = .init(uid: UInt32(uid), gid: 0, umask: nil, additionalGids: [])
            }
        }
    }

    // swift-subprocess:Sources/_SubprocessCShims/process_shims.c:717, 741-747
    @Test("a refused setgroups does not leave the groups")
    func groupsAreRefused() async {
        await #expect(processExitsWith: .success) {
            try Self.refuse(calls: ["setgroups"], "process.user.additionalGids is not enforced (groups): setgroups")
        }
    }

    @Test("a refused setsid does not leave the program in the caller's session")
    func session() async {
        await #expect(processExitsWith: .success) {
            try Self.refuse(calls: ["setsid"], "process is not enforced (namespaces): setsid")
        }
    }

    // MARK: beyond the table

    @Test("an id that the user namespace does not map is not another one", arguments: ["uid", "gid", "additionalGids"])
    func unmapped(part: String) throws {
        try refuse(
            {
                let mapping = IDMapping(containerID: 0, hostID: 1 << 20, size: 1 << 16)
                $0.linux?.namespaces?.append(.init(type: .user))
                $0.linux?.uidMappings = [mapping]
                $0.linux?.gidMappings = [mapping]
                $0.process?.user = .init(
                    uid: part == "uid" ? 70_000 : 0, gid: part == "gid" ? 70_000 : 0, umask: nil,
                    additionalGids: part == "additionalGids" ? [70_000] : [])
            },
            part == "additionalGids"
                ? "process.user.additionalGids is not enforced (groups)" : "process.user is not enforced (user)")
    }

    @Test("a limit that cannot be raised is not left where it is")
    func limit() throws {
        // Above fs.nr_open, which CAP_SYS_RESOURCE does not pass either.
        let text = #"{"type":"RLIMIT_NOFILE","hard":1099511627776,"soft":1099511627776}"#
        let limit = try JSONFile.decode(ProcessSpec.Limit.self, from: Array(text.utf8), subject: "a limit")
        try refuse(
            { $0.process?.rlimits = [limit] }, "process.rlimits is not enforced (limits)")
    }

    @Test(
        "a profile with an action, an operator, an architecture, a flag or a field that nobody knows is not made weaker",
        arguments: [
            (#"{"defaultAction":"SCMP_ACT_NOPE"}"#, "defaultAction"),
            (
                #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_DENY"}]}"#,
                "action"
            ),
            (
                #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_IS"}]}]}"#,
                "op"
            ),
            (
                #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}"#,
                "linux.seccomp"
            ),
            (
                #"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_VAX"]}"#,
                "linux.seccomp.architectures[0]"
            ),
            (#"{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_NOPE"]}"#, "linux.seccomp.flags[0]"),
            (
                #"{"defaultAction":"SCMP_ACT_ALLOW","sycalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}"#,
                "sycalls"
            ),
        ])
    func profile(json: String, field: String) throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["touch", "/ran"]
        bundle.spec.linux?.seccomp = SeccompSpec(defaultAction: .trap, architectures: [], syscalls: [])
        try bundle.write()
        let text = try File.readText(bundle.path + "/config.json")
        let ours = String(decoding: try JSONFile.encode(try #require(bundle.spec.linux?.seccomp)), as: UTF8.self)
        try #require(text.contains(ours.filter { !$0.isWhitespace }), "\(text)")
        try File.replace(
            bundle.path + "/config.json",
            with: Array(text.replacingOccurrences(of: ours.filter { !$0.isWhitespace }, with: json).utf8))
        let result = try bundle.runtime("run", "--bundle", bundle.path, bundle.name)
        #expect(result.code == 1)
        #expect(result.errors.contains(field), "\(result.errors)")
        #expect(try !File.exists(bundle.path + "/rootfs/ran"))
    }

    // MARK: how

    private func refuse(_ change: (inout RuntimeSpec) -> Void, _ message: String) throws {
        let bundle = try Bundle()
        change(&bundle.spec)
        try Self.refuse(bundle, message)
    }

    /// Runs a container under a filter that answers EPERM to some calls, in the calling process and for good.
    private static func refuse(
        calls: [String], first: UInt64? = nil, _ message: String, _ change: (inout RuntimeSpec) -> Void = { _ in }
    ) throws {
        let bundle = try Bundle()
        change(&bundle.spec)
        let arguments = first.map { [SeccompSpec.Argument(index: 0, value: $0, op: .equal)] }
        let rule = SeccompSpec.Rule(names: calls, action: .errno, errnoRet: UInt32(EPERM), args: arguments)
        let filter = try SeccompProgram(
            compiling: SeccompSpec(defaultAction: .allow, architectures: [], syscalls: [rule]))
        try SystemCallFilter.load(filter.instructions, flags: [])
        try refuse(bundle, message)
    }

    /// Its program leaves a mark when it runs all the same.
    private static func refuse(_ bundle: Bundle, _ message: String) throws {
        bundle.spec.process?.args = ["touch", "/ran"]
        try bundle.write()
        let result = try start(bundle, more: 1)
        #expect(result.status == .exited(code: 1))
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(try !File.exists(bundle.path + "/rootfs/ran"))
        #expect(try !File.exists("/sys/fs/cgroup/unified/holdfast/\(bundle.name)"))
        #expect(try !File.exists("\(bundle.path)/state/\(bundle.name)"))
    }

    /// Runs the container with descriptors that are not its business.
    ///
    /// Its own call is then close_range(4, …), which the filters here can tell from the runtime's.
    private static func start(
        _ bundle: Bundle, more: Int
    ) throws -> (status: LinuxKernel.ExitStatus, output: String, errors: String) {
        let null = try File.open("/dev/null", [.readWrite])
        let output = try File.open(bundle.path + "/output", [.readWrite, .create], mode: 0o600)
        let errors = try File.open(bundle.path + "/errors", [.readWrite, .create], mode: 0o600)
        let folder = try File.open("/", [.path])
        let command = Command(
            try Bundle.executable(), ["--root", bundle.path + "/state", "run", "--bundle", bundle.path, bundle.name],
            environment: ["PATH": "/usr/bin:/bin"])
        let child = try command.start(
            descriptors: [null.raw, output.raw, errors.raw] + [Int32](repeating: folder.raw, count: more))
        let status = try child.wait()
        return (status, try File.readText(bundle.path + "/output"), try File.readText(bundle.path + "/errors"))
    }
}
