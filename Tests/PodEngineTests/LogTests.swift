// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import Foundation
import KubernetesAPI
import LinuxKernel
import Synchronization
import Testing

@testable import PodEngine

@Suite("Logs")
struct LogTests {
    private func read(_ log: String, _ change: (inout LogOptions) -> Void = { _ in }) throws -> String {
        let scene = try StateScene()
        let path = scene.folder + "/0.log"
        try File.replace(path, with: Array(log.utf8))
        var options = LogOptions()
        change(&options)
        let reader = try #require(try LogReader.open(path, options: options, label: "[pod/web/app] "))
        var text = ""
        try reader.advance { (stream, bytes) throws(EngineError) in
            text += (stream == .errors ? "!" : "") + String(decoding: bytes, as: UTF8.self)
        }
        return text
    }

    private static let lines = """
        2026-11-24T23:20:10.000000001Z stdout F one
        2026-11-24T23:20:11.000000001Z stderr F two
        2026-11-24T23:20:12.000000001Z stdout P thr
        2026-11-24T23:20:12.000000002Z stdout P e
        2026-11-24T23:20:12.000000003Z stdout F e
        2026-11-24T23:20:13.000000001Z stdout F

        """

    @Test("lines come as they were written, parts joined, streams apart")
    func all() throws { #expect(try read(Self.lines) == "one\n!two\nthree\n\n") }

    @Test(
        "the last lines are found from the end, a line of several parts as one",
        arguments: [
            (0, ""), (1, "\n"), (2, "three\n\n"), (3, "!two\nthree\n\n"), (4, "one\n!two\nthree\n\n"),
            (99, "one\n!two\nthree\n\n"),
        ])
    func tail(count: Int, text: String) throws { #expect(try read(Self.lines) { $0.tail = count } == text) }

    @Test("the last lines of a log that is longer than one read")
    func longTail() throws {
        let log = (0..<20_000).map { "2026-11-24T23:20:10.000000001Z stdout F line \($0)\n" }.joined()
        #expect(try read(log) { $0.tail = 2 } == "line 19998\nline 19999\n")
        let long = String(repeating: "x", count: 200_000)
        let parts =
            "2026-11-24T23:20:10.1Z stdout F a\n2026-11-24T23:20:10.1Z stdout P \(long)\n2026-11-24T23:20:10.1Z stdout F b\n"
        #expect(try read(parts) { $0.tail = 1 } == long + "b\n")
    }

    @Test("times and names stand before each line, once for one of several parts")
    func decorated() throws {
        let text = try read(Self.lines) {
            $0.timestamps = true
            $0.tail = 2
        }
        #expect(
            text == "2026-11-24T23:20:12.000000001Z three\n2026-11-24T23:20:13.000000001Z \n")
        #expect(try read(Self.lines) { $0.prefix = true }.hasPrefix("[pod/web/app] one\n![pod/web/app] two\n"))
    }

    @Test("lines that are too old are left out, and a line that is still being written waits")
    func partial() throws {
        #expect(try read(Self.lines) { $0.since = .seconds(-3600 * 24 * 36500) } == "")
        #expect(try read("2026-11-24T23:20:10.1Z stdout F one\n2026-11-24T23:20:10.1Z stdout F tw") == "one\n")
    }

    @Test("a log is read on from where it was left")
    func readsOn() throws {
        let scene = try StateScene()
        let path = scene.folder + "/0.log"
        try File.replace(path, with: Array("2026-11-24T23:20:10.1Z stdout F one\n2026-11-24T23:20:10.1Z std".utf8))
        let reader = try #require(try LogReader.open(path, options: LogOptions(), label: ""))
        var text = ""
        let sink: LogSink = { (_, bytes) throws(EngineError) in text += String(decoding: bytes, as: UTF8.self) }
        #expect(try reader.advance(sink))
        #expect(try !reader.advance(sink))
        let file = try File.open(path, [.writeOnly, .append])
        try File.write(Array("out F two\n".utf8), to: file.raw, subject: path)
        #expect(try reader.advance(sink))
        #expect(text == "one\ntwo\n")
    }

    @Test("a container that has no log says why, in kubectl's words")
    func refusals() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        var status = try StateScene.alive()
        status.containers = [
            ContainerRuntime.ContainerStatus(
                name: "app", kind: .main, state: .waiting(Waiting(reason: "ErrImagePull", message: "no network")))
        ]
        try scene.say(status, of: place)
        func logs(_ change: (inout LogOptions) -> Void) -> String? {
            var options = LogOptions()
            change(&options)
            let error = #expect(throws: EngineError.self) {
                try scene.engine.logs(
                    ObjectName(namespace: "shop", name: "web"), options, notice: { (_) throws(EngineError) in },
                    { (_, _) throws(EngineError) in })
            }
            return error?.description
        }
        #expect(
            logs { _ in }
                == "Error from server (BadRequest): container \"app\" in pod \"web\" is waiting to start: no network")
        #expect(
            logs { $0.previous = true }
                == "Error from server (BadRequest): previous terminated container \"app\" in pod \"web\" not found")
        #expect(logs { $0.container = "nope" } == "error: container nope is not valid for pod web")
    }
}

@Suite("Logs that are full")
struct FullLogTests {
    private static func entry(_ text: String) -> [UInt8] { Array("2026-11-24T23:20:10.1Z stdout F \(text)\n".utf8) }

    private static func append(_ text: String, to path: String) throws {
        let file = try File.open(path, [.writeOnly, .append])
        try File.write(entry(text), to: file.raw, subject: path)
    }

    @Test("whoever follows loses no file that is filled while the one before it is left")
    func race() throws {
        let scene = try StateScene()
        let path = scene.folder + "/0.log"
        try File.replace(path, with: Self.entry("0"))
        var options = LogOptions()
        options.follow = true
        let reader = try #require(try LogReader.open(path, options: options, label: ""))
        // Many files, but no more than a busy machine fills meanwhile.
        let end = ContinuousClock.now + .seconds(3)
        let written = Atomic(0)
        let seen = Atomic(0)
        let hasEnded = Atomic(false)
        let failure = Mutex<(any Error)?>(nil)
        Thread.detachNewThread {
            defer { hasEnded.store(true, ordering: .releasing) }
            do {
                for number in 1..<10_000 where .now < end {
                    // As a supervisor does, which keeps the four full files before the newest.
                    try File.replace(path + "-new", with: Self.entry("\(number)"))
                    try File.rename(path, to: path + ".\(100_000 + number)")
                    try File.rename(path + "-new", to: path)
                    written.store(number, ordering: .relaxed)
                    if number > 4 { try File.remove(path + ".\(100_000 + number - 4)") }
                    while number - seen.load(ordering: .relaxed) > 2, .now < end {}
                }
            } catch { failure.withLock { $0 = error } }
        }
        var lines: [String] = []
        let sink: LogSink = { (_, bytes) throws(EngineError) in
            lines += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            seen.store(lines.last.flatMap { Int($0) } ?? 0, ordering: .relaxed)
        }
        while !hasEnded.load(ordering: .acquiring) { try reader.advance(sink) }
        try reader.advance(sink)
        try failure.withLock { if let error = $0 { throw error } }
        let last = written.load(ordering: .relaxed)
        #expect(last > 100)
        #expect(lines == (0...last).map { "\($0)" })
    }

    @Test("whoever follows loses no line, however many files were filled meanwhile")
    func follow() throws {
        let scene = try StateScene()
        let path = scene.folder + "/0.log"
        try File.replace(path, with: Self.entry("one"))
        var options = LogOptions()
        options.follow = true
        let reader = try #require(try LogReader.open(path, options: options, label: ""))
        var text = ""
        let sink: LogSink = { (_, bytes) throws(EngineError) in text += String(decoding: bytes, as: UTF8.self) }
        try reader.advance(sink)
        try Self.append("two", to: path)
        for (time, line) in [("20261124-232010", "three"), ("20261124-232011", "four")] {
            try File.rename(path, to: "\(path).\(time)")
            // Between the two names there is no newest file.
            try reader.advance(sink)
            try File.replace(path, with: Self.entry(line))
        }
        try reader.advance(sink)
        #expect(text == "one\ntwo\nthree\nfour\n")
        try File.remove("\(path).20261124-232010")
        try File.rename(path, to: "\(path).20261124-232012")
        try File.replace(path, with: Self.entry("five"))
        try reader.advance(sink)
        #expect(text == "one\ntwo\nthree\nfour\nfive\n")
    }

    @Test("without following, only the newest file is read")
    func newest() throws {
        let scene = try StateScene()
        let path = scene.folder + "/0.log"
        try File.replace(path + ".20261124-232010", with: Self.entry("old"))
        try File.replace(path, with: Self.entry("new"))
        let reader = try #require(try LogReader.open(path, options: LogOptions(), label: ""))
        var text = ""
        try reader.advance { (_, bytes) throws(EngineError) in text += String(decoding: bytes, as: UTF8.self) }
        #expect(text == "new\n")
    }

    @Test(
        "a limit of bytes counts times, but not names",
        arguments: [(0, false, ""), (5, false, "x: one\nx: t"), (28, true, "x: 2026-11-24T23:20:10.1Z one\nx: 2")])
    func limit(bytes: Int, timestamps: Bool, expected: String) throws {
        let scene = try StateScene()
        let path = scene.folder + "/0.log"
        try File.replace(path, with: Self.entry("one") + Self.entry("two") + Self.entry("three"))
        var options = LogOptions()
        options.limit = bytes
        options.prefix = true
        options.timestamps = timestamps
        let reader = try #require(try LogReader.open(path, options: options, label: "x: "))
        var text = ""
        try reader.advance { (_, bytes) throws(EngineError) in text += String(decoding: bytes, as: UTF8.self) }
        #expect(text == expected)
        #expect(reader.hasEnough)
    }
}
