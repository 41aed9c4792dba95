// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Why a container was not started: the step that failed, the field it would have enforced, and what the kernel said.
package struct LaunchError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    package var step: LaunchStep
    /// As the spec or the manifest writes it: `process.capabilities.bounding`.
    package var field: String
    package var message: String

    package init(step: LaunchStep, field: String, message: String) {
        self.step = step
        self.field = field
        self.message = message
    }

    /// What a shell would say: 127 for a program that is not there, 126 for one that cannot be executed, 1 for the rest.
    package var shellCode: Int32 {
        switch step {
        case .executable: 127
        case .execute: 126
        default: 1
        }
    }

    package var description: String {
        switch step {
        case .execute, .executable: message
        case .parse: "\(field): \(message)"
        default: "\(field) is not enforced (\(step.rawValue)): \(message)"
        }
    }
}

/// The steps that start a container, in the words that errors use.
package enum LaunchStep: String, CaseIterable, Hashable, Sendable, Codable {
    /// Before anything is changed: the spec is read and what this runtime does not enforce is refused.
    case parse
    case cgroup, namespaces
    case rootFileSystem, mounts, devices, sysctls, readOnlyPaths, maskedPaths, workingFolder, readOnlyRoot, pivot
    case hostname, limits, seLinuxLabel, appArmorProfile, keyring, terminal, standardStreams
    case currentFolder, boundingSet, groups, user, executable, noNewPrivileges, birth, start, seccomp
    case capabilities
    case execute

    /// What the first process of a container does before the steps that `exec` shares.
    ///
    /// Mount points and the working folder are made before the root becomes read-only; masks come after all mounts, so
    /// that none can uncover what they hide. Source: the order of runc's `prepareRootfs` and `finalizeRootfs`.
    package static let containerOrder: [Self] = [
        .rootFileSystem, .mounts, .devices, .sysctls, .readOnlyPaths, .maskedPaths, .workingFolder, .readOnlyRoot,
        .pivot, .hostname,
    ]

    /// What a new process does before anything else, for the first process and for `exec` alike.
    ///
    /// Limits and score are written while the machine's own `/proc` is in view, and the cgroup is joined before a
    /// cgroup namespace is made of it.
    package static let entryOrder: [Self] = [.limits, .cgroup, .standardStreams, .namespaces]

    /// The order in which a process is confined, for the first process and for `exec` alike.
    ///
    /// The bounding set is first: dropping needs `CAP_SETPCAP`, which leaves the effective set together with uid 0.
    /// With no_new_privs the filter is last, so that a profile need not allow our own calls. Without it, loading needs
    /// `CAP_SYS_ADMIN`: the permitted set is kept across the change of user, and given up after the filter. A process that
    /// enters a PID namespace in which others run is born there last of all: a container with `SYS_PTRACE` finds nothing
    /// in it that it does not have itself. What the security modules make of the process counts from execve(2) on, is
    /// handed on by fork, and labels the keyring: it is told them first. Source: seccomp(2), capabilities(7), CVE-2016-9962.
    package static func processOrder(noNewPrivileges: Bool) -> [Self] {
        let opening: [Self] = [
            .seLinuxLabel, .appArmorProfile, .keyring, .terminal, .standardStreams, .currentFolder, .boundingSet,
            .groups, .user, .executable,
        ]
        return opening
            + (noNewPrivileges
                ? [.capabilities, .noNewPrivileges, .birth, .start, .seccomp]
                : [.seccomp, .capabilities, .birth, .start])
            + [.execute]
    }

    /// The field of an OCI runtime spec that the step enforces.
    package var specField: String {
        switch self {
        case .parse: "config.json"
        case .cgroup: "linux.resources"
        case .namespaces: "linux.namespaces"
        case .rootFileSystem: "root.path"
        case .mounts: "mounts"
        case .devices: "linux.devices"
        case .sysctls: "linux.sysctl"
        case .readOnlyPaths: "linux.readonlyPaths"
        case .maskedPaths: "linux.maskedPaths"
        case .workingFolder, .currentFolder: "process.cwd"
        case .readOnlyRoot: "root.readonly"
        case .pivot: "root.path"
        case .hostname: "hostname"
        case .limits: "process.rlimits"
        case .seLinuxLabel: "process.selinuxLabel"
        case .appArmorProfile: "process.apparmorProfile"
        case .keyring: "process"
        case .terminal: "process.terminal"
        case .standardStreams: "process"
        case .boundingSet: "process.capabilities.bounding"
        case .groups: "process.user.additionalGids"
        case .user: "process.user"
        case .noNewPrivileges: "process.noNewPrivileges"
        case .seccomp: "linux.seccomp"
        case .capabilities: "process.capabilities"
        case .birth: "linux.namespaces"
        case .start, .executable, .execute: "process.args"
        }
    }

    /// The field of a container in a Pod manifest that the step enforces.
    package var containerField: String {
        switch self {
        case .parse, .rootFileSystem, .pivot: "image"
        case .cgroup: "resources"
        case .namespaces: "securityContext"
        case .mounts: "volumeMounts"
        case .devices: "securityContext.privileged"
        case .sysctls: "securityContext.sysctls"
        case .readOnlyPaths, .maskedPaths: "securityContext.procMount"
        case .workingFolder, .currentFolder: "workingDir"
        case .readOnlyRoot: "securityContext.readOnlyRootFilesystem"
        case .hostname: "hostname"
        case .limits: "resources"
        case .seLinuxLabel: "securityContext.seLinuxOptions"
        case .appArmorProfile: "securityContext.appArmorProfile"
        case .keyring, .birth, .start, .executable, .execute: "command"
        case .terminal: "tty"
        case .standardStreams: "stdin"
        case .boundingSet, .capabilities: "securityContext.capabilities"
        case .groups: "securityContext.supplementalGroups"
        case .user: "securityContext.runAsUser"
        case .noNewPrivileges: "securityContext.allowPrivilegeEscalation"
        case .seccomp: "securityContext.seccompProfile"
        }
    }
}

extension LaunchStep {
    /// Runs a piece of work; a kernel call that fails there becomes an error of this step.
    func run<Result: ~Copyable>(
        _ field: String? = nil, _ work: () throws(SyscallError) -> Result
    ) throws(LaunchError) -> Result {
        do { return try work() } catch {
            throw LaunchError(step: self, field: field ?? specField, message: error.description)
        }
    }
}
