// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No process on the Windows machine itself.
    static let windowsHostProcess = Self("windowsHostProcess", .baseline, Form(since: 0, findHostProcesses))

    private static func findHostProcesses(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        if spec.securityContext?.windowsOptions?.hostProcess == true {
            offenders.addPod("securityContext", "windowsOptions", "hostProcess")
        }
        spec.visitContainers { container, position in
            guard container.securityContext?.windowsOptions?.hostProcess == true else { return }
            offenders.add(container, position.contextField("windowsOptions", "hostProcess"))
        }
        guard !offenders.isEmpty else { return nil }
        return Finding(
            reason: "hostProcess",
            detail: "\(offenders.setters) must not set securityContext.windowsOptions.hostProcess=true",
            fields: offenders.fields)
    }
}
