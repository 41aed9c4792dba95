// SPDX-License-Identifier: Apache-2.0

/// What the kernel reads of a file that is to be executed.
///
/// Source: execve(2), "Interpreter scripts"; fs/binfmt_script.c; elf(5), `PT_INTERP`.
enum ProgramFile: Hashable {
    /// The program that `#!` names, as the kernel reads it: a carriage return at the end of the line belongs to it.
    case script(String)
    /// An ELF file, with its loader.
    case linked(String)
    /// An ELF file that needs no loader.
    case standalone
    /// Neither ELF nor `#!`: "exec format error".
    case unknown

    /// How many bytes are enough: the kernel takes 256 of a script, and ELF headers stand first.
    static let headSize = 4096

    init(head bytes: [UInt8]) {
        if bytes.starts(with: "#!".utf8) {
            let line = bytes.dropFirst(2).prefix(254).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
            let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            self = words.first.map { .script(String(decoding: $0, as: UTF8.self)) } ?? .unknown
        } else if bytes.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]) {
            self = Self.elf(bytes).map { .linked($0) } ?? .standalone
        } else {
            self = .unknown
        }
    }

    /// The loader that an ELF file names.
    private static func elf(_ bytes: [UInt8]) -> String? {
        guard bytes.count > 64 else { return nil }
        let is64 = bytes[4] == 2
        let isBig = bytes[5] == 2
        func number(_ offset: Int, _ size: Int) -> Int? {
            guard offset >= 0, size > 0, offset <= bytes.count - size else { return nil }
            let part = bytes[offset..<offset + size]
            let value = (isBig ? Array(part) : part.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int(exactly: value)
        }
        guard let table = is64 ? number(32, 8) : number(28, 4), let size = number(is64 ? 54 : 42, 2),
            let count = number(is64 ? 56 : 44, 2)
        else { return nil }
        for index in 0..<count {
            let (step, isTooFar) = index.multipliedReportingOverflow(by: size)
            let (entry, overflows) = table.addingReportingOverflow(step)
            guard !isTooFar, !overflows, let type = number(entry, 4) else { return nil }
            guard type == 3 else { continue }
            guard let offset = is64 ? number(entry + 8, 8) : number(entry + 4, 4),
                let length = is64 ? number(entry + 32, 8) : number(entry + 16, 4), length > 1,
                offset <= bytes.count, length <= bytes.count - offset
            else { return nil }
            return String(decoding: bytes[offset..<offset + length].prefix { $0 != 0 }, as: UTF8.self)
        }
        return nil
    }
}
