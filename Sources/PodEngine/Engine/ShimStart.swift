// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// Starts a pod's supervisor.
struct ShimStart: Sendable {
    /// The absolute path of `holdfast-runtime`.
    let runtime: String

    /// Starts the shim of a pod that is prepared, and returns once its sandbox stands.
    ///
    /// The runtime is executed from a detached, read-only clone of its mount, so that no container can write to its file
    /// through `/proc/PID/exe`: CVE-2019-5736.
    func start(_ place: PodPlace) throws(EngineError) {
        let result: (status: ExitStatus, errors: [UInt8])
        do { result = try run(place) } catch {
            throw .system(error, "cannot start the supervisor of pod \(place.name.name)")
        }
        if result.status == .exited(code: 0) { return }
        let lines = String(decoding: result.errors, as: UTF8.self).split(whereSeparator: \.isNewline)
        let reason = lines.last.map { $0.hasPrefix(Self.prefix) ? $0.dropFirst(Self.prefix.count) : $0 }
        throw .failed(
            "cannot start pod \(place.name.name): \(reason ?? "its supervisor ended with \(result.status.shellCode)")")
    }

    private static let prefix = "holdfast-runtime: "

    private func run(_ place: PodPlace) throws(SyscallError) -> (status: ExitStatus, errors: [UInt8]) {
        let program = try SealedProgram.open(runtime)
        let nothing = try File.open("/dev/null", [.readWrite])
        let errors = try Pipe()
        let command = Command(runtime, ["shim", place.folder], environment: Engine.environment)
        let child = try command.start(
            descriptors: [nothing.raw, nothing.raw, errors.writer.raw], file: program.raw)
        let status = try child.wait()
        // The child has ended, and what it wrote fits in a pipe: one read has it all.
        try Descriptors.setNonBlocking(errors.reader.raw)
        do {
            return (status, try File.read(errors.reader.raw, upTo: 64 << 10, subject: "the supervisor's errors"))
        } catch
            where error.errno == .again
        { return (status, []) }
    }

    /// The runtime that belongs to the calling program: `HOLDFAST_RUNTIME`, or the file beside it.
    static func find(environment: String?) throws(EngineError) -> String {
        if let path = environment, !path.isEmpty {
            guard path.hasPrefix("/") else { throw .failed("HOLDFAST_RUNTIME: \(path) is not an absolute path") }
            return path
        }
        let own = try doing("cannot tell where this program is") { () throws(SyscallError) in
            try File.linkTarget("/proc/self/exe")
        }
        let path = own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex) + "/holdfast-runtime"
        guard let isThere = try? File.exists(String(path)), isThere else {
            throw .failed("\(path) is not there: install holdfast-runtime beside holdfast, or set HOLDFAST_RUNTIME")
        }
        return String(path)
    }
}
