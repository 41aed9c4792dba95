// SPDX-License-Identifier: Apache-2.0
import ImageStore
import LinuxKernel
import Testing

@Suite("Looking up files in an image")
struct TreeTests {
    private func passwd(_ make: (inout Tar) -> Void) throws -> [UInt8] {
        let world = try World()
        var tar = Tar()
        tar.add("etc/", .folder)
        make(&tar)
        return try world.store.identityFiles(of: try world.image([tar])).passwd
    }

    @Test("the image's own file is read, and none is none")
    func plain() throws {
        #expect(try passwd { $0.add("etc/passwd", text: "root:x:0:0\n") } == Array("root:x:0:0\n".utf8))
        #expect(try passwd { _ in } == [])
    }

    @Test(
        "a link is followed inside the image and nowhere else",
        arguments: ["../usr/passwd", "/usr/passwd", "../../../../../usr/passwd", "/link/passwd"])
    func link(target: String) throws {
        let found = try passwd {
            $0.add("usr/passwd", text: "inside")
            $0.add("link", .link, target: "usr")
            $0.add("etc/passwd", .link, target: target)
        }
        #expect(found == Array("inside".utf8))
    }

    @Test(
        "what is no regular file is none, and nothing of the machine's is read",
        arguments: ["/etc/shadow", "/proc/self/environ", "../../../../../../etc/passwd", "/etc/passwd", "/dev/zero"])
    func outside(target: String) throws {
        #expect(try passwd { $0.add("etc/passwd", .link, target: target) } == [])
    }

    @Test("a pipe or a device neither hangs nor feeds the lookup")
    func special() throws {
        #expect(try passwd { $0.add("etc/passwd", .fifo) } == [])
        #expect(try passwd { $0.add("etc/passwd", .characterDevice, device: (1, 5)) } == [])
        #expect(try passwd { $0.add("etc/passwd", .folder) } == [])
    }

    @Test("more than 10 MiB is refused, not read")
    func large() throws {
        let size = 10 << 20
        let fits = try passwd { $0.add("etc/passwd", .regular, [UInt8](repeating: 10, count: size)) }
        #expect(fits.count == size)
        let error = #expect(throws: ImageError.self) {
            try passwd { $0.add("etc/passwd", .regular, [UInt8](repeating: 10, count: size + 1)) }
        }
        #expect(error?.description == "/etc/passwd of the image has 10485761 bytes: at most 10485760 are read")
    }

    @Test("the uppermost layer that has the file decides")
    func layers() throws {
        let world = try World()
        var lower = Tar()
        lower.add("etc/passwd", text: "lower")
        lower.add("etc/group", text: "lower")
        lower.add("usr/etc/group", text: "usr")
        var middle = Tar()
        middle.add("etc/passwd", text: "middle")
        middle.add("etc/.wh.group", text: "")
        var upper = Tar()
        upper.add("other", text: "")
        let files = try world.store.identityFiles(of: try world.image([lower, middle, upper]))
        #expect(files.passwd == Array("middle".utf8))
        #expect(files.group == [])
    }

    @Test("a folder that was replaced by a link is the link's")
    func replacedFolder() throws {
        let world = try World()
        var lower = Tar()
        lower.add("etc/passwd", text: "lower")
        lower.add("usr/etc/passwd", text: "usr")
        var upper = Tar()
        upper.add("etc", .link, target: "usr/etc")
        #expect(try world.store.identityFiles(of: try world.image([lower, upper])).passwd == Array("usr".utf8))
    }

    @Test("paths name what they name in the kernel", arguments: ["/", "/etc", "etc/../etc/", "./etc/.", "/../etc"])
    func folders(path: String) throws {
        let world = try World()
        var tar = Tar()
        tar.add("etc/passwd", text: "x")
        let tree = try world.store.tree(of: try world.image([tar]))
        guard case .folder = try tree.find(path) else {
            Issue.record("\(path) is no folder")
            return
        }
        #expect(try tree.find("/etc/passwd/x") == nil)
        #expect(try tree.read("/etc", limit: 10) == nil)
    }
}
