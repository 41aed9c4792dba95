// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// Users, groups, sysctls and policies of the pod.
    mutating func podSecurityContext(_ spec: PodSpec) {
        guard let context = spec.securityContext else { return }
        within("securityContext") { validation in
            validation.identifier("fsGroup", context.fsGroup)
            validation.identifier("runAsUser", context.runAsUser)
            validation.identifier("runAsGroup", context.runAsGroup)
            validation.each("supplementalGroups", context.supplementalGroups) { $0.identifier(nil, $1) }
            if spec.shareProcessNamespace == true, spec.hostPID == true {
                let problem = "ShareProcessNamespace and HostPID cannot both be enabled"
                validation.invalid("shareProcessNamespace", .bool(true), problem)
            }
            validation.sysctls(context.sysctls, spec)
            validation.policy("fsGroupChangePolicy", context.fsGroupChangePolicy, of: ["Always", "OnRootMismatch"])
            validation.seccompProfile(context.seccompProfile)
            validation.windowsOptions(context.windowsOptions)
            validation.appArmorProfile(context.appArmorProfile)
            validation.policy("supplementalGroupsPolicy", context.supplementalGroupsPolicy, of: ["Merge", "Strict"])
            // MountOption needs a feature that is off in 1.36.
            validation.policy("seLinuxChangePolicy", context.seLinuxChangePolicy, of: ["Recursive"])
        }
    }

    /// A user's or group's number.
    mutating func identifier(_ field: String?, _ number: Int64?) {
        guard let number, !(0...Int64(Int32.max)).contains(number) else { return }
        invalid(field, .int(number), "must be between 0 and 2147483647, inclusive")
    }

    /// A field that may be absent, but not have another value; `""` is one.
    mutating func policy(_ field: String, _ value: String?, of supported: [String]) {
        guard let value, !supported.contains(value) else { return }
        unsupported(field, value, supported: supported)
    }

    private mutating func sysctls(_ sysctls: [Sysctl]?, _ spec: PodSpec) {
        var names: Set<String> = []
        each("sysctls", sysctls) { validation, sysctl in
            let name = sysctl.name
            if name.isEmpty {
                validation.required("name")
            } else if !NameRules.isSysctl(name) {
                let pattern = #"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"#
                validation.invalid(
                    "name", .string(name), "must have at most 253 characters and match regex \(pattern)")
            } else if names.contains(name) {
                validation.duplicate("name", name)
            }
            switch SysctlNamespace(of: name) {
            case .network where spec.hostNetwork == true:
                validation.invalid("name", .string(name), "may not be specified when 'hostNetwork' is true")
            case .ipc where spec.hostIPC == true:
                validation.invalid("name", .string(name), "may not be specified when 'hostIPC' is true")
            default: break
            }
            names.insert(name)
        }
    }
}

/// The namespace that a sysctl belongs to.
package enum SysctlNamespace: Hashable, Sendable {
    case network
    case ipc
    case uts
    case user

    /// Nil for one that no namespace has.
    package init?(of sysctl: String) {
        let name = Self.normalised(sysctl)
        let prefixes: [(String, Self)] = [
            ("kernel.shm", .ipc), ("kernel.msg", .ipc), ("fs.mqueue.", .ipc), ("net.", .network), ("user.", .user),
        ]
        if name == "kernel.domainname" {
            self = .uts
        } else if name == "kernel.sem" {
            self = .ipc
        } else if let match = prefixes.first(where: { name.hasPrefix($0.0) }) {
            self = match.1
        } else {
            return nil
        }
    }

    /// With dots between its parts: `net/ipv4/conf/eth0.1/x` is `net.ipv4.conf.eth0/1.x`.
    package static func normalised(_ name: String) -> String {
        guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }
}
