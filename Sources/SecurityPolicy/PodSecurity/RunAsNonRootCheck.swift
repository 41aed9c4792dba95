// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// Every container says, or the pod for it, that its user is not root.
    static let runAsNonRoot = Self(
        "runAsNonRoot", .restricted, Form(since: 0, findRoot),
        Form(since: 35) { metadata, spec in spec.hasOwnUserNamespace ? nil : findRoot(metadata, spec) })

    private static func findRoot(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var saying = Offenders()
        var silent = Offenders()
        let podValue = spec.securityContext?.runAsNonRoot
        if podValue == false { saying.addPod("securityContext", "runAsNonRoot") }
        spec.visitContainers { container, position in
            switch container.securityContext?.runAsNonRoot {
            case true: break
            case false: saying.add(container, position.contextField("runAsNonRoot"))
            case nil: if podValue != true { silent.add(container, position.contextField()) }
            }
        }
        // What is said is told first, and alone.
        if !saying.isEmpty {
            return Finding(
                reason: "runAsNonRoot != true",
                detail: "\(saying.setters) must not set securityContext.runAsNonRoot=false", fields: saying.fields)
        }
        guard !silent.isEmpty else { return nil }
        return Finding(
            reason: "runAsNonRoot != true",
            detail: "pod or \(silent.containerList) must set securityContext.runAsNonRoot=true", fields: silent.fields)
    }
}
