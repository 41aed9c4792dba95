// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check hostNamespaces")
struct HostNamespacesCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("latest", "{hostNetwork: false, hostPID: false, hostIPC: false, containers: [{name: a}]}"),
        .fails(
            "v1.0", "{hostNetwork: true, containers: [{name: a}]}", "host namespaces", "hostNetwork=true",
            "spec.hostNetwork"),
        .fails(
            "latest", "{hostPID: true, containers: [{name: a}]}", "host namespaces", "hostPID=true", "spec.hostPID"),
        .fails(
            "latest", "{hostIPC: true, hostPID: true, hostNetwork: true, containers: [{name: a}]}", "host namespaces",
            "hostNetwork=true, hostPID=true, hostIPC=true", "spec.hostNetwork", "spec.hostPID", "spec.hostIPC"),
    ]

    @Test("a host namespace is found, in the library's order", arguments: rows)
    func verdict(row: Row) throws { try row.verify("hostNamespaces", .baseline) }
}
