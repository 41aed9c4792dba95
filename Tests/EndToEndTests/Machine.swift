// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

/// A state root of its own with a busybox image, the command line on it, and a look at what it leaves on the machine.
final class Machine: Sendable {
    let root: String
    private let binary: String

    /// With `image`, a busybox image is imported, which holds these programs too.
    init(image: Bool = true, programs: [String: [UInt8]] = [:]) throws {
        root = "/var/tmp/holdfast-e2e-\(UUID().uuidString.prefix(8))"
        binary = try Self.executable()
        try File.makeFolders(root, mode: 0o700)
        if image { try importBusybox(with: programs) }
    }

    deinit {
        // What a failed test leaves behind must not stay on the machine.
        if let pods = try? File.names(in: root + "/lib/pods") {
            for pod in pods {
                let parts = pod.split(separator: "_")
                if parts.count == 3 { _ = try? run("delete", "pod", String(parts[1]), "-n", String(parts[0]), "--now") }
            }
        }
        try? File.removeTree(root)
    }

    static func executable(of configuration: String = "release") throws -> String {
        if configuration == "release", let path = ProcessInfo.processInfo.environment["HOLDFAST_BINARY"] { return path }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let path = package + "/.build/\(configuration)/holdfast"
        try #require(try File.exists(path), "make build makes \(path); or set HOLDFAST_BINARY")
        return path
    }

    struct Answer {
        let code: Int32
        let output: String
        let errors: String
    }

    @discardableResult
    func run(_ arguments: String..., input: String = "") throws -> Answer {
        let result = try command(arguments).run(input: Array(input.utf8), timeout: .seconds(120))
        return Answer(
            code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errors, as: UTF8.self))
    }

    func command(_ arguments: [String]) -> Command {
        Command(binary, ["--root", root] + arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
    }

    /// A shell's script in the root's folder, in which `holdfast` is the command line on this root.
    func shell(_ script: String, wrappedBy wrapper: [String] = []) throws -> Answer {
        let whole = "cd \(root); holdfast() { \(binary) --root \(root) \"$@\"; }; \(script)"
        let words = wrapper + ["/bin/bash", "-c", whole]
        let result = try Command(
            words[0], Array(words.dropFirst()), environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run(timeout: .seconds(300))
        return Answer(
            code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errors, as: UTF8.self))
    }

    /// Applies a manifest from standard input; it must be taken.
    func apply(_ manifest: String) throws {
        let answer = try run("apply", "-f", "-", input: manifest)
        try #require(answer.code == 0, "\(answer.errors)")
    }

    /// A pod of one container that runs a shell script.
    static func pod(_ name: String, _ script: String, spec: String = "", container: String = "") -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: \(name)
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
        \(indented(spec, by: 2))
          containers:
          - name: app
            image: busybox
            imagePullPolicy: Never
            command: ["sh", "-c", \(quoted(script))]
        \(indented(container, by: 4))
        """
    }

    private static func indented(_ text: String, by width: Int) -> String {
        text.split(separator: "\n").map { String(repeating: " ", count: width) + $0 }.joined(separator: "\n")
    }

    static func quoted(_ text: String) -> String {
        "\""
            + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n") + "\""
    }

    /// Waits until a command's answer satisfies a condition.
    func wait(
        _ arguments: [String], for what: String, seconds: Int = 20, _ condition: (Answer) throws -> Bool
    ) throws {
        let end = Clock.monotonic + Int64(seconds) * 1_000_000_000
        var last = Answer(code: 0, output: "", errors: "")
        while Clock.monotonic < end {
            let result = try command(arguments).run(timeout: .seconds(60))
            last = Answer(
                code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
                errors: String(decoding: result.errors, as: UTF8.self))
            if try condition(last) { return }
            Clock.sleep(milliseconds: 20)
        }
        Issue.record("no \(what) within \(seconds) s: \(last.output.suffix(2000)) \(last.errors)")
    }

    func waitForPhase(_ phase: String, of pod: String) throws {
        try wait(["get", "pod", pod, "-o", "json"], for: "phase \(phase)") {
            $0.output.contains("\"phase\": \"\(phase)\"")
        }
    }

    /// The pod's folder name's last part.
    func uid(of pod: String) throws -> String {
        let folder = try #require(
            try File.names(in: root + "/lib/pods").first { $0.split(separator: "_").dropFirst().first == pod[...] })
        return String(try #require(folder.split(separator: "_").last))
    }

    /// The shim of a pod, found in `/proc` by its command line.
    func shim(of pod: String) throws -> Int32 {
        let folder = try uid(of: pod)
        return try #require(
            try Self.processes { $0.contains(" shim ") && $0.contains("\(root)/lib/pods/") && $0.contains(folder) }
                .first)
    }

    static func processes(_ matches: (String) -> Bool) throws -> [Int32] {
        try File.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard let words = try? File.readText("/proc/\(pid)/cmdline") else { return false }
            return matches(words.replacingOccurrences(of: "\0", with: " "))
        }
    }

    // MARK: what is left

    /// Everything of this root that the kernel still has: processes, mounts in any namespace, cgroups.
    func leftovers(uids: [String]) throws -> [String] {
        var found: [String] = []
        for pid in try File.names(in: "/proc").compactMap({ Int32($0) }) where pid != Process.id {
            guard let words = try? File.readText("/proc/\(pid)/cmdline"),
                let mounts = try? File.readText("/proc/\(pid)/mountinfo")
            else { continue }
            let line = words.replacingOccurrences(of: "\0", with: " ")
            if line.contains(root) { found.append("process \(pid): \(line)") }
            for mount in mounts.split(separator: "\n") where mount.contains(root) {
                found.append("mount of process \(pid): \(mount)")
            }
            let cgroup = (try? File.readText("/proc/\(pid)/cgroup")) ?? ""
            for uid in uids where cgroup.contains(uid) {
                found.append("process \(pid) in a cgroup of pod \(uid): \(line)")
            }
        }
        for hierarchy in try File.names(in: "/sys/fs/cgroup") {
            for uid in uids where try File.exists("/sys/fs/cgroup/\(hierarchy)/holdfast/\(uid)") {
                found.append("cgroup /sys/fs/cgroup/\(hierarchy)/holdfast/\(uid)")
            }
        }
        if try File.exists(root + "/lib/pods") {
            found += try File.names(in: root + "/lib/pods").filter { !$0.hasPrefix(".") }
        }
        if try File.exists(root + "/run/pods") { found += try File.names(in: root + "/run/pods") }
        return found
    }

    // MARK: image

    /// A root file system tar of Debian's static busybox, imported as `busybox`.
    private func importBusybox(with programs: [String: [UInt8]]) throws {
        let folder = root + "/rootfs"
        for name in ["bin", "etc", "tmp", "proc", "sys", "dev", "root"] { try File.makeFolders("\(folder)/\(name)") }
        try File.replace("\(folder)/bin/busybox", with: try File.read("/bin/busybox", limit: 64 << 20), mode: 0o755)
        for (name, bytes) in programs { try File.replace("\(folder)/bin/\(name)", with: bytes, mode: 0o755) }
        for applet in [
            "sh", "cat", "id", "ls", "sleep", "true", "false", "touch", "grep", "mkdir", "rm", "echo", "ps", "kill",
            "test", "ln",
            "mount", "tr", "yes", "stat", "trap", "tail", "head", "seq", "wc", "chmod", "dd", "hostname", "env",
            "printf",
        ] { try File.makeLink("\(folder)/bin/\(applet)", to: "busybox") }
        try File.replace(
            "\(folder)/etc/passwd", with: Array("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n".utf8),
            mode: 0o644)
        try File.replace("\(folder)/etc/group", with: Array("root:x:0:\napp:x:1000:\n".utf8), mode: 0o644)
        let archive = root + "/busybox.tar"
        let tar = try Command("/usr/bin/tar", ["-C", folder, "-cf", archive, "."], environment: [:]).run()
        try #require(tar.status == .exited(code: 0))
        let answer = try run("image", "import", archive, "--name", "busybox")
        try #require(answer.code == 0, "\(answer.errors)")
    }
}
