// SPDX-License-Identifier: Apache-2.0
import CNettle

/// The SHA-256 of some bytes: what images, layers and configs are called by.
///
/// Source: OCI image specification, descriptor.md.
package struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// 64 hexadecimal digits in lower case: safe as the name of a file.
    package let hex: String

    /// Reads `sha256:` and 64 hexadecimal digits; nil for any other text.
    package init?(_ text: String) {
        guard text.hasPrefix("sha256:") else { return nil }
        self.init(hex: String(text.dropFirst(7)))
    }

    /// Reads 64 hexadecimal digits in lower case; nil for any other text.
    package init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy(Self.isDigit) else { return nil }
        self.hex = hex
    }

    private init(bytes: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of these bytes.
    package init(of bytes: [UInt8]) {
        var hash = Hash()
        unsafe hash.update(bytes.span.bytes)
        self = hash.finish()
    }

    /// Its 32 bytes.
    package var bytes: [UInt8] {
        let digits = hex.utf8.map { $0 - ($0 < UInt8(ascii: "a") ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    package var description: String { "sha256:" + hex }

    package static func < (left: Self, right: Self) -> Bool { left.hex < right.hex }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension Digest {
    /// A digest in the making.
    struct Hash {
        private var context = sha256_ctx()

        init() { unsafe nettle_sha256_init(&context) }

        mutating func update(_ bytes: RawSpan) {
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe nettle_sha256_update(
                    &context, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
        }

        /// The digest of all bytes so far; the next update begins a new one.
        mutating func finish() -> Digest {
            var bytes = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
            unsafe nettle_sha256_digest(&context, bytes.count, &bytes)
            return Digest(bytes: bytes)
        }
    }

    /// The chain ids of layers with these uncompressed digests, the lowest first: what an unpacked layer is called by,
    /// with all that lies below it.
    ///
    /// Source: OCI image specification, config.md, layer ChainID.
    static func chainIDs(of layers: [Digest]) -> [Digest] {
        layers.reduce(into: []) { chain, layer in
            chain.append(chain.last.map { Digest(of: Array("\($0) \(layer)".utf8)) } ?? layer)
        }
    }
}
