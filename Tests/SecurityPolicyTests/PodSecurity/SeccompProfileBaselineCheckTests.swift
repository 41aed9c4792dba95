// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check seccompProfile_baseline")
struct SeccompProfileBaselineCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        // The fields are not looked at before 1.19, the annotations not after it.
        .passes("v1.18", "{securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a}]}"),
        .passes("v1.19", "{containers: [{name: a}]}", ["seccomp.security.alpha.kubernetes.io/pod": "unconfined"]),
        .passes("v1.18", "{containers: [{name: a}]}", ["seccomp.security.alpha.kubernetes.io/pod": "runtime/default"]),
        .passes("v1.18", "{containers: [{name: a}]}", ["seccomp.security.alpha.kubernetes.io/pod": "docker/default"]),
        .passes(
            "v1.18", "{containers: [{name: a}]}",
            ["container.seccomp.security.alpha.kubernetes.io/a": "localhost/p"]),
        // An annotation of a container that the pod does not have.
        .passes(
            "v1.18", "{containers: [{name: a}]}", ["container.seccomp.security.alpha.kubernetes.io/b": "unconfined"]),
        .fails(
            "v1.0", "{containers: [{name: a}]}", ["seccomp.security.alpha.kubernetes.io/pod": "unconfined"],
            "seccompProfile", #"forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined""#,
            "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]"),
        .fails(
            "v1.18", "{initContainers: [{name: z}], containers: [{name: a}], ephemeralContainers: [{name: e}]}",
            [
                "seccomp.security.alpha.kubernetes.io/pod": "",
                "container.seccomp.security.alpha.kubernetes.io/a": "q\"",
                "container.seccomp.security.alpha.kubernetes.io/z": "unconfined",
                "container.seccomp.security.alpha.kubernetes.io/e": "my/localhost/p",
            ], "seccompProfile",
            #"forbidden annotations container.seccomp.security.alpha.kubernetes.io/a="q\"", "#
                + #"container.seccomp.security.alpha.kubernetes.io/e="my/localhost/p", "#
                + #"container.seccomp.security.alpha.kubernetes.io/z="unconfined", "#
                + #"seccomp.security.alpha.kubernetes.io/pod="""#,
            "metadata.annotations[container.seccomp.security.alpha.kubernetes.io/a]",
            "metadata.annotations[container.seccomp.security.alpha.kubernetes.io/e]",
            "metadata.annotations[container.seccomp.security.alpha.kubernetes.io/z]",
            "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]"),
        .passes("v1.19", "{securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a}]}"),
        .passes(
            "latest",
            "{containers: [{name: a, securityContext: {seccompProfile: {type: Localhost, localhostProfile: p}}}]}"),
        .fails(
            "v1.19", "{securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a}]}",
            "seccompProfile", #"pod must not set securityContext.seccompProfile.type to "Unconfined""#,
            "spec.securityContext.seccompProfile.type"),
        .fails(
            "latest", "{containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}, {name: b}]}",
            "seccompProfile", #"container "a" must not set securityContext.seccompProfile.type to "Unconfined""#,
            "spec.containers[0].securityContext.seccompProfile.type"),
        .fails(
            "latest",
            """
            {securityContext: {seccompProfile: {type: Unconfined}},
             initContainers: [{name: z, securityContext: {seccompProfile: {type: Odd}}}],
             containers: [{name: a, securityContext: {seccompProfile: {type: RuntimeDefault}}}],
             ephemeralContainers: [{name: e, securityContext: {seccompProfile: {type: Unconfined}}}]}
            """, "seccompProfile",
            #"pod and containers "z", "e" must not set securityContext.seccompProfile.type to "Odd", "Unconfined""#,
            "spec.securityContext.seccompProfile.type",
            "spec.initContainers[0].securityContext.seccompProfile.type",
            "spec.ephemeralContainers[0].securityContext.seccompProfile.type"),
    ]

    @Test(
        "a profile that is no default and none of the node's is found: by annotation, since 1.19 by field",
        arguments: rows)
    func verdict(row: Row) throws { try row.verify("seccompProfile_baseline", .baseline) }
}
