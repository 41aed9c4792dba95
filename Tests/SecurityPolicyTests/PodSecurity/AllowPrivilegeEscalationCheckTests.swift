// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check allowPrivilegeEscalation")
struct AllowPrivilegeEscalationCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.7", "{containers: [{name: a}]}"),
        .passes("v1.8", "{containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}]}"),
        .passes("latest", "{containers: [{name: a, securityContext: {allowPrivilegeEscalation: false}}]}"),
        .passes("v1.25", "{os: {name: windows}, containers: [{name: a}]}"),
        .passes("latest", "{os: {name: windows}, containers: [{name: a}]}"),
        .fails(
            "v1.24", "{os: {name: windows}, containers: [{name: a}]}", "allowPrivilegeEscalation != false",
            #"container "a" must set securityContext.allowPrivilegeEscalation=false"#,
            "spec.containers[0].securityContext"),
        .fails(
            "v1.8", "{containers: [{name: a, securityContext: {allowPrivilegeEscalation: true}}]}",
            "allowPrivilegeEscalation != false",
            #"container "a" must set securityContext.allowPrivilegeEscalation=false"#,
            "spec.containers[0].securityContext.allowPrivilegeEscalation"),
        .fails(
            "latest",
            """
            {initContainers: [{name: z}], containers: [{name: a, securityContext: {}},
                {name: b, securityContext: {allowPrivilegeEscalation: false}}],
             ephemeralContainers: [{name: e, securityContext: {allowPrivilegeEscalation: true}}]}
            """, "allowPrivilegeEscalation != false",
            #"containers "z", "a", "e" must set securityContext.allowPrivilegeEscalation=false"#,
            "spec.initContainers[0].securityContext", "spec.containers[0].securityContext",
            "spec.ephemeralContainers[0].securityContext.allowPrivilegeEscalation"),
    ]

    @Test("a container that does not say false is found, since 1.8; not on Windows since 1.25", arguments: rows)
    func verdict(row: Row) throws { try row.verify("allowPrivilegeEscalation", .restricted) }
}
