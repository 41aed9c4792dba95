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
    /// Those of `nosuid`, `nodev` and `noexec` that it has.
    package let flags: [String]

    /// The mount that a path lies in; links are followed.
    package static func of(_ path: String) throws(SyscallError) -> Self { try MountTable().entry(of: path) }

    /// Nil for what is no line of mountinfo.
    package init?(line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count > 6, let id = UInt64(fields[0]), let end = fields.firstIndex(of: "-"), end >= 6 else {
            return nil
        }
        self.id = id
        path = Self.unescape(fields[4])
        let options = fields[5].split(separator: ",")
        flags = ["nosuid", "nodev", "noexec"].filter { options.contains(Substring($0)) }
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

/// All mounts of the caller's mount namespace, read once.
///
/// Source: proc_pid_mountinfo(5).
package struct MountTable: Sendable {
    private let entries: [UInt64: MountEntry]

    package init() throws(SyscallError) {
        var entries: [UInt64: MountEntry] = [:]
        for line in try File.readText("/proc/self/mountinfo").split(separator: "\n") {
            if let entry = MountEntry(line: line) { entries[entry.id] = entry }
        }
        self.entries = entries
    }

    /// The mount that a path lies in; links are followed.
    package func entry(of path: String) throws(SyscallError) -> MountEntry {
        let id = try File.followedStatus(path).mountID
        guard let entry = entries[id] else {
            throw SyscallError(
                call: "read", subject: "/proc/self/mountinfo", errno: .noEntry,
                detail: "no mount \(id), in which \(path) lies")
        }
        return entry
    }
}
