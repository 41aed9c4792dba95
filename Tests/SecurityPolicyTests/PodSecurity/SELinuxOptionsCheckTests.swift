// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check seLinuxOptions")
struct SELinuxOptionsCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("v1.0", "{securityContext: {seLinuxOptions: {level: 's0:c1,c2', user: '', role: ''}}, containers: []}"),
        .passes("v1.0", "{securityContext: {seLinuxOptions: {type: ''}}, containers: []}"),
        .passes("v1.0", "{securityContext: {seLinuxOptions: {type: container_t}}, containers: []}"),
        .passes("v1.30", "{securityContext: {seLinuxOptions: {type: container_init_t}}, containers: []}"),
        .passes("latest", "{securityContext: {seLinuxOptions: {type: container_kvm_t}}, containers: []}"),
        .passes("v1.31", "{securityContext: {seLinuxOptions: {type: container_engine_t}}, containers: []}"),
        .fails(
            "v1.30", "{securityContext: {seLinuxOptions: {type: container_engine_t}}, containers: []}",
            "seLinuxOptions", #"pod set forbidden securityContext.seLinuxOptions: type "container_engine_t""#,
            "spec.securityContext.seLinuxOptions.type"),
        .fails(
            "v1.31", "{containers: [{name: a, securityContext: {seLinuxOptions: {type: spc_t}}}]}", "seLinuxOptions",
            #"container "a" set forbidden securityContext.seLinuxOptions: type "spc_t""#,
            "spec.containers[0].securityContext.seLinuxOptions.type"),
        .fails(
            "latest", "{securityContext: {seLinuxOptions: {user: u}}, containers: []}", "seLinuxOptions",
            "pod set forbidden securityContext.seLinuxOptions: user may not be set",
            "spec.securityContext.seLinuxOptions.user"),
        .fails(
            "v1.0", "{securityContext: {seLinuxOptions: {role: r}}, containers: []}", "seLinuxOptions",
            "pod set forbidden securityContext.seLinuxOptions: role may not be set",
            "spec.securityContext.seLinuxOptions.role"),
        .fails(
            "latest",
            """
            {securityContext: {seLinuxOptions: {type: z, user: u}},
             initContainers: [{name: i, securityContext: {seLinuxOptions: {type: w_t}}}],
             containers: [{name: a, securityContext: {seLinuxOptions: {type: z}}},
                          {name: b, securityContext: {seLinuxOptions: {type: container_t}}}],
             ephemeralContainers: [{name: e, securityContext: {seLinuxOptions: {role: r}}}]}
            """, "seLinuxOptions",
            #"pod and containers "i", "a", "e" set forbidden securityContext.seLinuxOptions: "#
                + #"types "w_t", "z"; user may not be set; role may not be set"#,
            "spec.securityContext.seLinuxOptions.type", "spec.securityContext.seLinuxOptions.user",
            "spec.initContainers[0].securityContext.seLinuxOptions.type",
            "spec.containers[0].securityContext.seLinuxOptions.type",
            "spec.ephemeralContainers[0].securityContext.seLinuxOptions.role"),
    ]

    @Test("a type that containers do not have, a user and a role are found", arguments: rows)
    func verdict(row: Row) throws { try row.verify("seLinuxOptions", .baseline) }
}
