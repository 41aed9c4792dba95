// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing
import Volumes

@Suite("Parts of volumes")
struct SubPathTests {
    @Test(
        "a subPathExpr takes values of the container's environment",
        arguments: [
            ("$(POD)/logs", "web/logs"), ("a$$(POD)", "a$(POD)"), ("$x", "$x"), ("$", "$"), ("$(POD", "$(POD"),
            ("$(POD)$(POD)", "webweb"), ("$$$(POD)", "$web"),
        ])
    func expansion(expression: String, expected: String) throws {
        let mount = try SubPathMount(root: "/v", subPath: nil, subPathExpr: expression, environment: ["POD": "web"])
        #expect(mount.path == expected)
    }

    @Test(
        "a part that is no relative path within the volume is refused",
        arguments: [
            (nil, "$(ZERO)/$(EMPTY)$(ABSENT)", "missing value for ABSENT, EMPTY, ZERO"),
            (nil, "$(UP)/x", "must not contain '..'"),
            (nil, "$(ROOT)", "must not be an absolute path"), ("/etc", nil, "must not be an absolute path"),
            ("a/../../b", nil, "must not contain '..'"),
        ] as [(String?, String?, String)])
    func refused(subPath: String?, expression: String?, message: String) throws {
        let error = try #require(throws: SubPathError.self) {
            try SubPathMount(
                root: "/v", subPath: subPath, subPathExpr: expression,
                environment: ["UP": "a/..", "ROOT": "/etc", "EMPTY": ""])
        }
        #expect(error.description.contains(message))
    }

    /// As the runtime makes a part of the volume `v`.
    private static func make(_ path: String, _ scratch: Scratch) throws {
        let root = try File.open("\(scratch.path)/v", [.path, .directory])
        _ = try SubPath.make(path, below: root.raw)
    }

    @Test("missing folders are made with the volume's own bits and group, and what is there is left alone")
    func made() throws {
        let scratch = try Scratch()
        try scratch.folder("v", 0o2770, gid: 2000)
        try scratch.folder("v/there", 0o700)
        try Self.make("there/./a/b", scratch)
        #expect(try scratch.status("v/there") == "directory 0:0 0700")
        // The group is inherited from the folder above, which has no set-gid bit here.
        #expect(try scratch.status("v/there/a") == "directory 0:0 2770")
        try Self.make("new/a", scratch)
        #expect(try scratch.status("v/new/a") == "directory 0:2000 2770")
        try scratch.file("v/file", 0o600)
        try Self.make("file", scratch)
        #expect(try scratch.status("v/file") == "regular 0:0 0600")
    }

    @Test("links inside the volume are followed")
    func inside() throws {
        let scratch = try Scratch()
        try scratch.folder("v/real")
        try scratch.folder("v/deep/er")
        try File.makeLink("\(scratch.path)/v/deep/er/link", to: "../../real")
        try Self.make("deep/er/link/made", scratch)
        #expect(try scratch.status("v/real/made") == "directory 0:0 0755")
    }

    @Test(
        "a link that leads out of the volume is an error, and nothing is made or changed outside",
        arguments: ["../outside", "/etc", "/proc/self/root", "../outside/absent", "loop"])
    func leaving(target: String) throws {
        let scratch = try Scratch()
        try scratch.folder("v")
        try scratch.folder("outside")
        try File.makeLink("\(scratch.path)/v/loop", to: target)
        for path in ["loop", "loop/new"] {
            let error = try #require(throws: SyscallError.self) { try Self.make(path, scratch) }
            #expect([.crossDevice, .tooManyLinks].contains(error.errno))
        }
        #expect(try File.names(in: "\(scratch.path)/outside") == [])
    }

    @Test("what was opened stays what it was when the path is changed afterwards")
    func descriptor() throws {
        let scratch = try Scratch()
        try scratch.folder("v/part", 0o711)
        let root = try File.open("\(scratch.path)/v", [.path, .directory])
        let opened = try SubPath.make("part", below: root.raw)
        try File.rename("\(scratch.path)/v/part", to: "\(scratch.path)/v/moved")
        try File.makeLink("\(scratch.path)/v/part", to: "/etc")
        #expect(try File.status(of: opened.raw).inode == File.status("\(scratch.path)/v/moved").inode)
        #expect(throws: SyscallError.self) { _ = try SubPath.open("part", below: root.raw) }
    }

    @Test("while a link is swapped in all the time, what is opened lies in the volume, and nothing is made outside")
    func race() throws {
        let scratch = try Scratch()
        try scratch.folder("v/part/deep")
        try scratch.folder("outside/deep")
        try File.makeLink("\(scratch.path)/v/link", to: "../outside")
        // CVE-2017-1002101, CVE-2021-25741: another process turns `part` from a folder into a link and back.
        let swapper = """
            import ctypes, os, sys
            os.chdir(sys.argv[1])
            here, exchange = -100, 2
            libc = ctypes.CDLL(None)
            while libc.renameat2(here, b'part', here, b'link', exchange) == 0: pass
            """
        var command = Command("/usr/bin/python3", ["-c", swapper, "\(scratch.path)/v"], environment: [:])
        command.diesWithCaller = true
        let null = try File.open("/dev/null", [.readWrite])
        let child = try command.start(descriptors: [null.raw, null.raw, null.raw])
        defer {
            try? Process.signal(child.descriptor.raw, Signal.kill)
            _ = try? Process.wait(child.descriptor.raw)
        }
        let volume = try File.open("\(scratch.path)/v", [.path, .directory])
        var (opened, refused) = (0, 0)
        let end = Clock.monotonic + 10_000_000_000
        while opened < 500 || refused < 500, Clock.monotonic < end {
            for path in ["part/deep", "part/new/er"] {
                switch Self.place(of: path, below: volume.raw) {
                case .success(let real):
                    opened += 1
                    #expect(real.hasPrefix("\(scratch.path)/v/"), "\(real)")
                case .failure(let error):
                    if error.errno == .crossDevice || error.errno == .tooManyLinks { refused += 1 }
                }
            }
        }
        #expect(opened >= 500 && refused >= 500, "\(opened) opened, \(refused) refused: no race took place")
        #expect(try File.names(in: "\(scratch.path)/outside") == ["deep"])
        #expect(try File.names(in: "\(scratch.path)/outside/deep") == [])
    }

    /// Where what was opened is now.
    private static func place(of path: String, below volume: Int32) -> Result<String, SyscallError> {
        Result { () throws(SyscallError) in
            let place = try SubPath.make(path, below: volume)
            return try File.linkTarget("/proc/self/fd/\(place.raw)")
        }
    }
}
