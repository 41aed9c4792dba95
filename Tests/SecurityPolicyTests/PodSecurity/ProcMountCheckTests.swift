// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The checks procMount and procMount_restricted")
struct ProcMountCheckTests {
    typealias Row = PodSecurityRow

    static let unmasked = "{hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}"
    static let detail = #"container "a" must not set securityContext.procMount to "Unmasked""#
    static let field = "spec.containers[0].securityContext.procMount"

    @Test(
        "baseline finds an unmasked /proc; since 1.35 not in a user namespace of its own",
        arguments: [
            Row.passes("v1.0", "{containers: [{name: a}, {name: b, securityContext: {procMount: Default}}]}"),
            .passes("v1.35", "{containers: [{name: a}, {name: b, securityContext: {procMount: Default}}]}"),
            .passes("v1.35", unmasked),
            .passes("latest", unmasked),
            .fails("v1.0", unmasked, "procMount", detail, field),
            .fails("v1.34", unmasked, "procMount", detail, field),
            .fails(
                "v1.35", "{hostUsers: true, containers: [{name: a, securityContext: {procMount: Unmasked}}]}",
                "procMount", detail, field),
            .fails(
                "latest",
                """
                {initContainers: [{name: z, securityContext: {procMount: Unmasked}}],
                 containers: [{name: a, securityContext: {procMount: Default}}],
                 ephemeralContainers: [{name: e, securityContext: {procMount: Odd}}]}
                """, "procMount",
                #"containers "z", "e" must not set securityContext.procMount to "Odd", "Unmasked""#,
                "spec.initContainers[0].securityContext.procMount",
                "spec.ephemeralContainers[0].securityContext.procMount"),
        ])
    func baseline(row: Row) throws { try row.verify("procMount", .baseline) }

    @Test(
        "restricted finds it whatever the user namespace, since 1.35 by a check of its own",
        arguments: [
            Row.passes("v1.34", unmasked),
            .passes("v1.35", "{containers: [{name: a}, {name: b, securityContext: {procMount: Default}}]}"),
            .fails("v1.35", unmasked, "procMount", detail, field),
            .fails("latest", unmasked, "procMount", detail, field),
        ])
    func restricted(row: Row) throws { try row.verify("procMount_restricted", .restricted) }

    @Test(
        "before 1.35 restricted has baseline's check, and since then it is overridden",
        arguments: [
            Row.fails("v1.34", unmasked, "procMount", detail, field),
            .passes("v1.35", "{containers: [{name: a, securityContext: {procMount: Unmasked}}]}"),
        ])
    func overridden(row: Row) throws { try row.verify("procMount", .restricted) }
}
