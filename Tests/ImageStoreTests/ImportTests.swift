// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import ImageStore
import LinuxKernel
import OCISpec
import Testing

@Suite("Importing images")
struct ImportTests {
    private func tar(_ text: String) -> Tar {
        var tar = Tar()
        tar.add("file", text: text)
        return tar
    }

    private func bytes(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }

    @Test("a layout's images come under their names, and a layer that they share is unpacked once")
    func layout() throws {
        let world = try World()
        var layout = try world.layout()
        let shared = try Layout.Layer(tar("shared"), .gzip)
        try layout.add("example.test/a:1", [shared]) { $1.config?.User = "1000" }
        try layout.add("b", [shared], annotation: "io.containerd.image.name") { $1.config?.User = "2000" }
        try layout.add("c:2", [shared, try .init(tar("own"), .zstd)])
        let images = try world.store.importImages(path: layout.path)
        #expect(
            images.map(\.reference.description) == [
                "example.test/a:1", "docker.io/library/b:latest", "docker.io/library/c:2",
            ])
        #expect(images.map(\.config.config?.User) == ["1000", "2000", nil])
        #expect(Set(try File.names(in: world.store.folder + "/layers")) == Set(images[2].chainIDs.map(\.hex)))
        #expect(images[0].chainIDs == [shared.diffID])
        #expect(try world.store.list() == images.sorted { "\($0.reference)" < "\($1.reference)" })
        #expect(try world.store.find(ImageReference("b")) == images[1])
        #expect(
            try world.store.find(ImageReference("docker.io/library/b@\(images[1].digest)"))?.digest == images[1].digest)
        #expect(try world.store.find(ImageReference("other@\(images[1].digest)")) == nil)
        #expect(try world.store.find(ImageReference("nothing")) == nil)
        #expect(try File.readText(try world.top(images[2]) + "/file") == "own")
        // The chain id of two layers, by the formula of the image specification.
        let chain = Digest(
            of: Array("\(images[2].config.rootfs.diff_ids[0]) \(images[2].config.rootfs.diff_ids[1])".utf8))
        #expect(images[2].chainIDs == [shared.diffID, chain])
        #expect(try File.names(in: world.store.folder + "/scratch") == [])
    }

    @Test("importing again changes nothing; a name that comes anew is moved")
    func again() throws {
        let world = try World()
        var layout = try world.layout()
        try layout.add("x:1", [try .init(tar("one"))])
        let first = try world.store.importImages(path: layout.path)
        let before = try ScratchFolder.tree(world.store.folder)
        #expect(try world.store.importImages(path: layout.path) == first)
        #expect(try ScratchFolder.tree(world.store.folder) == before)
        let second = try world.image([tar("two")], "x:1")
        #expect(try world.store.list() == [second])
        #expect(second.digest != first[0].digest)
    }

    @Test("of an index of several platforms, the machine's is taken and attestations are left")
    func platforms() throws {
        let world = try World()
        var layout = try world.layout()
        try layout.add("x:1", [try .init(tar("other"))], platform: ("linux", "s390x"))
        try layout.add("x:1", [try .init(tar("none"))], platform: ("unknown", "unknown"))
        #if arch(arm64)
            try layout.add("x:1", [try .init(tar("mine"))], platform: ("linux", "arm64"))
        #else
            try layout.add("x:1", [try .init(tar("mine"))], platform: ("linux", "amd64"))
        #endif
        // The same within an index of its own.
        let index = try JSONDecoder().decode(
            ImageIndex.self, from: Data(try File.read(layout.path + "/index.json")))
        var inner = try layout.blob(try bytes(index), "application/vnd.oci.image.index.v1+json")
        inner.annotations = ["io.containerd.image.name": "docker.io/library/x:latest"]
        try File.replace(layout.path + "/index.json", with: try bytes(ImageIndex(manifests: [inner])))
        let images = try world.store.importImages(path: layout.path)
        #expect(images.count == 1)
        #expect(try File.readText(try world.top(images[0]) + "/file") == "mine")
    }

    @Test("an archive of a layout is as good as the layout, plain or gzip", arguments: [false, true])
    func archive(compressed: Bool) throws {
        let world = try World()
        var layout = try world.layout()
        try layout.add("x:1", [try .init(tar("one"), .gzip)])
        let file = world.scratch.path + "/archive"
        let result = try Command(
            "/bin/tar", ["-C", layout.path, compressed ? "-czf" : "-cf", file, "."],
            environment: ["PATH": "/bin:/usr/bin"]
        ).run()
        #expect(result.status == .exited(code: 0))
        let images = try world.store.importImages(path: file)
        #expect(try File.readText(try world.top(images[0]) + "/file") == "one")
        #expect(try File.names(in: world.store.folder + "/scratch") == [])
    }

    /// What `docker save` writes, with a layer that is a link to another's, as it does for layers that are the same.
    private func dockerArchive(
        _ path: String, tags: [String]?, layers: [Tar], change: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        var config = try bytes(
            ImageConfig(
                architecture: "amd64", config: .init(),
                rootfs: .init(diffIDs: layers.map { Digest(of: $0.bytes).description })))
        let name = Digest(of: config).hex + ".json"
        change(&config)
        struct Entry: Encodable {
            let Config: String
            let RepoTags: [String]?
            let Layers: [String]
        }
        var archive = Tar()
        archive.add(name, .regular, config)
        var paths: [String] = []
        for (index, layer) in layers.enumerated() {
            archive.add("layer\(index)/layer.tar", .regular, layer.bytes)
            paths.append("layer\(index)/layer.tar")
        }
        archive.add("manifest.json", .regular, try bytes([Entry(Config: name, RepoTags: tags, Layers: paths)]))
        try File.replace(path, with: archive.bytes)
    }

    @Test("a docker archive comes under its tags, or under the name that is asked for")
    func docker() throws {
        let world = try World()
        let path = world.scratch.path + "/docker.tar"
        try dockerArchive(path, tags: ["busybox:1", "example.test/b:2"], layers: [tar("one"), tar("two")])
        let images = try world.store.importImages(path: path)
        #expect(images.map(\.reference.description) == ["docker.io/library/busybox:1", "example.test/b:2"])
        #expect(images[0].digest == images[1].digest)
        #expect(try File.readText(try world.top(images[0]) + "/file") == "two")
        #expect(try world.store.importImages(path: path, name: "mine").map(\.reference.path) == ["library/mine"])
        try dockerArchive(path, tags: nil, layers: [tar("one")])
        #expect(throws: ImageError.self) { try world.store.importImages(path: path) }
    }

    @Test("a docker archive whose config is not what it is called is corrupt")
    func dockerCorrupt() throws {
        let world = try World()
        let path = world.scratch.path + "/docker.tar"
        try dockerArchive(path, tags: ["x"], layers: [tar("one")]) { $0.append(32) }
        let error = try world.refusal(path)
        #expect(error.description.contains("is corrupt"))
    }

    @Test("a docker archive whose files are links to the machine's gives none of them away")
    func dockerLinks() throws {
        let world = try World()
        let outside = world.scratch.path + "/secret"
        try File.replace(outside, with: tar("secret").bytes)
        var archive = Tar()
        let config = try bytes(
            ImageConfig(
                architecture: "amd64", config: .init(),
                rootfs: .init(diffIDs: [Digest(of: tar("secret").bytes).description])))
        archive.add("config.json", .regular, config)
        archive.add("way", .link, target: world.scratch.path)
        archive.add("layer.tar", .link, target: "../../../../../secret")
        let manifests = ["way/secret", "layer.tar", "../../../secret", outside].map {
            #"[{"Config":"config.json","RepoTags":["x"],"Layers":["\#($0)"]}]"#
        }
        for manifest in manifests {
            var whole = archive
            whole.add("manifest.json", text: manifest)
            try File.replace(world.scratch.path + "/docker.tar", with: whole.bytes)
            let error = try world.refusal(world.scratch.path + "/docker.tar")
            #expect(error.description.contains("is missing"), "\(error)")
        }
        #expect(try File.read(outside) == tar("secret").bytes)
    }

    @Test("a tar of a root file system is an image of one layer, under the name that it is given")
    func rootFileSystem() throws {
        let world = try World()
        let path = world.scratch.path + "/root.tar.gz"
        try File.replace(path, with: try Layout.Layer(tar("root"), .gzip).bytes)
        let image = try #require(try world.store.importImages(path: path, name: "mine:1").first)
        #expect(image.reference.description == "docker.io/library/mine:1")
        #expect(image.chainIDs == [Digest(of: tar("root").bytes)])
        #expect(try File.readText(try world.top(image) + "/file") == "root")
        let other = try World()
        let error = try other.refusal(path)
        #expect(error.description.contains("--name"))
        #expect(try File.exists(path))
    }

    @Test("what can be named only by hand, or by one name only, says so")
    func names() throws {
        let world = try World()
        var layout = try world.layout()
        try layout.add("latest", [try .init(tar("one"))])
        #expect(try world.refusal(layout.path).description.contains("--name"))
        #expect(
            try world.store.importImages(path: layout.path, name: "named").map(\.reference.path) == ["library/named"])
        let other = try World()
        try layout.add("b:1", [try .init(tar("two"))])
        #expect(try other.refusal(layout.path, name: "named").description.contains("2 images"))
        #expect(try other.refusal(layout.path, name: "Not A Name").kind == .invalidName)
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: @Sendable (Digest) -> String
        let damage: @Sendable (_ path: String, _ bytes: [UInt8]) throws -> Void
    }

    @Test(
        "a layer that is not what the image says is one error that names it, and nothing stays",
        arguments: [
            Broken(testDescription: "a changed byte", reason: { "blob \($0) is corrupt: its content is sha256:" }) {
                var bytes = $1
                bytes[bytes.count / 2] ^= 1
                try File.replace($0, with: bytes)
            },
            Broken(testDescription: "cut off", reason: { "blob \($0) is corrupt: it has 50 bytes" }) {
                try File.replace($0, with: Array($1.prefix(50)))
            },
            Broken(testDescription: "longer", reason: { "blob \($0) is corrupt: it has more than" }) {
                try File.replace($0, with: $1 + [0])
            },
            Broken(testDescription: "missing", reason: { "blob \($0) is missing" }) { path, _ in try File.remove(path)
            },
            Broken(testDescription: "a folder", reason: { "blob \($0) is missing" }) { path, _ in
                try File.remove(path)
                try File.makeFolder(path)
            },
            Broken(testDescription: "a pipe", reason: { "blob \($0) is missing" }) { path, _ in
                try File.remove(path)
                try File.makeNode(path, kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
            },
        ])
    func corrupt(broken: Broken) throws {
        let world = try World()
        var layout = try world.layout()
        let good = try Layout.Layer(tar("good"), .gzip)
        let bad = try Layout.Layer(tar("bad"), .gzip)
        try layout.add("good:1", [good])
        try layout.add("bad:1", [good, bad])
        let digest = Digest(of: bad.bytes)
        try broken.damage("\(layout.path)/blobs/sha256/\(digest.hex)", bad.bytes)
        let error = try world.refusal(layout.path)
        #expect(error.kind == .invalidImage)
        #expect(error.description.contains(broken.reason(digest)), "\(error)")
        #expect(!error.description.contains("\n"))
    }

    @Test("a config or manifest that is not what its digest says is corrupt", arguments: ["config", "manifest"])
    func corruptDocument(which: String) throws {
        let world = try World()
        var layout = try world.layout()
        let manifest = try layout.add("x:1", [try .init(tar("one"))])
        let digest = try #require(Digest(which == "config" ? manifest.config.digest : layout.manifests[0].digest))
        let path = "\(layout.path)/blobs/sha256/\(digest.hex)"
        try File.replace(path, with: try File.read(path) + [32])
        #expect(try world.refusal(layout.path).description.contains("blob \(digest) is corrupt"))
    }

    @Test("a layer whose uncompressed bytes are not those of rootfs.diff_ids is refused")
    func wrongDiffID() throws {
        let world = try World()
        var layout = try world.layout()
        var layer = try Layout.Layer(tar("one"), .gzip)
        let real = layer.diffID
        layer.diffID = Digest(of: [1])
        try layout.add("x:1", [layer])
        let error = try world.refusal(layout.path)
        #expect(
            error.description == "layer \(Digest(of: layer.bytes)): its uncompressed content is \(real), "
                + "but the image's config says \(layer.diffID) (rootfs.diff_ids[0])")
    }

    @Test("a gzip that ends in the middle is refused, though its digest is the one that the image says")
    func truncated() throws {
        let world = try World()
        var layout = try world.layout()
        var tar = Tar()
        tar.add("noise", .regular, (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) })
        var layer = try Layout.Layer(tar, .gzip)
        layer.bytes.removeLast(layer.bytes.count / 2)
        try layout.add("x:1", [layer])
        let error = try world.refusal(layout.path)
        #expect(error.description == "layer \(Digest(of: layer.bytes)): truncated gzip input")
    }

    @Test(
        "what is no image is one clear error",
        arguments: ["nothing", "text", "empty", "folder", "pipe", "helm", "count", "many"])
    func noImage(kind: String) throws {
        let world = try World()
        var path = world.scratch.path + "/thing"
        switch kind {
        case "nothing": break
        case "text": try File.replace(path, with: Array("not an image at all\n".utf8))
        case "empty": try File.replace(path, with: [])
        case "folder": try File.makeFolder(path)
        case "pipe":
            try File.makeNode(path, kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
        case "helm":
            var layout = try world.layout()
            path = layout.path
            try layout.add("x:1", []) { manifest, _ in manifest.mediaType = "application/vnd.example+json" }
        case "many":
            var layout = try world.layout()
            path = layout.path
            try layout.add("x:1", [Layout.Layer](repeating: try .init(tar("one")), count: 501))
        default:
            var layout = try world.layout()
            path = layout.path
            try layout.add("x:1", [try .init(tar("one"))]) { $1.rootfs.diff_ids.append($1.rootfs.diff_ids[0]) }
        }
        let error = #expect(throws: ImageError.self) { try world.store.importImages(path: path) }
        let text = try #require(error).description
        #expect(text.contains(path) && !text.contains("\n"))
        #expect(try world.store.list() == [])
    }

    @Test("the images of the conformance cases come in, and their layer is unpacked once")
    func conformance() throws {
        let world = try World()
        let script = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let result = try Command(
            "/usr/bin/env", ["python3", "/\(script)/Conformance/images.py", world.scratch.path + "/images"],
            environment: ProcessInfo.processInfo.environment
        ).run()
        #expect(result.status == .exited(code: 0), "\(String(decoding: result.errors, as: UTF8.self))")
        let images = try world.store.importImages(path: world.scratch.path + "/images")
        #expect(images.count == 12)
        #expect(try File.names(in: world.store.folder + "/layers").count == 1)
        let root = try world.top(images[0])
        #expect(try File.status(root + "/bin/suid-probe").permissions == 0o4755)
        let files = try world.store.identityFiles(of: images[0])
        #expect(String(decoding: files.passwd, as: UTF8.self).contains("alice:x:1234:1234:"))
        #expect(String(decoding: files.group, as: UTF8.self).contains("secrets:x:50000:alice,app"))
        let busybox = try Command(root + "/bin/echo", ["it", "runs"], environment: [:]).run()
        #expect(busybox.output == Array("it runs\n".utf8))
    }
}
