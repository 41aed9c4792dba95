// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import SecurityPolicy

/// What a reviewer wants to know of a container before all else, each as a few words.
struct ContainerSummary {
    struct Fact: Hashable {
        /// How much a reviewer has to look at it.
        enum Level: String {
            case good, plain, care, danger, unknown

            /// For those who do not see the colour.
            var word: String {
                switch self {
                case .good: "good"
                case .plain: "note"
                case .care: "take care"
                case .danger: "danger"
                case .unknown: "not known"
                }
            }
        }
        let level: Level
        let text: String
        /// Why it is not known, or what it means.
        var reason: String?

        init(_ level: Level, _ text: String, _ reason: String? = nil) {
            self.level = level
            self.text = text
            self.reason = reason
        }
    }

    /// In the order of ``topics``; empty where the container does not start.
    let facts: [Fact]
    /// What else there is to say, where there is something.
    let others: [Fact]

    static let topics = ["User", "Capabilities", "Gaining privileges", "System calls", "Root file system"]

    init(_ container: ContainerExplanation, of pod: PodExplanation) {
        others = Self.others(container)
        guard let kernel = container.kernel else {
            facts = []
            return
        }
        let isMapped = pod.fields.contains { $0.name == "namespaces.user" && $0.text != "host" }
        facts = [
            Self.user(kernel, container, isMapped: isMapped), Self.capabilities(kernel, isMapped: isMapped),
            kernel.noNewPrivileges
                ? Fact(.good, "no_new_privs")
                : Fact(.care, "may gain privileges", "set-user-ID programs have their effect"),
            Self.systemCalls(kernel), Self.root(kernel, container),
        ]
    }

    private static func user(_ kernel: KernelPrediction, _ container: ContainerExplanation, isMapped: Bool) -> Fact {
        switch kernel.uid {
        case nil:
            let isNonRoot = container.fields.contains { $0.name == "runAsNonRoot" && $0.text == "true" }
            let reason =
                container.fields.first { $0.name == "runAsUser" }?.unknown ?? "the image's USER decides"
            return Fact(.unknown, isNonRoot ? "not root, or no start" : "user not known", reason)
        case 0? where isMapped: return Fact(.plain, "root of its own user namespace", "another user on the machine")
        case 0?: return Fact(.danger, "root (uid 0)")
        case let uid?: return Fact(.good, "uid \(uid)")
        }
    }

    private static func capabilities(_ kernel: KernelPrediction, isMapped: Bool) -> Fact {
        guard let effective = kernel.effective, let permitted = kernel.permitted else {
            guard !kernel.bounding.isEmpty else { return Fact(.good, "no capabilities") }
            return Fact(
                .unknown, "at most \(counted(kernel.bounding))", "root holds them, another user none; USER decides")
        }
        let held = Set(effective + permitted + (kernel.ambient ?? []))
        guard !held.isEmpty else {
            guard !kernel.bounding.isEmpty else { return Fact(.good, "no capabilities") }
            return kernel.noNewPrivileges
                ? Fact(.good, "no capabilities", "and no way to \(counted(kernel.bounding)) of the bounding set")
                : Fact(.care, "holds no capabilities", "a program may gain \(counted(kernel.bounding))")
        }
        let dangers = CapabilityDanger.all.filter { held.contains($0.name) }.map(\.name)
        let names = held.count <= 3 ? kernel.bounding.filter(held.contains) : []
        let text = names.count == held.count ? names.joined(separator: " ") : counted(Array(held))
        guard !dangers.isEmpty else { return Fact(.care, text) }
        let shown = dangers.prefix(3).joined(separator: ", ") + (dangers.count > 3 ? ", …" : "")
        let reason = names.isEmpty ? "\(shown) among them" : nil
        return Fact(isMapped ? .care : .danger, text, isMapped ? "in its own user namespace" : reason)
    }

    private static func counted(_ names: [String]) -> String {
        names.count == CapabilitySet.names.count
            ? "all \(names.count) capabilities" : names.count == 1 ? "1 capability" : "\(names.count) capabilities"
    }

    private static func systemCalls(_ kernel: KernelPrediction) -> Fact {
        guard kernel.hasFilter else { return Fact(.care, "no seccomp filter", "all system calls") }
        if case .unknown(let reason) = kernel.systemCalls { return Fact(.unknown, "seccomp filter", reason) }
        return Fact(.good, "seccomp filter", kernel.systemCalls.text)
    }

    private static func root(_ kernel: KernelPrediction, _ container: ContainerExplanation) -> Fact {
        let isWritable =
            kernel.mounts.first { $0.path == "/" }?.isWritable
            ?? !container.fields.contains { $0.name == "readOnlyRootFilesystem" && $0.text == "true" }
        return isWritable ? Fact(.care, "writable root") : Fact(.good, "read-only root")
    }

    private static func others(_ container: ContainerExplanation) -> [Fact] {
        var facts: [Fact] = []
        if container.fields.contains(where: { $0.name == "privileged" && $0.text == "true" }) {
            facts.append(Fact(.danger, "privileged"))
        }
        if let kernel = container.kernel, kernel.maskedPaths.isEmpty {
            facts.append(Fact(.care, "nothing masked", "all of /proc and /sys can be read"))
        }
        for severity in FindingRule.Severity.allCases {
            let count = container.findings.count { $0.severity == severity }
            guard count > 0 else { continue }
            let level: Fact.Level = severity == .error ? .danger : severity == .warning ? .care : .plain
            facts.append(Fact(level, "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"))
        }
        return facts
    }

    /// Of the pod as a whole: what it shares with the machine.
    static func facts(of pod: PodExplanation) -> [Fact] {
        func owner(_ name: String) -> String? { pod.fields.first { $0.name == "namespaces.\(name)" }?.text }
        guard !pod.fields.isEmpty else { return [] }
        var facts: [Fact] = []
        for (name, words) in [
            ("network", "the machine's network"), ("pid", "the machine's processes"), ("ipc", "the machine's IPC"),
        ] where owner(name) == "host" {
            facts.append(Fact(.danger, words))
        }
        if facts.isEmpty { facts.append(Fact(.good, "own network, IPC and processes")) }
        if let user = owner("user") {
            facts.append(
                user == "host"
                    ? Fact(.plain, "no user namespace", "a uid here is the same uid on the machine")
                    : Fact(.good, "own user namespace", "a uid here is another uid on the machine"))
        }
        for volume in pod.volumes where volume.kind.hasPrefix("hostPath ") {
            facts.append(Fact(.danger, volume.kind, "volume \(volume.name)"))
        }
        return facts
    }
}

/// A capability with which a process reaches beyond its container, and how.
///
/// Source: capabilities(7).
struct CapabilityDanger {
    let name: String
    let effect: String

    static let all: [Self] = [
        ("SYS_ADMIN", "mounts file systems, enters namespaces, and much else"),
        ("SYS_MODULE", "loads code into the kernel"),
        ("SYS_RAWIO", "reaches devices and memory past the kernel"),
        ("SYS_PTRACE", "reads and changes every process that it sees"),
        ("DAC_READ_SEARCH", "opens files by their handle, outside of its own folders as well"),
        ("NET_ADMIN", "changes interfaces, routes and firewall of its network"),
        ("BPF", "loads programs into the kernel"),
        ("PERFMON", "observes the whole kernel"),
        ("SYS_BOOT", "loads another kernel, restarts the machine"),
        ("SYS_TIME", "sets the machine's clock"),
        ("SYSLOG", "reads the kernel's log and its addresses"),
        ("MAC_ADMIN", "changes the rules of mandatory access control"),
        ("MAC_OVERRIDE", "passes over mandatory access control"),
        ("AUDIT_CONTROL", "changes or stops the audit"),
    ].map(Self.init)
}
