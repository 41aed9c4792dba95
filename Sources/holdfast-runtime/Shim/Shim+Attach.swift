// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// A command that has joined a container's streams.
final class Attachment {
    /// One of the streams, on its way to the command.
    final class Copy {
        /// The writing end of the command's pipe; nil when nobody reads any more.
        fileprivate var sink: OwnedDescriptor?
        fileprivate var pending: [UInt8] = []
        fileprivate var token: EventLoop.Token?

        init(taking descriptor: Int32) { sink = OwnedDescriptor(taking: descriptor) }
    }

    let client: UInt64
    fileprivate let output: Copy
    fileprivate let errors: Copy?
    /// The container has ended with it.
    fileprivate var exitCode: Int32?
    fileprivate var copies: [Copy] { [output] + (errors.map { [$0] } ?? []) }

    init(client: UInt64, output: Int32, errors: Int32?) {
        self.client = client
        self.output = Copy(taking: output)
        self.errors = errors.map(Copy.init)
    }
}

extension Shim {
    func attach(to name: String, stdin: Bool, for id: UInt64, _ client: Client) throws {
        guard let container = containers.first(where: { $0.plan.name == name }) else {
            throw RuntimeError("container \(name) not found in pod \(plan.name)")
        }
        guard case .running(let attempt) = container.phase else {
            throw RuntimeError("container \(name) is not running")
        }
        let descriptors = client.descriptors
        guard descriptors.count == (container.plan.tty ? 1 : 2) else {
            throw RuntimeError("an attach comes with a descriptor for each stream")
        }
        // They are the command's, whose mistake must not stop the pod.
        for descriptor in descriptors { try Descriptors.setNonBlocking(descriptor) }
        client.descriptors = []
        attempt.attachments.append(
            Attachment(client: id, output: descriptors[0], errors: descriptors.count > 1 ? descriptors[1] : nil))
        var input: Int32?
        if stdin, let own = attempt.input {
            input = try Descriptors.duplicate(own).release()
            if container.plan.stdinOnce {
                // With the command's end of it goes the last one.
                _ = OwnedDescriptor(taking: own)
                attempt.input = nil
            }
        }
        reply(.started, descriptors: input.map { [$0] } ?? [], to: id)
        if let input { _ = OwnedDescriptor(taking: input) }
    }

    /// Passes on what a container wrote.
    func show(_ bytes: [UInt8], of stream: LogFile.Stream, _ attempt: ContainerRun.Attempt) {
        for attachment in attempt.attachments {
            guard let copy = stream === attempt.output ? attachment.output : attachment.errors else { continue }
            copy.pending += bytes
            flush(copy, of: attachment, attempt)
        }
    }

    /// Writes what the command's pipe takes; while there is more, nothing is read from the container.
    private func flush(_ copy: Attachment.Copy, of attachment: Attachment, _ attempt: ContainerRun.Attempt) {
        do {
            guard let sink = copy.sink?.raw else { return copy.pending = [] }
            var done = 0
            while done < copy.pending.count,
                let count = try File.writeSome(copy.pending, from: done, to: sink, subject: "an attached command")
            {
                done += count
            }
            copy.pending.removeFirst(done)
            if copy.pending.isEmpty {
                if let token = copy.token { try loop.remove(token) }
                copy.token = nil
            } else if copy.token == nil {
                copy.token = try loop.add(sink, .output) { [unowned self] _ in
                    self.flush(copy, of: attachment, attempt)
                }
            }
        } catch {
            // Nobody reads it any more.
            close(copy)
        }
        do { try settle(attachment, attempt) } catch { report(error) }
    }

    private func settle(_ attachment: Attachment, _ attempt: ContainerRun.Attempt) throws {
        let isBehind = attempt.attachments.contains { $0.copies.contains { !$0.pending.isEmpty } }
        if isBehind { try pause(attempt) } else { try resume(attempt) }
        guard let code = attachment.exitCode, attachment.copies.allSatisfy(\.pending.isEmpty) else { return }
        attempt.attachments.removeAll { $0 === attachment }
        attachment.copies.forEach(close)
        reply(.exited(code: code), to: attachment.client)
    }

    private func close(_ copy: Attachment.Copy) {
        if let token = copy.token {
            do { try loop.remove(token) } catch { report(error) }
        }
        copy.token = nil
        copy.sink = nil
        copy.pending = []
    }

    /// The container has ended: what it wrote last is passed on first.
    func endAttachments(_ attempt: ContainerRun.Attempt, exitCode: Int32) {
        for attachment in attempt.attachments {
            attachment.exitCode = exitCode
            do { try settle(attachment, attempt) } catch { report(error) }
        }
    }

    /// The command is gone; the container goes on.
    func detach(client id: UInt64) throws {
        for attempt in containers.compactMap(\.attempt) {
            guard let attachment = attempt.attachments.first(where: { $0.client == id }) else { continue }
            attempt.attachments.removeAll { $0 === attachment }
            attachment.copies.forEach(close)
            if !attempt.attachments.contains(where: { $0.copies.contains { !$0.pending.isEmpty } }) {
                try resume(attempt)
            }
        }
    }
}
