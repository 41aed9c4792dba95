// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SecurityPolicy

@Suite("Findings about confinement")
struct ConfinementRuleTests {
    static let pod = "spec.securityContext"
    private static let unfiltered = Finding(
        "spec.containers[0].securityContext", "container \"c\" may make every system call")

    static let unsetRows: [FindingRow] = [
        .finds(.one("allowPrivilegeEscalation: false"), unfiltered),
        .finds(.one(pod: "runAsNonRoot: true"), unfiltered),
        .finds(.one("capabilities: {drop: [NET_ROW, ALL]}"), unfiltered),
        .quiet(.one("allowPrivilegeEscalation: false"), node: .reference(seccompDefault: true)),
        .quiet(.one("allowPrivilegeEscalation: false, seccompProfile: {type: Unconfined}")),
        .quiet(.one("allowPrivilegeEscalation: false", pod: "seccompProfile: {type: RuntimeDefault}")),
        .quiet(.one("privileged: true", pod: "runAsNonRoot: true")),
        .quiet(.one()),
        .quiet(.one("runAsUser: 5")),
    ]

    @Test("a restricted container without a filter is told of", arguments: unsetRows)
    func unset(row: FindingRow) throws { try row.verify("seccomp-unset") }

    static let overriddenRows: [FindingRow] = [
        .finds(
            .one("seccompProfile: {type: Unconfined}", pod: "seccompProfile: {type: RuntimeDefault}"),
            Finding(.own("seccompProfile"), "container \"c\" has no filter, against the pod's RuntimeDefault")),
        .quiet(.one("seccompProfile: {type: Unconfined}", pod: "seccompProfile: {type: Unconfined}")),
        .quiet(.one("seccompProfile: {type: Unconfined}")),
        .quiet(
            .one(
                "seccompProfile: {type: Localhost, localhostProfile: a}", pod: "seccompProfile: {type: RuntimeDefault}")
        ),
        .quiet(
            .one(
                "privileged: true, seccompProfile: {type: Unconfined}", pod: "seccompProfile: {type: RuntimeDefault}")),
    ]

    @Test("a container that turns the pod's filter off is told of", arguments: overriddenRows)
    func overridden(row: FindingRow) throws { try row.verify("seccomp-overridden") }

    static let localhostRows: [FindingRow] = [
        .finds(
            .one(
                "seccompProfile: {type: Localhost, localhostProfile: a/b.json}",
                pod: "seccompProfile: {type: Localhost, localhostProfile: c.json}"),
            Finding("\(pod).seccompProfile.localhostProfile", "the node must have /var/lib/kubelet/seccomp/c.json"),
            Finding(
                .own("seccompProfile.localhostProfile"), "the node must have /var/lib/kubelet/seccomp/a/b.json")),
        .quiet(.one("seccompProfile: {type: Localhost, localhostProfile: ''}")),
        .quiet(.one("seccompProfile: {type: RuntimeDefault}")),
        .quiet(.one("privileged: true, seccompProfile: {type: Localhost, localhostProfile: a}")),
    ]

    @Test("a profile must lie on the node", arguments: localhostRows)
    func localhost(row: FindingRow) throws { try row.verify("seccomp-localhost") }

    static let localhostEmptyRows: [FindingRow] = [
        .finds(
            .one("seccompProfile: {type: Localhost, localhostProfile: ''}"),
            Finding(.own("seccompProfile.localhostProfile"), "names no file: the kubelet refuses the container")),
        .finds(
            .one("privileged: true", pod: "seccompProfile: {type: Localhost, localhostProfile: ''}"),
            Finding("\(pod).seccompProfile.localhostProfile", "names no file: the kubelet refuses the container")),
        .finds(
            .one("privileged: true, seccompProfile: {type: Localhost, localhostProfile: ''}"),
            Finding(.own("seccompProfile.localhostProfile"), "names no file: the kubelet refuses the container")),
        .quiet(.one("seccompProfile: {type: Localhost, localhostProfile: a}")),
        .quiet(.one("seccompProfile: {type: RuntimeDefault}")),
    ]

    @Test("a profile without a file is refused", arguments: localhostEmptyRows)
    func localhostEmpty(row: FindingRow) throws { try row.verify("seccomp-localhost-empty") }

    static let ofPod = "seccomp.security.alpha.kubernetes.io/pod"
    static let ofContainer = "container.seccomp.security.alpha.kubernetes.io/c"
    private static func dead(_ key: String) -> Finding {
        Finding("metadata.annotations[\(key)]", "\"runtime/default\" is asked for, and no filter is applied by it")
    }

    static let annotationRows: [FindingRow] = [
        .finds(
            .one(), annotations: [ofPod: "runtime/default", ofContainer: "runtime/default", "x": "y"],
            dead(ofContainer), dead(ofPod)),
        .quiet(.one(), annotations: [ofPod: "unconfined"]),
        .quiet(.one(), annotations: ["x": "y"]),
        .quiet(.one(pod: "seccompProfile: {type: RuntimeDefault}"), annotations: [ofPod: "runtime/default"]),
        .quiet(.one("seccompProfile: {type: RuntimeDefault}"), annotations: [ofContainer: "runtime/default"]),
        .quiet(.one()),
    ]

    @Test("annotations for seccomp are dead", arguments: annotationRows)
    func annotation(row: FindingRow) throws { try row.verify("seccomp-annotation") }

    static let appArmorRows: [FindingRow] = [
        .finds(
            .one(
                "appArmorProfile: {type: Localhost, localhostProfile: a}",
                pod: "appArmorProfile: {type: RuntimeDefault}"),
            Finding("\(pod).appArmorProfile", "a node without AppArmor rejects the pod: RuntimeDefault is asked for"),
            Finding(.own("appArmorProfile"), "the node must have AppArmor, with the profile \"a\" loaded")),
        // The server makes the annotation a field.
        .finds(
            .one(), annotations: ["container.apparmor.security.beta.kubernetes.io/c": "runtime/default"],
            Finding(.own("appArmorProfile"), "a node without AppArmor rejects the pod: RuntimeDefault is asked for")),
        .quiet(.one("appArmorProfile: {type: Unconfined}")),
        .quiet(.one()),
    ]

    @Test("a profile for AppArmor needs AppArmor", arguments: appArmorRows)
    func appArmor(row: FindingRow) throws { try row.verify("app-armor-needed") }

    static let replacedRows: [FindingRow] = [
        .finds(
            .one("seLinuxOptions: {level: 's0:c1,c2'}", pod: "seLinuxOptions: {type: t, role: r, user: ''}"),
            Finding(.own("seLinuxOptions"), "container \"c\" loses the pod's role \"r\", type \"t\"")),
        .finds(
            .one("seLinuxOptions: {}", pod: "seLinuxOptions: {level: s0, user: u}"),
            Finding(.own("seLinuxOptions"), "container \"c\" loses the pod's user \"u\", level \"s0\"")),
        .quiet(.one("seLinuxOptions: {type: u, level: s0}", pod: "seLinuxOptions: {type: t}")),
        .quiet(.one("seLinuxOptions: {level: s0}")),
        .quiet(.one(pod: "seLinuxOptions: {type: t}")),
    ]

    @Test("SELinux options are replaced as a whole", arguments: replacedRows)
    func replaced(row: FindingRow) throws { try row.verify("selinux-replaced") }

    static let levelRows: [FindingRow] = [
        .finds(
            .one("seLinuxOptions: {level: 'c1,c2'}"),
            Finding(
                .own("seLinuxOptions.level"),
                "spec.containers[0].securityContext.seLinuxOptions.level: the format of 'level' \"c1,c2\" is not correct"
            )),
        .finds(
            .one(pod: "seLinuxOptions: {level: top}"),
            Finding(
                "\(pod).seLinuxOptions.level",
                "spec.securityContext.seLinuxOptions.level: the format of 'level' \"top\" is not correct")),
        .quiet(.one("seLinuxOptions: {level: s0}", pod: "seLinuxOptions: {level: top}")),
        .quiet(.one("seLinuxOptions: {level: 's0:c123,c456'}")),
        .quiet(.one("seLinuxOptions: {type: t}")),
    ]

    @Test("a level that is none is refused", arguments: levelRows)
    func level(row: FindingRow) throws { try row.verify("selinux-level-malformed") }

    static let windowsRows: [FindingRow] = [
        .finds(
            .one("windowsOptions: {runAsUserName: a}", pod: "windowsOptions: {runAsUserName: b}"),
            Finding("\(pod).windowsOptions", "no effect on a Linux node"),
            Finding(.own("windowsOptions"), "no effect on a Linux node")),
        .quiet(.one("windowsOptions: {runAsUserName: a}", spec: "os: {name: windows}")),
        .quiet(.one()),
    ]

    @Test("Windows options do nothing on Linux", arguments: windowsRows)
    func windows(row: FindingRow) throws { try row.verify("windows-options") }

    private static let shared = Finding(
        "spec.shareProcessNamespace", "containers of the same user can read each other's environment and files")
    private static func two(_ first: String, _ second: String, _ spec: String = "shareProcessNamespace: true") -> String
    {
        "{containers: [{name: c, image: i, securityContext: {\(first)}}, {name: d, image: i, securityContext: {\(second)}}],"
            + " \(spec)}"
    }

    static let sharedRows: [FindingRow] = [
        .finds(two("", ""), shared),
        .finds(two("runAsUser: 5", "runAsUser: 5"), shared),
        .finds(
            .one(
                spec: "shareProcessNamespace: true, initContainers: [{name: d, image: i, restartPolicy: Always}]"),
            shared),
        .quiet(two("runAsUser: 5", "runAsUser: 6")),
        .quiet(two("", "", "shareProcessNamespace: false")),
        .quiet(two("", "", "hostNetwork: false")),
        .quiet(.one(spec: "shareProcessNamespace: true, initContainers: [{name: d, image: i}]")),
        .quiet(.one(spec: "shareProcessNamespace: true")),
    ]

    @Test("containers that share processes and a user are told of", arguments: sharedRows)
    func sharing(row: FindingRow) throws { try row.verify("shared-processes") }
}
