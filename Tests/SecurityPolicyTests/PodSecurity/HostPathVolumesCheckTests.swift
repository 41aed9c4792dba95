// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check hostPathVolumes")
struct HostPathVolumesCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("latest", "{containers: [{name: a}], volumes: [{name: v, emptyDir: {}}, {name: w, nfs: {server: s}}]}"),
        .fails(
            "v1.0", "{containers: [{name: a}], volumes: [{name: v}, {name: w, hostPath: {path: /}}]}",
            "hostPath volumes", #"volume "w""#, "spec.volumes[1].hostPath"),
        .fails(
            "latest",
            "{containers: [{name: a}], volumes: [{name: w, hostPath: {path: /}}, {name: v, hostPath: {path: /}}]}",
            "hostPath volumes", #"volumes "w", "v""#, "spec.volumes[0].hostPath", "spec.volumes[1].hostPath"),
    ]

    @Test("a hostPath volume is found, in the manifest's order", arguments: rows)
    func verdict(row: Row) throws { try row.verify("hostPathVolumes", .baseline) }
}
