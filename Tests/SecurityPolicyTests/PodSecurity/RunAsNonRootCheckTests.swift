// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check runAsNonRoot")
struct RunAsNonRootCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{securityContext: {runAsNonRoot: true}, containers: [{name: a}]}"),
        .passes("latest", "{containers: [{name: a, securityContext: {runAsNonRoot: true}}]}"),
        .passes("v1.35", "{hostUsers: false, containers: [{name: a}]}"),
        .passes("latest", "{hostUsers: false, securityContext: {runAsNonRoot: false}, containers: [{name: a}]}"),
        .fails(
            "v1.34", "{hostUsers: false, containers: [{name: a}]}", "runAsNonRoot != true",
            #"pod or container "a" must set securityContext.runAsNonRoot=true"#, "spec.containers[0].securityContext"),
        .fails(
            "v1.35", "{hostUsers: true, containers: [{name: a}]}", "runAsNonRoot != true",
            #"pod or container "a" must set securityContext.runAsNonRoot=true"#, "spec.containers[0].securityContext"),
        .fails(
            "v1.0",
            """
            {initContainers: [{name: z}], containers: [{name: a, securityContext: {runAsNonRoot: true}}],
             ephemeralContainers: [{name: e, securityContext: {}}]}
            """, "runAsNonRoot != true", #"pod or containers "z", "e" must set securityContext.runAsNonRoot=true"#,
            "spec.initContainers[0].securityContext", "spec.ephemeralContainers[0].securityContext"),
        // A container does not mend what the pod says.
        .fails(
            "latest",
            """
            {securityContext: {runAsNonRoot: false},
             containers: [{name: a, securityContext: {runAsNonRoot: true}}]}
            """, "runAsNonRoot != true", "pod must not set securityContext.runAsNonRoot=false",
            "spec.securityContext.runAsNonRoot"),
        // What is set is told alone.
        .fails(
            "latest", "{containers: [{name: a, securityContext: {runAsNonRoot: false}}, {name: b}]}",
            "runAsNonRoot != true", #"container "a" must not set securityContext.runAsNonRoot=false"#,
            "spec.containers[0].securityContext.runAsNonRoot"),
        .fails(
            "latest",
            """
            {securityContext: {runAsNonRoot: false},
             initContainers: [{name: z, securityContext: {runAsNonRoot: false}}],
             containers: [{name: a, securityContext: {runAsNonRoot: false}}]}
            """, "runAsNonRoot != true",
            #"pod and containers "z", "a" must not set securityContext.runAsNonRoot=false"#,
            "spec.securityContext.runAsNonRoot", "spec.initContainers[0].securityContext.runAsNonRoot",
            "spec.containers[0].securityContext.runAsNonRoot"),
    ]

    @Test("a container that may be root is found; since 1.35 not in a user namespace of its own", arguments: rows)
    func verdict(row: Row) throws { try row.verify("runAsNonRoot", .restricted) }
}
