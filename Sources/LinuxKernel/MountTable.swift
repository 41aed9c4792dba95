// SPDX-License-Identifier: Apache-2.0

/// What the kernel says of one mount, in the caller's mount namespace.
///
/// Source: proc_pid_mountinfo(5).
package struct MountEntry: Hashable, Sendable {
    package let id: UInt64
    /// Where it is mounted.
    package let path: String
    /// Whether what is mounted below it appears elsewhere.
    package let isShared: Bool
    /// Whether what is mounted elsewhere appears below it.
    package let isSlave: Bool

    /// The mount that a path lies in; links are followed.
    package static func of(_ path: String) throws(SyscallError) -> Self {
        let id = try File.followedStatus(path).mountID
        for line in try File.readText("/proc/self/mountinfo").split(separator: "\n") {
            if let entry = Self(line: line), entry.id == id { return entry }
        }
        throw SyscallError(
            call: "read", subject: "/proc/self/mountinfo", errno: .noEntry,
            detail: "no mount \(id), in which \(path) lies")
    }

    /// Nil for what is no line of mountinfo.
    package init?(line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count > 6, let id = UInt64(fields[0]), let end = fields.firstIndex(of: "-"), end >= 6 else {
            return nil
        }
        self.id = id
        path = Self.unescape(fields[4])
        isShared = fields[6..<end].contains { $0.hasPrefix("shared:") }
        isSlave = fields[6..<end].contains { $0.hasPrefix("master:") }
    }

    /// `\\040` is a space: three octal digits.
    private static func unescape(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
