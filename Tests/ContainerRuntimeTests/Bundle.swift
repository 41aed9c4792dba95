// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import Foundation
import LinuxKernel
import OCISpec
import Testing

/// An OCI bundle with busybox in a folder of its own, and the runtime's command line on it.
final class Bundle {
    let path: String
    var spec: RuntimeSpec

    init() throws {
        path = "/var/tmp/holdfast-test-\(UUID().uuidString)"
        spec = .example
        spec.root?.readonly = false
        for folder in ["bin", "etc", "proc", "sys", "dev", "tmp"] {
            try File.makeFolders("\(path)/rootfs/\(folder)")
        }
        // By a program of its own: a fork elsewhere in the tests would keep a copy that is open for writing, and execve(2) of it
        // would be ETXTBSY.
        let copy = try Command("/usr/bin/cp", ["/bin/busybox", "\(path)/rootfs/bin/busybox"], environment: [:]).run()
        try #require(copy.status == .exited(code: 0))
        for applet in ["sh", "cat", "id", "ls", "sleep", "true", "touch", "grep", "mknod", "mount", "hostname", "kill"]
        {
            try File.makeLink("\(path)/rootfs/bin/\(applet)", to: "busybox")
        }
    }

    deinit {
        // What a failed test leaves behind must not fail the next one.
        _ = try? runtime("delete", "--force", name)
        try? File.removeTree(path)
    }

    var name: String { String(path.split(separator: "-").last ?? "") }

    /// Runs a shell script in the container to its end.
    func run(_ script: String) throws -> (code: Int32, output: String, errors: String) {
        spec.process?.args = ["sh", "-c", script]
        return try run()
    }

    func run() throws -> (code: Int32, output: String, errors: String) {
        try write()
        return try runtime("run", "--bundle", path, name)
    }

    func write() throws { try JSONFile.write(spec, to: "\(path)/config.json") }

    func runtime(_ arguments: String...) throws -> (code: Int32, output: String, errors: String) {
        let command = Command(
            try Self.executable(), ["--root", "\(path)/state"] + arguments, environment: ["PATH": "/usr/bin:/bin"])
        let result = try command.run(timeout: .seconds(60))
        return (
            result.status.shellCode, String(decoding: result.output, as: UTF8.self),
            String(decoding: result.errors, as: UTF8.self)
        )
    }

    static func executable() throws -> String {
        if let path = ProcessInfo.processInfo.environment["HOLDFAST_RUNTIME"] { return path }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let path = package + "/.build/debug/holdfast-runtime"
        try #require(try File.exists(path), "swift build makes \(path); or set HOLDFAST_RUNTIME")
        return path
    }
}
