// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import Testing

@testable import SecurityPolicy

@Suite("All findings")
struct FindingRuleTests {
    @Test("ids are unique, of small letters and hyphens")
    func ids() {
        let ids = FindingRule.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(FindingRule.byID.count == ids.count)
        for id in ids {
            let words = id.split(separator: "-", omittingEmptySubsequences: false)
            #expect(words.allSatisfy { !$0.isEmpty && $0.allSatisfy { ("a"..."z").contains($0) } }, "\(id)")
        }
    }

    @Test(
        "every rule says what, why and what to do, in whole sentences on one line", arguments: FindingRule.all.map(\.id)
    )
    func texts(id: String) throws {
        let rule = try #require(FindingRule.byID[id])
        for text in [rule.title, rule.reason, rule.remedy] {
            #expect(text.count > 10)
            #expect(text.hasSuffix("."))
            #expect(!text.contains("\n"))
            #expect(!text.contains("  "))
        }
        #expect(rule.title.dropLast().contains(". ") == false, "one sentence")
    }

    /// Ids of the rules that find something without an image say so in `needsImage`, and the others too.
    @Test("rules that need the image are quiet without it")
    func withoutImage() throws {
        let row = FindingRow.quiet(
            .one(
                "runAsUser: 5, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}",
                container: "command: [gone], workingDir: /gone, volumeMounts: [{name: v, mountPath: /bin}]",
                spec: "volumes: [{name: v, emptyDir: {}}]"))
        #expect(try row.scope().findings().filter { $0.rule.needsImage }.map(\.rule.id) == [])
    }

    @Test("nothing is found in a pod that is as it should be")
    func good() throws {
        let row = FindingRow.quiet(
            .one(
                "allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}",
                pod: "runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, "
                    + "supplementalGroupsPolicy: Strict, seccompProfile: {type: RuntimeDefault}",
                container: "ports: [{containerPort: 8080}], volumeMounts: [{name: tmp, mountPath: /tmp}, "
                    + "{name: data, mountPath: /data}, {name: settings, mountPath: /etc/app, readOnly: true}]",
                spec: "volumes: [{name: tmp, emptyDir: {}}, {name: data, persistentVolumeClaim: {claimName: c}}, "
                    + "{name: settings, configMap: {name: m}}]"),
            image: .small(user: "1000"))
        #expect(try row.scope().findings().map { "\($0.rule.id): \($0.finding)" } == [])
    }

    @Test("nothing is found in a pod for Windows")
    func windows() throws {
        let row = FindingRow.quiet(
            .one("runAsNonRoot: true", pod: "runAsNonRoot: true", spec: "os: {name: windows}"), image: .small())
        #expect(try row.scope().findings().map(\.rule.id) == [])
    }

    @Test("rules come in the order of the documentation, and findings in the order of the containers")
    func order() throws {
        let row = FindingRow.quiet(
            "{containers: [{name: c, image: i, securityContext: {privileged: true, runAsUser: 5}}, {name: d, image: i, "
                + "securityContext: {privileged: true, runAsUser: 5, capabilities: {drop: [no-such]}}}]}")
        let found = try row.scope().findings().filter { $0.rule.severity != .note }
        #expect(
            found.map { "\($0.rule.id) \($0.finding.path)" } == [
                "capability-unknown spec.containers[1].securityContext.capabilities.drop[0]",
                "privileged-ignores spec.containers[1].securityContext.capabilities",
                "privileged-non-root spec.containers[0].securityContext.privileged",
                "privileged-non-root spec.containers[1].securityContext.privileged",
            ])
    }

    @Test("severities are ordered: an error is before a note")
    func severities() {
        #expect([FindingRule.Severity.note, .error, .warning].sorted() == [.error, .warning, .note])
    }

    /// Values that the API server refuses, and that a rule must survive all the same.
    static let oddSpecs: [String] = {
        let contexts = [
            "runAsUser: -1", "runAsUser: 9223372036854775807, runAsNonRoot: true", "runAsGroup: 4294967296",
            "capabilities: {add: ['', ALL, all, CAP_, CAP_ALL, 'é'], drop: ['', CAP_CAP_CHOWN]}",
            "seccompProfile: {type: ''}", "seccompProfile: {type: Localhost}", "appArmorProfile: {type: Other}",
            "procMount: Other", "procMount: Unmasked", "seLinuxOptions: {level: '::'}",
            "privileged: true, runAsUser: -5",
        ]
        let pods = [
            "fsGroup: -1", "fsGroup: 99999999999, supplementalGroups: [-1, 0, 4294967296]",
            "supplementalGroupsPolicy: Other", "sysctls: [{name: '', value: ''}, {name: '/', value: x}, {name: a}]",
            "sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: '99999999999999'}]",
            "fsGroupChangePolicy: ''",
        ]
        let containers = [
            "command: ['']", "command: [/]", "command: [..]", "command: ['//']", "command: [' ']", "args: ['']",
            "workingDir: '..'", "ports: [{containerPort: -1}, {containerPort: 0}, {containerPort: 99999}]",
            "volumeMounts: [{name: none, mountPath: ''}, {name: v, mountPath: '', subPath: '..'}, {name: v, mountPath: /}]",
            "env: [{name: PATH}, {name: HOME}, {name: ''}], command: [x]",
        ]
        let specs = [
            "volumes: [{name: v}, {name: v, secret: {}}, {name: '', projected: {sources: [{}]}}]",
            "volumes: [{name: v, secret: {defaultMode: -1, items: [{mode: -2147483648}]}}]",
            "volumes: [{name: v, hostPath: {path: '', type: Odd}}, {name: w, configMap: {items: []}}]",
            "volumes: [{name: v, downwardAPI: {}}, {name: w, ephemeral: {}}]", "hostUsers: false, hostNetwork: true",
            "shareProcessNamespace: true", "initContainers: [{}], ephemeralContainers: [{}]",
        ]
        return ["{}", "{containers: []}", "{containers: [{}]}"] + contexts.map { .one($0) } + pods.map { .one(pod: $0) }
            + containers.map { .one(container: $0, spec: specs[0]) }
            + specs.map { .one(container: "volumeMounts: [{name: v, mountPath: /v}]", spec: $0) }
    }()

    @Test("no rule fails on what the server would refuse", arguments: oddSpecs)
    func survives(spec: String) throws {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: \(spec)\n"
        let manifest = try #require(try decodeManifests(Array(text.utf8), file: "odd.yaml").first)
        guard case .pod(let pod) = manifest.object else { return }
        let images: [ImageFacts?] = [
            nil, .small(), .small(user: "ghost:9:9"), .small(user: "-1"), .small(user: ":", entrypoint: []),
            .small(entrypoint: [""]) { image in
                image.environment = ["PATH", "HOME=", "="]
                image.volumes = ["", "/", ".."]
                image.exposedPorts = ["", "/tcp", "99999999999/tcp", "-80"]
                image.workingFolder = ".."
            },
        ]
        for image in images {
            for node in [Node.reference(), .reference(defaults: .crio, seccompDefault: true)] {
                let scope = FindingScope(pod: pod, node: node, images: image.map { ["i": $0] } ?? [:])
                for (rule, finding) in try scope.findings() {
                    #expect(!finding.path.isEmpty && !finding.message.isEmpty, "\(rule.id)")
                    #expect(!finding.message.hasSuffix("."), "\(rule.id): \(finding.message)")
                }
            }
        }
    }
}
