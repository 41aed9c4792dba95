// SPDX-License-Identifier: Apache-2.0
import Foundation
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import Testing
import Volumes

@Suite("Files from objects")
struct FilesFromObjectsTests {
    private static func settings(_ data: [String: String] = ["plain": "one\n", "run.sh": "echo hi\n"]) -> Objects {
        Objects(
            configMaps: ["settings": ConfigMap(data: data, binaryData: ["blob": "AAEC"])],
            secrets: ["keys": Secret(data: ["token": "czNjcjN0"], stringData: ["other": "plain text"])])
    }
    private static func configMap(_ source: ConfigMapVolumeSource) -> Volume {
        PodVolumesTests.volume("data") { $0.configMap = source }
    }
    private func prepare(
        _ volume: Volume, in scratch: Scratch, fsGroup: Int64? = nil, _ objects: Objects = settings()
    ) throws -> PreparedVolume {
        let outcomes = PodVolumesTests.prepare(PodVolumesTests.pod([volume], fsGroup: fsGroup), in: scratch, objects)
        return try #require(outcomes.first).result.get()
    }

    private static let place = "pod/volumes/config-map/data"

    @Test("a config map's keys are files behind links, read-only, as a kubelet lays them out")
    func layout() throws {
        let scratch = try Scratch()
        let prepared = try prepare(Self.configMap(ConfigMapVolumeSource(name: "settings")), in: scratch)
        #expect(prepared.path == "\(scratch.path)/\(Self.place)")
        #expect(prepared.readOnly && prepared.isComplete && prepared.memory == nil)
        #expect(try scratch.status(Self.place) == "directory 0:0 0777")
        let current = try File.linkTarget("\(prepared.path)/..data")
        #expect(current.wholeMatch(of: /\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+/) != nil)
        #expect(try scratch.status("\(Self.place)/\(current)") == "directory 0:0 0755")
        #expect(try File.names(in: prepared.path).sorted() == ["..data", current, "blob", "plain", "run.sh"].sorted())
        for (name, content) in [
            ("plain", Array("one\n".utf8)), ("run.sh", Array("echo hi\n".utf8)), ("blob", [0, 1, 2]),
        ] {
            #expect(try File.linkTarget("\(prepared.path)/\(name)") == "..data/\(name)")
            #expect(try File.read("\(prepared.path)/\(name)") == content)
            #expect(try scratch.status("\(Self.place)/..data/\(name)") == "regular 0:0 0644")
        }
    }

    @Test("items choose keys, paths and modes")
    func items() throws {
        let scratch = try Scratch()
        let items = [
            KeyToPath(key: "run.sh", path: "bin/deep/run", mode: 0o755), KeyToPath(key: "plain", path: "plain"),
        ]
        let source = ConfigMapVolumeSource(name: "settings", items: items, defaultMode: 0o400)
        let path = try prepare(Self.configMap(source), in: scratch).path
        #expect(try File.names(in: path).filter { !$0.hasPrefix("..") }.sorted() == ["bin", "plain"])
        #expect(try scratch.status("\(Self.place)/bin") == "symlink 0:0 0777")
        #expect(try scratch.status("\(Self.place)/..data/bin/deep") == "directory 0:0 0755")
        #expect(try scratch.status("\(Self.place)/..data/bin/deep/run") == "regular 0:0 0755")
        #expect(try scratch.status("\(Self.place)/..data/plain") == "regular 0:0 0400")
    }

    @Test("fsGroup reaches all of it, with no write bit")
    func group() throws {
        let scratch = try Scratch()
        let source = ConfigMapVolumeSource(name: "settings", defaultMode: 0o400)
        let prepared = try prepare(Self.configMap(source), in: scratch, fsGroup: 2000)
        #expect(prepared.ownership?.refused == 0)
        #expect(try scratch.status(Self.place) == "directory 0:2000 2777")
        #expect(try scratch.status("\(Self.place)/plain") == "symlink 0:2000 0777")
        #expect(try scratch.status("\(Self.place)/..data/plain") == "regular 0:2000 0440")
    }

    @Test("equal content is not written again; changed content is swapped as a whole, and what is gone is removed")
    func update() throws {
        let scratch = try Scratch()
        let volume = Self.configMap(ConfigMapVolumeSource(name: "settings"))
        let path = try prepare(volume, in: scratch, fsGroup: 2000).path
        let first = try File.linkTarget("\(path)/..data")
        #expect(try prepare(volume, in: scratch, fsGroup: 2000).ownership == nil)
        #expect(try File.linkTarget("\(path)/..data") == first)
        // What a write that was cut off may leave.
        try scratch.folder("\(Self.place)/..2020_01_01_00_00_00.1")
        try File.makeLink("\(path)/..data_tmp", to: "nowhere")
        _ = try prepare(volume, in: scratch, fsGroup: 2000, Self.settings(["plain": "two\n", "new": "x"]))
        let second = try File.linkTarget("\(path)/..data")
        #expect(second != first)
        #expect(try File.names(in: path).sorted() == ["..data", second, "blob", "new", "plain"].sorted())
        #expect(try File.readText("\(path)/plain") == "two\n")
        #expect(try scratch.status("\(Self.place)/..data/new") == "regular 0:2000 0644")
        #expect(try scratch.status("\(Self.place)/new") == "symlink 0:2000 0777")
    }

    @Test(
        "objects and keys that are missing are told in the kubelet's words, unless they are optional",
        arguments: [
            ("absent", nil, "configmap \"absent\" not found"),
            ("settings", "gone", "configmap references non-existent config key: gone"),
        ] as [(String, String?, String)])
    func missing(name: String, key: String?, message: String) throws {
        let scratch = try Scratch()
        let items = key.map { [KeyToPath(key: $0, path: "file")] }
        let volume = Self.configMap(ConfigMapVolumeSource(name: name, items: items))
        let error = try #require(throws: VolumeError.self) { try prepare(volume, in: scratch) }
        #expect(error.reason == "FailedMount" && !error.isFinal)
        #expect(error.message == "MountVolume.SetUp failed for volume \"data\" : \(message)")
        let optional = Self.configMap(ConfigMapVolumeSource(name: name, items: items, optional: true))
        let path = try prepare(optional, in: scratch).path
        #expect(try File.names(in: path).filter { !$0.hasPrefix("..") } == [])
        let secret = PodVolumesTests.volume("data") {
            $0.secret = SecretVolumeSource(secretName: name == "absent" ? "absent" : "keys", items: items)
        }
        let second = try #require(throws: VolumeError.self) { try prepare(secret, in: scratch) }
        let expected = key == nil ? "secret \"absent\" not found" : "references non-existent secret key: gone"
        #expect(second.message == "MountVolume.SetUp failed for volume \"data\" : \(expected)")
    }

    @Test(
        "a path that leaves the volume or takes a name of the layout is refused",
        arguments: [
            ("", "must not be empty: \"\""), ("/etc/x", "must be relative path: /etc/x"),
            ("a/../../x", "must not contain '..': a/../../x"), ("..data", "must not start with '..': ..data"),
            (String(repeating: "a", count: 256), "filenames must be less than or equal to 255 characters"),
            (
                Array(repeating: "aaaaaaa", count: 513).joined(separator: "/"),
                "must be less than or equal to 4096 characters"
            ),
        ])
    func paths(path: String, message: String) throws {
        let scratch = try Scratch()
        let source = ConfigMapVolumeSource(name: "settings", items: [KeyToPath(key: "plain", path: path)])
        let error = try #require(throws: VolumeError.self) { try prepare(Self.configMap(source), in: scratch) }
        #expect(error.message == "MountVolume.SetUp failed for volume \"data\" : invalid path: \(message)")
    }

    // MARK: in memory

    /// Prepares, mounts the memory as a shim does, and prepares again, in a mount namespace that the process keeps.
    private static func inMemory(
        _ volume: Volume, fsGroup: Int64? = nil, runAsUser: Int64? = nil, _ objects: Objects = settings()
    ) throws -> (scratch: Scratch, prepared: PreparedVolume) {
        let scratch = try Scratch()
        try Process.unshare([.mount])
        try Mount.setPropagation(.private, of: "/")
        var pod = PodVolumesTests.pod([volume], fsGroup: fsGroup)
        pod.metadata.labels = ["b": "2", "a": "x\"y\\z\n\u{1}é"]
        pod.spec.securityContext?.runAsUser = runAsUser
        func prepare() throws -> PreparedVolume {
            try #require(PodVolumesTests.prepare(pod, in: scratch, objects).first).result.get()
        }
        let waiting = try prepare()
        let memory = try #require(waiting.memory)
        #expect(!waiting.isComplete && waiting.readOnly)
        #expect(try File.names(in: waiting.path) == [])
        let mounted = try Mount.make(
            "tmpfs",
            options: [
                ("size", String(memory.size ?? 0)), ("mode", String(memory.permissions, radix: 8)),
                ("gid", String(memory.gid ?? 0)),
            ])
        try Mount.attach(mounted.raw, toPath: waiting.path)
        scratch.mounts.append(waiting.path)
        let prepared = try prepare()
        #expect(prepared.isComplete && prepared.readOnly)
        return (scratch, prepared)
    }

    @Test("a secret is in memory alone, with its mode and, for fsGroup, a bit for the group")
    func secret() async {
        await #expect(processExitsWith: .success) {  // Its own process: it has a mount namespace of its own.
            let volume = PodVolumesTests.volume("data") {
                $0.secret = SecretVolumeSource(secretName: "keys", defaultMode: 0o400)
            }
            let (scratch, prepared) = try Self.inMemory(volume, fsGroup: 2000)
            #expect(try scratch.status("pod/volumes/secret/data") == "directory 0:2000 3777")
            #expect(try scratch.status("pod/volumes/secret/data/..data/token") == "regular 0:2000 0440")
            #expect(try File.readText("\(prepared.path)/token") == "s3cr3t")
            #expect(try File.readText("\(prepared.path)/other") == "plain text")
        }
    }

    @Test("without fsGroup a secret is root's, with the mode that it asks for")
    func secretAlone() async {
        await #expect(processExitsWith: .success) {
            let volume = PodVolumesTests.volume("data") {
                $0.secret = SecretVolumeSource(secretName: "keys", defaultMode: 0o400)
            }
            let (scratch, _) = try Self.inMemory(volume)
            #expect(try scratch.status("pod/volumes/secret/data") == "directory 0:0 1777")
            #expect(try scratch.status("pod/volumes/secret/data/..data/token") == "regular 0:0 0400")
        }
    }

    @Test("fields of the pod are files, maps a line a key, quoted as Go does")
    func downwardAPI() async {
        await #expect(processExitsWith: .success) {
            let volume = PodVolumesTests.volume("data") { volume in
                let fields = [
                    ("name", "metadata.name"), ("deep/ns", "metadata.namespace"), ("labels", "metadata.labels"),
                    ("b", "metadata.labels['b']"), ("none", "metadata.annotations"),
                ]
                volume.downwardAPI = DownwardAPIVolumeSource(
                    items: fields.map { name, field in
                        DownwardAPIVolumeFile(
                            path: name, fieldRef: ObjectFieldSelector(fieldPath: field),
                            mode: name == "deep/ns" ? 0o400 : nil)
                    })
            }
            let (scratch, prepared) = try Self.inMemory(volume, fsGroup: 2000)
            #expect(try File.readText("\(prepared.path)/name") == "web")
            #expect(try File.readText("\(prepared.path)/deep/ns") == "default")
            #expect(try File.readText("\(prepared.path)/labels") == "a=\"x\\\"y\\\\z\\n\\x01é\"\nb=\"2\"")
            #expect(try File.readText("\(prepared.path)/b") == "2")
            #expect(try File.readText("\(prepared.path)/none") == "")
            #expect(try scratch.status("pod/volumes/downward-api/data/..data/deep/ns") == "regular 0:2000 0440")
            #expect(try scratch.status("pod/volumes/downward-api/data/..data/name") == "regular 0:2000 0644")
            #expect(try scratch.status("pod/volumes/downward-api/data/deep") == "symlink 0:2000 0777")
        }
    }

    private static let tokenVolume = PodVolumesTests.volume("data") {
        $0.projected = ProjectedVolumeSource(
            sources: [VolumeProjection(serviceAccountToken: ServiceAccountTokenProjection(path: "token"))])
    }

    @Test("a token is private to the user that all containers run as, and to fsGroup")
    func token() async {
        await #expect(processExitsWith: .success) {
            let (scratch, prepared) = try Self.inMemory(Self.tokenVolume, fsGroup: 2000, runAsUser: 1000)
            #expect(try File.readText("\(prepared.path)/token") == "a.b.c")
            #expect(try scratch.status("pod/volumes/projected/data/..data/token") == "regular 1000:2000 0640")
            #expect(try scratch.status("pod/volumes/projected/data/token") == "symlink 1000:2000 0777")
        }
        await #expect(processExitsWith: .success) {
            let (scratch, _) = try Self.inMemory(Self.tokenVolume, runAsUser: 1000)
            #expect(try scratch.status("pod/volumes/projected/data/..data/token") == "regular 1000:0 0600")
        }
        await #expect(processExitsWith: .success) {
            let (scratch, _) = try Self.inMemory(Self.tokenVolume)
            #expect(try scratch.status("pod/volumes/projected/data/..data/token") == "regular 0:0 0644")
        }
    }

    @Test("a source that this machine has nothing for is refused by its field")
    func unsupported() throws {
        let scratch = try Scratch()
        let volume = PodVolumesTests.volume("data") {
            $0.projected = ProjectedVolumeSource(sources: [
                VolumeProjection(configMap: ConfigMapProjection(name: "settings")),
                VolumeProjection(podCertificate: PodCertificateProjection()),
            ])
        }
        let error = try #require(throws: VolumeError.self) { try prepare(volume, in: scratch) }
        #expect(error.isFinal)
        #expect(
            error.message == "spec.volumes[0].projected.sources[1].podCertificate: this source is not supported")
    }
}
