// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// A connection to a pod's shim, for one request.
final class ShimConnection {
    private let socket: OwnedDescriptor
    private var buffer: [UInt8] = []
    private var came: [Int32] = []

    /// Readable when an answer, or the end, has come.
    var raw: Int32 { socket.raw }

    /// Connects; nil when nobody listens.
    ///
    /// By the folder's descriptor, because a socket's path holds at most 107 bytes: unix(7).
    init?(_ place: PodPlace) throws(EngineError) {
        let socket = try doing("cannot reach the supervisor of pod \(place.name.name)") {
            () throws(SyscallError) -> OwnedDescriptor? in
            do throws(SyscallError) {
                let folder = try File.open(place.runFolder, [.path, .directory])
                return try Socket.connect("/proc/self/fd/\(folder.raw)/socket")
            } catch  where error.errno == .noEntry || error.errno == .refused {
                return nil
            }
        }
        guard let socket else { return nil }
        self.socket = socket
    }

    deinit {
        // Descriptors that came and that nobody asked for.
        for descriptor in came { _ = OwnedDescriptor(taking: descriptor) }
    }

    func send(_ request: ShimRequest, descriptors: [Int32] = []) throws(EngineError) {
        let line: [UInt8]
        do { line = try JSONFile.encode(request) + [UInt8(ascii: "\n")] } catch { throw .failed("\(error)") }
        try doing("cannot ask the pod's supervisor") { () throws(SyscallError) in
            try Socket.send(line, descriptors: descriptors, over: socket.raw)
        }
    }

    /// What has come by now: answers, and whether the supervisor has closed the connection.
    ///
    /// Waits when nothing has come.
    func receive() throws(EngineError) -> (replies: [ShimReply], ended: Bool) {
        let bytes: [UInt8]
        do {
            bytes = try Socket.receive(upTo: 16 << 10, descriptors: &came, over: socket.raw)
        } catch  where error.errno == .connectionReset {
            return ([], true)
        } catch {
            throw .system(error, "cannot hear the pod's supervisor")
        }
        buffer += bytes
        var replies: [ShimReply] = []
        while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(buffer[..<end])
            buffer.removeSubrange(...end)
            do {
                replies.append(try JSONFile.decode(ShimReply.self, from: line, subject: "the supervisor's answer"))
            } catch {
                throw .failed("\(error)")
            }
        }
        return (replies, bytes.isEmpty)
    }

    /// The first descriptor that came with an answer and was not taken yet.
    func takeDescriptor() -> OwnedDescriptor? {
        came.isEmpty ? nil : OwnedDescriptor(taking: came.removeFirst())
    }
}
