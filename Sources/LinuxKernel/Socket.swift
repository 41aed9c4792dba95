// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Local sockets that carry bytes and descriptors.
///
/// Source: unix(7).
package enum Socket {
    /// Listens at a path with mode 0600; what was at that path is removed.
    ///
    /// A path holds at most 107 bytes.
    package static func listen(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try check(unsafe clinux_unix_listen(path), "bind", on: path))
    }

    package static func connect(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try check(unsafe clinux_unix_connect(path), "connect", on: path))
    }

    /// Two ends of one connection.
    package static func pair() throws(SyscallError) -> Pair {
        var a: Int32 = -1
        var b: Int32 = -1
        try check(unsafe clinux_unix_pair(&a, &b), "socketpair", on: "AF_UNIX")
        return Pair(first: OwnedDescriptor(taking: a), second: OwnedDescriptor(taking: b))
    }

    package struct Pair: ~Copyable {
        package let first: OwnedDescriptor
        package let second: OwnedDescriptor

        /// Keeps the first end and closes the other.
        package consuming func takeFirst() -> OwnedDescriptor { first }
    }

    package static func accept(_ listener: Int32) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(taking: try check(clinux_accept(listener), "accept4", on: "descriptor \(listener)"))
    }

    /// The uid of the process at the other end when it connected.
    package static func peerUser(_ socket: Int32) throws(SyscallError) -> UInt32 {
        UInt32(try check(clinux_peer_uid(socket), "getsockopt(SO_PEERCRED)", on: "descriptor \(socket)"))
    }

    /// Sends bytes, and with the first of them descriptors.
    package static func send(
        _ bytes: [UInt8], descriptors: [Int32] = [], over socket: Int32
    ) throws(SyscallError) {
        let first = Int(
            try check(
                unsafe clinux_send_fds(socket, bytes, bytes.count, descriptors, descriptors.count), "sendmsg",
                on: "descriptor \(socket)"))
        if first < bytes.count { try File.write(Array(bytes[first...]), to: socket, subject: "the socket") }
    }

    /// One read: the bytes that are there, at most `count`, empty at the end; descriptors that came are appended.
    package static func receive(
        upTo count: Int, descriptors: inout [Int32], over socket: Int32
    ) throws(SyscallError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var came = [Int32](repeating: -1, count: 16)
        var number = came.count
        let length = try check(
            unsafe bytes.withUnsafeMutableBytes {
                unsafe clinux_receive_fds(socket, $0.baseAddress, count, &came, &number)
            },
            "recvmsg", on: "descriptor \(socket)")
        descriptors.append(contentsOf: came[..<number])
        bytes.removeSubrange(length...)
        return bytes
    }
}

/// A pipe; both ends are close-on-exec.
package struct Pipe: ~Copyable {
    package let reader: OwnedDescriptor
    package let writer: OwnedDescriptor

    package init() throws(SyscallError) {
        var read: Int32 = -1
        var write: Int32 = -1
        try check(unsafe clinux_pipe(&read, &write), "pipe2", on: "a pipe")
        reader = OwnedDescriptor(taking: read)
        writer = OwnedDescriptor(taking: write)
    }

    /// Keeps the reading end and closes the other.
    package consuming func takeReader() -> OwnedDescriptor { reader }
    /// Gives up both ends: the caller closes them.
    package consuming func release() -> (reader: Int32, writer: Int32) { (reader.release(), writer.release()) }
    /// Keeps the writing end and closes the other.
    package consuming func takeWriter() -> OwnedDescriptor { writer }
}

extension Descriptors {
    /// Whether reads and writes answer `EAGAIN` where they would wait.
    package static func setNonBlocking(_ descriptor: Int32, _ on: Bool = true) throws(SyscallError) {
        try check(clinux_set_nonblocking(descriptor, on ? 1 : 0), "fcntl(O_NONBLOCK)", on: "descriptor \(descriptor)")
    }
}

/// Advisory locks that die with the last descriptor of the open file.
///
/// Source: flock(2).
package enum FileLock {
    /// Takes the lock; false when another holds it and `wait` is false.
    package static func take(_ descriptor: Int32, exclusive: Bool = true, wait: Bool) throws(SyscallError) -> Bool {
        let result = clinux_flock(descriptor, exclusive ? 1 : 0, wait ? 1 : 0)
        if result == -Errno.again.number { return false }
        try check(result, "flock", on: "descriptor \(descriptor)")
        return true
    }
}
