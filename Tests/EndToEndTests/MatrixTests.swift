// SPDX-License-Identifier: Apache-2.0
import Foundation
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import PodEngine
import SecurityPolicy
import Testing

/// What is decided for a container, beside what the kernel shows of it.
///
/// User, group, policy of the groups, capabilities, privilege escalation, user namespace and root are crossed: 480 containers,
/// each predicted by `SecurityPolicy` from its manifest and its image, and each asked by the conformance cases' probe.
@Suite("Every combination of the fields, predicted and read back", .serialized, ConformanceMachine())
struct MatrixTests {
    /// What a pod decides for all of its containers; the capabilities only to keep a pod's containers few.
    struct PodCase: Sendable, CustomTestStringConvertible {
        var policy: String
        var hasUserNamespace: Bool
        var capabilities: Capabilities
        var testDescription: String { "\(policy), hostUsers \(!hasUserNamespace), capabilities \(capabilities)" }
    }

    enum Capabilities: String, CaseIterable, Sendable {
        case defaults, none, some

        var yaml: String {
            switch self {
            case .defaults: "{}"
            case .none: "{drop: [ALL]}"
            case .some: "{add: [NET_ADMIN, SYS_PTRACE], drop: [CHOWN, cap_net_raw]}"
            }
        }
    }

    private struct User {
        var name: String
        var image: String
        var runAsUser: Int?
    }

    private static let users = [
        User(name: "unset", image: "base", runAsUser: nil),
        // A name in passwd, which two groups have as a member.
        User(name: "alice", image: "alice", runAsUser: nil),
        User(name: "number", image: "named", runAsUser: 1234),
        // A number that passwd does not have.
        User(name: "stranger", image: "uid4242", runAsUser: nil),
        User(name: "zero", image: "uid1000-gid3000", runAsUser: 0),
    ]

    private static let pods = ["Merge", "Strict"].flatMap { policy in
        [false, true].flatMap { hasUserNamespace in
            Capabilities.allCases.map {
                PodCase(policy: policy, hasUserNamespace: hasUserNamespace, capabilities: $0)
            }
        }
    }

    private static let database = UserDatabase(
        passwd: """
            root:x:0:0:root:/root:/bin/sh
            app:x:1000:1000:app:/home/app:/bin/sh
            alice:x:1234:1234:alice:/home/alice:/bin/sh
            nobody:x:65534:65534:nobody:/:/bin/false
            """.utf8,
        group: """
            root:x:0:
            app:x:1000:
            staff:x:50:app
            alice:x:1234:
            audit:x:777:alice
            secrets:x:50000:alice,app
            nogroup:x:65534:
            """.utf8)

    /// What the images of `Tests/Conformance/images.py` have as their `User`.
    private static let imageUsers = [
        "base": "", "alice": "alice", "named": "app", "uid4242": "4242", "uid1000-gid3000": "1000:3000",
    ]

    @Test("prediction and kernel agree in all that a probe can see", arguments: pods)
    func agree(_ test: PodCase) throws {
        let machine = try #require(ConformanceMachine.current)
        let name = "matrix-\(UUID().uuidString.prefix(8).lowercased())"
        let manifest = Self.manifest(test, named: name)
        let pod = try Self.decode(manifest)
        try machine.apply(manifest)
        defer { _ = try? machine.run("delete", "pod", name, "--now") }
        try machine.waitForPhase("Succeeded", of: name)
        let shown = try Self.answers(machine, of: name)
        let node = try Node.ofThisMachine()
        #expect(pod.podContainers.count == 40)
        for container in pod.podContainers {
            let image = try #require(container.container.image?.split(separator: "/").last?.split(separator: ":").first)
            let context = try EffectiveSecurityContext.resolve(
                pod: pod, container: container,
                image: ImageIdentity(
                    user: try #require(Self.imageUsers[String(image)]), database: Self.database), node: node)
            let lines = try #require(shown[container.container.name], "no answer of \(container.container.name)")
            for (key, value) in Self.prediction(context) {
                #expect(lines[key] == value, "\(test.testDescription), \(container.container.name): \(key)")
            }
            try Self.compareUserNamespace(context, lines, "\(test.testDescription), \(container.container.name)")
        }
    }

    // MARK: prediction

    private static func prediction(_ context: EffectiveSecurityContext) -> [(String, String)] {
        let (uid, gid) = (context.uid.value, context.gid.value)
        let sets = context.capabilitySets
        let isReadOnly = context.readOnlyRootFilesystem.value
        return [
            ("uid", "\(uid) \(uid) \(uid)"), ("gid", "\(gid) \(gid) \(gid)"),
            ("groups", context.supplementalGroups.map { "\($0.value)" }.joined(separator: " ")),
            ("status.CapInh", sets.inheritable.description), ("status.CapPrm", sets.permitted.description),
            ("status.CapEff", sets.effective.description), ("status.CapBnd", sets.bounding.description),
            ("status.CapAmb", sets.ambient.description),
            ("status.NoNewPrivs", context.noNewPrivileges.value ? "1" : "0"),
            ("status.Seccomp", context.seccomp.value == .unconfined ? "0" : "2"),
            ("securebits", "0"),
            ("mount./", "overlay \(isReadOnly ? "ro" : "rw") private"),
            // The image's root belongs to 0 and is 0755.
            (
                "createin./",
                isReadOnly
                    ? "EROFS"
                    : uid == 0 ? "ok uid=0 gid=\(gid) mode=0644" : "EACCES"
            ),
        ]
    }

    /// The machine's ids, or 65,536 of the pod's own that are none of those.
    private static func compareUserNamespace(
        _ context: EffectiveSecurityContext, _ lines: [String: String], _ what: String
    ) throws {
        for key in ["uid_map", "gid_map"] {
            let numbers = try #require(lines[key]).split(separator: " ").map { Int64($0) }
            guard context.namespaces.user.value == .pod else {
                #expect(numbers == [0, 0, 4_294_967_295], "\(what): \(key)")
                continue
            }
            let first = try #require(numbers.count == 3 ? numbers[1] : nil, "\(what): \(key)")
            #expect(numbers == [0, first, 65_536] && first >= 65_536 && first % 65_536 == 0, "\(what): \(key)")
        }
    }

    // MARK: manifest

    private static func manifest(_ test: PodCase, named name: String) -> String {
        var containers: [String] = []
        for user in users {
            for group in [nil, 3000] {
                for escalation in [true, false] {
                    for readOnly in [true, false] {
                        containers.append(container(test, user, group, escalation, readOnly))
                    }
                }
            }
        }
        // The seccomp profile goes with the policy, so that both modes are seen.
        return """
            apiVersion: v1
            kind: Pod
            metadata:
              name: \(name)
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 1
              hostUsers: \(!test.hasUserNamespace)
              securityContext:
                supplementalGroups: [2000, 50]
                supplementalGroupsPolicy: \(test.policy)
                seccompProfile: {type: \(test.policy == "Strict" ? "RuntimeDefault" : "Unconfined")}
              containers:
            \(containers.joined(separator: "\n"))
            """
    }

    private static func container(
        _ test: PodCase, _ user: User, _ group: Int?, _ escalation: Bool, _ readOnly: Bool
    ) -> String {
        var lines = [
            "- name: \(user.name)-\(group ?? 0)-\(escalation ? "may" : "never")-\(readOnly ? "ro" : "rw")",
            "  image: conformance.test/\(user.image):1", "  imagePullPolicy: Never", "  command: [probe]",
            "  securityContext:", "    allowPrivilegeEscalation: \(escalation)",
            "    readOnlyRootFilesystem: \(readOnly)", "    capabilities: \(test.capabilities.yaml)",
        ]
        if let uid = user.runAsUser { lines.append("    runAsUser: \(uid)") }
        if let group { lines.append("    runAsGroup: \(group)") }
        return lines.map { "  " + $0 }.joined(separator: "\n")
    }

    private static func decode(_ manifest: String) throws -> Pod {
        for decoded in try decodeManifests(Array(manifest.utf8), file: "the matrix") {
            if case .pod(let pod) = decoded.object { return pod }
        }
        throw CocoaError(.featureUnsupported)
    }

    /// What each container's probe printed, by key.
    private static func answers(_ machine: Machine, of pod: String) throws -> [String: [String: String]] {
        let logs = try machine.run("logs", pod, "--all-containers", "--prefix")
        try #require(logs.code == 0, "\(logs.errors)")
        var answers: [String: [String: String]] = [:]
        for line in logs.output.split(separator: "\n") {
            // [pod/NAME/CONTAINER] KEY: VALUE
            guard let end = line.firstIndex(of: "]"), let colon = line[end...].firstRange(of: ":") else { continue }
            let container = line[..<end].split(separator: "/").last.map(String.init) ?? ""
            let key = line[line.index(end, offsetBy: 2)..<colon.lowerBound]
            // A mount upon a mount: the first line is the root's.
            let value = String(line[colon.upperBound...].drop { $0 == " " })
            if answers[container]?[String(key)] == nil { answers[container, default: [:]][String(key)] = value }
        }
        return answers
    }
}
