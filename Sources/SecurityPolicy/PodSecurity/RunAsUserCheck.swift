// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No user 0.
    static let runAsUser = Self(
        "runAsUser", .restricted, Form(since: 23, findUserZero),
        Form(since: 35) { metadata, spec in spec.hasOwnUserNamespace ? nil : findUserZero(metadata, spec) })

    private static func findUserZero(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        if spec.securityContext?.runAsUser == 0 { offenders.addPod("securityContext", "runAsUser") }
        spec.visitContainers { container, position in
            guard container.securityContext?.runAsUser == 0 else { return }
            offenders.add(container, position.contextField("runAsUser"))
        }
        guard !offenders.isEmpty else { return nil }
        return Finding(
            reason: "runAsUser=0", detail: "\(offenders.setters) must not set runAsUser=0", fields: offenders.fields)
    }
}
