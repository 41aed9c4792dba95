// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No privileged container.
    static let privileged = Self("privileged", .baseline, Form(since: 0, findPrivileged))

    private static func findPrivileged(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        spec.visitContainers { container, position in
            guard container.securityContext?.privileged == true else { return }
            offenders.add(container, position.contextField("privileged"))
        }
        guard !offenders.isEmpty else { return nil }
        return Finding(
            reason: "privileged", detail: "\(offenders.containerList) must not set securityContext.privileged=true",
            fields: offenders.fields)
    }
}
