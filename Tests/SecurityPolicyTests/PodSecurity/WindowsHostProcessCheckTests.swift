// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check windowsHostProcess")
struct WindowsHostProcessCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes(
            "latest",
            """
            {securityContext: {windowsOptions: {hostProcess: false}},
             containers: [{name: a, securityContext: {windowsOptions: {}}}]}
            """),
        .fails(
            "v1.0", "{securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a}]}", "hostProcess",
            "pod must not set securityContext.windowsOptions.hostProcess=true",
            "spec.securityContext.windowsOptions.hostProcess"),
        .fails(
            "latest", "{containers: [{name: a, securityContext: {windowsOptions: {hostProcess: true}}}]}",
            "hostProcess", #"container "a" must not set securityContext.windowsOptions.hostProcess=true"#,
            "spec.containers[0].securityContext.windowsOptions.hostProcess"),
        .fails(
            "latest",
            """
            {securityContext: {windowsOptions: {hostProcess: true}},
             initContainers: [{name: z, securityContext: {windowsOptions: {hostProcess: true}}}],
             containers: [{name: a, securityContext: {windowsOptions: {hostProcess: false}}}],
             ephemeralContainers: [{name: e, securityContext: {windowsOptions: {hostProcess: true}}}]}
            """, "hostProcess",
            #"pod and containers "z", "e" must not set securityContext.windowsOptions.hostProcess=true"#,
            "spec.securityContext.windowsOptions.hostProcess",
            "spec.initContainers[0].securityContext.windowsOptions.hostProcess",
            "spec.ephemeralContainers[0].securityContext.windowsOptions.hostProcess"),
    ]

    @Test("a process on the Windows host itself is found", arguments: rows)
    func verdict(row: Row) throws { try row.verify("windowsHostProcess", .baseline) }
}
