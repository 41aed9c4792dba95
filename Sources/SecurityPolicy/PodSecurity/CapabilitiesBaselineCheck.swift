// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No capability beyond the ones that a container runtime gives by default, without `NET_RAW`.
    static let capabilitiesBaseline = Self(
        "capabilities_baseline", .baseline, Form(since: 0, findCapabilities))

    private static let allowed = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ]

    private static func findCapabilities(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        var names: [String] = []
        spec.visitContainers { container, position in
            guard let added = container.securityContext?.capabilities?.add else { return }
            let forbidden = added.filter { name in !allowed.contains { $0.hasSameBytes(as: name) } }
            guard !forbidden.isEmpty else { return }
            offenders.add(container, position.contextField("capabilities", "add"))
            names += forbidden
        }
        guard !offenders.isEmpty else { return nil }
        return Finding(
            reason: "non-default capabilities",
            detail: "\(offenders.containerList) must not include \(names.sortedOnce.quotedList) "
                + "in securityContext.capabilities.add",
            fields: offenders.fields)
    }
}
