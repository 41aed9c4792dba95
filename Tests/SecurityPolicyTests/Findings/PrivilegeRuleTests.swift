// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import Testing

@testable import SecurityPolicy

@Suite("Findings about privileges")
struct PrivilegeRuleTests {
    private static func ignored(_ path: String, _ name: String = "c") -> Finding {
        Finding(path, "no effect on container \"\(name)\": it is privileged")
    }

    static let ignoredRows: [FindingRow] = [
        .finds(
            .one(
                "privileged: true, capabilities: {drop: [ALL]}, procMount: Default, "
                    + "seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: RuntimeDefault}"),
            ignored(.own("capabilities")), ignored(.own("procMount")), ignored(.own("seccompProfile")),
            ignored(.own("appArmorProfile"))),
        .finds(
            .one(
                "privileged: true, capabilities: {add: [CHOWN]}",
                pod: "seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: RuntimeDefault}"),
            ignored(.own("capabilities")), ignored("spec.securityContext.seccompProfile"),
            ignored("spec.securityContext.appArmorProfile")),
        .finds(
            "{containers: [{name: c, image: i}], initContainers: [{name: d, image: i, securityContext: "
                + "{privileged: true, capabilities: {drop: [ALL]}}}]}",
            ignored("spec.initContainers[0].securityContext.capabilities", "d")),
        .quiet(.one("privileged: true")),
        .quiet(.one("privileged: true, capabilities: {add: [], drop: []}")),
        .quiet(
            .one("privileged: true, seccompProfile: {type: Unconfined}", pod: "seccompProfile: {type: RuntimeDefault}")),
        .quiet(.one("privileged: true, appArmorProfile: {type: Localhost, localhostProfile: x}")),
        .quiet(
            .one(
                "privileged: true, appArmorProfile: {type: Unconfined}", pod: "appArmorProfile: {type: RuntimeDefault}")
        ),
        .quiet(.one("privileged: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}")),
    ]

    @Test("restrictions of a privileged container have no effect", arguments: ignoredRows)
    func ignored(row: FindingRow) throws { try row.verify("privileged-ignores") }

    private static func weak(_ uid: Int) -> Finding {
        Finding(
            .own("privileged"),
            "container \"c\" is privileged as uid \(uid): it holds no capability under containerd, and all of them under "
                + "CRI-O")
    }

    static let nonRootRows: [FindingRow] = [
        .finds(.one("privileged: true, runAsUser: 5"), weak(5)),
        .finds(.one("privileged: true", pod: "runAsUser: 5"), node: .reference(defaults: .crio), weak(5)),
        .finds(.one("privileged: true"), image: .small(user: "app"), weak(1000)),
        .quiet(.one("privileged: true")),
        .quiet(.one("privileged: true"), image: .small()),
        .quiet(.one("privileged: true, runAsUser: 0", pod: "runAsUser: 5")),
        .quiet(.one("runAsUser: 5")),
    ]

    @Test("a privileged container of another user is less than it seems", arguments: nonRootRows)
    func nonRoot(row: FindingRow) throws { try row.verify("privileged-non-root") }

    private static let open = Finding("spec.containers[0].securityContext", "container \"c\" runs without no_new_privs")

    static let escalationRows: [FindingRow] = [
        .finds(.one("runAsNonRoot: true, runAsUser: 5"), open),
        .finds(.one(pod: "runAsNonRoot: true"), open),
        .finds(.one("capabilities: {drop: [all], add: [CHOWN]}, runAsUser: 5"), open),
        .finds(
            "{containers: [{name: c, image: i, securityContext: {runAsUser: 5}}, {name: d, image: i, securityContext: "
                + "{allowPrivilegeEscalation: false}}]}", open),
        .quiet(.one("runAsNonRoot: true, allowPrivilegeEscalation: false")),
        // The author has said so.
        .quiet(.one("runAsNonRoot: true, allowPrivilegeEscalation: true")),
        // Nothing to get back.
        .quiet(.one("runAsNonRoot: true, capabilities: {drop: [ALL]}")),
        .quiet(.one("runAsUser: 5")),
        .quiet(.one("runAsUser: 0, capabilities: {drop: [ALL], add: [CHOWN]}")),
        .quiet(.one("runAsUser: 5, privileged: true", pod: "runAsNonRoot: true")),
        .quiet(.one("runAsUser: 0", pod: "runAsNonRoot: true")),
    ]

    @Test("a restricted container without no_new_privs is told of", arguments: escalationRows)
    func escalation(row: FindingRow) throws { try row.verify("escalation-left-open") }
}
