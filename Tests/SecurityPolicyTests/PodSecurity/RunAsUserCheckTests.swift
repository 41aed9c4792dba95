// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check runAsUser")
struct RunAsUserCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.22", "{securityContext: {runAsUser: 0}, containers: [{name: a}]}"),
        .passes("v1.23", "{containers: [{name: a}]}"),
        .passes(
            "latest", "{securityContext: {runAsUser: 1}, containers: [{name: a, securityContext: {runAsUser: 2}}]}"),
        .passes("v1.35", "{hostUsers: false, securityContext: {runAsUser: 0}, containers: [{name: a}]}"),
        .passes("latest", "{hostUsers: false, containers: [{name: a, securityContext: {runAsUser: 0}}]}"),
        .fails(
            "v1.34", "{hostUsers: false, securityContext: {runAsUser: 0}, containers: [{name: a}]}", "runAsUser=0",
            "pod must not set runAsUser=0", "spec.securityContext.runAsUser"),
        .fails(
            "v1.23", "{containers: [{name: a, securityContext: {runAsUser: 0}}]}", "runAsUser=0",
            #"container "a" must not set runAsUser=0"#, "spec.containers[0].securityContext.runAsUser"),
        .fails(
            "v1.35",
            """
            {hostUsers: true, securityContext: {runAsUser: 0},
             initContainers: [{name: z, securityContext: {runAsUser: 0}}],
             containers: [{name: a, securityContext: {runAsUser: 1}}],
             ephemeralContainers: [{name: e, securityContext: {runAsUser: 0}}]}
            """, "runAsUser=0", #"pod and containers "z", "e" must not set runAsUser=0"#,
            "spec.securityContext.runAsUser", "spec.initContainers[0].securityContext.runAsUser",
            "spec.ephemeralContainers[0].securityContext.runAsUser"),
    ]

    @Test("user 0 is found, since 1.23; since 1.35 not in a user namespace of its own", arguments: rows)
    func verdict(row: Row) throws { try row.verify("runAsUser", .restricted) }
}
