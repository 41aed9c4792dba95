// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// What containers write, into their logs.
extension Shim {
    func readLog(_ attempt: ContainerRun.Attempt, _ descriptor: Int32, into stream: LogFile.Stream) throws {
        try Descriptors.setNonBlocking(descriptor)
        attempt.readers.append((descriptor, try watchReader(attempt, descriptor, stream), stream))
    }

    private func watchReader(
        _ attempt: ContainerRun.Attempt, _ descriptor: Int32, _ stream: LogFile.Stream
    ) throws -> EventLoop.Token {
        try loop.add(descriptor) { [unowned self] _ in
            if try !self.readSome(attempt, descriptor, into: stream) { try self.closeReader(attempt, descriptor) }
        }
    }

    /// Reads nothing more of the container, which waits then where it writes.
    func pause(_ attempt: ContainerRun.Attempt) throws {
        guard !attempt.isPaused else { return }
        attempt.isPaused = true
        for reader in attempt.readers { try loop.remove(reader.token) }
    }

    func resume(_ attempt: ContainerRun.Attempt) throws {
        guard attempt.isPaused else { return }
        attempt.isPaused = false
        for (index, reader) in attempt.readers.enumerated() {
            attempt.readers[index].token = try watchReader(attempt, reader.descriptor, reader.stream)
        }
    }

    /// The terminal's master side comes over the console socket; it is the container's output and its input.
    func awaitTerminal(_ attempt: ContainerRun.Attempt, _ console: Int32) throws {
        var token: EventLoop.Token?
        token = try loop.add(console) { [unowned self] _ in
            var descriptors: [Int32] = []
            _ = try Socket.receive(upTo: 64, descriptors: &descriptors, over: console)
            if let token { try self.loop.remove(token) }
            _ = OwnedDescriptor(taking: console)
            guard let master = descriptors.first else { return }  // It ended before it had one; the report says why.
            if attempt.isReleased {
                _ = OwnedDescriptor(taking: master)
                return
            }
            attempt.input = try Descriptors.duplicate(master).release()
            try self.readLog(attempt, master, into: attempt.output)
        }
    }

    /// One read; false at the end of the stream, which for a terminal is an error of its own.
    private func readSome(
        _ attempt: ContainerRun.Attempt, _ descriptor: Int32, into stream: LogFile.Stream
    ) throws -> Bool {
        do throws(SyscallError) {
            let bytes = try File.read(descriptor, upTo: 64 << 10, subject: "a container's output")
            stream.append(bytes)
            show(bytes, of: stream, attempt)
            return !bytes.isEmpty
        } catch {
            if error.errno == .again { return true }
            if error.errno == .io { return false }
            throw error
        }
    }

    private func closeReader(_ attempt: ContainerRun.Attempt, _ descriptor: Int32) throws {
        guard let index = attempt.readers.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        let reader = attempt.readers.remove(at: index)
        try loop.remove(reader.token)
        _ = OwnedDescriptor(taking: reader.descriptor)
    }

    /// Reads what is there without waiting: a process that was left behind may hold the other end open, and write on.
    ///
    /// A pipe holds at most 1 MiB: pipe(7).
    func drain(_ attempt: ContainerRun.Attempt, _ descriptor: Int32, into stream: LogFile.Stream) throws {
        for _ in 0..<16 {
            do throws(SyscallError) {
                let bytes = try File.read(descriptor, upTo: 64 << 10, subject: "a container's output")
                if bytes.isEmpty { return }
                stream.append(bytes)
                show(bytes, of: stream, attempt)
            } catch {
                if error.errno == .again || error.errno == .io { return }
                throw error
            }
        }
    }
}
