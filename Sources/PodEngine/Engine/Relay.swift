// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Passes what the person types on to a container's process; it never waits for that process to read.
final class InputRelay {
    private let source: Int32 = 0
    private var sink: OwnedDescriptor?
    private var far: OwnedDescriptor?
    private var pending: [UInt8] = []
    private var isWaiting = false
    /// The source is a file, which is always ready and cannot be waited for: epoll(7).
    private var isFile = false
    private let inputToken: UInt64
    private let roomToken: UInt64

    /// The end that the container's process gets, where the sink is a pipe of our own.
    var farEnd: Int32? { far?.raw }

    func closeFarEnd() { far = nil }

    /// Passes on through a new pipe.
    static func piped(inputToken: UInt64, roomToken: UInt64) throws(SyscallError) -> InputRelay {
        let pipe = try Pipe()
        // Duplicates, so that no end stays open with the pipe itself.
        let relay = try InputRelay(to: try pipe.writer.duplicate(), inputToken: inputToken, roomToken: roomToken)
        relay.far = try pipe.reader.duplicate()
        return relay
    }

    init(to sink: consuming OwnedDescriptor, inputToken: UInt64, roomToken: UInt64) throws(SyscallError) {
        try Descriptors.setNonBlocking(sink.raw)
        self.sink = consume sink
        self.inputToken = inputToken
        self.roomToken = roomToken
    }

    func register(_ queue: borrowing EventQueue) throws(SyscallError) {
        do { try queue.add(source, token: inputToken) } catch  where error.errno == .notPermitted {
            isFile = true
            try copyFile(queue)
        }
    }

    private func copyFile(_ queue: borrowing EventQueue) throws(SyscallError) {
        while sink != nil, !isWaiting { try copy(queue) }
    }

    /// Takes what was typed, and passes on what fits.
    func copy(_ queue: borrowing EventQueue) throws(SyscallError) {
        let part = try File.read(source, upTo: 16 << 10, subject: "standard input")
        if part.isEmpty { return try finish(queue) }
        pending = part
        try flush(queue)
    }

    /// Passes on what did not fit before; until then nothing more is read.
    func flush(_ queue: borrowing EventQueue) throws(SyscallError) {
        guard let raw = sink?.raw else { return }
        var done = 0
        do {
            while done < pending.count {
                guard
                    let count = try File.writeSome(pending, from: done, to: raw, subject: "the command's input")
                else { break }
                done += count
            }
        } catch  where error.errno == .brokenPipe || error.errno == .io {
            return try finish(queue)  // It reads no more.
        }
        pending.removeFirst(done)
        guard pending.isEmpty == isWaiting else { return }
        try wait(!isWaiting, raw, queue)
        if isFile { try copyFile(queue) }
    }

    private func wait(_ wait: Bool, _ raw: Int32, _ queue: borrowing EventQueue) throws(SyscallError) {
        isWaiting = wait
        if wait {
            if !isFile { try queue.remove(source) }
            try queue.add(raw, .output, token: roomToken)
        } else {
            try queue.remove(raw)
            if !isFile { try queue.add(source, token: inputToken) }
        }
    }

    private func finish(_ queue: borrowing EventQueue) throws(SyscallError) {
        if isWaiting, let raw = sink?.raw { try queue.remove(raw) } else if !isFile { try queue.remove(source) }
        sink = nil
    }
}

/// A pipe between a container's process and one of the caller's standard streams that is a terminal.
final class OutputRelay {
    private let stream: Int32
    private let reader: OwnedDescriptor
    private var writer: OwnedDescriptor?

    /// What is read.
    var source: Int32 { reader.raw }
    /// The end that the container's process gets.
    var farEnd: Int32 { writer?.raw ?? -1 }

    /// Nil when the stream is no terminal, and is handed over as it is.
    init?(_ stream: Int32) throws(SyscallError) {
        guard Terminal.isTerminal(stream) else { return nil }
        let pipe = try Pipe()
        self.stream = stream
        reader = try pipe.reader.duplicate()
        writer = try pipe.writer.duplicate()
        try Descriptors.setNonBlocking(reader.raw)
    }

    func closeFarEnd() { writer = nil }

    /// Copies all that is there by now; false when nothing more will come.
    func drain() throws(SyscallError) -> Bool {
        while true {
            let part: [UInt8]
            do { part = try File.read(reader.raw, upTo: 64 << 10, subject: "the command's output") } catch
                where error.errno == .again
            { return true }
            if part.isEmpty { return false }
            try File.write(part, to: stream, subject: "a standard stream")
        }
    }
}
