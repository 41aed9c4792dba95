// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Addresses of the calling thread's network namespace.
package enum NetworkAddresses {
    /// The machine's own address of each family, IPv4 first: of the interface with the default route, else of the first.
    ///
    /// None on loopback and none that is valid on one link alone. Source: getifaddrs(3).
    package static func primary() throws(SyscallError) -> [String] {
        let all = try list()
        let preferred = try defaultRouteInterface()
        return [AF_INET, AF_INET6].compactMap { family in
            let own = all.filter { $0.family == family }
            return (own.first { $0.interface == preferred } ?? own.first)?.address
        }
    }

    private struct Entry {
        let interface: String
        let family: Int32
        let address: String
    }

    private static func list() throws(SyscallError) -> [Entry] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else {
            throw SyscallError(call: "getifaddrs", subject: "this machine", errno: Errno(errno))
        }
        defer { unsafe freeifaddrs(first) }
        var entries: [Entry] = []
        var next = unsafe first
        while let entry = unsafe next {
            defer { unsafe next = entry.pointee.ifa_next }
            let flags = Int(unsafe entry.pointee.ifa_flags)
            guard flags & Int(IFF_UP) != 0, flags & Int(IFF_LOOPBACK) == 0, let raw = unsafe entry.pointee.ifa_addr,
                let (family, address) = unsafe text(of: raw)
            else { continue }
            entries.append(
                Entry(interface: unsafe String(cString: entry.pointee.ifa_name), family: family, address: address))
        }
        return entries
    }

    /// Nil for another family, and for an address that is valid on one link alone.
    private static func text(of raw: UnsafePointer<sockaddr>) -> (family: Int32, address: String)? {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(unsafe raw.pointee.sa_family)
        let written: UnsafePointer<CChar>?
        switch family {
        case AF_INET:
            unsafe written = raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                unsafe withUnsafePointer(to: address.pointee.sin_addr) { source in
                    unsafe inet_ntop(family, source, &buffer, socklen_t(buffer.count))
                }
            }
        case AF_INET6:
            unsafe written = raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                unsafe withUnsafePointer(to: address.pointee.sin6_addr) { source in
                    unsafe inet_ntop(family, source, &buffer, socklen_t(buffer.count))
                }
            }
        default: return nil
        }
        guard unsafe written != nil else { return nil }
        let address = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return address.hasPrefix("169.254.") || address.hasPrefix("fe80:") ? nil : (family, address)
    }

    /// Nil where there is no default route, or no procfs of this namespace's.
    private static func defaultRouteInterface() throws(SyscallError) -> String? {
        let table: String
        do { table = try File.readText("/proc/self/net/route") } catch  where error.errno == .noEntry { return nil }
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(whereSeparator: \.isWhitespace)
            if fields.count > 7, fields[1] == "00000000", fields[7] == "00000000" { return String(fields[0]) }
        }
        return nil
    }
}
