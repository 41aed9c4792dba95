// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import Testing

@testable import SecurityPolicy

@Suite("Findings about capabilities")
struct CapabilityRuleTests {
    static let add = String.own("capabilities.add[0]")
    static let drop = String.own("capabilities.drop[0]")
    static let bind = FileCapabilities(permitted: .netBindService, isEffective: true)

    private static func unused(_ name: String, _ uid: Int, _ path: String = add) -> Finding {
        Finding(
            path, "\(name) is added and never effective: the container runs as uid \(uid), which holds no capability")
    }

    static let unusedRows: [FindingRow] = [
        .finds(.one("runAsUser: 1000, capabilities: {add: [NET_ADMIN]}"), unused("NET_ADMIN", 1000)),
        .finds(.one("capabilities: {add: [net_admin]}", pod: "runAsUser: 7"), unused("net_admin", 7)),
        .finds(.one("runAsUser: 7, capabilities: {add: [ALL]}"), unused("ALL", 7)),
        .finds(
            .one("capabilities: {add: [CHOWN], drop: [ALL]}"), image: .small(user: "app"), unused("CHOWN", 1000)),
        .finds(
            "{securityContext: {runAsUser: 5}, containers: [{name: c, image: i}], initContainers: [{name: d, image: i, "
                + "securityContext: {capabilities: {add: [CHOWN]}}}, {name: e, image: i, restartPolicy: Always, "
                + "securityContext: {capabilities: {add: [KILL]}}}]}",
            unused("CHOWN", 5, "spec.initContainers[0].securityContext.capabilities.add[0]"),
            unused("KILL", 5, "spec.initContainers[1].securityContext.capabilities.add[0]")),
        .finds(
            "{containers: [{name: c, image: i}], ephemeralContainers: [{name: d, image: i, securityContext: "
                + "{runAsUser: 5, capabilities: {add: [SYS_PTRACE]}}}]}",
            unused("SYS_PTRACE", 5, "spec.ephemeralContainers[0].securityContext.capabilities.add[0]")),
        // The unknown name is told of by itself, and does not hide this.
        .finds(.one("runAsUser: 7, capabilities: {add: [CHOWN], drop: [NET_ROW]}"), unused("CHOWN", 7)),
        // File capabilities of another kind do not help, nor do any with no_new_privs.
        .finds(
            .one("runAsUser: 7, capabilities: {add: [NET_ADMIN]}"),
            image: .small(files: ["/bin/sh": .program(capabilities: bind)]), unused("NET_ADMIN", 7)),
        .finds(
            .one("runAsUser: 7, allowPrivilegeEscalation: false, capabilities: {add: [NET_BIND_SERVICE]}"),
            image: .small(files: ["/bin/sh": .program(capabilities: bind)]), unused("NET_BIND_SERVICE", 7)),
        .quiet(.one("runAsUser: 0, capabilities: {add: [NET_ADMIN]}")),
        .quiet(.one("capabilities: {add: [NET_ADMIN]}")),
        .quiet(.one("capabilities: {add: [NET_ADMIN]}"), image: .small()),
        .quiet(.one("runAsUser: 0, capabilities: {add: [NET_ADMIN]}", pod: "runAsUser: 1000")),
        .quiet(.one("runAsUser: 7, privileged: true, capabilities: {add: [NET_ADMIN]}")),
        .quiet(.one("runAsUser: 7, capabilities: {add: [CHOWN], drop: [CAP_CHOWN]}")),
        .quiet(.one("runAsUser: 7, capabilities: {add: [NET_ROW]}")),
        .quiet(.one("runAsUser: 7, capabilities: {drop: [ALL]}")),
        // The program has it by its file, or as a set-user-ID program of root.
        .quiet(
            .one("runAsUser: 7, capabilities: {add: [NET_BIND_SERVICE], drop: [ALL]}"),
            image: .small(files: ["/bin/sh": .program(capabilities: bind)])),
        .quiet(
            .one("runAsUser: 7, capabilities: {add: [NET_ADMIN, ALL]}"),
            image: .small(files: ["/bin/sh": .program(0o4755)])),
    ]

    @Test("a capability that is added for a user other than root has no use", arguments: unusedRows)
    func unused(row: FindingRow) throws { try row.verify("capability-unused") }

    static let prefixRows: [FindingRow] = [
        .finds(
            .one("capabilities: {add: [CAP_NET_ADMIN]}"),
            Finding(
                add, "containerd reads CAP_NET_ADMIN as CAP_CAP_NET_ADMIN: NET_ADMIN is not added",
                edit: .replace(path: add, text: "NET_ADMIN"))),
        .finds(
            .one("capabilities: {drop: [cap_net_raw]}"),
            Finding(
                drop, "containerd reads cap_net_raw as CAP_CAP_NET_RAW: NET_RAW stays granted",
                edit: .replace(path: drop, text: "NET_RAW"))),
        .finds(
            .one("capabilities: {drop: [CAP_ALL]}"),
            Finding(
                drop, "containerd reads CAP_ALL as CAP_CAP_ALL: nothing is dropped",
                edit: .replace(path: drop, text: "ALL"))),
        .finds(
            .one("capabilities: {add: [CAP_ALL]}"),
            Finding(
                add, "containerd reads CAP_ALL as CAP_CAP_ALL: ALL is not added",
                edit: .replace(path: add, text: "ALL"))),
        // What it says holds anyway.
        .finds(
            .one("capabilities: {add: [CAP_CHOWN]}"),
            Finding(
                add, "containerd reads CAP_CHOWN as CAP_CAP_CHOWN: it changes nothing",
                edit: .replace(path: add, text: "CHOWN"))),
        .finds(
            .one("capabilities: {drop: [CAP_NET_RAW, ALL]}"),
            Finding(
                drop, "containerd reads CAP_NET_RAW as CAP_CAP_NET_RAW: it changes nothing",
                edit: .replace(path: drop, text: "NET_RAW"))),
        .finds(
            .one("capabilities: {drop: [ALL], add: [CAP_CHOWN]}"),
            Finding(
                add, "containerd reads CAP_CHOWN as CAP_CAP_CHOWN: CHOWN is not added",
                edit: .replace(path: add, text: "CHOWN"))),
        .finds(
            .one("capabilities: {drop: [CAP_SYS_TIME], add: [ALL]}"),
            Finding(
                drop, "containerd reads CAP_SYS_TIME as CAP_CAP_SYS_TIME: SYS_TIME stays granted",
                edit: .replace(path: drop, text: "SYS_TIME"))),
        .quiet(.one("capabilities: {add: [NET_ADMIN], drop: [ALL]}")),
        .quiet(.one("capabilities: {add: [CAP_NET_ROW]}")),
        .quiet(.one("privileged: true, capabilities: {drop: [CAP_NET_RAW]}")),
    ]

    @Test("containerd does not know names with CAP_", arguments: prefixRows)
    func prefix(row: FindingRow) throws { try row.verify("capability-prefix") }

    static let unknownRows: [FindingRow] = [
        .finds(.one("capabilities: {drop: [NET_ROW]}"), Finding(drop, "\"NET_ROW\" is no capability")),
        .finds(.one("capabilities: {add: [CAP_FOO]}"), Finding(add, "\"CAP_FOO\" is no capability")),
        .finds(.one("capabilities: {add: ['']}"), Finding(add, "\"\" is no capability")),
        .finds(.one("capabilities: {add: [' CHOWN']}"), Finding(add, "\" CHOWN\" is no capability")),
        .finds(
            .one("privileged: true, capabilities: {drop: [ANY]}"), Finding(drop, "\"ANY\" is no capability")),
        .quiet(.one("capabilities: {add: [CAP_CHOWN, chown], drop: [all, ALL, cap_all]}")),
        .quiet(.one("capabilities: {}")),
    ]

    @Test("a name that no kernel has is an error", arguments: unknownRows)
    func unknown(row: FindingRow) throws { try row.verify("capability-unknown") }

    @Test(
        "the nearest name is proposed, if one is near",
        arguments: [
            ("NET_ROW", "write NET_RAW"), ("CAP_SYSADMIN", "write SYS_ADMIN"), ("AL", "write ALL"), ("FOOBAR", nil),
            ("", nil), (String(repeating: "A", count: 5000), nil),
        ])
    func nearest(name: String, remedy: String?) throws {
        let row = FindingRow.quiet(.one("capabilities: {drop: ['\(name)']}"))
        let found = try row.scope().findings().filter { $0.rule.id == "capability-unknown" }
        #expect(found.map(\.finding.remedy) == [remedy])
    }

    static let letterCaseRows: [FindingRow] = [
        .finds(
            .one("capabilities: {drop: [all]}"),
            Finding(
                drop, "Pod Security does not take \"all\" for ALL", edit: .replace(path: drop, text: "ALL"))),
        .finds(
            .one("capabilities: {add: [Chown]}"),
            Finding(
                add, "Pod Security does not take \"Chown\" for CHOWN", edit: .replace(path: add, text: "CHOWN"))),
        .quiet(.one("capabilities: {add: [CHOWN], drop: [ALL]}")),
        // Told of by other rules.
        .quiet(.one("capabilities: {add: [cap_chown], drop: [nothing]}")),
        .quiet(.one("privileged: true, capabilities: {drop: [all]}")),
    ]

    @Test("Pod Security compares names letter by letter", arguments: letterCaseRows)
    func letterCase(row: FindingRow) throws { try row.verify("capability-case") }

    static let bothRows: [FindingRow] = [
        .finds(
            .one("capabilities: {add: [NET_ADMIN, CHOWN], drop: [CHOWN]}"),
            Finding(
                .own("capabilities.add[1]"), "CHOWN is added and dropped: the container does not have it")),
        .finds(
            .one("capabilities: {add: [chown], drop: [ALL, CAP_CHOWN]}"),
            Finding(add, "chown is added and dropped: the container does not have it")),
        .finds(
            .one("capabilities: {add: [ALL], drop: [ALL]}"),
            Finding(add, "ALL is added and dropped: the container has nothing but what is added by name")),
        .quiet(.one("capabilities: {add: [CHOWN], drop: [ALL]}")),
        .quiet(.one("capabilities: {add: [ALL], drop: [CHOWN]}")),
        .quiet(.one("privileged: true, capabilities: {add: [CHOWN], drop: [CHOWN]}")),
    ]

    @Test("what is added and dropped is dropped", arguments: bothRows)
    func both(row: FindingRow) throws { try row.verify("capability-added-and-dropped") }

    static let inVainRows: [FindingRow] = [
        .finds(
            .one("capabilities: {drop: [SYS_ADMIN]}"),
            Finding(drop, "SYS_ADMIN is not among containerd's default capabilities")),
        .finds(
            .one("capabilities: {drop: [NET_RAW]}"), node: .reference(defaults: .crio),
            Finding(drop, "NET_RAW is not among crio's default capabilities")),
        .quiet(.one("capabilities: {drop: [NET_RAW]}")),
        .quiet(.one("capabilities: {drop: [ALL, SYS_ADMIN]}")),
        .quiet(.one("capabilities: {add: [ALL], drop: [SYS_ADMIN]}")),
        .quiet(.one("capabilities: {add: [SYS_ADMIN], drop: [SYS_ADMIN]}")),
        .quiet(.one("privileged: true, capabilities: {drop: [SYS_ADMIN]}")),
        .quiet(.one("capabilities: {drop: [SYS_ADMEN]}")),
    ]

    @Test("what a container never had is dropped in vain", arguments: inVainRows)
    func inVain(row: FindingRow) throws { try row.verify("capability-dropped-in-vain") }

    static let ofTheMachineRows: [FindingRow] = [
        .finds(
            .one("capabilities: {add: [SYS_TIME, NET_ADMIN, CAP_MKNOD]}", spec: "hostUsers: false"),
            Finding(add, "SYS_TIME is held in the pod's user namespace, where nothing can be done with it"),
            Finding(
                .own("capabilities.add[2]"),
                "CAP_MKNOD is held in the pod's user namespace, where nothing can be done with it")),
        .quiet(.one("capabilities: {add: [NET_ADMIN, SYS_ADMIN, ALL, NOPE]}", spec: "hostUsers: false")),
        .quiet(.one("capabilities: {add: [SYS_TIME]}", spec: "hostUsers: true")),
        .quiet(.one("capabilities: {add: [SYS_TIME]}")),
        .quiet(.one("privileged: true, capabilities: {add: [SYS_TIME]}", spec: "hostUsers: false")),
    ]

    @Test("the machine's own affairs need the machine's own user namespace", arguments: ofTheMachineRows)
    func ofTheMachine(row: FindingRow) throws { try row.verify("capability-of-the-machine") }
}
