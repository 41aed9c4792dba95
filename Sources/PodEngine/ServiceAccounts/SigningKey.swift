// SPDX-License-Identifier: Apache-2.0
import CNettle
import ContainerRuntime
import FoundationEssentials
import ImageStore
import LinuxKernel

/// The key of a state root that signs service account tokens: ECDSA with P-256, `ES256` in a token's words.
///
/// It is made when the first token is asked for, and kept in a file that root alone reads, as a JSON Web Key.
/// Source: RFC 7517, RFC 7518 §3.4 and §6.2, RFC 7638.
package struct SigningKey: Codable, Hashable, Sendable {
    /// Big-endian, 32 bytes each, in base64url.
    private let x: String
    private let y: String
    private let d: String
    private var kty = "EC"
    private var crv = "P-256"

    private static let size = 32

    /// Reads the root's key, and makes it when there is none yet: one of many commands at once makes it.
    static func of(_ root: StateRoot) throws(EngineError) -> Self {
        if let key = try PodRecord.readJSON(Self.self, root.signingKey) { return key }
        return try NameLock.holding(.secret, ObjectName(namespace: "", name: "signing-key"), in: root) {
            () throws(EngineError) in
            if let key = try PodRecord.readJSON(Self.self, root.signingKey) { return key }
            let key = Self.new()
            let bytes: [UInt8]
            do { bytes = try JSONFile.encode(key) } catch { throw .failed("\(error)") }
            try doing("cannot store the key of service account tokens") { () throws(SyscallError) in
                try File.makeFolders(root.lasting, mode: 0o700)
                try File.replace(root.signingKey, with: bytes, mode: 0o600)
            }
            return key
        }
    }

    /// A new key pair.
    package static func new() -> Self {
        var point = unsafe ecc_point()
        var scalar = unsafe ecc_scalar()
        unsafe nettle_ecc_point_init(&point, nettle_get_secp_256r1())
        unsafe nettle_ecc_scalar_init(&scalar, nettle_get_secp_256r1())
        var x = unsafe __mpz_struct()
        var y = unsafe __mpz_struct()
        var d = unsafe __mpz_struct()
        unsafe __gmpz_init(&x)
        unsafe __gmpz_init(&y)
        unsafe __gmpz_init(&d)
        defer {
            unsafe nettle_ecc_point_clear(&point)
            unsafe nettle_ecc_scalar_clear(&scalar)
            unsafe __gmpz_clear(&x)
            unsafe __gmpz_clear(&y)
            unsafe __gmpz_clear(&d)
        }
        unsafe nettle_ecdsa_generate_keypair(&point, &scalar, nil, random)
        unsafe nettle_ecc_point_get(&point, &x, &y)
        unsafe nettle_ecc_scalar_get(&scalar, &d)
        return unsafe Self(
            x: Base64URL.encode(bytes(&x)), y: Base64URL.encode(bytes(&y)), d: Base64URL.encode(bytes(&d)))
    }

    private init(x: String, y: String, d: String) {
        self.x = x
        self.y = y
        self.d = d
    }

    /// What a verifier finds the key by: its thumbprint.
    var identifier: String {
        Base64URL.encode(Digest(of: Array(#"{"crv":"\#(crv)","kty":"\#(kty)","x":"\#(x)","y":"\#(y)"}"#.utf8)).bytes)
    }

    /// The public half.
    var publicKey: (x: String, y: String) { (x, y) }

    /// The signature of some bytes: r and s, 32 bytes each.
    func sign(_ message: [UInt8]) throws(EngineError) -> [UInt8] {
        guard let secret = Base64URL.decode(d), secret.count == Self.size else {
            throw .failed("the key of service account tokens is damaged: remove the file, and one is made anew")
        }
        let digest = Digest(of: message).bytes
        var scalar = unsafe ecc_scalar()
        unsafe nettle_ecc_scalar_init(&scalar, nettle_get_secp_256r1())
        var number = unsafe __mpz_struct()
        unsafe __gmpz_init(&number)
        unsafe nettle_mpz_set_str_256_u(&number, secret.count, secret)
        defer {
            unsafe nettle_ecc_scalar_clear(&scalar)
            unsafe __gmpz_clear(&number)
        }
        guard unsafe nettle_ecc_scalar_set(&scalar, &number) == 1 else {
            throw .failed("the key of service account tokens is none: remove the file, and one is made anew")
        }
        var signature = dsa_signature()
        unsafe nettle_dsa_signature_init(&signature)
        defer { unsafe nettle_dsa_signature_clear(&signature) }
        unsafe nettle_ecdsa_sign(&scalar, nil, Self.random, digest.count, digest, &signature)
        return unsafe Self.bytes(&signature.r) + Self.bytes(&signature.s)
    }

    private static let random: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<UInt8>?) -> Void = {
        _, count, target in
        // The system's own source, getrandom(2).
        var source = SystemRandomNumberGenerator()
        for index in 0..<count { unsafe target?[index] = source.next() }
    }

    private static func bytes(_ number: UnsafeMutablePointer<__mpz_struct>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        unsafe nettle_mpz_get_str_256(size, &bytes, number)
        return bytes
    }

    /// A uid that stays the same for one name in this root, in Kubernetes' spelling.
    ///
    /// For what a token names and this machine has no object of. Source: RFC 9562 §5.8.
    func uid(of name: String) -> String {
        let b = Digest(of: Array("\(identifier)/\(name)".utf8)).bytes
        let uuid = UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 0x0F | 0x80, b[7], b[8] & 0x3F | 0x80, b[9], b[10], b[11],
                b[12], b[13], b[14], b[15]
            ))
        return uuid.uuidString.lowercased()
    }
}

/// Base64 that can stand in an address, without padding.
///
/// Source: RFC 4648 §5.
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    static func decode(_ text: String) -> [UInt8]? {
        let plain = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        let padded = plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: padded).map(Array.init)
    }
}
