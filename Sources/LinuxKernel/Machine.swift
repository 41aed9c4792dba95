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

extension Process {
    /// When a process started, in clock ticks since boot: with its pid it names a process for good.
    ///
    /// Nil when there is no such process, or only its remains (a zombie). Source: proc(5), `/proc/PID/stat`, field 22.
    package static func startTime(of pid: Int32) throws(SyscallError) -> UInt64? {
        let text: String
        do { text = try File.readText("/proc/\(pid)/stat") } catch
            where error.errno == .noEntry || error.errno == .noProcess
        { return nil }
        // The name, field 2, may hold spaces and parentheses; the last ")" ends it.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
