// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import LinuxTypes
import Testing

/// One capability line of the calling thread's `/proc/thread-self/status`.
func procStatus(_ key: String) throws -> CapabilitySet {
    let text = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(key + ":") })
    return try #require(CapabilitySet(hexadecimal: line.split(separator: "\t")[1]))
}

@Suite("Credentials of a process")
struct CredentialsTests {
    @Test("a dropped capability is gone from /proc as well")
    func dropIsReal() async {
        await #expect(processExitsWith: .success) {  // Its own process: the drop cannot be undone.
            try BoundingSet.drop(13)
            #expect(try !procStatus("CapBnd").contains(.netRaw))
        }
    }

    @Test("a restricted bounding set holds what is kept and nothing else")
    func restrict() async {
        await #expect(processExitsWith: .success) {
            try BoundingSet.restrict(to: [.netBindService, .netRaw])
            #expect(try procStatus("CapBnd") == [.netBindService, .netRaw])
        }
    }

    @Test("a capability that the machine no longer has is an error, not a smaller grant")
    func notGrantable() async {
        await #expect(processExitsWith: .success) {
            try BoundingSet.drop(13)
            #expect(throws: SyscallError.self) { try BoundingSet.restrict(to: [.netRaw]) }
        }
    }

    @Test("an empty group list leaves no group of the parent")
    func emptyGroups() async {
        await #expect(processExitsWith: .success) {
            try Identity.setGroups([4, 5])
            try Identity.setGroups([])
            let text = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Groups:") })
            let groups = line.dropFirst("Groups:".count).split(whereSeparator: { $0 == " " || $0 == "\t" })
            #expect(groups.isEmpty)
        }
    }
}
