// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// `ALL` dropped, and nothing added but `NET_BIND_SERVICE`.
    static let capabilitiesRestricted = Self(
        "capabilities_restricted", .restricted,
        Form(since: 22, overrides: ["capabilities_baseline"], findUnrestrictedCapabilities),
        Form(since: 25, overrides: ["capabilities_baseline"]) { metadata, spec in
            spec.isWindows ? nil : findUnrestrictedCapabilities(metadata, spec)
        })

    private static func findUnrestrictedCapabilities(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var keeping = Offenders()
        var adding = Offenders()
        var names: [String] = []
        spec.visitContainers { container, position in
            guard let capabilities = container.securityContext?.capabilities else {
                keeping.add(container, position.contextField())
                return
            }
            if capabilities.drop?.contains(where: { $0.hasSameBytes(as: "ALL") }) != true {
                keeping.add(
                    container,
                    capabilities.drop == nil
                        ? position.contextField("capabilities") : position.contextField("capabilities", "drop"))
            }
            let forbidden = capabilities.add?.filter { !$0.hasSameBytes(as: "NET_BIND_SERVICE") } ?? []
            guard !forbidden.isEmpty else { return }
            adding.add(container, position.contextField("capabilities", "add"))
            names += forbidden
        }
        var details: [String] = []
        if !keeping.isEmpty {
            details.append(#"\#(keeping.containerList) must set securityContext.capabilities.drop=["ALL"]"#)
        }
        if !adding.isEmpty {
            details.append(
                "\(adding.containerList) must not include \(names.sortedOnce.quotedList) "
                    + "in securityContext.capabilities.add")
        }
        guard !details.isEmpty else { return nil }
        return Finding(
            reason: "unrestricted capabilities", detail: details.joined(separator: "; "),
            fields: keeping.fields + adding.fields)
    }
}
