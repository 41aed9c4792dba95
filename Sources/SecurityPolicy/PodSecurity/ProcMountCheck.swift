// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// The masks on `/proc` stay; with a user namespace of its own a pod may lift them.
    static let procMount = Self(
        "procMount", .baseline, Form(since: 0, findProcMounts),
        Form(since: 35) { metadata, spec in spec.hasOwnUserNamespace ? nil : findProcMounts(metadata, spec) })

    /// The masks on `/proc` stay, whatever the user namespace; before 1.35 baseline said the same.
    static let procMountRestricted = Self(
        "procMount_restricted", .restricted, Form(since: 35, overrides: ["procMount"], findProcMounts))

    private static func findProcMounts(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        var types: [String] = []
        spec.visitContainers { container, position in
            guard let type = container.securityContext?.procMount, type != "Default" else { return }
            offenders.add(container, position.contextField("procMount"))
            types.append(type)
        }
        guard !offenders.isEmpty else { return nil }
        return Finding(
            reason: "procMount",
            detail:
                "\(offenders.containerList) must not set securityContext.procMount to \(types.sortedOnce.quotedList)",
            fields: offenders.fields)
    }
}
