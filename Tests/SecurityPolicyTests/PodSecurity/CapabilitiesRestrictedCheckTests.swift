// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check capabilities_restricted")
struct CapabilitiesRestrictedCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.21", "{containers: [{name: a, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}"),
        .passes("v1.22", "{containers: [{name: a, securityContext: {capabilities: {drop: [ALL]}}}]}"),
        .passes(
            "latest",
            "{containers: [{name: a, securityContext: {capabilities: {add: [NET_BIND_SERVICE], drop: [KILL, ALL]}}}]}"),
        .passes("v1.25", "{os: {name: windows}, containers: [{name: a}]}"),
        .passes("latest", "{os: {name: windows}, containers: [{name: a}]}"),
        .fails(
            "v1.24", "{os: {name: windows}, containers: [{name: a}]}", "unrestricted capabilities",
            #"container "a" must set securityContext.capabilities.drop=["ALL"]"#, "spec.containers[0].securityContext"),
        .fails(
            "v1.22", "{containers: [{name: a, securityContext: {}}]}", "unrestricted capabilities",
            #"container "a" must set securityContext.capabilities.drop=["ALL"]"#, "spec.containers[0].securityContext"),
        .fails(
            "v1.25", "{os: {name: linux}, containers: [{name: a, securityContext: {capabilities: {}}}]}",
            "unrestricted capabilities", #"container "a" must set securityContext.capabilities.drop=["ALL"]"#,
            "spec.containers[0].securityContext.capabilities"),
        .fails(
            "latest", "{containers: [{name: a, securityContext: {capabilities: {drop: [all, CAP_ALL, KILL]}}}]}",
            "unrestricted capabilities", #"container "a" must set securityContext.capabilities.drop=["ALL"]"#,
            "spec.containers[0].securityContext.capabilities.drop"),
        .fails(
            "latest", "{containers: [{name: a, securityContext: {capabilities: {add: [KILL, CHOWN], drop: [ALL]}}}]}",
            "unrestricted capabilities",
            #"container "a" must not include "CHOWN", "KILL" in securityContext.capabilities.add"#,
            "spec.containers[0].securityContext.capabilities.add"),
        .fails(
            "latest",
            """
            {initContainers: [{name: z}],
             containers: [{name: a, securityContext: {capabilities: {add: [ALL, NET_BIND_SERVICE]}}}],
             ephemeralContainers: [{name: e, securityContext: {capabilities: {drop: [ALL], add: [KILL, ALL]}}}]}
            """, "unrestricted capabilities",
            #"containers "z", "a" must set securityContext.capabilities.drop=["ALL"]; "#
                + #"containers "a", "e" must not include "ALL", "KILL" in securityContext.capabilities.add"#,
            "spec.initContainers[0].securityContext", "spec.containers[0].securityContext.capabilities",
            "spec.containers[0].securityContext.capabilities.add",
            "spec.ephemeralContainers[0].securityContext.capabilities.add"),
    ]

    @Test(
        "ALL must be dropped and NET_BIND_SERVICE alone may be added, since 1.22; not on Windows since 1.25",
        arguments: rows)
    func verdict(row: Row) throws { try row.verify("capabilities_restricted", .restricted) }
}
