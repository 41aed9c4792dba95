// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import OCISpec

/// The options and words behind a command.
struct Options {
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []
    private(set) var positional: [String] = []

    private static let names = [
        "-b": "bundle", "-p": "process", "-d": "detach", "-t": "tty", "-f": "force", "-a": "all", "-u": "user",
        "-e": "env",
    ]
    private static let valued: Set = ["bundle", "pid-file", "console-socket", "process", "cwd", "env", "user"]
    private static let flagged: Set = ["detach", "tty", "force", "all", "no-pivot", "no-new-keyring", "systemd-cgroup"]

    /// Options stand before the container; what follows it belongs to the command that is executed.
    init(_ words: ArraySlice<String>) throws {
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                positional += rest
                return
            }
            guard word.hasPrefix("-"), word.count > 1 else {
                positional.append(word)
                if positional.count > 1 {
                    positional += rest
                    return
                }
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = Self.names[parts[0]] ?? String(parts[0].drop { $0 == "-" })
            if Self.valued.contains(name) {
                guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                    throw OCICommand.misused("--\(name) needs a value")
                }
                values[name, default: []].append(value)
            } else if Self.flagged.contains(name), parts.count == 1 {
                if name == "no-pivot" || name == "no-new-keyring" || name == "systemd-cgroup" {
                    throw OCICommand.misused("--\(name) would weaken the container or is not built; leave it out")
                }
                flags.insert(name)
            } else {
                throw OCICommand.misused("unknown option \(word)")
            }
        }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    func value(_ name: String) -> String? { values[name]?.last }

    func container() throws -> String {
        guard let id = positional.first else { throw OCICommand.misused("the container's name is needed") }
        return id
    }

    /// The bundle as an absolute path.
    func bundle() throws -> String {
        let path = value("bundle") ?? "."
        return path.hasPrefix("/") ? path : try Process.folder() + "/" + path
    }

    func writePID(_ pid: Int32) throws {
        if let path = value("pid-file") { try File.replace(path, with: Array("\(pid)".utf8), mode: 0o644) }
    }

    /// A connection that is closed with this value; no number where the option is not given.
    struct Console: ~Copyable {
        let connection: OwnedDescriptor?
        var number: Int32? { connection.rawOrNone >= 0 ? connection.rawOrNone : nil }
    }

    func openConsole() throws -> Console {
        guard let path = value("console-socket") else { return Console(connection: nil) }
        return Console(connection: try Socket.connect(path))
    }

    /// What `exec` runs: a file's process, or the container's own with other arguments.
    func process(from container: () throws -> ProcessSpec) throws -> ProcessSpec {
        if let path = value("process") { return try ProcessSpec.read(path) }
        var process = try container()
        process.args = Array(positional.dropFirst())
        process.terminal = has("tty")
        process.cwd = value("cwd") ?? process.cwd
        process.env = (process.env ?? []) + (values["env"] ?? [])
        if let user = value("user") {
            let ids = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { UInt32($0) }
            // CVE-2026-30892: what is not wholly a number is no user.
            guard let uid = ids[0], ids.count == 1 || ids[1] != nil else {
                throw OCICommand.misused("--user \(user): UID or UID:GID is needed")
            }
            process.user.uid = uid
            if ids.count == 2, let gid = ids[1] { process.user.gid = gid }
        }
        return process
    }
}
