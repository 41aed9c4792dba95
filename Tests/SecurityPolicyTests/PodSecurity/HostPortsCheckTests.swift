// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check hostPorts")
struct HostPortsCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("latest", "{containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 81, hostPort: 0}]}]}"),
        .fails(
            "v1.0", "{containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 81, hostPort: 81}]}]}",
            "hostPort", #"container "a" uses hostPort 81"#, "spec.containers[0].ports[1].hostPort"),
        .fails(
            "latest",
            """
            {initContainers: [{name: z, ports: [{containerPort: 9, hostPort: 9}]}],
             containers: [{name: a, ports: [{containerPort: 8, hostPort: 8080}, {containerPort: 9, hostPort: 9}]}]}
            """, "hostPort", #"containers "z", "a" use hostPorts 8080, 9"#,
            "spec.initContainers[0].ports[0].hostPort", "spec.containers[0].ports[0].hostPort",
            "spec.containers[0].ports[1].hostPort"),
        .fails(
            "latest",
            """
            {containers: [{name: a, ports: [{containerPort: 8, hostPort: 80}]},
                          {name: b, ports: [{containerPort: 8, hostPort: 80, protocol: UDP}]}]}
            """, "hostPort", #"containers "a", "b" use hostPort 80"#, "spec.containers[0].ports[0].hostPort",
            "spec.containers[1].ports[0].hostPort"),
        .fails(
            "latest",
            "{containers: [{name: a, ports: [{containerPort: 8, hostPort: 70}, {containerPort: 9, hostPort: 9090}]}]}",
            "hostPort", #"container "a" uses hostPorts 70, 9090"#, "spec.containers[0].ports[0].hostPort",
            "spec.containers[0].ports[1].hostPort"),
    ]

    @Test("a host port is found; ports are sorted as texts and told once", arguments: rows)
    func verdict(row: Row) throws { try row.verify("hostPorts", .baseline) }
}
