// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// `spec.os`, and the fields that the other operating system has.
    mutating func operatingSystem(_ spec: PodSpec) {
        guard let os = spec.os else { return }
        switch os.name {
        case "": within("os") { $0.required("name", "cannot be empty") }
        case "linux": hasNoWindowsOptions(spec)
        case "windows": hasNoLinuxOptions(spec)
        default: unsupported("os", os.name, supported: ["linux", "windows"])
        }
    }

    private mutating func hasNoWindowsOptions(_ spec: PodSpec) {
        let problem = "windows options cannot be set for a linux pod"
        if spec.securityContext?.windowsOptions != nil {
            within("securityContext") { $0.forbidden("windowsOptions", problem) }
        }
        eachContainer(spec) { validation, container in
            guard container.securityContext?.windowsOptions != nil else { return }
            validation.within("securityContext") { $0.forbidden("windowsOptions", problem) }
        }
    }

    private mutating func hasNoLinuxOptions(_ spec: PodSpec) {
        let problem = "cannot be set for a windows pod"
        let context = spec.securityContext ?? PodSecurityContext()
        // In the server's order, which goes back and forth between the specification and the context.
        let fields: [(field: String, inContext: Bool, isSet: Bool)] = [
            ("appArmorProfile", true, context.appArmorProfile != nil),
            ("seLinuxOptions", true, context.seLinuxOptions != nil), ("hostUsers", false, spec.hostUsers != nil),
            ("hostPID", false, spec.hostPID == true), ("hostIPC", false, spec.hostIPC == true),
            ("seccompProfile", true, context.seccompProfile != nil), ("fsGroup", true, context.fsGroup != nil),
            ("fsGroupChangePolicy", true, context.fsGroupChangePolicy != nil),
            ("sysctls", true, !(context.sysctls ?? []).isEmpty),
            ("shareProcessNamespace", false, spec.shareProcessNamespace != nil),
            ("runAsUser", true, context.runAsUser != nil), ("runAsGroup", true, context.runAsGroup != nil),
            ("supplementalGroups", true, context.supplementalGroups != nil),
            ("supplementalGroupsPolicy", true, context.supplementalGroupsPolicy != nil),
            ("seLinuxChangePolicy", true, context.seLinuxChangePolicy != nil),
        ]
        for (field, inContext, isSet) in fields where isSet {
            if inContext {
                within("securityContext") { $0.forbidden(field, problem) }
            } else {
                forbidden(field, problem)
            }
        }
        eachContainer(spec) { validation, container in
            guard let context = container.securityContext else { return }
            validation.within("securityContext") { $0.hasNoLinuxOptions(context, problem) }
        }
    }

    private mutating func hasNoLinuxOptions(_ context: SecurityContext, _ problem: String) {
        let fields = [
            ("appArmorProfile", context.appArmorProfile != nil), ("seLinuxOptions", context.seLinuxOptions != nil),
            ("seccompProfile", context.seccompProfile != nil), ("capabilities", context.capabilities != nil),
            ("readOnlyRootFilesystem", context.readOnlyRootFilesystem != nil),
            ("privileged", context.privileged != nil),
            ("allowPrivilegeEscalation", context.allowPrivilegeEscalation != nil),
            ("procMount", context.procMount != nil), ("runAsUser", context.runAsUser != nil),
            ("runAsGroup", context.runAsGroup != nil),
        ]
        for (field, isSet) in fields where isSet { forbidden(field, problem) }
    }
}
