// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// A type that containers have, and no SELinux user or role.
    static let seLinuxOptions = Self(
        "seLinuxOptions", .baseline,
        Form(since: 0) { _, spec in findSELinuxOptions(spec, types: types0) },
        Form(since: 31) { _, spec in findSELinuxOptions(spec, types: types31) })

    private static let types0 = ["", "container_t", "container_init_t", "container_kvm_t"]
    private static let types31 = types0 + ["container_engine_t"]

    private static func findSELinuxOptions(_ spec: PodSpec, types allowed: [String]) -> Finding? {
        var offenders = Offenders()
        var types: [String] = []
        var setsUser = false
        var setsRole = false
        /// The names of the fields that are forbidden.
        func find(_ options: SELinuxOptions?) -> [String] {
            guard let options else { return [] }
            var names: [String] = []
            if let type = options.type, !allowed.contains(type) {
                types.append(type)
                names.append("type")
            }
            if options.user?.isEmpty == false {
                setsUser = true
                names.append("user")
            }
            if options.role?.isEmpty == false {
                setsRole = true
                names.append("role")
            }
            return names
        }
        for name in find(spec.securityContext?.seLinuxOptions) {
            offenders.addPod("securityContext", "seLinuxOptions", name)
        }
        spec.visitContainers { container, position in
            let names = find(container.securityContext?.seLinuxOptions)
            guard !names.isEmpty else { return }
            offenders.add(container)
            offenders.fields += names.map { position.contextField("seLinuxOptions", $0) }
        }
        guard !offenders.isEmpty else { return nil }
        var values = types.isEmpty ? [] : [types.sortedOnce.quotedList(after: "type")]
        if setsUser { values.append("user may not be set") }
        if setsRole { values.append("role may not be set") }
        return Finding(
            reason: "seLinuxOptions",
            detail: "\(offenders.setters) set forbidden securityContext.seLinuxOptions: "
                + values.joined(separator: "; "),
            fields: offenders.fields)
    }
}
