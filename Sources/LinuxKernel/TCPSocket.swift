// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// An address of IPv4 or IPv6 as the kernel takes it.
package struct InternetAddress: Hashable, Sendable {
    let family: Int32
    let bytes: [UInt8]

    /// Nil for what is no address: a name is not looked up.
    ///
    /// Source: inet_pton(3).
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        let family = unsafe clinux_parse_address(text, &bytes)
        guard family > 0, !text.utf8.contains(0) else { return nil }
        self.family = family
        self.bytes = bytes
    }
}

/// A connection that is made, written and read without ever waiting.
///
/// Source: tcp(7).
package struct TCPSocket: ~Copyable {
    private let descriptor: OwnedDescriptor
    private let address: InternetAddress
    package var raw: Int32 { descriptor.raw }

    /// Of the caller's network namespace, to which it belongs from then on.
    package init(for address: InternetAddress) throws(SyscallError) {
        descriptor = OwnedDescriptor(taking: try check(clinux_tcp_socket(address.family), "socket", on: "a TCP socket"))
        self.address = address
    }

    /// True when it stands at once; else the socket becomes writable, and ``pendingError()`` tells how it went.
    package func connect(port: UInt16) throws(SyscallError) -> Bool {
        let result = unsafe clinux_tcp_connect(descriptor.raw, address.family, address.bytes, port)
        if result == -EINPROGRESS { return false }
        try check(result, "connect", on: "port \(port)")
        return true
    }

    package func pendingError() throws(SyscallError) -> Errno? {
        let number = try check(clinux_socket_error(descriptor.raw), "getsockopt(SO_ERROR)", on: "a connection")
        return number == 0 ? nil : Errno(number)
    }

    /// One send(2): how many bytes were taken, 0 when there is no room.
    package func send(_ bytes: [UInt8]) throws(SyscallError) -> Int {
        let sent = unsafe clinux_send(descriptor.raw, bytes, bytes.count)
        if sent == -Int(EAGAIN) { return 0 }
        return try check(sent, "write", on: "a connection")
    }

    /// One read: nil when nothing is there, empty at the end.
    package func receive(upTo count: Int) throws(SyscallError) -> [UInt8]? {
        do { return try File.read(descriptor.raw, upTo: count, subject: "a connection") } catch
            where error.errno == .again
        {
            return nil
        }
    }
}
