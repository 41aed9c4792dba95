// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import SecurityPolicy
import Testing

@Suite("Capabilities of a container")
struct CapabilityRequestTests {
    static let defaults = NodeDefaults.containerd.capabilities
    static let time = CapabilitySet.sysTime
    static let kill = CapabilitySet(number: 5)

    @Test("the defaults are the sets of the runtimes")
    func runtimes() {
        #expect(
            NodeDefaults.containerd.capabilities.description == "00000000a80425fb"
                && NodeDefaults.containerd.capabilities.numbers.count == 14)
        #expect(
            Set(NodeDefaults.crio.capabilities.ociNames) == [
                "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
                "CAP_NET_BIND_SERVICE", "CAP_KILL",
            ])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let add: [String]
        let drop: [String]
        let expected: CapabilitySet
        var testDescription: String { "add \(add) drop \(drop)" }
    }

    @Test(
        "add and drop are applied in containerd's order",
        arguments: [
            Row(add: [], drop: [], expected: defaults),
            Row(add: ["SYS_TIME"], drop: [], expected: defaults.union(time)),
            Row(add: [], drop: ["KILL"], expected: defaults.subtracting(kill)),
            Row(add: [], drop: ["ALL"], expected: []),
            Row(add: ["SYS_TIME"], drop: ["ALL"], expected: time),
            Row(add: ["ALL"], drop: [], expected: .all),
            Row(add: ["ALL"], drop: ["KILL"], expected: .all.subtracting(kill)),
            Row(add: ["ALL"], drop: ["ALL"], expected: []),
            Row(add: ["KILL"], drop: ["KILL"], expected: defaults.subtracting(kill)),
            Row(add: ["SYS_TIME"], drop: ["SYS_TIME"], expected: defaults),
            Row(add: ["ALL", "SYS_TIME"], drop: ["ALL", "KILL"], expected: time),
            Row(add: ["all"], drop: ["cap_kill"], expected: .all.subtracting(kill)),
            Row(add: ["Cap_Sys_Time"], drop: ["CAP_ALL"], expected: time),
        ])
    func order(row: Row) throws {
        let request = try CapabilityRequest(add: row.add, drop: row.drop, field: "capabilities")
        #expect(request.resolve(defaults: Self.defaults, available: .all) == row.expected)
    }

    @Test("ALL and the defaults mean no more than the machine can grant")
    func available() throws {
        let available = CapabilitySet.all.subtracting(Self.kill)
        let all = try CapabilityRequest(add: ["ALL"], drop: [], field: "")
        #expect(all.resolve(defaults: Self.defaults, available: available) == available)
        let none = try CapabilityRequest(add: [], drop: [], field: "")
        #expect(none.resolve(defaults: Self.defaults, available: available) == Self.defaults.subtracting(Self.kill))
    }

    @Test(
        "a name that is none is refused in either list, and the field is named",
        arguments: [
            "", " ", "NET_ROW", "CAP_", "CAP_CAP_KILL", "ALL ", "41", "*",
        ])
    func unknown(name: String) throws {
        let field = "spec.containers[0].securityContext.capabilities"
        let add = #expect(throws: Refusal.self) { try CapabilityRequest(add: [name], drop: [], field: field) }
        #expect(add?.reason == .container)
        #expect(add?.field == "\(field).add")
        #expect(add?.message == "\(field).add: unknown capability \"\(name)\"")
        let drop = #expect(throws: Refusal.self) { try CapabilityRequest(add: [], drop: [name], field: field) }
        #expect(drop?.field == "\(field).drop")
    }

    @Test("what the kernel shows after execve follows from the set and the user")
    func sets() {
        let set = CapabilitySet.netAdmin
        let root = CapabilitySets(granted: set, uid: 0, isAmbient: false)
        #expect([root.permitted, root.effective, root.bounding] == [set, set, set])
        #expect([root.inheritable, root.ambient] == [[], []])
        let user = CapabilitySets(granted: set, uid: 1000, isAmbient: false)
        #expect([user.inheritable, user.permitted, user.effective, user.ambient] == [[], [], [], []])
        #expect(user.bounding == set)
        let ambient = CapabilitySets(granted: set, uid: 1000, isAmbient: true)
        #expect([ambient.inheritable, ambient.permitted, ambient.effective, ambient.ambient] == [set, set, set, set])
    }
}
