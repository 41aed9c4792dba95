// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import FoundationEssentials
import LinuxTypes
import OCISpec
import PodEngine
import SecurityPolicy
import Testing

@Suite("Seccomp profiles")
struct PlanningSeccompTests {
    static let defaults = NodeDefaults.containerd.capabilities

    static func profile(_ capabilities: CapabilitySet = defaults, _ architecture: Architecture = .amd64) -> SeccompSpec
    {
        DefaultSeccompProfile.spec(
            capabilities: capabilities, architecture: architecture, kernel: KernelVersion(6, 18), errno: 1)
    }

    /// The names that the profile allows whatever their arguments are.
    static func allowed(_ profile: SeccompSpec) -> Set<String> {
        Set((profile.syscalls ?? []).filter { $0.action == .allow && $0.args == nil }.flatMap(\.names))
    }

    @Test("the default profile's frame")
    func frame() throws {
        let profile = Self.profile()
        #expect(profile.defaultAction == .errno && profile.defaultErrnoRet == 1)
        #expect(profile.architectures == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
        #expect(profile.flags == nil)
        let rules = try #require(profile.syscalls)
        #expect(rules.count == 11)
        #expect(rules[0].names == rules[0].names.sorted() && Set(rules[0].names).count == rules[0].names.count)
        #expect(
            rules[9]
                == SeccompSpec.Rule(
                    names: ["clone"], args: [.init(index: 0, value: 0x7e02_0000, valueTwo: 0, op: .maskedEqual)]))
        #expect(rules[10] == SeccompSpec.Rule(names: ["clone3"], action: .errno, errnoRet: 38))
    }

    struct Guarded: Sendable, CustomTestStringConvertible {
        let capability: CapabilitySet
        let names: Set<String>
        var testDescription: String { capability.ociNames[0] }
    }

    @Test(
        "each capability opens exactly what it guards",
        arguments: [
            Guarded(capability: .dacReadSearch, names: ["open_by_handle_at"]),
            Guarded(
                capability: .sysAdmin,
                names: [
                    "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick",
                    "lookup_dcookie",
                    "mount", "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl", "quotactl_fd",
                    "setdomainname", "sethostname", "setns", "syslog", "umount", "umount2", "unshare",
                ]),
            Guarded(capability: .sysBoot, names: ["reboot"]),
            Guarded(capability: .sysChroot, names: ["chroot"]),
            Guarded(capability: .sysModule, names: ["delete_module", "init_module", "finit_module"]),
            Guarded(capability: .sysPacct, names: ["acct"]),
            Guarded(capability: .sysPtrace, names: ["kcmp", "pidfd_getfd", "process_madvise"]),
            Guarded(capability: .sysRawIO, names: ["iopl", "ioperm"]),
            Guarded(capability: .sysTime, names: ["settimeofday", "stime", "clock_settime", "clock_settime64"]),
            Guarded(capability: .sysTTYConfig, names: ["vhangup"]),
            Guarded(
                capability: .sysNice, names: ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"]),
            Guarded(capability: .syslog, names: ["syslog"]),
            Guarded(capability: .bpf, names: ["bpf"]),
            Guarded(capability: .perfmon, names: ["perf_event_open"]),
        ])
    func guarded(row: Guarded) {
        let without = Self.allowed(Self.profile([]))
        #expect(Self.allowed(Self.profile(row.capability)).subtracting(without) == row.names)
    }

    @Test(
        "no capability opens what is closed for good",
        arguments: [
            "kexec_load", "kexec_file_load", "add_key", "request_key", "keyctl", "userfaultfd", "swapon", "swapoff",
            "pivot_root", "nfsservctl", "create_module", "query_module", "get_kernel_syms", "uselib", "ustat", "sysfs",
            "_sysctl", "vm86", "vm86old", "move_pages", "io_uring_setup", "io_uring_enter", "io_uring_register",
        ])
    func closed(name: String) {
        for rule in Self.profile(.all).syscalls ?? [] { #expect(!rule.names.contains(name)) }
    }

    @Test("with CAP_SYS_ADMIN namespaces may be made, and no rule looks at clone's flags")
    func namespaces() throws {
        let rules = try #require(Self.profile(.sysAdmin).syscalls)
        #expect(rules.count == 9)
        #expect(rules.dropFirst().allSatisfy { ["socket", "personality"].contains($0.names[0]) })
    }

    @Test("tracing is allowed from the kernel on that has the check after the filter")
    func kernels() {
        let old = DefaultSeccompProfile.spec(
            capabilities: [], architecture: .arm64, kernel: KernelVersion(4, 7), errno: 38)
        #expect(!Self.allowed(old).contains("ptrace"))
        #expect(Self.allowed(Self.profile([])).contains("ptrace"))
        #expect(old.defaultErrnoRet == 38 && old.architectures == ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"])
        #expect(Self.allowed(old).contains("set_tls") && !Self.allowed(old).contains("arch_prctl"))
    }
}

#if arch(x86_64)
    @Suite("The default profile beside a node's answers")
    struct PlanningSeccompConformanceTests {
        /// What the kernel itself refuses for want of a capability, or depends on no_new_privs for.
        static let kernelsOwn: Set<Int> = [
            116,  // setgroups
            161,  // chroot
            446,  // landlock_restrict_self
        ]

        @Test(
            "each call that the filter answers is answered so on the node, and no other",
            arguments: [
                ("seccomp-default", "00000000a80425fb"), ("seccomp-default-nonroot", "00000000a80425fb"),
                ("seccomp-default-drop-all", "0000000000000000"), ("seccomp-default-add-all", "000001fffeffffff"),
                ("seccomp-default-dac-read-search", "00000000a80425ff"),
                ("seccomp-default-perfmon", "00000040a80425fb"),
                ("seccomp-default-sys-admin", "00000000a82425fb"), ("seccomp-default-sys-boot", "00000000a84425fb"),
                ("seccomp-default-sys-module", "00000000a80525fb"), ("seccomp-default-sys-nice", "00000000a88425fb"),
                ("seccomp-default-sys-ptrace", "00000000a80c25fb"), ("seccomp-default-sys-time", "00000000aa0425fb"),
                ("seccomp-default-sys-tty-config", "00000000ac0425fb"),
            ])
        func answers(name: String, capabilities: String) throws {
            let set = try #require(CapabilitySet(hexadecimal: capabilities))
            let profile = DefaultSeccompProfile.spec(
                capabilities: set, architecture: .amd64, kernel: KernelVersion(6, 18), errno: 1)
            let filter = try ClassicFilter(SeccompProgram(compiling: profile).instructions)
            let node = try RecordedCase(named: name).systemCalls
            let unconfined = try RecordedCase(named: "seccomp-unconfined").systemCalls
            #expect(node.count > 20 && !unconfined.isEmpty)
            for number in RecordedCase.probedSystemCalls {
                let answer = filter.answer(architecture: 0xc000_003e, number: UInt32(number), argument: .max)
                switch answer {
                case 0x0005_0001: #expect(node[number] == "EPERM", "\(number)")
                case 0x0005_0026: #expect(node[number] == "ENOSYS", "\(number)")
                case 0x7fff_0000:
                    // Let through: what is left is the kernel's own answer.
                    let own = node[number] == nil || node[number] == unconfined[number]
                    #expect(own || Self.kernelsOwn.contains(number), "\(number)")
                default: Issue.record("system call \(number) is answered \(answer)")
                }
            }
        }
    }
#endif

/// Runs a program of classic BPF over one struct seccomp_data, as the kernel does.
struct ClassicFilter {
    let instructions: [UInt64]
    init(_ instructions: [UInt64]) { self.instructions = instructions }

    func answer(architecture: UInt32, number: UInt32, argument: UInt64) -> UInt32 {
        var data: [UInt32] = [number, architecture, 0, 0]
        for _ in 0..<6 { data += [UInt32(truncatingIfNeeded: argument), UInt32(truncatingIfNeeded: argument >> 32)] }
        var accumulator: UInt32 = 0
        var index = 0
        while true {
            let instruction = instructions[index]
            let value = UInt32(truncatingIfNeeded: instruction >> 32)
            let yes = Int(instruction >> 16 & 0xff)
            let no = Int(instruction >> 24 & 0xff)
            index += 1
            switch instruction & 0xffff {
            case 0x20: accumulator = data[Int(value) / 4]
            case 0x54: accumulator &= value
            case 0x05: index += Int(value)
            case 0x15: index += accumulator == value ? yes : no
            case 0x25: index += accumulator > value ? yes : no
            case 0x35: index += accumulator >= value ? yes : no
            case 0x06: return value
            default: return .max
            }
        }
    }
}

@Suite("Localhost profiles")
struct PlanningLocalhostProfileTests {
    static func spec(
        _ json: String, _ capabilities: CapabilitySet = [], _ architecture: Architecture = .amd64
    ) throws -> SeccompSpec {
        try LocalhostSeccompProfile(json: Data(json.utf8))
            .spec(capabilities: capabilities, architecture: architecture, kernel: KernelVersion(6, 1))
    }

    @Test("the OCI form is taken as it is")
    func oci() throws {
        let spec = try Self.spec(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
             "flags": [], "syscalls": [
               {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
                "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
               {"names": ["read", "write"], "action": "SCMP_ACT_LOG", "errnoRet": 5}]}
            """)
        var expected = SeccompSpec(
            defaultAction: .errno, architectures: ["SCMP_ARCH_X86_64"],
            syscalls: [
                .init(names: ["clone"], args: [.init(index: 0, value: 2_114_060_288, valueTwo: 0, op: .maskedEqual)]),
                .init(names: ["read", "write"], action: .log, errnoRet: 5),
            ])
        expected.defaultErrnoRet = 38
        expected.flags = []
        #expect(spec == expected)
    }

    static let conditional = """
        {"defaultAction": "SCMP_ACT_ERRNO",
         "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
                     {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": null}],
         "syscalls": [
           {"name": "old", "action": "SCMP_ACT_ALLOW", "comment": "one name", "args": null},
           {"names": ["admin"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
           {"names": ["both"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"]}},
           {"names": ["plain"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
           {"names": ["arm"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
           {"names": ["notarm"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["arm64"]}},
           {"names": ["new"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.1"}},
           {"names": ["newer"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.2"}},
           {"names": ["until"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": "6.1"}}]}
        """

    @Test("conditions are decided by capabilities, architecture and kernel")
    func conditions() throws {
        func names(_ spec: SeccompSpec) -> [String] { spec.syscalls?.flatMap(\.names) ?? [] }
        let plain = try Self.spec(Self.conditional)
        #expect(names(plain) == ["old", "plain", "notarm", "new"])
        #expect(plain.architectures == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
        let admin = try Self.spec(Self.conditional, .sysAdmin, .arm64)
        #expect(names(admin) == ["old", "admin", "arm", "new"])
        #expect(admin.architectures == ["SCMP_ARCH_AARCH64"])
        #expect(names(try Self.spec(Self.conditional, [.sysAdmin, .bpf])).contains("both"))
    }

    @Test(
        "what is wrong is refused, and its field named",
        arguments: [
            (#"{"defaultAction": 12"#, ""),
            (#"[]"#, ""),
            (#"{}"#, "defaultAction"),
            (#"{"defaultAction": 12}"#, "defaultAction"),
            (#"{"defaultAction": "SCMP_ACT_DENY"}"#, "defaultAction"),
            (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscals": []}"#, "syscals"),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "NO"}]}"#,
                "syscalls[0].action"
            ),
            (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"]}]}"#, "syscalls[0].action"),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]}"#,
                "syscalls[0].names"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "x": 1}]}"#,
                "syscalls[0].x"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "#
                    + #""args": [{"index": 0, "value": 1, "op": "SCMP_CMP_XX"}]}]}"#, "syscalls[0].args[0].op"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "#
                    + #""includes": {"caps": ["CAP_NOPE"]}}]}"#, "syscalls[0].includes.caps[0]"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "#
                    + #""excludes": {"minKernel": "new"}}]}"#, "syscalls[0].excludes.minKernel"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "#
                    + #""archMap": [{"architecture": "SCMP_ARCH_X86_64"}]}"#, "archMap"
            ),
        ])
    func wrong(json: String, field: String) {
        let error = #expect(throws: ProfileError.self) { try Self.spec(json) }
        #expect(error?.field == field)
        #expect(error?.message.isEmpty == false)
    }
}
