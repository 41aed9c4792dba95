// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A program to run, its arguments, and all that it gets from the caller.
///
/// It gets an environment that is spelled out and the descriptors that are named, nothing else. The calling process may
/// have any number of threads.
package struct Command: Sendable {
    /// An absolute path.
    package var path: String
    /// Without the program's own name.
    package var arguments: [String]
    /// Nothing is inherited.
    package var environment: [String: String]
    /// The working folder; the caller's when nil.
    package var folder: String?
    /// Whether it is killed when the thread that started it ends, so that nothing runs unsupervised.
    ///
    /// Source: prctl(2), `PR_SET_PDEATHSIG`.
    package var diesWithCaller = true
    /// A session of its own: no signal of the caller's terminal reaches it.
    package var startsSession = false

    package init(_ path: String, _ arguments: [String], environment: [String: String]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// The absolute path of the program with this name in one of these folders, or nil.
    package static func find(_ name: String, in folders: [String]) -> String? {
        folders.lazy.filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }.first { path in
            guard let status = try? File.followedStatus(path), status.kind == .regular else { return false }
            return unsafe clinux_access(path, X_OK) == 0
        }
    }

    /// The absolute path of the program with this name on the caller's `PATH`, or nil.
    package static func find(_ name: String) -> String? {
        guard let path = unsafe getenv("PATH") else { return nil }
        return find(name, in: unsafe String(cString: path).split(separator: ":").map(String.init))
    }

    /// Starts the program and returns once it has been executed; the caller waits for its end.
    ///
    /// The descriptors become 0, 1, 2 and so on in the program; it gets no others. With `file`, an open file is executed in
    /// place of what `path` names by then; `path` is its name only.
    package func start(descriptors: [Int32], file: Int32? = nil) throws(SyscallError) -> Child {
        var raw: Int32 = -1
        var failed: UnsafePointer<CChar>?
        let names = [path] + arguments
        let variables = environment.map { "\($0)=\($1)" }.sorted()
        let pid = unsafe Process.withCStrings(names, variables) { names, variables in
            unsafe Process.withCStrings([path], folder.map { [$0] } ?? []) { path, folder in
                unsafe descriptors.withUnsafeBufferPointer { descriptors in
                    var program = unsafe clinux_program(
                        path: path[0], file: file ?? -1, arguments: names, environment: variables, folder: folder[0],
                        descriptors: descriptors.baseAddress, count: descriptors.count,
                        parent_death_signal: diesWithCaller ? SIGKILL : 0, new_session: startsSession ? 1 : 0)
                    return unsafe clinux_spawn(&program, &raw, &failed)
                }
            }
        }
        let call = unsafe failed.map { unsafe String(cString: $0) } ?? "clone3"
        try check(pid, call, on: call == "chdir" ? folder ?? path : path)
        return Child(id: pid, descriptor: OwnedDescriptor(taking: raw))
    }

    /// A program that runs: the caller's child.
    package struct Child: ~Copyable {
        package let id: Int32
        /// Readable when it has ended.
        ///
        /// Source: pidfd_open(2).
        package let descriptor: OwnedDescriptor

        package func wait() throws(SyscallError) -> ExitStatus { try Process.wait(descriptor.raw) }

        /// Kills the program if it still runs, and reaps it.
        package func end() throws(SyscallError) {
            try Process.signal(descriptor.raw, Signal.kill)
            _ = try Process.wait(descriptor.raw)
        }
    }
}

extension Command {
    /// What a program did.
    package struct Result: Hashable, Sendable {
        package let status: ExitStatus
        /// Its standard output.
        package let output: [UInt8]
        /// Its standard error; what came after the limit is left out.
        package let errors: [UInt8]
    }

    /// Why a program has no result.
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case call(SyscallError)
        case timedOut(program: String, after: Duration)
        case tooMuchOutput(program: String, limit: Int)

        package var description: String {
            switch self {
            case .call(let error): "\(error)"
            case .timedOut(let program, let limit): "\(program) did not end within \(limit.components.seconds) s"
            case .tooMuchOutput(let program, let limit): "\(program) wrote more than \(limit) bytes"
            }
        }
    }

    /// Runs the program to its end.
    ///
    /// - Parameters:
    ///   - input: its standard input.
    ///   - limit: the most bytes that are kept of each stream (CVE-2022-1708: unbounded output). More on standard output
    ///     ends the program and is a failure; more on standard error is left out.
    ///   - timeout: after which it is killed; nil: it may run for ever.
    ///   - onErrors: gets standard error's bytes as they come.
    /// - Returns: how it ended, a code other than 0 too, and what it wrote.
    /// - Throws: ``Failure``, when there is no such result.
    package func run(
        input: [UInt8] = [], limit: Int = 16 << 20, timeout: Duration? = nil, onErrors: ([UInt8]) -> Void = { _ in }
    ) throws(Failure) -> Result {
        do {
            return try runToEnd(input: input, limit: limit, timeout: timeout, onErrors: onErrors)
        } catch let error as SyscallError {
            throw .call(error)
        } catch let error as Failure {
            throw error
        } catch {
            fatalError("no other error is thrown: \(error)")
        }
    }

    private func runToEnd(
        input: [UInt8], limit: Int, timeout: Duration?, onErrors: ([UInt8]) -> Void
    ) throws -> Result {
        // A file in memory, not a pipe: a program that does not read it cannot block or signal the caller.
        let source = OwnedDescriptor(taking: try check(unsafe clinux_memfd("input"), "memfd_create", on: "input"))
        try File.write(input, to: source.raw, subject: "input")
        try check(clinux_lseek(source.raw, 0, SEEK_SET), "lseek", on: "input")
        let output = try Pipe()
        let errors = try Pipe()
        let child = try start(descriptors: [source.raw, output.writer.raw, errors.writer.raw])
        do {
            return try collect(
                from: child, output: output.reader.raw, errors: errors.reader.raw, limit: limit, timeout: timeout,
                onErrors: onErrors)
        } catch {
            try child.end()
            throw error
        }
    }

    /// Reads both streams until the program has ended.
    ///
    /// Its end counts, not the streams' end: a process that it left behind may hold them open. The caller holds the
    /// writing ends open too, so no read meets the end of a stream.
    private func collect(
        from child: borrowing Child, output: Int32, errors: Int32, limit: Int, timeout: Duration?,
        onErrors: ([UInt8]) -> Void
    ) throws -> Result {
        let queue = try EventQueue()
        for source in [output, errors] {
            try Descriptors.setNonBlocking(source)
            try queue.add(source, token: UInt64(source))
        }
        try queue.add(child.descriptor.raw, token: UInt64(child.descriptor.raw))
        let deadline = timeout.map { Clock.monotonic + $0.wholeNanoseconds }
        var kept: (output: [UInt8], errors: [UInt8]) = ([], [])
        while true {
            let left = deadline.map { max(0, ($0 - Clock.monotonic + 999_999) / 1_000_000) }
            if let timeout, left == 0 { throw Failure.timedOut(program: path, after: timeout) }
            let ready = try queue.wait(milliseconds: left.map { Int32(clamping: $0) })
            let ended = ready.contains { $0.token == UInt64(child.descriptor.raw) }
            while let part = try Self.readReady(output) {
                kept.output += part
                if kept.output.count > limit { throw Failure.tooMuchOutput(program: path, limit: limit) }
            }
            while let part = try Self.readReady(errors) {
                kept.errors += part.prefix(max(0, limit - kept.errors.count))
                onErrors(part)
            }
            if ended { return Result(status: try child.wait(), output: kept.output, errors: kept.errors) }
        }
    }

    /// The bytes that are there; nil when none are.
    private static func readReady(_ source: Int32) throws(SyscallError) -> [UInt8]? {
        do { return try File.read(source, upTo: 64 << 10, subject: "a program's output") } catch
            where error.errno == .again
        { return nil }
    }
}

extension Duration {
    /// Nanoseconds without the rest; the most that fits when there are more.
    fileprivate var wholeNanoseconds: Int64 {
        let (seconds, tooMany) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooMuch) = seconds.addingReportingOverflow(components.attoseconds / 1_000_000_000)
        return tooMany || tooMuch ? .max >> 1 : sum
    }
}
