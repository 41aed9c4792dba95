// SPDX-License-Identifier: Apache-2.0
import CSeccomp
import LinuxKernel
package import OCISpec

extension SeccompProgram {
    /// Compiles a profile for this kernel; it allocates, so it is done before the fork.
    ///
    /// In front of libseccomp's program stands one of ours: a system call newer than any that the profile names is
    /// answered ENOSYS, so that a C library falls back, and those that libseccomp does not know yet are decided there.
    /// - Throws: ``LaunchError`` naming the field of the profile; a name that would be skipped though it restricts
    ///   is an error.
    package init(compiling spec: SeccompSpec) throws(LaunchError) {
        let profile = try SeccompProfile(spec)
        guard profile.newer.values.allSatisfy({ $0.count < 100 }) else {
            throw LaunchPlan.wrong(
                "linux.seccomp.syscalls", "too many rules for system calls that libseccomp does not know")
        }
        self.init(instructions: try profile.preamble() + profile.compiled(), flags: try Self.flags(spec.flags))
    }

    /// Without a list the filter does not slow speculation down, as runc has it; a list, even an empty one, is taken as it is.
    private static func flags(_ names: [String]?) throws(LaunchError) -> UInt32 {
        guard let names else { return SystemCallFilter.Flags.allowSpeculation.rawValue }
        var flags: SystemCallFilter.Flags = []
        for (index, name) in names.enumerated() {
            switch name {
            case "SECCOMP_FILTER_FLAG_TSYNC": flags.insert(.synchroniseThreads)
            case "SECCOMP_FILTER_FLAG_LOG": flags.insert(.log)
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": flags.insert(.allowSpeculation)
            default: throw LaunchPlan.wrong("linux.seccomp.flags[\(index)]", "\(name) is not supported")
            }
        }
        return flags.rawValue
    }
}

/// A profile whose words have become numbers.
private struct SeccompProfile {
    /// One rule for one system call, by its number on the native architecture.
    struct Rule {
        var number: Int32
        var action: UInt32
        var arguments: [scmp_arg_cmp]
    }
    var defaultAction: UInt32
    var architectures: [UInt32]
    var rules: [Rule] = []
    /// System calls that libseccomp has no name for, with their answers.
    ///
    /// By architecture.
    var newer: [UInt32: [(number: UInt32, action: UInt32)]] = [:]
    /// By architecture, the highest number that the profile names there.
    var highest: [UInt32: UInt32] = [:]

    init(_ spec: SeccompSpec) throws(LaunchError) {
        defaultAction = try Self.number(spec.defaultAction, spec.defaultErrnoRet, "linux.seccomp.defaultAction")
        architectures = try Self.architectures(spec.architectures ?? [])
        if spec.listenerPath?.isEmpty == false {
            throw LaunchPlan.wrong("linux.seccomp.listenerPath", "this runtime passes no notifications")
        }
        for (index, rule) in (spec.syscalls ?? []).enumerated() {
            try add(rule, permissive: spec.defaultAction.lets, field: "linux.seccomp.syscalls[\(index)]")
        }
    }

    private mutating func add(_ rule: SeccompSpec.Rule, permissive: Bool, field: String) throws(LaunchError) {
        let action = try Self.number(rule.action, rule.errnoRet, "\(field).action")
        let arguments = try Self.arguments(rule.args ?? [], "\(field).args")
        for name in rule.names {
            guard !name.isEmpty else { throw LaunchPlan.wrong("\(field).names", "an empty name") }
            let number = unsafe seccomp_syscall_resolve_name(name)
            if number != Self.unknown {
                try note(name)
                // libseccomp takes no rule that repeats its default, and none is needed.
                if action != defaultAction { rules.append(Rule(number: number, action: action, arguments: arguments)) }
            } else if let calls = newerCalls(name) {
                guard arguments.isEmpty else {
                    throw LaunchPlan.wrong(
                        "\(field).args", "libseccomp of this machine cannot test arguments of \(name)")
                }
                for call in calls {
                    newer[call.architecture, default: []].append((call.number, action))
                    raise(call.architecture, to: call.number)
                }
            } else if permissive && !rule.action.lets {
                throw LaunchPlan.wrong("\(field).names", "unknown system call \"\(name)\" would stay allowed")
            }
        }
    }

    /// The numbers of a system call that libseccomp does not know; nil for a name that nobody knows.
    private func newerCalls(_ name: String) -> [(architecture: UInt32, number: UInt32)]? {
        if let number = Self.newerSystemCalls[name] { return architectures.map { ($0, number) } }
        guard let number = Self.newerX86SystemCalls[name] else { return nil }
        return architectures.filter { $0 == Self.x86_64 }.map { ($0, number) }
    }

    private mutating func note(_ name: String) throws(LaunchError) {
        for architecture in architectures {
            let number = unsafe seccomp_syscall_resolve_name_arch(architecture, name)
            // Negative: the system call does not exist on that architecture.
            if number >= 0 { raise(architecture, to: UInt32(number)) }
        }
    }

    private mutating func raise(_ architecture: UInt32, to number: UInt32) {
        highest[architecture] = max(highest[architecture] ?? 0, number & ~Self.x32Bit)
    }

    /// What libseccomp makes of the rules it knows: struct sock_filter each.
    func compiled() throws(LaunchError) -> [UInt64] {
        guard let context = unsafe seccomp_init(defaultAction) else {
            throw LaunchPlan.wrong("linux.seccomp.defaultAction", "refused by libseccomp")
        }
        defer { unsafe seccomp_release(context) }
        for architecture in architectures where architecture != seccomp_arch_native() {
            let result = unsafe seccomp_arch_add(context, architecture)
            try Self.check(result, "linux.seccomp.architectures", "an architecture")
        }
        // A binary tree: a system call costs a few comparisons, not hundreds.
        try Self.check(unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "linux.seccomp", "optimisation")
        for rule in rules {
            let result = unsafe seccomp_rule_add_array(
                context, rule.action, rule.number, UInt32(rule.arguments.count), rule.arguments)
            try Self.check(result, "linux.seccomp.syscalls", "the rule for system call \(rule.number)")
        }
        do {
            // A program has at most 4,096 instructions of 8 bytes, and a pipe holds 65,536 bytes.
            let pipe = try Pipe()
            try Descriptors.setNonBlocking(pipe.writer.raw)
            try Self.check(unsafe seccomp_export_bpf(context, pipe.writer.raw), "linux.seccomp", "the program")
            let bytes = try File.read(pipe.reader.raw, upTo: 65_536, subject: "libseccomp's program")
            return stride(from: 0, to: bytes.count, by: 8).map { start in
                (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
            }
        } catch let error as SyscallError {
            throw LaunchPlan.wrong("linux.seccomp", error.description)
        } catch let error as LaunchError {
            throw error
        } catch {
            throw LaunchPlan.wrong("linux.seccomp", "\(error)")
        }
    }

    /// For each architecture: ENOSYS above the highest number named, and the answers that libseccomp cannot give.
    ///
    /// No ENOSYS where the default lets calls through, or says ENOSYS itself.
    func preamble() -> [UInt64] {
        let letsThrough = defaultAction & 0x7fff_0000 >= 0x7ff0_0000
        let noSystemCall = Self.answer(.errno, 38)
        let stub = !letsThrough && defaultAction != noSystemCall
        var program: [UInt64] = []
        for architecture in architectures {
            let isX32 = architecture == Self.x32
            let audit = isX32 ? Self.x86_64 : architecture
            let base: UInt32 = isX32 ? Self.x32Bit : 0
            var answers: [UInt64] = []
            if stub, let highest = highest[architecture] {
                answers += [BPF.jumpIfGreater(highest + base, no: 1), BPF.answer(noSystemCall)]
            }
            for call in newer[architecture] ?? [] {
                answers += [BPF.jumpIfEqual(call.number + base, no: 1), BPF.answer(call.action)]
            }
            var block: [UInt64] = [BPF.load(offset: 0)]
            if audit == Self.x86_64 {
                // The two share an audit architecture: the bit tells them apart.
                let past = UInt8(answers.count)
                block.append(BPF.jumpIfAtLeast(Self.x32Bit, yes: isX32 ? 0 : past, no: isX32 ? past : 0))
            }
            block += answers
            program += [BPF.load(offset: 4), BPF.jumpIfEqual(audit, no: UInt8(block.count))] + block
        }
        return program
    }

    private static func check(_ result: Int32, _ field: String, _ what: String) throws(LaunchError) {
        guard result < 0 else { return }
        throw LaunchPlan.wrong(field, "libseccomp refuses \(what): \(Errno(-result))")
    }

    private static func number(
        _ action: SeccompSpec.Action, _ errno: UInt32?, _ field: String
    ) throws(LaunchError) -> UInt32 {
        if let errno, errno > 4095 { throw LaunchPlan.wrong(field, "error number \(errno) is none of 0 to 4095") }
        if action == .notify { throw LaunchPlan.wrong(field, "this runtime passes no notifications") }
        return answer(action, errno ?? 1)
    }

    /// `SECCOMP_RET_…` of seccomp(2), with its data.
    private static func answer(_ action: SeccompSpec.Action, _ errno: UInt32) -> UInt32 {
        switch action {
        case .kill, .killThread: 0
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .errno: 0x0005_0000 | errno
        case .trace: 0x7ff0_0000 | errno
        case .notify: 0x7fc0_0000
        case .log: 0x7ffc_0000
        case .allow: 0x7fff_0000
        }
    }

    private static func arguments(
        _ specs: [SeccompSpec.Argument], _ field: String
    ) throws(LaunchError) -> [scmp_arg_cmp] {
        var arguments: [scmp_arg_cmp] = []
        for (index, spec) in specs.enumerated() {
            guard spec.index < 6 else { throw LaunchPlan.wrong("\(field)[\(index)].index", "none of 0 to 5") }
            let comparison: scmp_compare =
                switch spec.op {
                case .notEqual: SCMP_CMP_NE
                case .less: SCMP_CMP_LT
                case .lessOrEqual: SCMP_CMP_LE
                case .equal: SCMP_CMP_EQ
                case .greaterOrEqual: SCMP_CMP_GE
                case .greater: SCMP_CMP_GT
                case .maskedEqual: SCMP_CMP_MASKED_EQ
                }
            // For MASKED_EQ libseccomp takes the mask first: (argument & value) == valueTwo.
            arguments.append(
                scmp_arg_cmp(arg: spec.index, op: comparison, datum_a: spec.value, datum_b: spec.valueTwo ?? 0))
        }
        return arguments
    }

    private static func architectures(_ names: [String]) throws(LaunchError) -> [UInt32] {
        var tokens = [seccomp_arch_native()]
        for (index, name) in names.enumerated() {
            let prefix = "SCMP_ARCH_"
            let token =
                name.hasPrefix(prefix) ? unsafe seccomp_arch_resolve_name(name.dropFirst(prefix.count).lowercased()) : 0
            guard token != 0 else {
                throw LaunchPlan.wrong("linux.seccomp.architectures[\(index)]", "unknown architecture \(name)")
            }
            if !tokens.contains(token) { tokens.append(token) }
        }
        return tokens
    }

    private static let unknown: Int32 = -1  // __NR_SCMP_ERROR
    private static let x86_64: UInt32 = 0xc000_003e  // AUDIT_ARCH_X86_64
    private static let x32: UInt32 = 0x4000_003e  // SCMP_ARCH_X32
    private static let x32Bit: UInt32 = 0x4000_0000  // __X32_SYSCALL_BIT

    /// Those of x86_64 alone.
    private static let newerX86SystemCalls: [String: UInt32] = ["uretprobe": 335, "uprobe": 336]

    /// System calls newer than Debian 12's libseccomp (2.5.4, Linux 5.17); from 424 on the numbers are one on all architectures.
    private static let newerSystemCalls: [String: UInt32] = [
        "set_mempolicy_home_node": 450, "cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454,
        "futex_wait": 455, "futex_requeue": 456, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459,
        "lsm_set_self_attr": 460, "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464,
        "listxattrat": 465, "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469,
    ]
}

extension SeccompSpec.Action {
    /// Whether the call is made.
    fileprivate var lets: Bool { self == .allow || self == .log || self == .trace }
}

/// Instructions of classic BPF, struct sock_filter as a number: code 16 bits, jt 8, jf 8, k 32.
private enum BPF {
    private static func instruction(_ code: UInt16, _ yes: UInt8 = 0, _ no: UInt8 = 0, _ k: UInt32) -> UInt64 {
        UInt64(code) | UInt64(yes) << 16 | UInt64(no) << 24 | UInt64(k) << 32
    }
    /// Loads a word of struct seccomp_data: 0 the number, 4 the architecture.
    static func load(offset: UInt32) -> UInt64 { instruction(0x20, 0, 0, offset) }
    static func jumpIfEqual(_ value: UInt32, no: UInt8) -> UInt64 { instruction(0x15, 0, no, value) }
    static func jumpIfGreater(_ value: UInt32, no: UInt8) -> UInt64 { instruction(0x25, 0, no, value) }
    static func jumpIfAtLeast(_ value: UInt32, yes: UInt8, no: UInt8) -> UInt64 {
        instruction(0x35, yes, no, value)
    }
    static func answer(_ value: UInt32) -> UInt64 { instruction(0x06, 0, 0, value) }
}
