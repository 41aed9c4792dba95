// SPDX-License-Identifier: Apache-2.0
import CLinux

/// What the machine is called and where it is reached.
package enum Machine {
    /// The name of the caller's UTS namespace.
    package static func hostname() throws(SyscallError) -> String {
        let text = try File.readText("/proc/sys/kernel/hostname")
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// The IPv4 address that the default route sends from; nil when there is no route.
    package static func address() throws(SyscallError) -> String? {
        var text = [CChar](repeating: 0, count: 46)
        let result = unsafe text.withUnsafeMutableBufferPointer {
            unsafe clinux_source_address($0.baseAddress, $0.count)
        }
        let name = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        do { try check(result, "connect", on: "the default route") } catch  where error.errno == .noRoute { return nil }
        return String(decoding: name, as: UTF8.self)
    }
}
