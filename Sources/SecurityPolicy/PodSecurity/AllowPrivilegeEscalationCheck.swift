// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// Every container says that it gains no privileges.
    static let allowPrivilegeEscalation = Self(
        "allowPrivilegeEscalation", .restricted, Form(since: 8, findEscalation),
        Form(since: 25) { metadata, spec in spec.isWindows ? nil : findEscalation(metadata, spec) })

    private static func findEscalation(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        spec.visitContainers { container, position in
            let value = container.securityContext?.allowPrivilegeEscalation
            guard value != false else { return }
            offenders.add(
                container,
                value == nil ? position.contextField() : position.contextField("allowPrivilegeEscalation"))
        }
        guard !offenders.isEmpty else { return nil }
        return Finding(
            reason: "allowPrivilegeEscalation != false",
            detail: "\(offenders.containerList) must set securityContext.allowPrivilegeEscalation=false",
            fields: offenders.fields)
    }
}
