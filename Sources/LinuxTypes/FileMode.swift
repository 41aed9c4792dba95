// SPDX-License-Identifier: Apache-2.0

/// Permission, set-id and sticky bits, `0o7777`, as people read them.
package enum FileMode {
    /// In the notation of chmod(1), with the 0 that makes it octal: `0644`, `02777`.
    package static func octal(_ mode: some BinaryInteger) -> String {
        let digits = String(mode, radix: 8)
        return "0" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    /// As ls(1) shows a folder or a file: `drwxrwsrwx`.
    package static func symbolic(_ mode: UInt32, isFolder: Bool) -> String {
        let parts: [(shift: UInt32, special: UInt32, letter: String)] = [
            (6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t"),
        ]
        return parts.reduce(isFolder ? "d" : "-") { text, part in
            let bits = mode >> part.shift
            let enters = bits & 1 != 0
            let last =
                mode & part.special != 0 ? (enters ? part.letter : part.letter.uppercased()) : enters ? "x" : "-"
            return text + (bits & 4 != 0 ? "r" : "-") + (bits & 2 != 0 ? "w" : "-") + last
        }
    }
}
