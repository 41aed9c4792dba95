// SPDX-License-Identifier: Apache-2.0
import ImageStore
import LinuxKernel
import LinuxTypes
import Testing

@Suite("The image store")
struct StoreTests {
    static func tar(_ text: String) -> Tar {
        var tar = Tar()
        tar.add("file", text: text)
        return tar
    }

    @Test("a removed image takes with it what no other image needs, and no more")
    func remove() throws {
        let world = try World()
        let one = try world.image([Self.tar("shared"), Self.tar("one")], "one:1")
        let two = try world.image([Self.tar("shared"), Self.tar("two")], "two:1")
        let alias = try world.image([Self.tar("shared"), Self.tar("two")], "alias:1")
        #expect(alias.digest == two.digest)
        try world.store.remove(one.reference, used: [])
        #expect(try world.store.list() == [alias, two])
        #expect(Set(try File.names(in: world.store.folder + "/layers")) == Set(two.chainIDs.map(\.hex)))
        try world.store.remove(two.reference, used: [])
        #expect(try File.readText(try world.top(alias) + "/file") == "two")
        try world.store.remove(alias.reference, used: [])
        try world.expectEmpty()
        let error = #expect(throws: ImageError.self) { try world.store.remove(alias.reference, used: []) }
        #expect(error?.kind == .notFound)
        #expect(error?.description == "image \"docker.io/library/alias:1\" not found")
    }

    @Test("an image that a running pod uses stays, unless another name keeps its layers")
    func inUse() throws {
        let world = try World()
        let image = try world.image([Self.tar("one"), Self.tar("two")], "one:1")
        let other = try world.image([Self.tar("one"), Self.tar("two")], "two:1")
        try world.store.remove(other.reference, used: Set(image.chainIDs))
        let error = #expect(throws: ImageError.self) {
            try world.store.remove(image.reference, used: Set(image.chainIDs))
        }
        #expect(error?.kind == .inUse)
        #expect(try world.store.list() == [image])
        // A name that came anew leaves the old image's layers to the pod that runs it.
        let new = try world.image([Self.tar("three")], "one:1")
        try world.store.remove(new.reference, used: Set(image.chainIDs))
        #expect(Set(try File.names(in: world.store.folder + "/layers")) == Set(image.chainIDs.map(\.hex)))
    }

    @Test("a digest names an image for removal too")
    func removeByDigest() throws {
        let world = try World()
        let image = try world.image([Self.tar("one")], "one:1")
        try world.store.remove(try ImageReference("one@\(image.digest)"), used: [])
        try world.expectEmpty()
    }

    @Test("a store that is not there is empty, and looking makes none")
    func missing() throws {
        let world = try World()
        #expect(try world.store.list() == [])
        #expect(try world.store.find(try ImageReference("x")) == nil)
        #expect(try !File.exists(world.store.folder))
    }

    @Test("a layer that somebody took away is an error that says what to do")
    func lostLayer() throws {
        let world = try World()
        let image = try world.image([Self.tar("one")])
        try File.removeTree(try world.top(image))
        let error = #expect(throws: ImageError.self) { try world.store.layers(of: image) }
        #expect(error?.description.hasSuffix("import or pull it again") == true)
        _ = try world.image([Self.tar("one")])
        #expect(try File.readText(try world.top(image) + "/file") == "one")
    }

    @Test("an image without layers has an empty root")
    func noLayers() throws {
        let world = try World()
        let image = try world.image([])
        #expect(image.chainIDs == [])
        #expect(try File.names(in: try world.top(image)) == [])
        #expect(try world.store.identityFiles(of: image).passwd == [])
        try world.store.remove(image.reference, used: [])
        try world.expectEmpty()
    }

    @Test("an index that is not JSON is an error that names the file")
    func brokenIndex() throws {
        let world = try World()
        let image = try world.image([Self.tar("one")])
        try File.replace(world.store.folder + "/index.json", with: Array("{".utf8))
        let error = #expect(throws: ImageError.self) { try world.store.find(image.reference) }
        #expect(error?.description.hasPrefix(world.store.folder + "/index.json: ") == true)
        #expect(throws: ImageError.self) { try world.store.remove(image.reference, used: []) }
        #expect(try File.exists(try world.top(image)))
    }

    @Test("removal waits for whoever holds the store")
    func hold() async throws {
        let world = try World()
        let image = try world.image([Self.tar("one")])
        let store = world.store
        let lock = try store.hold()
        let removal = Task.detached {
            try store.remove(image.reference, used: [])
            return Clock.monotonic
        }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try File.exists(try world.top(image)))
        let before = Clock.monotonic
        lock.letGo()
        #expect(try await removal.value >= before)
        try world.expectEmpty()
    }

    @Test("a full disk is one clear error, and the store is as it was", arguments: ["layer", "blob"])
    func fullDisk(what: String) async throws {
        let result = await #expect(
            processExitsWith: .success, observing: [\.standardErrorContent]
        ) { [what = what as String] in
            // A mount namespace of this process alone, with 1 MiB of disk.
            try Process.unshare([.mount])
            try Mount.setPropagation(.private, of: "/")
            let world = try World()
            try File.makeFolder(world.store.folder, mode: 0o700)
            let disk = try Mount.make("tmpfs", options: [("size", "1m")])
            try Mount.attach(disk.raw, toPath: world.store.folder)
            let small = try world.image([StoreTests.tar("small")], "small:1")
            let before = try ScratchFolder.tree(world.store.folder)
            var large = Tar()
            large.add("zeros", .regular, [UInt8](repeating: 0, count: 2 << 20))
            var layout = try world.layout()
            try layout.add("large:1", [try .init(large, what == "layer" ? .gzip : .none)])
            let error = #expect(throws: ImageError.self) { try world.store.importImages(path: layout.path) }
            #expect(error?.kind == .noSpace)
            #expect(error?.description.hasPrefix("no space left on the disk while ") == true)
            #expect(error?.description.contains("sha256:") == true)
            #expect(try ScratchFolder.tree(world.store.folder) == before)
            #expect(try world.store.list() == [small])
            try Mount.detach(world.store.folder)
        }
        #expect(result != nil)
    }

    @Test("several processes import the same images at once: all succeed, each layer is there once")
    func processes() async throws {
        let world = try World()
        var layout = try world.layout()
        for index in 0..<4 {
            var tar = Self.tar("image \(index)")
            for file in 0..<200 { tar.add("d\(file)/f", text: "\(file)") }
            try layout.add("image:\(index)", [try .init(Self.tar("shared"), .gzip), try .init(tar, .gzip)])
        }
        let (path, store) = (layout.path, world.store.folder)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    await #expect(processExitsWith: .success) { [path = path as String, store = store as String] in
                        let images = try ImageStore(folder: store).importImages(path: path)
                        #expect(images.count == 4)
                    }
                }
            }
        }
        #expect(try world.store.list().count == 4)
        #expect(try File.names(in: store + "/layers").count == 5)
        #expect(try File.names(in: store + "/scratch") == [])
    }

    @Test("an import that is killed at any point leaves nothing that counts", arguments: [1, 2, 3, 10, 100, 300])
    func killed(step: Int) async throws {
        let world = try World()
        var layout = try world.layout()
        var large = Tar()
        for file in 0..<300 { large.add("d\(file)/f", text: "\(file)") }
        try layout.add("large:1", [try .init(Self.tar("shared"), .gzip), try .init(large, .gzip)])
        let (path, store) = (layout.path, world.store.folder)
        await #expect(processExitsWith: .signal(Signal.kill)) {
            [path = path as String, store = store as String, step = step as Int] in
            var steps = 0
            _ = try ImageStore(folder: store).importImages(path: path) { _ in
                steps += 1
                if steps == step {
                    do { try Process.signal(pid: Process.id, Signal.kill) } catch { fatalError("\(error)") }
                }
            }
        }
        #expect(try world.store.list() == [])
        #expect(try File.names(in: store + "/layers") == [])
        #expect(try File.names(in: store + "/scratch").count == 1)
        let images = try world.store.importImages(path: path)
        #expect(try File.names(in: store + "/scratch") == [])
        #expect(try File.readText(try world.top(images[0]) + "/d299/f") == "299")
    }
}
