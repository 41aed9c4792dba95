// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

/// A folder of its own for one test, removed after it.
final class ScratchFolder {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "holdfast-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("Files by descriptor")
struct FileTests {
    @Test("removing a tree removes a link and leaves what it names")
    func removeTree() throws {
        let scratch = try ScratchFolder()
        try File.makeFolders(scratch.path + "/tree/a/b")
        try File.makeFolder(scratch.path + "/kept")
        try File.replace(scratch.path + "/kept/file", with: Array("x".utf8))
        try File.makeLink(scratch.path + "/tree/a/link", to: scratch.path + "/kept")
        try File.removeTree(scratch.path + "/tree")
        #expect(try !File.exists(scratch.path + "/tree"))
        #expect(try File.readText(scratch.path + "/kept/file") == "x")
        try File.removeTree(scratch.path + "/tree")
    }

    @Test("a replaced file has the new bytes and mode, and no scratch file stays beside it")
    func replace() throws {
        let scratch = try ScratchFolder()
        try File.replace(scratch.path + "/f", with: Array("old".utf8), mode: 0o644)
        try File.replace(scratch.path + "/f", with: Array("new".utf8), mode: 0o600)
        #expect(try File.readText(scratch.path + "/f") == "new")
        #expect(try File.status(scratch.path + "/f").permissions == 0o600)
        #expect(try File.names(in: scratch.path) == ["f"])
    }

    @Test(
        "a path is resolved inside its root, whatever its links say",
        arguments: ["link", "up", "../../../../etc/passwd", "/inside"])
    func resolveInRoot(path: String) throws {
        let scratch = try ScratchFolder()
        try File.replace(scratch.path + "/inside", with: Array("inside".utf8))
        try File.makeFolder(scratch.path + "/etc")
        try File.replace(scratch.path + "/etc/passwd", with: Array("inside".utf8))
        try File.makeLink(scratch.path + "/link", to: "/etc/passwd")
        try File.makeLink(scratch.path + "/up", to: "../../../../../etc/passwd")
        let root = try File.open(scratch.path, [.path, .directory])
        let found = try File.open(path, [.readOnly], at: root.raw, resolve: [.inRoot])
        #expect(try File.readAll(found.raw, limit: 100, subject: path) == Array("inside".utf8))
    }

    @Test("more bytes than the limit is an error, not a part of the file")
    func limit() throws {
        let scratch = try ScratchFolder()
        try File.replace(scratch.path + "/f", with: Array(repeating: 65, count: 100))
        #expect(throws: SyscallError.self) { try File.read(scratch.path + "/f", limit: 99) }
        #expect(try File.read(scratch.path + "/f", limit: 100).count == 100)
    }
}
