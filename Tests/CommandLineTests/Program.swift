// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel
import Testing

/// The built program, on a state root of its own that is removed after.
final class Program {
    let root: String
    private let binary: String

    init() throws {
        root = "/tmp/holdfast-cli-" + UUID().uuidString
        // The tests and the program are built into one folder.
        let own = try File.linkTarget("/proc/self/exe")
        let folder = String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
        let beside = folder.hasSuffix("/usr/libexec/swift/linux") ? nil : folder + "/holdfast"
        let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let candidates = [beside, "/\(package)/.build/debug/holdfast"].compactMap { $0 }
        binary = try #require(try candidates.first { try File.exists($0) }, "the program is not built")
        try File.makeFolder(root, mode: 0o700)
    }

    deinit {
        do { try File.removeTree(root) } catch { Issue.record(error) }
    }

    struct Answer {
        let code: Int32
        let output: String
        let errors: String
    }

    func callAsFunction(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], withRoot: Bool = true
    ) throws -> Answer {
        let command = command(arguments, environment: environment, withRoot: withRoot)
        let result = try command.run(input: Array(input.utf8), timeout: .seconds(60))
        return Answer(
            code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errors, as: UTF8.self))
    }

    func command(
        _ arguments: [String], environment: [String: String] = [:], withRoot: Bool = true
    ) -> Command {
        var variables = environment
        variables["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        return Command(binary, (withRoot ? ["--root", root] : []) + arguments, environment: variables)
    }

    func callAsFunction(_ arguments: String..., input: String = "") throws -> Answer {
        try self(arguments, input: input)
    }
}
