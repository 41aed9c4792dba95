// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import LinuxKernel
import LinuxTypes
import Testing

@Suite("Removing hostile trees")
struct TreeRemovalTests {
    @Test("a tree deeper than a path can be, and than descriptors can be open, is removed", arguments: [1, 300, 5000])
    func deep(depth: Int) throws {
        let scratch = try ScratchFolder()
        let tree = scratch.path + "/tree"
        try File.makeFolder(tree)
        var place = try File.open(tree, [.readOnly, .directory])
        for _ in 0..<depth {
            try File.makeFolder("d", at: place.raw)
            try File.makeLink("link", to: "/etc/passwd", at: place.raw)
            place = try File.open("d", [.readOnly, .directory], at: place.raw)
        }
        try File.removeTree(tree)
        #expect(try !File.exists(tree))
        #expect(try File.exists("/etc/passwd"))
    }

    @Test("names that are not UTF-8, and names that the removal itself gives, are removed")
    func names() throws {
        let scratch = try ScratchFolder()
        let tree = scratch.path + "/tree"
        for name in ["a/b/c", "a/removed-1/x", "removed-1/y", "removed-2/z/z"] {
            try File.makeFolders("\(tree)/\(name)")
        }
        let folder = try File.open(tree, [.readOnly, .directory])
        for bytes: [UInt8] in [[0xFF, 0xFE], [0x0A], Array("\u{1F4A9}".utf8)] {
            let name = EntryName(path: bytes)
            try File.makeFolder("made", at: folder.raw)
            let made = try File.open("made", [.readOnly, .directory], at: folder.raw)
            try File.makeFolder("inner", at: made.raw)
            #expect(rename("made", to: bytes, in: tree))
            #expect(try File.status(name, at: folder.raw).kind == .directory)
        }
        try File.removeTree(tree)
        #expect(try !File.exists(tree))
    }

    /// Moves a file to a name of any bytes, as no `String` can.
    private func rename(_ old: String, to new: [UInt8], in folder: String) -> Bool {
        let target = (Array((folder + "/").utf8) + new + [0]).map { CChar(bitPattern: $0) }
        return unsafe Glibc.rename("\(folder)/\(old)", target) == 0
    }

    @Test("several may remove one tree at once")
    func together() throws {
        let scratch = try ScratchFolder()
        for round in 0..<20 {
            let tree = "\(scratch.path)/tree\(round)"
            for index in 0..<20 { try File.makeFolders("\(tree)/a\(index)/b/c/d") }
            Threads.share(4) { #expect(throws: Never.self) { try File.removeTree(tree) } }
            #expect(try !File.exists(tree))
        }
    }

    @Test("what is mounted inside is not removed")
    func mounted() async {
        await #expect(processExitsWith: .success) {  // Its own process: it makes a mount, in a namespace of its own.
            let scratch = try ScratchFolder()
            try Process.unshare([.mount])
            try Mount.setPropagation(.private, of: "/")
            try File.makeFolders(scratch.path + "/tree/mounted")
            try File.makeFolders(scratch.path + "/kept/inner")
            let kept = try File.open(scratch.path + "/kept", [.path, .directory])
            let copy = try Mount.clone(kept.raw)
            try Mount.attach(copy.raw, toPath: scratch.path + "/tree/mounted")
            #expect(throws: SyscallError.self) { try File.removeTree(scratch.path + "/tree") }
            #expect(throws: SyscallError.self) { try File.removeTree(scratch.path + "/tree/mounted") }
            #expect(try File.exists(scratch.path + "/kept/inner"))
            try Mount.detach(scratch.path + "/tree/mounted")
        }
    }
}
