// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Pods that must not run with less, and files that a container plants")
struct ClosedTests {
    @Test(
        "an id that the pod's user namespace does not have is refused, and the field is named",
        arguments: [
            ("runAsUser: 70000", "runAsUser"), ("runAsUser: 1, runAsGroup: 70000", "runAsGroup"),
            ("supplementalGroups: [70000]", "supplementalGroups[0]"), ("fsGroup: 70000", "fsGroup"),
        ])
    func unmapped(field: String, named: String) throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("web", "echo ran", spec: "hostUsers: false\nsecurityContext: {\(field)}"))
        try machine.wait(["describe", "pod", "web"], for: "refusal") {
            $0.output.contains("spec.securityContext.\(named): 70000 is not mapped in the pod's user namespace")
        }
        #expect(try machine.run("logs", "web").output == "")
    }

    @Test(
        "a termination message that is a link, a pipe or without end is not followed",
        arguments: [
            "ln -sf /etc/passwd /dev/termination-log",
            "rm -f /dev/termination-log; ln -s / /dev/termination-log",
            "seq 1 100000 > /dev/termination-log",
        ])
    func terminationMessage(script: String) throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("web", "\(script); exit 3"))
        try machine.waitForPhase("Failed", of: "web")
        let answer = try machine.run("get", "pod", "web", "-o", "json").output
        let pod = try JSONDecoder().decode(Answer.self, from: Data(answer.utf8))
        let ended = try #require(pod.status.containerStatuses.first?.state.terminated)
        #expect(ended.exitCode == 3)
        let message = ended.message ?? ""
        #expect(message.isEmpty == !script.hasPrefix("seq"), "\(message.prefix(200))")
        // Kubernetes, terminationMessagePath.
        #expect(message.utf8.count <= 4096)
    }

    private struct Answer: Decodable {
        let status: Status
        struct Status: Decodable { let containerStatuses: [Container] }
        struct Container: Decodable { let state: State }
        struct State: Decodable { let terminated: Terminated? }
        struct Terminated: Decodable {
            let exitCode: Int
            let message: String?
        }
    }

    @Test("a container has no name for its own log, which it could make a link")
    func log() throws {
        let machine = try Machine()
        // The log is the shim's: a container sees neither it nor the folder that it is in.
        try machine.apply(Machine.pod("web", "echo one; ls -l /proc/self/fd/1 | grep -c '\(machine.root)'; true"))
        try machine.waitForPhase("Succeeded", of: "web")
        #expect(try machine.run("logs", "web").output == "one\n0\n")
    }
}
