// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// Every container has the default seccomp profile or one of the node's own.
    static let seccompProfileRestricted = Self(
        "seccompProfile_restricted", .restricted,
        Form(since: 19, overrides: ["seccompProfile_baseline"]) { _, spec in findMissingProfiles(spec) },
        Form(since: 25, overrides: ["seccompProfile_baseline"]) { _, spec in
            spec.isWindows ? nil : findMissingProfiles(spec)
        })

    private static func findMissingProfiles(_ spec: PodSpec) -> Finding? {
        var profiles = SeccompProfiles()
        profiles.visit(spec)
        if let forbidden = profiles.forbidden { return forbidden }
        guard !profiles.without.isEmpty else { return nil }
        return Finding(
            reason: "seccompProfile",
            detail: "pod or \(profiles.without.containerList) must set securityContext.seccompProfile.type "
                + #"to "RuntimeDefault" or "Localhost""#,
            fields: profiles.without.fields)
    }
}
