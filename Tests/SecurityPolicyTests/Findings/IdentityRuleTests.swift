// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@testable import SecurityPolicy

@Suite("Findings about who a container runs as")
struct IdentityRuleTests {
    static let pod = "spec.securityContext"
    static let image = "spec.containers[0].image"

    static let refusedRows: [FindingRow] = [
        .finds(
            .one("runAsNonRoot: true, runAsUser: 0"),
            Finding(.own("runAsUser"), "container \"c\" is to run as uid 0 and as non-root")),
        .finds(
            .one("runAsUser: 0", pod: "runAsNonRoot: true, runAsUser: 1000"),
            Finding(.own("runAsUser"), "container \"c\" is to run as uid 0 and as non-root")),
        .finds(
            .one("runAsNonRoot: true", pod: "runAsUser: 0"), image: .small(user: "app"),
            Finding("\(pod).runAsUser", "container \"c\" is to run as uid 0 and as non-root")),
        .finds(
            .one(pod: "runAsNonRoot: true"), image: .small(),
            Finding("\(pod).runAsNonRoot", "image i sets no USER: it runs as root, and runAsNonRoot refuses it")),
        .finds(
            .one("runAsNonRoot: true"), image: .small(user: "0:5"),
            Finding(.own("runAsNonRoot"), "image i sets USER 0:5: it runs as root, and runAsNonRoot refuses it")),
        .finds(
            .one("runAsNonRoot: true"), image: .small(user: "4294967296"),
            Finding(.own("runAsNonRoot"), "image i sets USER 4294967296, which is no user id")),
        .quiet(.one("runAsNonRoot: true")),
        .quiet(.one("runAsNonRoot: true, runAsUser: 1"), image: .small()),
        .quiet(.one("runAsNonRoot: false, runAsUser: 0", pod: "runAsNonRoot: true")),
        .quiet(.one("runAsNonRoot: true"), image: .small(user: "1000")),
        .quiet(.one("runAsUser: 0"), image: .small()),
        // Told of by the rule about names.
        .quiet(.one("runAsNonRoot: true"), image: .small(user: "app")),
        // Refused for its profile, and no root.
        .quiet(
            .one(
                "runAsNonRoot: true, runAsUser: 5, seccompProfile: {type: Localhost, localhostProfile: ''}"),
            image: .small()),
    ]

    @Test("a container that would run as root is refused by runAsNonRoot", arguments: refusedRows)
    func refused(row: FindingRow) throws { try row.verify("non-root-refused") }

    private static func named(_ path: String, _ edit: String?, _ name: String = "app") -> Finding {
        Finding(
            path, "image i sets USER \(name): the kubelet cannot verify that it is not root",
            edit: edit.map { .insert(path: $0, key: "runAsUser", text: "1000") })
    }

    static let namedUserRows: [FindingRow] = [
        .finds(
            .one("runAsNonRoot: true"), image: .small(user: "app"),
            named(.own("runAsNonRoot"), "spec.containers[0].securityContext")),
        // The pod's field: where the container has a context of its own, that gets the number.
        .finds(
            .one("privileged: false", pod: "runAsNonRoot: true"), image: .small(user: "app:staff"),
            named("\(pod).runAsNonRoot", "spec.containers[0].securityContext", "app")),
        .finds(
            .one(pod: "runAsNonRoot: true"), image: .small(user: "app"), named("\(pod).runAsNonRoot", pod)),
        // Another image may have another user.
        .finds(
            "{securityContext: {runAsNonRoot: true}, containers: [{name: c, image: i}, {name: d, image: j}]}",
            image: .small(user: "app"), named("\(pod).runAsNonRoot", nil)),
        .finds(
            .one("runAsNonRoot: true"), image: .small(user: "toor"),
            named(.own("runAsNonRoot"), nil, "toor")),
        .finds(
            .one("runAsNonRoot: true"), image: .small(user: "ghost"),
            Finding(.own("runAsNonRoot"), "image i sets USER ghost, which its /etc/passwd does not have")),
        .quiet(.one("runAsNonRoot: true, runAsUser: 1000"), image: .small(user: "app")),
        .quiet(.one("runAsNonRoot: true", pod: "runAsUser: 0"), image: .small(user: "app")),
        .quiet(.one("runAsNonRoot: false", pod: "runAsNonRoot: true"), image: .small(user: "app")),
        .quiet(.one("runAsNonRoot: true"), image: .small(user: "1000")),
        .quiet(.one(), image: .small(user: "app")),
        .quiet(
            .one(
                "runAsNonRoot: true, runAsUser: 5, seccompProfile: {type: Localhost, localhostProfile: ''}"),
            image: .small(user: "app")),
    ]

    @Test("a USER that is a name is refused by runAsNonRoot, and its number is proposed", arguments: namedUserRows)
    func namedUser(row: FindingRow) throws { try row.verify("non-root-named-user") }

    @Test("the number of a name that is root's is not proposed")
    func toor() throws {
        let row = FindingRow.quiet(.one("runAsNonRoot: true"), image: .small(user: "toor"))
        let found = try row.scope().findings().filter { $0.rule.id == "non-root-named-user" }
        #expect(found.map(\.finding.remedy) == ["toor is uid 0: set runAsUser to another user's number"])
    }

    static let overriddenRows: [FindingRow] = [
        .finds(
            .one("runAsNonRoot: false", pod: "runAsNonRoot: true"),
            Finding(.own("runAsNonRoot"), "container \"c\" may run as root, against the pod")),
        .quiet(.one("runAsNonRoot: false", pod: "runAsNonRoot: false")),
        .quiet(.one("runAsNonRoot: false")),
        .quiet(.one("runAsNonRoot: true", pod: "runAsNonRoot: true")),
        .quiet(.one("runAsNonRoot: false, runAsUser: 1000", pod: "runAsNonRoot: true")),
    ]

    @Test("a container that turns runAsNonRoot off is told of", arguments: overriddenRows)
    func overridden(row: FindingRow) throws { try row.verify("non-root-overridden") }

    static let imageUserRows: [FindingRow] = [
        .finds(
            .one(), image: .small(user: "ghost"),
            Finding(image, "image USER \"ghost\" is not in the image's /etc/passwd: no users found")),
        .finds(
            .one(), image: .small(user: "1:2:3"), Finding(image, "invalid USER value \"1:2:3\"")),
        .finds(
            .one(), image: .small(user: "4294967296"),
            Finding(image, "invalid USER value \"4294967296\": uid out of range")),
        .quiet(.one("runAsUser: 5"), image: .small(user: "ghost")),
        .quiet(.one(), image: .small(user: "app")),
        .quiet(.one()),
    ]

    @Test("an image whose USER is no user is not started", arguments: imageUserRows)
    func imageUser(row: FindingRow) throws { try row.verify("image-user-unknown") }

    static let imageGroupRows: [FindingRow] = [
        .finds(
            .one(), image: .small(user: "1000:2000"),
            Finding(image, "image i sets USER 1000:2000: the group 2000 is not used, the primary group is 1000")),
        .finds(
            .one(), image: .small(user: "5:staff"),
            Finding(image, "image i sets USER 5:staff: the group staff is not used, the primary group is 0")),
        .quiet(.one(), image: .small(user: "1000:1000")),
        .quiet(.one(), image: .small(user: "app:app")),
        .quiet(.one(), image: .small(user: "1000:")),
        .quiet(.one(), image: .small(user: "1000")),
        .quiet(.one(pod: "runAsGroup: 3, runAsUser: 1000"), image: .small(user: "1000:2000")),
        .quiet(.one("runAsGroup: 3"), image: .small(user: "1000:2000")),
        .quiet(.one("runAsUser: 5"), image: .small(user: "1000:2000")),
    ]

    @Test("the group of an image's USER is not used", arguments: imageGroupRows)
    func imageGroup(row: FindingRow) throws { try row.verify("image-group-ignored") }

    static let mergedRows: [FindingRow] = [
        .finds(.one("runAsUser: 1000"), image: .small(), Finding(image, "/etc/group of i adds groups 50, 777")),
        .finds(
            .one(pod: "supplementalGroups: [777]"), image: .small(user: "app"),
            Finding(image, "/etc/group of i adds group 50")),
        .quiet(.one(pod: "supplementalGroupsPolicy: Strict"), image: .small(user: "app")),
        .quiet(.one(), image: .small()),
        .quiet(.one("runAsUser: 5"), image: .small()),
        .quiet(.one("runAsUser: 1000")),
    ]

    @Test("groups of the image are told of, unless they are root's or not wanted", arguments: mergedRows)
    func merged(row: FindingRow) throws { try row.verify("image-groups-merged") }

    static let primaryGroupRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5"),
            Finding(
                .own("runAsUser"),
                "container \"c\" runs as uid 5 with primary group 0, unless the image's /etc/passwd names another")),
        .finds(
            .one(pod: "runAsUser: 5"), image: .small(),
            Finding("\(pod).runAsUser", "container \"c\" runs as uid 5 with primary group 0, root's")),
        .finds(
            .one("runAsUser: 1001"), image: .small(),
            Finding(.own("runAsUser"), "container \"c\" runs as uid 1001 with primary group 0, root's")),
        .quiet(.one("runAsUser: 5, runAsGroup: 0")),
        .quiet(.one("runAsUser: 5", pod: "runAsUser: 5, runAsGroup: 6")),
        .quiet(.one("runAsUser: 1000"), image: .small()),
        .quiet(.one("runAsUser: 0")),
        .quiet(.one(), image: .small(user: "1001")),
        .quiet(.one()),
    ]

    @Test("a user without a group of its own is in root's", arguments: primaryGroupRows)
    func primaryGroup(row: FindingRow) throws { try row.verify("primary-group-root") }

    static let rootGroupRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5", pod: "fsGroup: 0, supplementalGroups: [7, 0]"),
            Finding("\(pod).fsGroup", "every process of the pod is in group 0, root's"),
            Finding("\(pod).supplementalGroups[1]", "every process of the pod is in group 0, root's")),
        .quiet(.one(pod: "fsGroup: 0")),
        .quiet(.one("runAsUser: 0", pod: "fsGroup: 0")),
        .quiet(.one("runAsUser: 5", pod: "fsGroup: 5, supplementalGroups: [6]")),
    ]

    @Test("root's group among the others is told of", arguments: rootGroupRows)
    func rootGroup(row: FindingRow) throws { try row.verify("root-group-added") }

    static let groupAloneRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5", pod: "runAsGroup: 6"),
            Finding("\(pod).runAsGroup", "the sandbox is refused: group 6 is given without a user")),
        .quiet(.one(pod: "runAsGroup: 6, runAsUser: 5")),
        .quiet(.one(pod: "runAsGroup: 6, runAsUser: 0")),
        .quiet(.one("runAsGroup: 6")),
    ]

    @Test("the sandbox takes no group without a user", arguments: groupAloneRows)
    func groupAlone(row: FindingRow) throws { try row.verify("group-without-user") }

    static let overriddenFieldRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5", pod: "runAsUser: 6"),
            Finding("\(pod).runAsUser", "no container follows it: each has another runAsUser")),
        .finds(
            .one(
                "runAsGroup: 5, seccompProfile: {type: Unconfined}",
                pod: "runAsUser: 6, runAsGroup: 6, seccompProfile: {type: RuntimeDefault}"),
            Finding("\(pod).runAsGroup", "no container follows it: each has another runAsGroup"),
            Finding("\(pod).seccompProfile", "no container follows it: each has another seccompProfile")),
        .finds(
            .one(
                "appArmorProfile: {type: Unconfined}, seLinuxOptions: {type: a}",
                pod: "appArmorProfile: {type: RuntimeDefault}, seLinuxOptions: {type: b}"),
            Finding("\(pod).appArmorProfile", "no container follows it: each has another appArmorProfile"),
            Finding("\(pod).seLinuxOptions", "no container follows it: each has another seLinuxOptions")),
        .quiet(
            .one(
                "runAsUser: 5, seccompProfile: {type: RuntimeDefault}",
                pod: "runAsUser: 5, seccompProfile: {type: RuntimeDefault}")),
        .quiet(.one(pod: "runAsUser: 6")),
        .quiet(.one("runAsGroup: 6", pod: "runAsUser: 6")),
        .quiet(
            "{securityContext: {runAsUser: 6}, containers: [{name: c, image: i, securityContext: {runAsUser: 5}}], "
                + "initContainers: [{name: d, image: i}]}"),
    ]

    @Test("a field of the pod that no container follows is told of", arguments: overriddenFieldRows)
    func overriddenField(row: FindingRow) throws { try row.verify("pod-field-overridden") }

    private static func unmapped(_ path: String, _ id: Int) -> Finding {
        Finding(path, "\(id) is not mapped: the pod's user namespace has ids below 65536")
    }

    static let unmappedIDsRows: [FindingRow] = [
        .finds(
            .one(
                "runAsUser: 65536, runAsGroup: 70000",
                pod: "runAsUser: 65537, runAsGroup: 65538, fsGroup: 65539, supplementalGroups: [1, 65540]",
                spec: "hostUsers: false"),
            unmapped("\(pod).runAsUser", 65537), unmapped("\(pod).runAsGroup", 65538),
            unmapped("\(pod).fsGroup", 65539), unmapped("\(pod).supplementalGroups[1]", 65540),
            unmapped(.own("runAsUser"), 65536), unmapped(.own("runAsGroup"), 70000)),
        .finds(.one(spec: "hostUsers: false"), image: .small(user: "100000"), unmapped(image, 100000)),
        .quiet(.one("runAsUser: 65535", pod: "fsGroup: 0", spec: "hostUsers: false"), image: .small()),
        .quiet(.one("runAsUser: 65536", spec: "hostUsers: true")),
        .quiet(.one("runAsUser: 65536")),
        .quiet(.one("runAsUser: 5", spec: "hostUsers: false"), image: .small(user: "100000")),
    ]

    @Test("an id above the pod's own range is not mapped", arguments: unmappedIDsRows)
    func unmappedIDs(row: FindingRow) throws { try row.verify("id-not-mapped") }

    static let noEntryRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5"), image: .small(),
            Finding(.own("runAsUser"), "uid 5 has no entry in /etc/passwd of i")),
        .finds(.one(), image: .small(user: "5"), Finding(image, "uid 5 has no entry in /etc/passwd of i")),
        .quiet(.one("runAsUser: 1000"), image: .small()),
        .quiet(.one("runAsUser: 0"), image: .small()),
        .quiet(.one("runAsUser: 5")),
    ]

    @Test("a user without an entry is told of", arguments: noEntryRows)
    func noEntry(row: FindingRow) throws { try row.verify("user-without-entry") }
}
