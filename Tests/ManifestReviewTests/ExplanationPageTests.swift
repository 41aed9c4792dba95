// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import SecurityPolicy
import Testing

@testable import ManifestReview

@Suite("The page of explain")
struct ExplanationPageTests {
    typealias Field = PodExplanation.Field
    typealias Source = PodExplanation.Source

    /// A pod with one container, `uid 1000` and nothing else.
    private static func pod(_ change: (inout PodExplanation) -> Void = { _ in }) -> PodExplanation {
        var pod = PodExplanation(
            file: "shop.yaml", position: Position(line: 7, column: 3), kind: "Deployment", name: "shop",
            namespace: "retail", node: "containerd, seccompDefault")
        pod.containers = [container()]
        change(&pod)
        return pod
    }

    private static func container(_ change: (inout ContainerExplanation) -> Void = { _ in }) -> ContainerExplanation {
        var container = ContainerExplanation(
            name: "web", kind: "sidecar", image: "example.com/web:1", isImageHere: true,
            position: Position(line: 21, column: 9))
        container.kernel = kernel()
        change(&container)
        return container
    }

    private static func kernel(_ change: (inout KernelPrediction) -> Void = { _ in }) -> KernelPrediction {
        var kernel = KernelPrediction(bounding: [], noNewPrivileges: true, hasFilter: true)
        kernel.uid = 1000
        kernel.gid = 3000
        kernel.groups = [2000, 3000]
        (kernel.inheritable, kernel.permitted, kernel.effective, kernel.ambient) = ([], [], [], [])
        kernel.systemCalls = .allowed(300)
        kernel.maskedPaths = ["/proc/kcore"]
        kernel.readOnlyPaths = ["/proc/sys"]
        kernel.mounts = [
            .init(path: "/", type: "overlay", flags: ["ro"], what: "image", isWritable: false, writers: "nobody"),
            .init(
                path: "/data", type: "bind", flags: ["rw", "nodev"], propagation: "shared", what: "volume data",
                isWritable: true, writers: "everyone"),
            .init(
                path: "/proc/kcore", type: "mask", flags: ["rw"], what: "masked path", isWritable: false,
                writers: "nobody"),
        ]
        change(&kernel)
        return kernel
    }

    private static func html(_ pods: PodExplanation...) -> String { ExplanationPage.html(pods, version: "1.2.3") }

    /// Without tags, style sheet and blanks at the ends of lines: what a reader reads.
    private static func words(_ html: String) -> String {
        var text = ""
        var isInTag = false
        for character in html[html.firstRange(of: "</style>")!.upperBound...] {
            if character == "<" {
                isInTag = true
            } else if character == ">" {
                isInTag = false
            } else if !isInTag {
                text.append(character)
            }
        }
        return text
    }

    private static let hostile = "<script>alert('1')</script>\"&\u{202e}\u{1}\u{ffff}"
    private static let harmless = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\\u{202e}\\u{1}\\u{ffff}"

    @Test("no text of a manifest becomes markup, wherever it stands")
    func escaping() {
        let text = Self.hostile
        var pod = PodExplanation(file: text, position: nil, kind: text, name: text, namespace: text, node: text)
        pod.refusal = text
        pod.fields = [
            Field(text, text, .null, Source(.pod, field: text)),
            Field(text, "", .null, Source(.unknown), unknown: text),
        ]
        var volume = PodExplanation.VolumeRow(name: text, kind: "hostPath \(text)", followsGroup: true)
        volume.note = text
        pod.volumes = [volume]
        var container = ContainerExplanation(name: text, kind: text, image: text, isImageHere: false, position: nil)
        container.fields = [Field("runAsUser", "", .null, Source(.image, field: text), unknown: text)]
        container.findings = [
            Problem(.finding(rule: text), .error, file: text, position: nil, path: text, message: text, remedy: text)
        ]
        container.kernel = Self.kernel {
            $0.uid = nil
            $0.effective = [text]
            $0.bounding = [text]
            $0.systemCalls = .unknown(text)
            $0.maskedPaths = [text]
            $0.readOnlyPaths = [text]
            $0.mounts = [
                .init(
                    path: text, type: text, flags: [text], propagation: text, what: text, isWritable: true,
                    writers: text)
            ]
        }
        pod.containers = [container]
        container.refusal = text
        container.kernel = nil
        pod.containers.append(container)
        let html = ExplanationPage.html([pod, pod], version: text)
        #expect(!html.contains("<script"))
        #expect(!html.contains("alert('1')"))
        #expect(!html.unicodeScalars.contains("\u{202e}"))
        #expect(!html.unicodeScalars.contains("\u{1}"))
        // As often as it was put in, at least: each place shows it.
        #expect(html.split(separator: Self.harmless, omittingEmptySubsequences: false).count > 60)
        #expect(Self.unbalanced(html) == nil)
    }

    @Test("the page names a policy that lets nothing in, and needs nothing")
    func selfContained() throws {
        let html = Self.html(Self.pod(), Self.pod())
        #expect(
            html.contains(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            ))
        for forbidden in [
            "src=", "http:", "https:", "url(", "@import", "<link", "<script", "<img", "<iframe", " style=",
            "javascript:",
        ] {
            #expect(!html.contains(forbidden), "\(forbidden)")
        }
        let targets = html.split(separator: "href=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(!targets.isEmpty)
        for target in targets {
            #expect(target.hasPrefix("#"))
            #expect(html.contains("id=\"\(target.dropFirst())\""), "\(target)")
        }
    }

    @Test("it is whole: a document type, a language, a title, headings in order, each tag closed, each id once")
    func wellFormed() {
        let html = Self.html(Self.pod(), Self.pod())
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        #expect(html.contains("<title>2 pods: effective security context</title>"))
        #expect(Self.unbalanced(html) == nil)
        let levels = html.split(separator: "<h").compactMap { $0.first?.wholeNumberValue }
        #expect(levels.first == 1)
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
        let ids = html.split(separator: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(ids).count == ids.count)
        let tables = html.split(separator: "<table").dropFirst()
        #expect(!tables.isEmpty && tables.allSatisfy { $0.contains("<caption") && $0.contains("scope=\"col\"") })
    }

    /// The first tag that closes what is not open, or what stays open.
    private static func unbalanced(_ html: String) -> String? {
        var open: [String] = []
        for part in html.split(separator: "<").dropFirst() {
            let tag = part.prefix { $0 != ">" }
            let name = String(tag.prefix { $0 != " " })
            if tag.hasSuffix("/") || ["!DOCTYPE", "meta", "br"].contains(name) { continue }
            if name.hasPrefix("/") {
                if open.popLast() != String(name.dropFirst()) { return name }
            } else {
                open.append(name)
            }
        }
        return open.last
    }

    @Test("the head says what it is, where it is written, and for which node")
    func head() {
        let words = Self.words(Self.html(Self.pod()))
        for text in [
            "Deployment shop", "retail", "containerd, seccompDefault", "shop.yaml:7:3", "sidecar web", "21:9",
            "holdfast 1.2.3",
        ] {
            #expect(words.contains(text), "\(text)")
        }
    }

    @Test(
        "every origin has its badge, with its place",
        arguments: zip(
            Source.Kind.allCases,
            ["container", "pod", "image", "/etc/passwd", "/etc/group", "node", "Kubernetes", "unknown"]))
    func origins(kind: Source.Kind, badge: String) {
        let source = Source(kind, field: "spec.securityContext.fsGroup", position: Position(line: 31, column: 5))
        let html = Self.html(
            Self.pod {
                $0.containers = [Self.container { $0.fields = [Field("supplementalGroups", "2000", 2000, source)] }]
            })
        let row = html.split(separator: "<tr>").first { $0.contains("supplementalGroups") } ?? ""
        #expect(row.contains("<td class=\"value\">2000</td>"))
        #expect(row.contains(">\(badge)</span>"))
        #expect(row.contains("line 31:5"))
        // The field that the group comes from is another one than the row's.
        #expect(row.contains("<code class=\"soft\">fsGroup</code>"))
    }

    @Test("what is not known says why")
    func unknown() {
        let reason = "USER of image web decides, and it is not here"
        let html = Self.html(
            Self.pod {
                $0.containers = [
                    Self.container {
                        $0.isImageHere = false
                        $0.fields = [Field("runAsUser", "unknown", .null, Source(.unknown), unknown: reason)]
                        $0.kernel = Self.kernel {
                            ($0.uid, $0.groups, $0.effective, $0.permitted) = (nil, nil, nil, nil)
                            $0.bounding = ["CHOWN", "KILL"]
                            $0.systemCalls = .unknown("the profile is not here")
                        }
                    }
                ]
            })
        let words = Self.words(html)
        // At a glance, in the head of the container, in its fields, and as the kernel shows it.
        #expect(words.split(separator: reason, omittingEmptySubsequences: false).count == 5)
        for text in [
            "user not known", "at most 2 capabilities", "/etc/group may add some", "the profile is not here",
            "not here:",
        ] {
            #expect(words.contains(text), "\(text)")
        }
    }

    @Test("a refusal of the pod, and one of a container, is said where it counts")
    func refusals() {
        let words = Self.words(
            Self.html(
                Self.pod {
                    $0.refusal = "Pod was rejected: SysctlForbidden"
                    $0.containers = [
                        Self.container {
                            $0.kernel = nil
                            $0.refusal = "CreateContainerConfigError: runs as root"
                        }
                    ]
                }))
        #expect(words.contains("Does not start\nPod was rejected: SysctlForbidden"))
        #expect(words.contains("danger: does not start CreateContainerConfigError: runs as root"))
        #expect(words.contains("Does not start\nCreateContainerConfigError: runs as root"))
        let without = Self.words(Self.html(Self.pod()))
        #expect(!without.contains("not start"))
    }

    @Test("what the kernel will show stands there value by value")
    func kernelValues() {
        let kernel = Self.kernel {
            $0.bounding = ["CHOWN", "SYS_ADMIN"]
            $0.noNewPrivileges = false
        }
        let html = Self.html(Self.pod { $0.containers = [Self.container { $0.kernel = kernel }] })
        let words = Self.words(html)
        for text in [
            "Uid1000", "Gid3000", "Groups2000 3000", "CapInh CapPrm CapEff CapAmb", "0000000000000000 none", "CapBnd",
            "0000000000200001", "danger: SYS_ADMIN", "mounts file systems", "NoNewPrivs0",
            "Seccomp2 filter: 300 system calls allowed",
            "1 masked path ", "/proc/kcore", "1 read-only path ", "/proc/sys",
        ] {
            #expect(words.contains(text), "\(text)")
        }
        let mount = html.split(separator: "<tr>").first { $0.contains("<code>/data</code>") }.map(String.init) ?? ""
        for text in ["volume data", "writable", "by everyone", "bind", "rw, nodev", "shared"] {
            #expect(mount.contains(text), "\(text)")
        }
        // A masked path stands in its list, not among the mounts.
        #expect(html.split(separator: "<code>/proc/kcore</code>", omittingEmptySubsequences: false).count == 2)
    }

    @Test("volumes are shown as ls shows them, and whether fsGroup is applied")
    func volumes() {
        var volume = PodExplanation.VolumeRow(name: "data", kind: "configMap data", followsGroup: false)
        (volume.uid, volume.gid, volume.mode, volume.fileMode) = (0, 2000, 0o2777, 0o640)
        volume.position = Position(line: 40, column: 7)
        let words = Self.words(Self.html(Self.pod { $0.volumes = [volume] }))
        for text in ["configMap data", "drwxrwsrwx 02777 0:2000", "-rw-r----- 0640 its files", "not applied", "40:7"] {
            #expect(words.contains(text), "\(text)")
        }
    }

    @Test("findings come with severity, remedy and place, the gravest first")
    func findings() {
        let place = Position(line: 12, column: 4)
        let problems = [
            Problem(.finding(rule: "b"), .note, file: "f", position: place, path: "", message: "small"),
            Problem(
                .finding(rule: "a"), .error, file: "f", position: place, path: "", message: "grave", remedy: "mend"),
        ]
        let words = Self.words(Self.html(Self.pod { $0.containers = [Self.container { $0.findings = problems }] }))
        let grave = words.firstRange(of: "error grave")
        let small = words.firstRange(of: "note small")
        #expect(grave != nil && small != nil && grave!.lowerBound < small!.lowerBound)
        #expect(words.contains("Remedy mend"))
        #expect(words.contains("a line 12:4"))
        #expect(words.contains("1 error") && words.contains("1 note"))
    }
}

@Suite("What a reviewer reads first")
struct ContainerSummaryTests {
    typealias Fact = ContainerSummary.Fact

    private static func facts(_ kernel: KernelPrediction, fields: [PodExplanation.Field] = [], user: String = "host")
        -> [Fact]
    {
        var pod = PodExplanation(file: "f", position: nil, kind: "Pod", name: "p", namespace: "n", node: "containerd")
        pod.fields = [.init("namespaces.user", user, .null, .init(.kubernetes))]
        var container = ContainerExplanation(name: "c", kind: "container", image: "i", isImageHere: true, position: nil)
        container.kernel = kernel
        container.fields = fields
        return ContainerSummary(container, of: pod).facts
    }

    private static func kernel(
        uid: UInt32?, held: [String]?, bounding: [String], noNewPrivileges: Bool = true, hasFilter: Bool = true
    ) -> KernelPrediction {
        var kernel = KernelPrediction(bounding: bounding, noNewPrivileges: noNewPrivileges, hasFilter: hasFilter)
        (kernel.uid, kernel.effective, kernel.permitted) = (uid, held, held)
        kernel.systemCalls = hasFilter ? .allowed(300) : .all
        return kernel
    }

    @Test("a container that is held tight is good in all five")
    func tight() {
        let fields = [PodExplanation.Field("readOnlyRootFilesystem", "true", true, .init(.container))]
        let facts = Self.facts(Self.kernel(uid: 1000, held: [], bounding: []), fields: fields)
        #expect(
            facts.map(\.text) == ["uid 1000", "no capabilities", "no_new_privs", "seccomp filter", "read-only root"])
        #expect(facts.allSatisfy { $0.level == .good })
    }

    @Test("a container that is not held is good in none")
    func loose() {
        let all = CapabilitySet.names
        let facts = Self.facts(Self.kernel(uid: 0, held: all, bounding: all, noNewPrivileges: false, hasFilter: false))
        #expect(
            facts.map(\.text) == [
                "root (uid 0)", "all 41 capabilities", "may gain privileges", "no seccomp filter", "writable root",
            ])
        #expect(facts.map(\.level) == [.danger, .danger, .care, .care, .care])
    }

    @Test(
        "capabilities are good only where none can be had",
        arguments: [
            (["CHOWN"], ["CHOWN"], true, "CHOWN", Fact.Level.care),
            (["NET_ADMIN"], ["NET_ADMIN"], true, "NET_ADMIN", .danger),
            ([], ["CHOWN", "KILL"], true, "no capabilities", .good),
            ([], ["CHOWN", "KILL"], false, "holds no capabilities", .care),
            (nil, ["CHOWN", "KILL"], true, "at most 2 capabilities", .unknown),
            (nil, [], true, "no capabilities", .good),
        ] as [([String]?, [String], Bool, String, Fact.Level)])
    func capabilities(held: [String]?, bounding: [String], noNewPrivileges: Bool, text: String, level: Fact.Level) {
        let fact = Self.facts(
            Self.kernel(uid: 1000, held: held, bounding: bounding, noNewPrivileges: noNewPrivileges))[1]
        #expect(fact.text == text)
        #expect(fact.level == level)
    }

    @Test("root of its own user namespace is not root of the machine, and an unknown user is not called good")
    func users() {
        #expect(Self.facts(Self.kernel(uid: 0, held: [], bounding: []), user: "pod")[0].level == .plain)
        #expect(Self.facts(Self.kernel(uid: nil, held: nil, bounding: []))[0].level == .unknown)
        let nonRoot = [PodExplanation.Field("runAsNonRoot", "true", true, .init(.pod))]
        let fact = Self.facts(Self.kernel(uid: nil, held: nil, bounding: []), fields: nonRoot)[0]
        #expect(fact.text == "not root, or no start")
        #expect(fact.level == .unknown)
    }

    @Test("each dangerous capability is one that the kernel has")
    func dangers() {
        #expect(CapabilityDanger.all.allSatisfy { CapabilitySet.names.contains($0.name) })
        #expect(Set(CapabilityDanger.all.map(\.name)).count == CapabilityDanger.all.count)
    }

    @Test("what a pod shares with the machine is said", arguments: ["network", "pid", "ipc"])
    func shared(name: String) {
        var pod = PodExplanation(file: "f", position: nil, kind: "Pod", name: "p", namespace: "n", node: "containerd")
        pod.fields = [.init("namespaces.\(name)", "host", .null, .init(.pod))]
        #expect(ContainerSummary.facts(of: pod).map(\.level) == [.danger])
        pod.fields = [.init("namespaces.\(name)", "pod", .null, .init(.pod))]
        #expect(ContainerSummary.facts(of: pod).map(\.level) == [.good])
    }
}
