// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check hostProbesAndHostLifecycle")
struct HostProbesAndHostLifecycleCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.33", "{containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: h}}}]}"),
        .passes("v1.34", "{containers: [{name: a, livenessProbe: {httpGet: {port: 80}}}]}"),
        .passes(
            "latest",
            """
            {containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: ""}}, readinessProbe: {exec: {}},
                           startupProbe: {tcpSocket: {port: 80, host: ""}},
                           lifecycle: {postStart: {httpGet: {port: 80, host: ""}}, preStop: {sleep: {seconds: 1}}}}]}
            """),
        .fails(
            "v1.34", "{containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: h}}}]}",
            "probe or lifecycle host", #"container "a" uses probe or lifecycle host "h""#,
            "spec.containers[0].livenessProbe.httpGet.host"),
        .fails(
            "latest", "{containers: [{name: a, readinessProbe: {tcpSocket: {port: 80, host: 127.0.0.1}}}]}",
            "probe or lifecycle host", #"container "a" uses probe or lifecycle host "127.0.0.1""#,
            "spec.containers[0].readinessProbe.tcpSocket.host"),
        .fails(
            "latest", "{containers: [{name: a, startupProbe: {httpGet: {port: 80, host: h}}}]}",
            "probe or lifecycle host", #"container "a" uses probe or lifecycle host "h""#,
            "spec.containers[0].startupProbe.httpGet.host"),
        .fails(
            "latest", "{containers: [{name: a, lifecycle: {postStart: {tcpSocket: {port: 80, host: h}}}}]}",
            "probe or lifecycle host", #"container "a" uses probe or lifecycle host "h""#,
            "spec.containers[0].lifecycle.postStart.tcpSocket.host"),
        .fails(
            "latest", "{containers: [{name: a, lifecycle: {preStop: {httpGet: {port: 80, host: h}}}}]}",
            "probe or lifecycle host", #"container "a" uses probe or lifecycle host "h""#,
            "spec.containers[0].lifecycle.preStop.httpGet.host"),
        .fails(
            "latest",
            """
            {initContainers: [{name: z, startupProbe: {httpGet: {port: 80, host: k}}}],
             containers: [{name: b, livenessProbe: {httpGet: {port: 80, host: h}},
                           lifecycle: {preStop: {httpGet: {port: 80, host: k}}}},
                          {name: a, readinessProbe: {tcpSocket: {port: 80, host: g}}}]}
            """, "probe or lifecycle host",
            #"containers "a", "b", "z" use probe or lifecycle hosts "g", "h", "k""#,
            "spec.initContainers[0].startupProbe.httpGet.host", "spec.containers[0].livenessProbe.httpGet.host",
            "spec.containers[0].lifecycle.preStop.httpGet.host", "spec.containers[1].readinessProbe.tcpSocket.host"),
    ]

    @Test("a probe or hook that names a host is found since 1.34; containers and hosts are sorted", arguments: rows)
    func verdict(row: Row) throws { try row.verify("hostProbesAndHostLifecycle", .baseline) }
}
