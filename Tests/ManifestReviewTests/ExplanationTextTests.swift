// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import SecurityPolicy
import Testing

@testable import ManifestReview

@Suite("The text of explain, and differences")
struct ExplanationTextTests {
    typealias Field = PodExplanation.Field
    typealias Source = PodExplanation.Source

    private static func pod(_ change: (inout PodExplanation) -> Void = { _ in }) -> PodExplanation {
        var pod = PodExplanation(
            file: "shop.yaml", position: Position(line: 7, column: 3), kind: "Deployment", name: "shop",
            namespace: "retail", node: "containerd")
        pod.fields = [Field("namespaces.pid", "container", "container", Source(.kubernetes))]
        var volume = PodExplanation.VolumeRow(name: "data", kind: "emptyDir", followsGroup: true)
        (volume.uid, volume.gid, volume.mode, volume.fileMode) = (0, 2000, 0o2777, 0o440)
        var host = PodExplanation.VolumeRow(name: "host", kind: "hostPath /srv", followsGroup: false)
        host.note = "is not on this machine"
        pod.volumes = [volume, host]
        var container = ContainerExplanation(
            name: "web", kind: "container", image: "registry.example/web:1", isImageHere: false,
            position: Position(line: 21, column: 9))
        container.fields = [
            Field(
                "runAsUser", "1000", 1000,
                Source(.pod, field: "spec.securityContext.runAsUser", position: Position(line: 9, column: 5))),
            Field("runAsGroup", "unknown", .null, Source(.unknown), unknown: "/etc/passwd decides, and it is not here"),
            Field("capabilities", CapabilitySet.names.joined(separator: " "), .null, Source(.node)),
        ]
        var kernel = KernelPrediction(bounding: ["CHOWN"], noNewPrivileges: true, hasFilter: true)
        kernel.uid = 1000
        kernel.systemCalls = .allowed(300)
        kernel.mounts = [
            .init(
                path: "/a/very/long/path/" + String(repeating: "x", count: 150), type: "bind", flags: ["rw", "nodev"],
                what: "volume data", isWritable: true, writers: "everyone")
        ]
        container.kernel = kernel
        pod.containers = [container]
        change(&pod)
        return pod
    }

    private static let plain = TextStyle(isColoured: false)

    @Test("no line is longer than 100 characters, and none ends in a blank")
    func width() {
        let text = Self.pod { $0.refusal = "Pod was rejected: " + String(repeating: "a word ", count: 40) }.text(
            Self.plain)
        for line in text.split(separator: "\n") {
            #expect(line.count <= TextPage.width && line.last != " ", "\(line)")
        }
    }

    @Test(
        "each value, its source and its line are there",
        arguments: [
            "Deployment shop  namespace retail, node containerd, shop.yaml:7:3", "pod field, line 9:5",
            "Kubernetes default",
            "unknown: /etc/passwd decides", "drwxrwsrwx 0:2000, files -r--r-----", "fsGroup is not applied",
            "image registry.example/web:1, which is not here", "NoNewPrivs  1",
            "Seccomp     2, 300 system calls allowed",
            "CapEff      unknown", "written by everyone",
        ])
    func content(part: String) { #expect(Self.pod().text(Self.plain).contains(part)) }

    @Test("colours are for a terminal alone, and a manifest's own are none")
    func colours() {
        let pod = Self.pod { $0.name = "a\u{1b}[31mb" }
        #expect(!pod.text(Self.plain).contains("\u{1b}"))
        #expect(pod.text(TextStyle(isColoured: true)).contains("\u{1b}[1m"))
        #expect(!pod.text(TextStyle(isColoured: true)).contains("\u{1b}[31mb"))
    }

    @Test("a refusal is told before everything else, of pod and of container")
    func refusals() {
        let text = Self.pod {
            $0.refusal = "Pod was rejected: no AppArmor (AppArmor)"
            $0.containers[0].refusal = "CreateContainerConfigError: root"
        }.text(Self.plain)
        #expect(text.contains("\n  does not start: Pod was rejected: no AppArmor (AppArmor)\n"))
        #expect(text.contains("\n  does not start: CreateContainerConfigError: root\n"))
    }

    @Test(
        "a text is cut at blanks, and a word that is too long where the line ends",
        arguments: [
            ("one two three", 8, ["one two", "three"]), ("abcdefghijkl", 8, ["abcdefgh", "ijkl"]), ("", 8, [""]),
            ("a bcdefghijk", 8, ["a bcdefg", "hijk"]),
        ])
    func wrapping(text: String, width: Int, lines: [String]) {
        let wrapped = TextPage.wrapped(text, width)
        #expect(wrapped.allSatisfy { $0.count <= width })
        #expect(wrapped.joined(separator: "").filter { $0 != " " } == text.filter { $0 != " " })
        if text != "a bcdefghijk" { #expect(wrapped == lines) }
    }

    // MARK: differences

    @Test("what is the same is no difference")
    func same() {
        #expect(ExplanationDifference.all([Self.pod()], [Self.pod()]).isEmpty)
        #expect(ExplanationDifference.text([], Self.plain) == "no difference\n")
    }

    @Test("a value, a mount, a volume, a container that is another one, or on one side alone")
    func different() {
        let other = Self.pod {
            $0.containers[0].fields[0].text = "0"
            $0.containers[0].kernel?.mounts = []
            $0.volumes[0].mode = 0o777
            $0.containers.append(
                ContainerExplanation(name: "side", kind: "sidecar", image: "s", isImageHere: false, position: nil))
        }
        let differences = ExplanationDifference.all([Self.pod()], [other])
        let names = differences.map(\.name)
        #expect(names.contains("volume data") && names.contains("runAsUser") && names.contains("container"))
        #expect(names.contains { $0.hasPrefix("mount /a/very") })
        #expect(differences.first { $0.name == "runAsUser" }.map { [$0.left, $0.right] } == ["1000", "0"])
        #expect(differences.first { $0.name == "container" }.map { [$0.left, $0.right] } == [nil, "is there"])
        let text = ExplanationDifference.text(differences, Self.plain)
        #expect(text.contains("  runAsUser\n    - 1000\n    + 0\n"))
        #expect(JSONValue(differences: differences)["differences"]?.arrayValue?.count == differences.count)
    }

    @Test("of several pods each is compared with the one of its name")
    func several() {
        let second = Self.pod { $0.name = "other" }
        let differences = ExplanationDifference.all([Self.pod(), second], [second, Self.pod { $0.name = "third" }])
        #expect(differences.map(\.subject) == ["Deployment shop", "Deployment third"])
        #expect(differences.map(\.left) == ["is there", nil])
    }
}
