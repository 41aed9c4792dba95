// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import Testing

@testable import SecurityPolicy

/// What execve(2) makes of a process, by the program's own bits.
///
/// Source: capabilities(7).
@Suite("A program's own bits, once it runs")
struct ExecutionTests {
    private static let defaults = NodeDefaults.containerd.capabilities
    private static let bind = CapabilitySet.netBindService

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        var user: Int64 = 1000
        var escalation: Bool?
        var drop: [String] = []
        let file: FileFacts?
        let uid: UInt32
        var gid: UInt32 = 0
        let permitted: CapabilitySet
        let effective: CapabilitySet
        var testDescription: String { name }
    }

    private static func file(
        _ mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, _ capabilities: FileCapabilities? = nil
    ) -> FileFacts { FileFacts(kind: .regular, uid: uid, gid: gid, mode: mode, capabilities: capabilities) }

    static let rows = [
        Row(name: "a plain program", file: file(0o755), uid: 1000, permitted: [], effective: []),
        Row(name: "a program that is not known", file: nil, uid: 1000, permitted: [], effective: []),
        Row(
            name: "a set-user-ID program of root", file: file(0o4755), uid: 0, permitted: defaults, effective: defaults),
        Row(
            name: "the same with no_new_privs", escalation: false, file: file(0o4755), uid: 1000, permitted: [],
            effective: []),
        Row(
            name: "the same where everything is dropped", drop: ["ALL"], file: file(0o4755), uid: 0, permitted: [],
            effective: []),
        Row(
            name: "a set-user-ID program of another user", file: file(0o4755, uid: 33), uid: 33, permitted: [],
            effective: []),
        Row(
            name: "a set-group-ID program", file: file(0o2755, gid: 42), uid: 1000, gid: 42, permitted: [],
            effective: []),
        Row(
            name: "a set-group-ID bit without the group's execute bit is a lock", file: file(0o2745, gid: 42),
            uid: 1000,
            permitted: [], effective: []),
        Row(
            name: "file capabilities with the effective bit",
            file: file(0o755, FileCapabilities(permitted: [bind], isEffective: true)), uid: 1000, permitted: [bind],
            effective: [bind]),
        Row(
            name: "file capabilities without it",
            file: file(0o755, FileCapabilities(permitted: [bind], isEffective: false)),
            uid: 1000, permitted: [bind], effective: []),
        Row(
            name: "file capabilities that the bounding set does not have",
            file: file(0o755, FileCapabilities(permitted: [.sysAdmin, bind], isEffective: false)), uid: 1000,
            permitted: [bind], effective: []),
        Row(
            name: "file capabilities with no_new_privs", escalation: false,
            file: file(0o755, FileCapabilities(permitted: [bind], isEffective: true)), uid: 1000, permitted: [],
            effective: []),
        Row(
            name: "root's program has all, whatever the file says", user: 0,
            file: file(0o755, FileCapabilities(permitted: [bind], isEffective: true)), uid: 0, permitted: defaults,
            effective: defaults),
        Row(
            name: "root that becomes another user keeps what it may take back", user: 0, file: file(0o4755, uid: 33),
            uid: 33, permitted: defaults, effective: []),
        Row(
            name: "a folder has no such bits", file: FileFacts(kind: .folder, mode: 0o4755), uid: 1000, permitted: [],
            effective: []),
    ]

    @Test("user, group and sets follow the kernel's rule", arguments: rows)
    func rule(row: Row) throws {
        var pod = Pod(spec: PodSpec(containers: [Container(name: "main")]))
        var own = SecurityContext()
        own.runAsUser = row.user
        own.allowPrivilegeEscalation = row.escalation
        own.capabilities = Capabilities(drop: row.drop)
        pod.spec.containers[0].securityContext = own
        let context = try EffectiveSecurityContext.resolve(
            pod: pod, container: pod.podContainers[0], image: ImageIdentity(user: "", database: .empty),
            node: .reference())
        let execution = Execution(of: row.file, at: "/program", in: context)
        #expect(execution.effectiveUID == row.uid)
        #expect(execution.effectiveGID == row.gid)
        #expect(execution.sets.permitted == row.permitted)
        #expect(execution.sets.effective == row.effective)
        #expect(execution.sets.bounding == context.capabilities.value)
        #expect(execution.sets.inheritable.isEmpty && execution.sets.ambient.isEmpty)
    }
}
