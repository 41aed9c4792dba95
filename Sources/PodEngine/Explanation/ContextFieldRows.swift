// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import ManifestReview
import SecurityPolicy

/// The decided fields of one container, as rows.
struct ContextFieldRows {
    typealias Field = PodExplanation.Field

    let context: EffectiveSecurityContext
    let container: ContainerScope
    let places: ManifestPlaces

    var rows: [Field] {
        var rows = [
            identifier("runAsUser", context.uid),
            identifier("runAsGroup", context.gid),
        ]
        rows += groups
        rows += [
            row("supplementalGroupsPolicy", context.supplementalGroupsPolicy, \.rawValue),
            flag("runAsNonRoot", context.runAsNonRoot),
            flag("privileged", context.privileged),
            row("capabilities", context.capabilities, text: Self.text(of:)) { .array($0.names.map { .string($0) }) },
            row("allowPrivilegeEscalation", context.noNewPrivileges, text: { $0 ? "false" : "true" }) { .bool(!$0) },
            flag("readOnlyRootFilesystem", context.readOnlyRootFilesystem),
            row("seccompProfile", context.seccomp, Self.text(of:)),
            row("procMount", context.procMount, \.rawValue),
            row("appArmorProfile", context.appArmor, Self.text(of:)),
            row("seLinuxOptions", context.seLinux, Self.text(of:)),
            row("oomScoreAdj", context.oomScoreAdjustment, text: { String($0) }) { .int(Int64($0)) },
            row(
                "resources.limits.memory", context.resources.memoryLimit,
                text: { $0.map { "\($0.count) bytes" } ?? "none" }
            ) {
                $0.map { .int($0.count) } ?? .null
            },
            row("resources.cpuShares", context.resources.cpuShares, text: { String($0) }) { .int(Int64(clamping: $0)) },
            row("resources.cpuQuota", context.resources.cpuQuota, text: { $0.map { "\($0) µs of 100000" } ?? "none" }) {
                $0.map { .int($0) } ?? .null
            },
        ]
        return rows
    }

    private func identifier(_ name: String, _ value: Decided<UInt32>) -> Field {
        guard value.origin == .unknownImage else {
            let entry =
                name == "runAsUser"
                ? container.image?.identity.database.user(uid: value.value).map { " (\($0.name))" } : nil
            return row(name, value, text: { "\($0)\(entry ?? "")" }) { .int(Int64($0)) }
        }
        let image = container.place.container.image ?? ""
        return Field(
            name, "unknown", .null, places.source(value.origin),
            unknown: name == "runAsUser"
                ? "USER of image \(image) decides, and it is not here"
                : "/etc/passwd of image \(image) decides, and it is not here")
    }

    /// A row a group, so that each has its own source.
    private var groups: [Field] {
        var rows = context.supplementalGroups.filter { $0.origin != .unknownImage }.map { group in
            row("supplementalGroups", group, text: { String($0) }) { .int(Int64($0)) }
        }
        if container.image == nil, context.supplementalGroupsPolicy.value == .merge {
            rows.append(
                Field(
                    "supplementalGroups", "and unknown ones", .null, PodExplanation.Source(.unknown),
                    unknown:
                        "/etc/group of image \(container.place.container.image ?? "") may add some, and it is not here")
            )
        }
        return rows
    }

    private func flag(_ name: String, _ value: Decided<Bool>) -> Field {
        row(name, value, text: { String($0) }) { .bool($0) }
    }

    private func row<Value>(_ name: String, _ value: Decided<Value>, _ text: (Value) -> String) -> Field {
        row(name, value, text: text) { .string(text($0)) }
    }

    private func row<Value>(
        _ name: String, _ value: Decided<Value>, text: (Value) -> String, json: (Value) -> JSONValue
    ) -> Field {
        Field(name, text(value.value), json(value.value), places.source(value.origin))
    }

    private static func text(of capabilities: CapabilitySet) -> String {
        capabilities.isEmpty ? "none" : capabilities.names.joined(separator: " ")
    }

    private static func text(of seccomp: EffectiveSecurityContext.Seccomp) -> String {
        switch seccomp {
        case .unconfined: "Unconfined"
        case .runtimeDefault: "RuntimeDefault"
        case .localhost(let path): "Localhost \(path)"
        }
    }

    private static func text(of profile: EffectiveSecurityContext.AppArmorConfinement) -> String {
        switch profile {
        case .unavailable: "none: the node has no AppArmor"
        case .unconfined: "unconfined"
        case .profile(let name): name
        }
    }

    private static func text(of labels: EffectiveSecurityContext.SELinuxConfinement) -> String {
        switch labels {
        case .unspecified: "none: the node has no SELinux"
        case .unconfined: "unconfined"
        case .labels(let process, _): process.text
        case .ignored(let label): "\(label.text), ignored: the node has no SELinux"
        }
    }
}

extension CapabilitySet {
    /// Without `CAP_`, in the order of their numbers.
    var names: [String] { ociNames.map { $0.hasPrefix("CAP_") ? String($0.dropFirst(4)) : $0 } }
}

/// What holds for a pod as a whole, as rows.
struct PodFieldRows {
    let pod: Pod
    let context: EffectiveSecurityContext
    let places: ManifestPlaces

    var rows: [PodExplanation.Field] {
        let namespaces = context.namespaces
        let owners: [(String, Decided<EffectiveSecurityContext.Namespaces.Owner>)] = [
            ("network", namespaces.network), ("uts", namespaces.uts), ("ipc", namespaces.ipc), ("pid", namespaces.pid),
            ("user", namespaces.user), ("cgroup", namespaces.cgroup),
        ]
        var rows = owners.map { name, owner in
            PodExplanation.Field(
                "namespaces.\(name)", owner.value.rawValue, .string(owner.value.rawValue), places.source(owner.origin))
        }
        if let fsGroup = pod.spec.securityContext?.fsGroup {
            rows.append(
                PodExplanation.Field(
                    "fsGroup", String(fsGroup), .int(fsGroup),
                    places.source(.pod(field: "spec.securityContext.fsGroup"))))
        }
        for (name, value) in context.sysctls.sorted(by: { $0.key < $1.key }) {
            rows.append(
                PodExplanation.Field("sysctls.\(name)", value.value, .string(value.value), places.source(value.origin)))
        }
        return rows
    }
}
