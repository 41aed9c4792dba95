// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

@Suite("Running programs")
struct CommandTests {
    private func shell(_ script: String, _ environment: [String: String] = [:]) -> Command {
        Command("/bin/sh", ["-c", script], environment: environment)
    }

    @Test("output, errors and exit code come back, and input goes in whole, more than a pipe holds")
    func streams() throws {
        let input = [UInt8](repeating: 120, count: 1 << 20)
        let result = try shell("cat; echo problem >&2; exit 3").run(input: input)
        #expect(result.output == input)
        #expect(result.errors == Array("problem\n".utf8))
        #expect(result.status == .exited(code: 3))
    }

    @Test("a program that reads none of its input is no problem")
    func unreadInput() throws {
        #expect(try shell("exit 0").run(input: [UInt8](repeating: 0, count: 1 << 20)).status == .exited(code: 0))
    }

    @Test("the program gets the environment that is spelled out and nothing else")
    func environment() throws {
        let result = try Command("/usr/bin/env", [], environment: ["A": "1", "B": "x y"]).run()
        #expect(result.output == Array("A=1\nB=x y\n".utf8))
    }

    @Test("the program gets the descriptors that are named and nothing else")
    func descriptors() async {
        // Its own process: the number 63 may be another test's.
        await #expect(processExitsWith: .success) {
            let leak = try File.open("/dev/null", [.readOnly])
            _ = try Descriptors.install(leak.raw, as: 63)  // Not close-on-exec.
            let result = try Command("/bin/sh", ["-c", "ls /proc/$$/fd"], environment: [:]).run()
            #expect(String(decoding: result.output, as: UTF8.self).split(separator: "\n").sorted() == ["0", "1", "2"])
        }
    }

    @Test("descriptors are placed in order even where they stand in each other's place")
    func order() throws {
        let pipe = try Pipe()
        let null = try File.open("/dev/null", [.readOnly])
        let child = try shell("echo three >&3").start(descriptors: [null.raw, null.raw, null.raw, pipe.writer.raw])
        #expect(try child.wait() == .exited(code: 0))
        #expect(try File.read(pipe.reader.raw, upTo: 10, subject: "pipe") == Array("three\n".utf8))
    }

    @Test("a program that is not there is an error that names it")
    func missing() {
        let failure = #expect(throws: Command.Failure.self) { try Command("/no/such", [], environment: [:]).run() }
        #expect(failure?.description == "execve on /no/such: No such file or directory")
    }

    @Test("a working folder that is not there is an error that names it")
    func missingFolder() {
        var command = shell("exit 0")
        command.folder = "/no/such/folder"
        let failure = #expect(throws: Command.Failure.self) { try command.run() }
        #expect(failure?.description == "chdir on /no/such/folder: No such file or directory")
    }

    @Test("a program that does not end in time is killed")
    func timeout() throws {
        var seen: [UInt8] = []
        #expect(throws: Command.Failure.timedOut(program: "/bin/sh", after: .milliseconds(200))) {
            try shell("echo $$ >&2; exec sleep 1000").run(timeout: .milliseconds(200)) { seen += $0 }
        }
        let pid = try #require(String(decoding: seen, as: UTF8.self).split(separator: "\n").first)
        #expect(try !File.exists("/proc/\(pid)"))
    }

    @Test("a process left behind with the streams open does not hold the caller")
    func orphan() throws {
        let result = try shell("sleep 5 & echo $!").run(timeout: .seconds(4))
        #expect(result.status == .exited(code: 0))
        let pid = try #require(Int32(String(decoding: result.output.dropLast(), as: UTF8.self)))
        try Process.signal(pid: pid, Signal.kill)
    }

    @Test("endless output ends the program, endless errors are cut")
    func limits() throws {
        #expect(throws: Command.Failure.tooMuchOutput(program: "/bin/sh", limit: 1000)) {
            try shell("exec cat /dev/zero").run(limit: 1000)
        }
        let result = try shell("head -c 1000000 /dev/zero >&2").run(limit: 1000)
        #expect(result.errors.count == 1000)
    }

    @Test("signals are as a new program expects, whatever the caller blocks or ignores")
    func signals() throws {
        let result = try shell("grep -E 'Sig(Blk|Ign)' /proc/self/status").run()
        let values = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map { $0.suffix(16) }
        #expect(values == ["0000000000000000", "0000000000000000"])
    }

    @Test("the program is killed when the process that started it ends")
    func diesWithCaller() async throws {
        // The exit test's own process is the caller that ends.
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let null = try File.open("/dev/null", [.readOnly])
            let child = try Command("/bin/sleep", ["1000"], environment: [:]).start(
                descriptors: [null.raw, null.raw, null.raw])
            print("pid \(child.id)")
        }
        let text = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("pid ") })
        for _ in 0..<100 where try File.exists("/proc/\(line.dropFirst(4))") { Clock.sleep(milliseconds: 20) }
        #expect(try !File.exists("/proc/\(line.dropFirst(4))"))
    }

    @Test("a name is found in the folders of the search path, in their order, executable files alone")
    func find() throws {
        let scratch = try ScratchFolder()
        try File.makeFolders(scratch.path + "/a/tool")
        try File.makeFolders(scratch.path + "/b")
        try File.makeFolders(scratch.path + "/c")
        try File.replace(scratch.path + "/b/tool", with: [], mode: 0o644)
        try File.replace(scratch.path + "/c/tool", with: [], mode: 0o755)
        let folders = ["relative", "a", "b", "c"].map { $0 == "relative" ? $0 : "\(scratch.path)/\($0)" }
        #expect(Command.find("tool", in: folders) == scratch.path + "/c/tool")
        #expect(Command.find("other", in: folders) == nil)
        #expect(Command.find("sh") != nil)
    }
}
