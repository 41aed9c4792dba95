// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check capabilities_baseline")
struct CapabilitiesBaselineCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("latest", "{containers: [{name: a, securityContext: {capabilities: {}}}]}"),
        .passes("latest", "{containers: [{name: a, securityContext: {capabilities: {drop: [SYS_ADMIN]}}}]}"),
        .passes(
            "latest",
            """
            {containers: [{name: a, securityContext: {capabilities: {add: [AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER,
             FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID, SYS_CHROOT]}}}]}
            """),
        .fails(
            "v1.0", "{containers: [{name: a, securityContext: {capabilities: {add: [CHOWN, NET_RAW]}}}]}",
            "non-default capabilities",
            #"container "a" must not include "NET_RAW" in securityContext.capabilities.add"#,
            "spec.containers[0].securityContext.capabilities.add"),
        .fails(
            "latest", "{containers: [{name: a, securityContext: {capabilities: {add: [CAP_CHOWN, chown, ALL]}}}]}",
            "non-default capabilities",
            #"container "a" must not include "ALL", "CAP_CHOWN", "chown" in securityContext.capabilities.add"#,
            "spec.containers[0].securityContext.capabilities.add"),
        // U+212A looks like K and is the same to Swift.
        .fails(
            "latest", "{containers: [{name: a, securityContext: {capabilities: {add: [\u{212a}ILL]}}}]}",
            "non-default capabilities",
            "container \"a\" must not include \"\u{212a}ILL\" in securityContext.capabilities.add",
            "spec.containers[0].securityContext.capabilities.add"),
        .fails(
            "latest",
            """
            {initContainers: [{name: z, securityContext: {capabilities: {add: [SYS_TIME, SYS_ADMIN]}}}],
             containers: [{name: a, securityContext: {capabilities: {add: [CHOWN]}}}],
             ephemeralContainers: [{name: e, securityContext: {capabilities: {add: [SYS_PTRACE, SYS_TIME]}}}]}
            """, "non-default capabilities",
            #"containers "z", "e" must not include "SYS_ADMIN", "SYS_PTRACE", "SYS_TIME" "#
                + "in securityContext.capabilities.add",
            "spec.initContainers[0].securityContext.capabilities.add",
            "spec.ephemeralContainers[0].securityContext.capabilities.add"),
    ]

    @Test("a capability beyond the defaults is found by its exact spelling", arguments: rows)
    func verdict(row: Row) throws { try row.verify("capabilities_baseline", .baseline) }
}
