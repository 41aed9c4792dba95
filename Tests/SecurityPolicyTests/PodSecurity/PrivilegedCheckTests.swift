// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check privileged")
struct PrivilegedCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("latest", "{containers: [{name: a, securityContext: {}}]}"),
        .passes("latest", "{containers: [{name: a, securityContext: {privileged: false}}]}"),
        .fails(
            "v1.0", "{containers: [{name: a, securityContext: {privileged: true}}, {name: b}]}", "privileged",
            #"container "a" must not set securityContext.privileged=true"#,
            "spec.containers[0].securityContext.privileged"),
        .fails(
            "latest",
            """
            {initContainers: [{name: z, securityContext: {privileged: true}}],
             containers: [{name: a}, {name: c, securityContext: {privileged: true}}],
             ephemeralContainers: [{name: x, securityContext: {privileged: true}}]}
            """, "privileged", #"containers "z", "c", "x" must not set securityContext.privileged=true"#,
            "spec.initContainers[0].securityContext.privileged", "spec.containers[1].securityContext.privileged",
            "spec.ephemeralContainers[0].securityContext.privileged"),
    ]

    @Test("a privileged container is found, whatever its kind", arguments: rows)
    func verdict(row: Row) throws { try row.verify("privileged", .baseline) }
}
