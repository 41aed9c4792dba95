// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// What a container left to be said of its end.
///
/// Source: Kubernetes, `terminationMessagePath` and `terminationMessagePolicy`: at most 4,096 bytes of the file, or with
/// FallbackToLogsOnError and a failure the last 80 lines or 2,048 bytes of the log; of that the beginning, so that all
/// containers of a pod together have 12 KiB.
enum TerminationMessage {
    private static let fileLimit = 4096
    private static let podLimit = 12 << 10
    private static let logLimit = 2048
    private static let logLines = 80
    /// Bytes of the log that are looked at: more than the longest entry has.
    private static let logTail = 48 << 10

    /// What each container of a pod may say at most, in bytes.
    static func limit(for containers: Int) -> Int { podLimit / max(1, containers) }

    static func read(_ container: ContainerRun, exitCode: Int32, limit: Int) -> String? {
        guard let text = read(container, exitCode: exitCode) else { return nil }
        return text.utf8.count > limit ? String(decoding: Array(text.utf8).prefix(limit), as: UTF8.self) : text
    }

    /// Empties the file: what the container said before it was started again is not said twice.
    static func clear(_ folder: String) throws(SyscallError) {
        _ = try File.open("\(folder)/termination-log", [.writeOnly, .truncate, .noFollow, .nonBlocking])
    }

    private static func read(_ container: ContainerRun, exitCode: Int32) -> String? {
        let folder = container.plan.folder
        do throws(SyscallError) {
            let text = try tail("\(folder)/termination-log", limit: fileLimit)
            if !text.isEmpty { return String(decoding: text, as: UTF8.self) }
            guard container.plan.terminationMessageFromLogs, exitCode != 0 else { return nil }
            let log = try tail("\(folder)/\(container.status.restartCount).log", limit: logTail)
            let said = words(ofEntries: log, isWhole: log.count < logTail).suffix(logLimit)
            return said.isEmpty ? nil : String(decoding: said, as: UTF8.self)
        } catch {
            return error.errno == .noEntry ? nil : "the termination message cannot be read: \(error)"
        }
    }

    /// What the last lines of a log say; each ends with its newline but one that goes on in the next entry.
    private static func words(ofEntries log: [UInt8], isWhole: Bool) -> [UInt8] {
        let entries = log.split(separator: UInt8(ascii: "\n")).dropFirst(isWhole ? 0 : 1)
        return entries.suffix(logLines).flatMap { entry -> [UInt8] in
            let parts = entry.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4 else { return [] }
            return Array(parts[3]) + (parts[2].elementsEqual("F".utf8) ? [UInt8(ascii: "\n")] : [])
        }
    }

    /// The last bytes of a file that the container may have replaced by anything: no link is followed, nothing is waited for.
    private static func tail(_ path: String, limit: Int) throws(SyscallError) -> [UInt8] {
        let file = try File.open(path, [.readOnly, .noFollow, .nonBlocking])
        let status = try File.status(of: file.raw)
        guard status.kind == .regular else { return [] }
        if status.size > UInt64(limit) { try File.seek(file.raw, to: Int64(status.size) - Int64(limit)) }
        return try File.read(file.raw, upTo: limit, subject: path)
    }
}
