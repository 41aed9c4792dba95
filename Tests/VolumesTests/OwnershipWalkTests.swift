// SPDX-License-Identifier: Apache-2.0
import CLinux
import Foundation
import Glibc
import LinuxKernel
import Synchronization
import Testing
import Volumes

@Suite("fsGroup on a tree")
struct OwnershipWalkTests {
    @discardableResult
    private func apply(
        _ path: String, group: UInt32 = 2000, readOnly: Bool = false, policy: GroupOwnership.ChangePolicy = .always
    ) throws -> OwnershipReport {
        let root = try File.open(path, [.readOnly])
        return try OwnershipWalk.apply(
            GroupOwnership(group: group, readOnly: readOnly), policy: policy, to: root, path: path)
    }

    /// The tree of the conformance cases, with every kind of file besides.
    private func tree() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.folder("v")
        try scratch.folder("v/dir-0700", 0o700)
        try scratch.folder("v/dir-2755", 0o2755)
        try scratch.folder("v/sticky", 0o1777)
        try scratch.file("v/plain-0600", 0o600)
        try scratch.file("v/plain-0000", 0o000)
        try scratch.file("v/exec-0755", 0o755)
        try scratch.file("v/suid-4755", 0o4755)
        try scratch.file("v/sgid-2755", 0o2755)
        try scratch.file("v/dir-0700/inner-0600", 0o600)
        try scratch.file("v/of-1234", 0o600, uid: 1234, gid: 1234)
        try scratch.file("v/suid-done", 0o4660, gid: 2000)
        try File.makeLink("\(scratch.path)/v/dangling", to: "nowhere")
        try File.makeNode(
            "\(scratch.path)/v/null", kind: .characterDevice, permissions: 0o600, device: .null)
        try File.makeNode(
            "\(scratch.path)/v/fifo", kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
        return scratch
    }

    @Test(
        "group and bits are added, the owner and the rest stay",
        arguments: [
            ("", "directory 0:2000 2775"), ("/dir-0700", "directory 0:2000 2770"),
            ("/dir-2755", "directory 0:2000 2775"), ("/sticky", "directory 0:2000 3777"),
            ("/plain-0600", "regular 0:2000 0660"), ("/plain-0000", "regular 0:2000 0660"),
            ("/exec-0755", "regular 0:2000 0775"), ("/suid-4755", "regular 0:2000 4775"),
            ("/sgid-2755", "regular 0:2000 2775"), ("/dir-0700/inner-0600", "regular 0:2000 0660"),
            ("/of-1234", "regular 1234:2000 0660"), ("/suid-done", "regular 0:2000 4660"),
            ("/dangling", "symlink 0:2000 0777"), ("/null", "characterDevice 0:2000 0660"),
            ("/fifo", "fifo 0:2000 0660"),
        ])
    func writable(name: String, expected: String) throws {
        let scratch = try tree()
        let report = try apply("\(scratch.path)/v")
        #expect(try scratch.status("v\(name)") == expected)
        #expect(report.walked && report.entries == 15 && report.refused == 0)
        // Nothing is left to change, and so nothing changes.
        try apply("\(scratch.path)/v")
        #expect(try scratch.status("v\(name)") == expected)
    }

    @Test(
        "in a read-only volume the group gets no write bit",
        arguments: [
            ("", "directory 0:2000 2755"), ("/plain-0600", "regular 0:2000 0640"),
            ("/plain-0000", "regular 0:2000 0440"), ("/dir-0700", "directory 0:2000 2750"),
        ])
    func readOnly(name: String, expected: String) throws {
        let scratch = try tree()
        try apply("\(scratch.path)/v", readOnly: true)
        #expect(try scratch.status("v\(name)") == expected)
    }

    @Test(
        "OnRootMismatch leaves a tree alone whose root has the group and the bits, and only such a one",
        arguments: [
            (2000, 0o2775, false), (2000, 0o3777, false), (2000, 0o775, true), (2000, 0o2755, true),
            (2000, 0o2765, true), (2001, 0o2775, true),
        ] as [(UInt32, UInt32, Bool)])
    func rootMismatch(group: UInt32, mode: UInt32, walked: Bool) throws {
        let scratch = try Scratch()
        try scratch.folder("v")
        try scratch.file("v/inside", 0o600)
        try scratch.folder("v", mode, gid: group)
        #expect(try apply("\(scratch.path)/v", policy: .onRootMismatch).walked == walked)
        #expect(try scratch.status("v/inside") == (walked ? "regular 0:2000 0660" : "regular 0:0 0600"))
    }

    @Test("what links name outside the volume is untouched, and the links themselves get the group")
    func links() throws {
        let scratch = try Scratch()
        let passwd = try File.status("/etc/passwd")
        try scratch.folder("outside", 0o700)
        try scratch.file("outside/file", 0o600)
        try scratch.folder("v")
        try File.makeLink("\(scratch.path)/v/passwd", to: "/etc/passwd")
        try File.makeLink("\(scratch.path)/v/file", to: "../outside/file")
        try File.makeLink("\(scratch.path)/v/folder", to: "\(scratch.path)/outside")
        try apply("\(scratch.path)/v")
        #expect(try File.status("/etc/passwd") == passwd)
        #expect(try scratch.status("outside") == "directory 0:0 0700")
        #expect(try scratch.status("outside/file") == "regular 0:0 0600")
        for link in ["passwd", "file", "folder"] { #expect(try scratch.status("v/\(link)") == "symlink 0:2000 0777") }
    }

    @Test("nothing outside is touched while files, folders and links change places during the walk")
    func changing() throws {
        let scratch = try Scratch()
        try scratch.folder("outside", 0o700)
        try scratch.file("outside/file", 0o600)
        try scratch.folder("v")
        for index in 0..<50 {
            try scratch.folder("v/d\(index)")
            for name in ["a", "b"] { try scratch.file("v/d\(index)/\(name)", 0o600) }
            try scratch.folder("v/d\(index)/real")
            try scratch.file("v/d\(index)/real/file", 0o600)
            try File.makeLink("\(scratch.path)/v/d\(index)/link", to: "../../outside")
            try File.makeLink("\(scratch.path)/v/d\(index)/link-file", to: "../../outside/file")
        }
        let path = scratch.path
        let isDone = Atomic(false)
        let swaps = Atomic(0)
        Threads.share(2) {
            // The first that comes walks, the other one swaps.
            if swaps.add(1, ordering: .sequentiallyConsistent).newValue > 1 {
                while !isDone.load(ordering: .sequentiallyConsistent) {
                    for index in 0..<50 {
                        exchange("\(path)/v/d\(index)/link", "\(path)/v/d\(index)/real")
                        exchange("\(path)/v/d\(index)/link-file", "\(path)/v/d\(index)/a")
                        swaps.add(1, ordering: .sequentiallyConsistent)
                    }
                }
            } else {
                for group in UInt32(3000)..<3200 {
                    // A walk that met a change it cannot make sense of may throw; it is done again then.
                    _ = try? apply("\(path)/v", group: group)
                }
                isDone.store(true, ordering: .sequentiallyConsistent)
            }
        }
        #expect(swaps.load(ordering: .sequentiallyConsistent) > 100)
        #expect(try scratch.status("outside") == "directory 0:0 0700")
        #expect(try scratch.status("outside/file") == "regular 0:0 0600")
        try apply("\(path)/v", group: 2000)
        #expect(try scratch.status("v/d0/b") == "regular 0:2000 0660")
    }

    private func exchange(_ one: String, _ other: String) {
        let exchange: UInt32 = 2  // RENAME_EXCHANGE
        #expect(unsafe clinux_renameat(File.here, one, File.here, other, exchange) == 0)
    }

    @Test("names that are not UTF-8 are files like any other")
    func names() throws {
        let scratch = try Scratch()
        try scratch.folder("v")
        try scratch.file("v/plain", 0o600)
        let strange = Array("\(scratch.path)/v/".utf8) + [0xFF, 0xFE, 0]
        #expect(unsafe rename("\(scratch.path)/v/plain", strange.map { CChar(bitPattern: $0) }) == 0)
        try apply("\(scratch.path)/v")
        let folder = try File.open("\(scratch.path)/v", [.readOnly, .directory])
        let status = try File.status(EntryName(path: [0xFF, 0xFE]), at: folder.raw)
        #expect(status.gid == 2000 && status.permissions == 0o660)
    }

    @Test(
        "a change of group takes file capabilities away, also where the group is right already", arguments: [0, 2000])
    func fileCapabilities(gid: UInt32) throws {
        let scratch = try Scratch()
        try scratch.folder("v")
        for name in ["a", "b", "c"] {
            try scratch.file("v/\(name)", 0o770, gid: gid)
            // vfs_cap_data of revision 2: cap_net_raw, permitted and effective; capabilities(7)
            let value: [UInt32] = [0x0200_0001, 1 << 13, 0, 0, 0]
            let file = try File.open("\(scratch.path)/v/\(name)", [.readOnly])
            #expect(unsafe clinux_set_xattr(file.raw, "security.capability", value, 20) == 0)
        }
        let folder = try File.open("\(scratch.path)/v", [.readOnly, .directory])
        for name in ["a", "b", "c"] { #expect(try File.hasCapabilities(EntryName(path: name.utf8), at: folder.raw)) }
        try apply("\(scratch.path)/v")
        for name in ["a", "b", "c"] {
            #expect(try !File.hasCapabilities(EntryName(path: name.utf8), at: folder.raw))
            #expect(try scratch.status("v/\(name)") == "regular 0:2000 0770")
        }
    }

    @Test("a deep tree is done to its bottom, with few descriptors open")
    func deep() async {
        await #expect(processExitsWith: .success) {  // Its own process: the limit concerns all threads.
            let scratch = try Scratch()
            try scratch.folder("v")
            var place = try File.open("\(scratch.path)/v", [.readOnly, .directory])
            for _ in 0..<1900 {
                try File.makeFolder("d", at: place.raw)
                place = try File.open("d", [.readOnly, .directory], at: place.raw)
            }
            let root = try File.open("\(scratch.path)/v", [.readOnly, .directory])
            try Process.setLimit(pid: 0, resource: 7, soft: 48, hard: 20000)  // RLIMIT_NOFILE
            let report = try OwnershipWalk.apply(
                GroupOwnership(group: 2000), policy: .always, to: root, path: "v")
            #expect(report.entries == 1901 && report.refused == 0)
            #expect(try File.status(of: place.raw).gid == 2000)
        }
    }

    @Test("a tree too deep to be named is an error, and its root is left so that the next try sees it")
    func tooDeep() throws {
        let scratch = try Scratch()
        try scratch.folder("v")
        var place = try File.open("\(scratch.path)/v", [.readOnly, .directory])
        for _ in 0..<2100 {
            try File.makeFolder("d", at: place.raw)
            place = try File.open("d", [.readOnly, .directory], at: place.raw)
        }
        let error = try #require(throws: SyscallError.self) { try apply("\(scratch.path)/v") }
        #expect(error.errno == .nameTooLong && error.subject.hasPrefix("\(scratch.path)/v/d/d"))
        #expect(try scratch.status("v") == "directory 0:0 0755")
    }

    @Test("all files of a large tree are done, on several threads", arguments: [(1, 20_000), (200, 100)])
    func large(folders: Int, files: Int) throws {
        let scratch = try Scratch()
        for folder in 0..<folders {
            try File.makeFolders("\(scratch.path)/v/\(folder)")
            let place = try File.open("\(scratch.path)/v/\(folder)", [.readOnly, .directory])
            for file in 0..<files { _ = try File.open("\(file)", [.writeOnly, .create], mode: 0o600, at: place.raw) }
        }
        let report = try apply("\(scratch.path)/v")
        #expect(report.entries == folders * (files + 1) + 1)
        for folder in 0..<folders {
            let place = try File.open("\(scratch.path)/v/\(folder)", [.readOnly, .directory])
            #expect(try File.status(of: place.raw).gid == 2000)
            let wrong = try File.names(in: place.raw, subject: "").filter { name in
                let status = try File.status(name, at: place.raw)
                return status.gid != 2000 || status.permissions != 0o660
            }
            #expect(wrong == [])
        }
        #expect(try scratch.status("v") == "directory 0:2000 2775")
    }

    @Test("a change that the kernel refuses is told, and the rest is done")
    func refused() throws {
        let scratch = try Scratch()
        try scratch.folder("v")
        try scratch.file("v/fixed", 0o600)
        try scratch.file("v/plain", 0o600)
        func setFixed(_ sign: String) throws {
            let chattr = Command("/usr/bin/chattr", ["\(sign)i", "\(scratch.path)/v/fixed"], environment: [:])
            #expect(try chattr.run().status == .exited(code: 0))
        }
        try setFixed("+")
        defer { #expect(throws: Never.self) { try setFixed("-") } }
        let report = try apply("\(scratch.path)/v")
        #expect(report.refused == 2)
        #expect(report.refusals.first == "fchownat on \(scratch.path)/v/fixed: Operation not permitted")
        #expect(try scratch.status("v/fixed") == "regular 0:0 0600")
        #expect(try scratch.status("v/plain") == "regular 0:2000 0660")
    }
}
