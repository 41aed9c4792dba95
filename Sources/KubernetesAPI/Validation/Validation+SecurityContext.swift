// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// A container's own security context.
    ///
    /// - Parameters:
    ///   - context: the container's.
    ///   - hostUsers: whether the pod shares the host's user namespace.
    mutating func securityContext(_ context: SecurityContext, hostUsers: Bool) {
        identifier("runAsUser", context.runAsUser)
        identifier("runAsGroup", context.runAsGroup)
        policy("procMount", context.procMount, of: ["Default", "Unmasked"])
        if hostUsers, context.procMount == "Unmasked" {
            invalid("procMount", .string("Unmasked"), "`hostUsers` must be false to use `Unmasked`")
        }
        seccompProfile(context.seccompProfile)
        privilegeEscalation(context)
        windowsOptions(context.windowsOptions)
        appArmorProfile(context.appArmorProfile)
    }

    /// What contradicts `allowPrivilegeEscalation: false`.
    ///
    /// The server compares with `CAP_SYS_ADMIN` literally: `SYS_ADMIN`, the usual spelling, passes.
    private mutating func privilegeEscalation(_ context: SecurityContext) {
        guard context.allowPrivilegeEscalation == false else { return }
        let value = FieldError.Value.json(GoText.json(context))
        if context.privileged == true {
            invalid(value, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        }
        for name in context.capabilities?.add ?? [] where name == "CAP_SYS_ADMIN" {
            invalid(value, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
        }
    }
}

extension GoText {
    /// The server's internal type as JSON: its keys are Go's names.
    static func json(_ context: SecurityContext) -> String {
        object([
            (
                "Capabilities", context.capabilities.map { object([("Add", json($0.add)), ("Drop", json($0.drop))]) }
            ), ("Privileged", json(context.privileged)),
            (
                "SELinuxOptions",
                context.seLinuxOptions.map {
                    object([
                        ("User", json($0.user ?? "")), ("Role", json($0.role ?? "")), ("Type", json($0.type ?? "")),
                        ("Level", json($0.level ?? "")),
                    ])
                }
            ),
            (
                "WindowsOptions",
                context.windowsOptions.map {
                    object([
                        ("GMSACredentialSpecName", json($0.gmsaCredentialSpecName)),
                        ("GMSACredentialSpec", json($0.gmsaCredentialSpec)), ("RunAsUserName", json($0.runAsUserName)),
                        ("HostProcess", json($0.hostProcess)),
                    ])
                }
            ), ("RunAsUser", json(context.runAsUser)), ("RunAsGroup", json(context.runAsGroup)),
            ("RunAsNonRoot", json(context.runAsNonRoot)),
            ("ReadOnlyRootFilesystem", json(context.readOnlyRootFilesystem)),
            ("AllowPrivilegeEscalation", json(context.allowPrivilegeEscalation)),
            ("ProcMount", json(context.procMount)), ("SeccompProfile", context.seccompProfile.map { json($0) }),
            (
                "AppArmorProfile",
                context.appArmorProfile.map {
                    object([("Type", json($0.type)), ("LocalhostProfile", json($0.localhostProfile))])
                }
            ),
        ])
    }

    static func json(_ profile: SeccompProfile) -> String {
        object([("Type", json(profile.type)), ("LocalhostProfile", json(profile.localhostProfile))])
    }
}
