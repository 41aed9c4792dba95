// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check appArmorProfile")
struct AppArmorProfileCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("latest", "{securityContext: {appArmorProfile: {type: RuntimeDefault}}, containers: [{name: a}]}"),
        .passes(
            "latest",
            "{containers: [{name: a, securityContext: {appArmorProfile: {type: Localhost, localhostProfile: p}}}]}"),
        .passes(
            "v1.0", "{containers: [{name: a}, {name: b}, {name: c}]}",
            [
                "container.apparmor.security.beta.kubernetes.io/a": "",
                "container.apparmor.security.beta.kubernetes.io/b": "runtime/default",
                "container.apparmor.security.beta.kubernetes.io/c": "localhost/",
                "apparmor.security.beta.kubernetes.io/a": "unconfined",
                "x.container.apparmor.security.beta.kubernetes.io/a": "unconfined",
            ]),
        .fails(
            "v1.0", "{securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: a}]}",
            "forbidden AppArmor profile", #"pod must not set AppArmor profile type to "Unconfined""#,
            "spec.securityContext.appArmorProfile.type"),
        .fails(
            "latest", "{containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]}",
            "forbidden AppArmor profile", #"container "a" must not set AppArmor profile type to "Unconfined""#,
            "spec.containers[0].securityContext.appArmorProfile.type"),
        .fails(
            "latest", "{containers: [{name: a}]}",
            ["container.apparmor.security.beta.kubernetes.io/a": "my/localhost/p"],
            "forbidden AppArmor profile",
            "annotation must not set AppArmor profile type to "
                + #""container.apparmor.security.beta.kubernetes.io/a="my/localhost/p"""#,
            "metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]"),
        // Also of a container that the pod does not have.
        .fails(
            "v1.0", "{containers: [{name: a}]}", ["container.apparmor.security.beta.kubernetes.io/b": "unconfined"],
            "forbidden AppArmor profile",
            "annotation must not set AppArmor profile type to "
                + #""container.apparmor.security.beta.kubernetes.io/b="unconfined"""#,
            "metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]"),
        .fails(
            "latest",
            """
            {securityContext: {appArmorProfile: {type: Unconfined}},
             initContainers: [{name: z, securityContext: {appArmorProfile: {type: Odd}}}],
             containers: [{name: a, securityContext: {appArmorProfile: {type: RuntimeDefault}}}],
             ephemeralContainers: [{name: e, securityContext: {appArmorProfile: {type: Unconfined}}}]}
            """,
            [
                "container.apparmor.security.beta.kubernetes.io/z": "unconfined",
                "container.apparmor.security.beta.kubernetes.io/a-b": "local\"host",
                "container.apparmor.security.beta.kubernetes.io/a": "localhost",
            ], "forbidden AppArmor profiles",
            #"pod and containers "z", "e" and annotations must not set AppArmor profile type to "Odd", "Unconfined", "#
                + #""container.apparmor.security.beta.kubernetes.io/a-b="local\"host"", "#
                + #""container.apparmor.security.beta.kubernetes.io/a="localhost"", "#
                + #""container.apparmor.security.beta.kubernetes.io/z="unconfined"""#,
            "spec.securityContext.appArmorProfile.type",
            "spec.initContainers[0].securityContext.appArmorProfile.type",
            "spec.ephemeralContainers[0].securityContext.appArmorProfile.type",
            "metadata.annotations[container.apparmor.security.beta.kubernetes.io/a-b]",
            "metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]",
            "metadata.annotations[container.apparmor.security.beta.kubernetes.io/z]"),
    ]

    @Test("a profile that is no default and none of the node's is found, by field and by annotation", arguments: rows)
    func verdict(row: Row) throws { try row.verify("appArmorProfile", .baseline) }
}
