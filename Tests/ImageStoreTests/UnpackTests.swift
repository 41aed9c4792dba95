// SPDX-License-Identifier: Apache-2.0
import ImageStore
import LinuxKernel
import LinuxTypes
import Testing

@Suite("Unpacking layers")
struct UnpackTests {
    /// CAP_NET_BIND_SERVICE, permitted and effective.
    ///
    /// Source: linux/capability.h, struct vfs_cap_data, revision 2.
    private static let fileCapability: [UInt8] =
        [1, 0, 0, 2, 0, 4, 0, 0] + [UInt8](repeating: 0, count: 12)

    @Test("every kind of file is on the disk as the layer says it", arguments: Layout.Compression.allCases)
    func kinds(compression: Layout.Compression) throws {
        let world = try World()
        var tar = Tar()
        tar.add("./", .folder, mode: 0o700, uid: 7)
        tar.add("bin/", .folder, mode: 0o751, uid: 1, gid: 2, time: 1_100_000_000)
        tar.add("bin/su", .regular, Array("su".utf8), mode: 0o6755, uid: 3, gid: 4, time: 1_200_000_000)
        tar.add(
            "bin/ping", .regular, [1, 2, 3], mode: 0o755, uid: 5,
            attributes: [("security.capability", Self.fileCapability), ("user.note", [0, 255, 10])])
        tar.add("bin/ping2", .hardLink, mode: 0o777, uid: 99, target: "bin/ping")
        tar.add("tmp", .folder, mode: 0o1777)
        tar.add("link", .link, uid: 6, gid: 7, target: "/nowhere/at all")
        tar.add("null", .characterDevice, mode: 0o666, gid: 8, device: (1, 3))
        tar.add("disk", .blockDevice, mode: 0o660, device: (8, 1))
        tar.add("pipe", .fifo, mode: 0o620, uid: 9)
        tar.add("big", .regular, [UInt8](repeating: 65, count: 300_000), uid: 3_000_000_000)
        tar.add("Főtanúsítvány/\(String(repeating: "ü", count: 100))", text: "name")
        var layout = try world.layout()
        try layout.add("example.test/x:1", [try .init(tar, compression)])
        let image = try #require(try world.store.importImages(path: layout.path).first)
        let root = try world.top(image)

        // Not the folder that it was packed from: root's own, as containerd has it.
        let top = try File.status(root)
        #expect(top.permissions == 0o755 && top.uid == 0)
        let bin = try File.status(root + "/bin")
        #expect(bin.kind == .directory && bin.permissions == 0o751 && bin.uid == 1 && bin.gid == 2)
        #expect(bin.modified == 1_100_000_000)
        let su = try File.status(root + "/bin/su")
        #expect(su.kind == .regular && su.permissions == 0o6755 && su.uid == 3 && su.gid == 4)
        #expect(su.modified == 1_200_000_000)
        let ping = try File.status(root + "/bin/ping")
        #expect(ping.permissions == 0o755 && ping.uid == 5 && ping.links == 2)
        #expect(try File.status(root + "/bin/ping2") == ping)
        let file = try File.open(root + "/bin/ping", [.readOnly])
        #expect(try ExtendedAttributes.value("security.capability", of: file.raw) == Self.fileCapability)
        #expect(try ExtendedAttributes.value("user.note", of: file.raw) == [0, 255, 10])
        #expect(try File.status(root + "/tmp").permissions == 0o1777)
        let link = try File.status(root + "/link")
        #expect(link.kind == .symlink && link.uid == 6 && link.gid == 7)
        #expect(try File.linkTarget(root + "/link") == "/nowhere/at all")
        let null = try File.status(root + "/null")
        #expect(null.kind == .characterDevice && null.represents == .null && null.permissions == 0o666 && null.gid == 8)
        let disk = try File.status(root + "/disk")
        #expect(disk.kind == .blockDevice && disk.represents == DeviceNumber(major: 8, minor: 1))
        let pipe = try File.status(root + "/pipe")
        #expect(pipe.kind == .fifo && pipe.permissions == 0o620 && pipe.uid == 9)
        #expect(try File.read(root + "/big") == [UInt8](repeating: 65, count: 300_000))
        #expect(try File.status(root + "/big").uid == 3_000_000_000)
        #expect(try File.readText("\(root)/Főtanúsítvány/\(String(repeating: "ü", count: 100))") == "name")
    }

    @Test("the store is for its owner alone, and an open one is closed")
    func closed() throws {
        let world = try World()
        try File.makeFolders(world.store.folder + "/blobs", mode: 0o755)
        var tar = Tar()
        tar.add("su", .regular, [], mode: 0o4755)
        _ = try world.image([tar])
        for folder in ["", "/blobs", "/blobs/sha256", "/layers", "/scratch"] {
            #expect(try File.status(world.store.folder + folder).permissions == 0o700)
        }
        #expect(try File.status(world.store.folder + "/index.json").permissions == 0o600)
    }

    @Test("the kernel shows what the layers, whiteouts and opaque folders say, and so does the tree")
    func whiteouts() throws {
        let world = try World()
        var lower = Tar()
        for path in ["gone", "changed", "kept", "d/gone", "d/kept", "o/below", "t/below", "r/below", "u/below"] {
            lower.add(path, text: "lower")
        }
        lower.add(".wh.nothing", text: "")
        var upper = Tar()
        upper.add(".wh.gone", text: "")
        upper.add("changed", text: "upper")
        upper.add("d/.wh.gone", text: "")
        upper.add("o/new", text: "upper")
        upper.add("o/.wh..wh..opq", text: "")
        // Gone and made anew, in either order: the layer's own files stay, the lower one's go.
        upper.add(".wh.t", text: "")
        upper.add("t/new", text: "upper")
        upper.add("r/", .folder)
        upper.add("r/new", text: "upper")
        upper.add(".wh.r", text: "")
        upper.add(".wh.u", .hardLink, target: "changed")
        upper.add(".wh..wh.plnk/1.2", text: "aufs")
        let image = try world.image([lower, upper])
        let folders = try world.store.layers(of: image)
        #expect(try File.status(folders[0] + "/gone").kind == .characterDevice)
        #expect(try File.status(folders[0] + "/gone").represents == DeviceNumber(major: 0, minor: 0))
        let opaque = try File.open(folders[0] + "/o", [.readOnly])
        #expect(try ExtendedAttributes.value("trusted.overlay.opaque", of: opaque.raw) == [UInt8(ascii: "y")])

        let expected = [
            "changed": "upper", "kept": "lower", "d/kept": "lower", "o/new": "upper", "t/new": "upper",
            "r/new": "upper",
        ]
        let below = try File.open(folders[1], [.path, .directory])
        let above = try File.open(folders[0], [.path, .directory])
        let mount = try Mount.make(
            "overlay", options: [("lowerdir", "/proc/self/fd/\(above.raw):/proc/self/fd/\(below.raw)")])
        let merged = try ScratchFolder.tree("/proc/self/fd/\(mount.raw)/.")
        #expect(merged.intersection(expected.keys).count == expected.count)
        #expect(merged == Set(expected.keys).union(["d", "o", "t", "r"]))
        let tree = try world.store.tree(of: image)
        for (path, text) in expected {
            #expect(try File.readText("/proc/self/fd/\(mount.raw)/\(path)") == text)
            #expect(try tree.read(path, limit: 100) == Array(text.utf8))
        }
        for path in ["gone", "d/gone", "o/below", "t/below", "r/below", "u", "u/below", "nothing"] {
            #expect(try tree.find(path) == nil)
        }
    }

    @Test("a folder that a layer only passes through keeps the owner, mode and attributes it has below")
    func passedThrough() throws {
        let world = try World()
        var lower = Tar()
        lower.add("home/", .folder, mode: 0o711)
        lower.add("home/app", .folder, mode: 0o2750, uid: 1000, gid: 1001, attributes: [("user.kept", [1])])
        var upper = Tar()
        upper.add("home/app/file", text: "x")
        upper.add("new/folder/file", text: "x")
        let root = try world.top(try world.image([lower, upper]))
        let app = try File.status(root + "/home/app")
        #expect(app.permissions == 0o2750 && app.uid == 1000 && app.gid == 1001)
        let open = try File.open(root + "/home/app", [.readOnly])
        #expect(try ExtendedAttributes.value("user.kept", of: open.raw) == [1])
        #expect(try File.status(root + "/home").permissions == 0o711)
        #expect(try File.status(root + "/new/folder").permissions == 0o755)
    }

    @Test("a later entry replaces an earlier one of another kind, a folder with all that is in it")
    func replaced() throws {
        let world = try World()
        var tar = Tar()
        tar.add("a/deep/file", text: "old")
        tar.add("a", text: "file now")
        tar.add("b", .link, target: "/etc")
        tar.add("b", .folder)
        tar.add("b/file", text: "in the folder")
        tar.add("c", text: "old")
        tar.add("c", text: "new")
        let root = try world.top(try world.image([tar]))
        #expect(try File.readText(root + "/a") == "file now")
        #expect(try File.status(root + "/b").kind == .directory)
        #expect(try File.readText(root + "/b/file") == "in the folder")
        #expect(try File.readText(root + "/c") == "new")
    }

    @Test("links on the way to an entry lead no further than the root of the layer")
    func links() throws {
        let world = try World()
        var tar = Tar()
        tar.add("etc/", .folder)
        tar.add("absolute", .link, target: "/etc")
        tar.add("up", .link, target: "../../../../etc")
        tar.add("deep/chain", .link, target: "../absolute")
        tar.add("var/run", .link, target: "/run")
        tar.add("absolute/one", text: "1")
        tar.add("up/two", text: "2")
        tar.add("deep/chain/three", text: "3")
        tar.add("var/run/four", text: "4")  // Where the link leads is made, inside.
        tar.add("/etc/five", text: "5")
        tar.add("etc/../etc/six", text: "6")
        let root = try world.top(try world.image([tar]))
        #expect(Set(try File.names(in: root + "/etc")) == ["one", "two", "three", "five", "six"])
        #expect(try File.readText(root + "/run/four") == "4")
        for name in ["one", "two", "three", "five", "six"] { #expect(try !File.exists("/etc/\(name)")) }
    }

    @Test("a link that an earlier layer planted does not lead a later one outside")
    func plantedLink() throws {
        let world = try World()
        let outside = world.scratch.path + "/outside"
        try File.makeFolder(outside)
        var lower = Tar()
        lower.add("way", .link, target: outside)
        lower.add("up", .link, target: "../../../outside")
        var upper = Tar()
        upper.add("way/file", text: "x")
        upper.add("up/file", text: "x")
        upper.add("way/.wh.file", text: "")
        let root = try world.top(try world.image([lower, upper]))
        #expect(try File.names(in: outside) == [])
        #expect(try File.readText(root + "/way/file") == "x")
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let make: @Sendable (inout Tar) -> Void
        init(_ what: String, _ reason: String, _ make: @escaping @Sendable (inout Tar) -> Void) {
            (testDescription, self.reason, self.make) = (what, reason, make)
        }
    }

    @Test(
        "a layer that would leave its root, or is nonsense, is refused as a whole",
        arguments: [
            Hostile("above the root", "\"../x\" leaves the root of the image") { $0.add("../x", text: "x") },
            Hostile("above the root, further down", "\"a/../../x\" leaves the root of the image") {
                $0.add("a/../../x", text: "x")
            },
            Hostile("hard link above the root", "\"../../etc/passwd\" leaves the root of the image") {
                $0.add("x", .hardLink, target: "../../etc/passwd")
            },
            Hostile(
                "hard link to a file of the machine",
                "\"x\" is a hard link to \"/etc/passwd\", which is no file of this layer"
            ) { $0.add("x", .hardLink, target: "/etc/passwd") },
            Hostile(
                "hard link through a link", "\"x\" is a hard link to \"way/passwd\", which is no file of this layer"
            ) {
                $0.add("way", .link, target: "/etc")
                $0.add("x", .hardLink, target: "way/passwd")
            },
            Hostile("hard link to the root", "\"x\" is a hard link to the root of the image") {
                $0.add("x", .hardLink, target: "/")
            },
            Hostile("hard link to a folder", "\"x\" is a hard link to \"d\", which is no file of this layer") {
                $0.add("d", .folder)
                $0.add("x", .hardLink, target: "d")
            },
            Hostile("a file in a file", "\"f/x\" lies in \"f\", which is no folder") {
                $0.add("f", text: "")
                $0.add("f/x", text: "")
            },
            Hostile("links in a circle", "\"a/x\" leads through too many links") {
                $0.add("a", .link, target: "b")
                $0.add("b", .link, target: "a")
                $0.add("a/x", text: "")
            },
            Hostile("folders without end", "too deep") {
                $0.add(String(repeating: "d/", count: 300) + "x", text: "")
            },
            Hostile("a path without end", "a path of 5000 bytes is too long") {
                $0.add(String(repeating: "x", count: 5000), text: "")
            },
            Hostile("a name without end", "File name too long") {
                $0.add(String(repeating: "x", count: 300), text: "")
            },
            Hostile("an id that chown(2) takes for none", "uid 4294967295 is out of range") {
                $0.add("x", .regular, uid: 4_294_967_295)
            },
            Hostile("a file of 8 GiB that is not there", "Truncated tar archive") {
                $0.add("x", .regular, [1], size: 0o77777777777)
            },
        ])
    func refused(layer: Hostile) throws {
        let world = try World()
        var tar = Tar()
        tar.add("first", text: "x")
        layer.make(&tar)
        var layout = try world.layout()
        try layout.add("example.test/x:1", [try .init(tar)])
        let error = try world.refusal(layout.path)
        #expect(error.description.hasPrefix("layer sha256:") || error.kind == .store, "\(error)")
        #expect(error.description.contains(layer.reason), "\(error)")
        #expect(!error.description.contains("\n"))
    }

    @Test("the machine's own attributes are not an image's to set")
    func attributes() throws {
        let world = try World()
        var lower = Tar()
        lower.add("secret/below", text: "x")
        var upper = Tar()
        upper.add(
            "secret", .folder,
            attributes: [
                ("trusted.overlay.opaque", [UInt8(ascii: "y")]), ("trusted.overlay.redirect", Array("/other".utf8)),
                ("security.selinux", Array("x".utf8)), ("user.mine", [1]),
            ])
        let root = try world.top(try world.image([lower, upper]))
        let folder = try File.open(root + "/secret", [.readOnly])
        #expect(try ExtendedAttributes.names(of: folder.raw) == ["user.mine"])
    }

    @Test("a small file that would fill the machine is refused before it does", arguments: [true, false])
    func bomb(asOneFile: Bool) throws {
        let world = try World()
        var tar = Tar()
        for index in 0..<(asOneFile ? 1 : 64) {
            tar.add("f\(index)", .regular, [UInt8](repeating: 0, count: asOneFile ? 4 << 20 : 64 << 10))
        }
        var layout = try world.layout()
        try layout.add("example.test/x:1", [try .init(tar, .gzip)])
        let error = #expect(throws: ImageError.self) {
            try world.store.importImages(path: layout.path, limit: .mebibytes(1))
        }
        #expect(error?.kind == .invalidImage)
        #expect(error?.description.hasPrefix("layer sha256:") == true)
        try world.expectEmpty()
    }
}
