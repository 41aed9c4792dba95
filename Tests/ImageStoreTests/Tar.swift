// SPDX-License-Identifier: Apache-2.0

/// Writes tar files, hostile ones too: every field is what the caller says.
///
/// Source: POSIX.1-2017, pax, ustar and pax interchange formats.
struct Tar {
    enum Kind: UInt8 {
        case regular = 48
        case hardLink, link, characterDevice, blockDevice, folder, fifo
    }
    private(set) var entries: [UInt8] = []

    /// The file with its end.
    var bytes: [UInt8] { entries + [UInt8](repeating: 0, count: 1024) }

    mutating func add(
        _ path: String, _ kind: Kind = .regular, _ content: [UInt8] = [], mode: Int = 0o644, uid: Int = 0, gid: Int = 0,
        time: Int = 1_000_000_000, target: String = "", device: (major: Int, minor: Int) = (0, 0), size: Int? = nil,
        attributes: [(String, [UInt8])] = []
    ) {
        var extended: [UInt8] = []
        func pax(_ key: String, _ value: [UInt8]) {
            let rest = Array(" \(key)=".utf8) + value + [10]
            var length = rest.count + 1
            while String(length).utf8.count + rest.count != length { length += 1 }
            extended += Array(String(length).utf8) + rest
        }
        for (name, value) in attributes { pax("SCHILY.xattr.\(name)", value) }
        if path.utf8.count > 100 { pax("path", Array(path.utf8)) }
        if target.utf8.count > 100 { pax("linkpath", Array(target.utf8)) }
        if uid > 0o7777777 { pax("uid", Array(String(uid).utf8)) }
        if !extended.isEmpty {
            header("pax", type: UInt8(ascii: "x"), size: extended.count)
            append(extended)
        }
        header(
            path, type: kind.rawValue, size: size ?? content.count, mode: mode, uid: min(uid, 0o7777777), gid: gid,
            time: time, target: target, device: device)
        append(content)
    }

    mutating func add(_ path: String, text: String, mode: Int = 0o644) {
        add(path, .regular, Array(text.utf8), mode: mode)
    }

    private mutating func append(_ content: [UInt8]) {
        entries += content
        entries += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private mutating func header(
        _ path: String, type: UInt8, size: Int, mode: Int = 0o644, uid: Int = 0, gid: Int = 0, time: Int = 0,
        target: String = "", device: (major: Int, minor: Int) = (0, 0)
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, _ place: Int, _ room: Int) {
            for (index, byte) in text.prefix(room).enumerated() { block[place + index] = byte }
        }
        func number(_ value: Int, _ place: Int, _ digits: Int) {
            let text = String(value, radix: 8)
            put((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8, place, digits)
        }
        put(path.utf8, 0, 100)
        number(mode, 100, 7)
        number(uid, 108, 7)
        number(gid, 116, 7)
        number(size, 124, 11)
        number(time, 136, 11)
        put([UInt8](repeating: 32, count: 8), 148, 8)
        block[156] = type
        put(target.utf8, 157, 100)
        put("ustar\0".utf8, 257, 6)
        put("00".utf8, 263, 2)
        number(device.major, 329, 7)
        number(device.minor, 337, 7)
        number(block.reduce(0) { $0 + Int($1) }, 148, 6)
        block[154] = 0
        entries += block
    }
}
