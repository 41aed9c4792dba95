// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes

/// The security context of one container in which everything is decided, each value with its origin.
///
/// `explain` prints it, planning turns it into an OCI runtime spec, `verify` compares the kernel with it.
package struct EffectiveSecurityContext: Hashable, Sendable {
    package var uid: Decided<UInt32>
    package var gid: Decided<UInt32>
    /// Sorted and unique, always with the primary group: left out, a process could shed it (CVE-2022-36109).
    package var supplementalGroups: [Decided<UInt32>]
    package var supplementalGroupsPolicy: Decided<GroupsPolicy>
    package var runAsNonRoot: Decided<Bool>
    package var privileged: Decided<Bool>
    /// Bounding, permitted and effective set before execve(2); inheritable and ambient are empty.
    package var capabilities: Decided<CapabilitySet>
    /// The capabilities are raised as ambient ones: a privileged container of CRI-O.
    package var capabilitiesAreAmbient: Decided<Bool>
    package var noNewPrivileges: Decided<Bool>
    package var readOnlyRootFilesystem: Decided<Bool>
    package var seccomp: Decided<Seccomp>
    package var procMount: Decided<ProcMount>
    package var maskedPaths: Decided<[String]>
    package var readOnlyPaths: Decided<[String]>
    package var appArmor: Decided<AppArmorConfinement>
    package var seLinux: Decided<SELinuxConfinement>
    package var namespaces: Namespaces
    /// What the pod's sandbox has set, by name with dots.
    package var sysctls: [String: Decided<String>]
    package var oomScoreAdjustment: Decided<Int>
    package var resources: Resources

    package enum GroupsPolicy: String, Hashable, Sendable {
        /// The groups of the pod, and those that the image's `/etc/group` lists the user in.
        case merge = "Merge"
        /// The groups of the pod alone.
        case strict = "Strict"
    }

    package enum Seccomp: Hashable, Sendable {
        case unconfined
        case runtimeDefault
        /// An absolute path of the machine.
        case localhost(path: String)
    }

    package enum ProcMount: String, Hashable, Sendable {
        case masked = "Default"
        case unmasked = "Unmasked"
    }

    package enum AppArmorConfinement: Hashable, Sendable {
        /// The machine has no AppArmor.
        case unavailable
        case unconfined
        /// A loaded profile's name.
        case profile(String)
    }

    package enum SELinuxConfinement: Hashable, Sendable {
        /// The machine has no SELinux, or its policy knows no containers, and nothing is asked for.
        case unspecified
        /// Privileged: the policy's own choice for what the runtime executes.
        case unconfined
        /// Of the process, and of the files that are the container's own.
        case labels(process: SELinuxLabel, file: SELinuxLabel)
        /// Asked for on a machine without SELinux: no effect, as on a node.
        case ignored(SELinuxLabel)
    }

    /// Which namespaces are whose.
    package struct Namespaces: Hashable, Sendable {
        package enum Owner: String, Hashable, Sendable {
            case host, pod, container
            /// Of the container that an ephemeral one looks into.
            case target
        }
        package var network: Decided<Owner>
        package var uts: Decided<Owner>
        package var ipc: Decided<Owner>
        package var pid: Decided<Owner>
        package var user: Decided<Owner>
        package var cgroup: Decided<Owner>
    }

    /// What the container may use.
    package struct Resources: Hashable, Sendable {
        /// Nil: no limit.
        package var memoryLimit: Decided<Bytes?>
        /// The weight of cgroup v1, 2 to 262144.
        package var cpuShares: Decided<UInt64>
        /// Microseconds of each ``cpuPeriod``; nil: no limit.
        package var cpuQuota: Decided<Int64?>
        package static let cpuPeriod: UInt64 = 100_000
    }

    /// What `/proc/PID/status` shows of the first process.
    package var capabilitySets: CapabilitySets {
        CapabilitySets(granted: capabilities.value, uid: uid.value, isAmbient: capabilitiesAreAmbient.value)
    }
}
