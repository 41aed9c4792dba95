// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

extension File {
    /// Writes what fits now, from an offset in the bytes on; nil when nothing does.
    package static func writeSome(
        _ bytes: [UInt8], from start: Int, to descriptor: Int32, subject: String
    ) throws(SyscallError) -> Int? {
        let written = unsafe bytes.withUnsafeBytes { all in
            unsafe clinux_write(descriptor, all.baseAddress.map { unsafe $0 + start }, all.count - start)
        }
        if written == -Int(EAGAIN) { return nil }
        return try check(written, "write", on: subject)
    }
}
