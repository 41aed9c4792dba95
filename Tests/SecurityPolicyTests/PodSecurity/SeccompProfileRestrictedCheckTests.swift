// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check seccompProfile_restricted")
struct SeccompProfileRestrictedCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.18", "{containers: [{name: a}]}"),
        .passes("v1.19", "{securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}]}"),
        .passes(
            "latest",
            """
            {containers: [{name: a, securityContext: {seccompProfile: {type: RuntimeDefault}}},
                          {name: b, securityContext: {seccompProfile: {type: Localhost, localhostProfile: p}}}]}
            """),
        .passes("v1.25", "{os: {name: windows}, containers: [{name: a}]}"),
        .passes("latest", "{os: {name: windows}, containers: [{name: a}]}"),
        .fails(
            "v1.24", "{os: {name: windows}, containers: [{name: a}]}", "seccompProfile",
            #"pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost""#,
            "spec.containers[0].securityContext"),
        .fails(
            "v1.19", "{initContainers: [{name: z}], containers: [{name: a, securityContext: {}}]}", "seccompProfile",
            #"pod or containers "z", "a" must set securityContext.seccompProfile.type "#
                + #"to "RuntimeDefault" or "Localhost""#,
            "spec.initContainers[0].securityContext", "spec.containers[0].securityContext"),
        .fails(
            "v1.25", "{containers: [{name: a}], ephemeralContainers: [{name: e}]}", "seccompProfile",
            #"pod or containers "a", "e" must set securityContext.seccompProfile.type "#
                + #"to "RuntimeDefault" or "Localhost""#,
            "spec.containers[0].securityContext", "spec.ephemeralContainers[0].securityContext"),
        // What is set is told alone.
        .fails(
            "latest", "{containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}, {name: b}]}",
            "seccompProfile", #"container "a" must not set securityContext.seccompProfile.type to "Unconfined""#,
            "spec.containers[0].securityContext.seccompProfile.type"),
        // A container does not mend what the pod says.
        .fails(
            "latest",
            """
            {securityContext: {seccompProfile: {type: Unconfined}},
             containers: [{name: a, securityContext: {seccompProfile: {type: RuntimeDefault}}}]}
            """, "seccompProfile", #"pod must not set securityContext.seccompProfile.type to "Unconfined""#,
            "spec.securityContext.seccompProfile.type"),
    ]

    @Test("a container without a profile is found, since 1.19; not on Windows since 1.25", arguments: rows)
    func verdict(row: Row) throws { try row.verify("seccompProfile_restricted", .restricted) }
}
