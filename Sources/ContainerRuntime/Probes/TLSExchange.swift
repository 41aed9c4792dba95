// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// An exchange inside TLS, whose certificate is not verified: a probe asks whether somebody answers, not who.
///
/// TLS 1.2 and 1.3 without files, sockets or configuration: bytes go in and come out. Source: Kubernetes, HTTP probes:
/// "skips the certificate verification"; ssl(7), bio_s_mem(3).
package struct TLSExchange: Exchange {
    /// All that is read of an answer, with what TLS puts around it.
    private static let longestAnswer = 512 << 10

    private var inner: HTTPExchange
    private let session: TLSSession?
    private var isOpen = false
    private var received = 0

    package init(_ inner: HTTPExchange, host: String) {
        self.inner = inner
        session = TLSSession(host: host)
    }

    package mutating func connected() -> ExchangeProgress { goOn(ended: false) }

    package mutating func takeOutput() -> [UInt8] { session?.takeOutput() ?? [] }

    package mutating func receive(_ bytes: [UInt8]) -> ExchangeProgress {
        received += bytes.count
        guard received <= Self.longestAnswer else { return .done(failed("tls: the answer is too long")) }
        session?.put(bytes)
        return goOn(ended: bytes.isEmpty)
    }

    private mutating func goOn(ended: Bool) -> ExchangeProgress {
        guard let session else { return .done(failed("tls: no session can be made")) }
        if !isOpen {
            switch session.shakeHands() {
            case .done: isOpen = true
            case .waits: return ended ? .done(failed("EOF")) : .goesOn
            case .failed(let reason): return .done(failed(reason))
            }
            if let reason = session.write(inner.takeOutput()) { return .done(failed(reason)) }
        }
        while true {
            let progress: ExchangeProgress
            switch session.read() {
            case .bytes(let bytes): progress = inner.receive(bytes)
            case .nothing where !ended: return .goesOn
            case .nothing, .end: return inner.receive([])
            case .failed(let reason): return .done(failed(reason))
            }
            guard progress == .goesOn else { return progress }
        }
    }

    package func failed(_ reason: String) -> ActionOutcome { inner.failed(reason) }
    package func timedOut(after timeout: String) -> ActionOutcome { inner.timedOut(after: timeout) }
    package func following(_ next: HTTPRequest) -> (any Exchange)? { inner.following(next) }
}

/// One TLS connection between two buffers.
@safe private final class TLSSession {
    enum Handshake {
        case done, waits
        case failed(String)
    }
    enum Reading {
        case bytes([UInt8])
        case nothing, end
        case failed(String)
    }

    private let context: OpaquePointer
    private let session: OpaquePointer
    /// They belong to the session.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    init?(host: String) {
        // The machine's openssl.cnf is for its own programs.
        OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { return nil }
        // What Go's client takes: TLS 1.2 on, keys of any size, and no exchange whose numbers the server chooses.
        guard unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1,
            unsafe SSL_CTX_set_cipher_list(context, "ECDHE:RSA:!DHE:!PSK:!SRP:!aNULL:!eNULL@SECLEVEL=0") == 1,
            unsafe SSL_CTX_ctrl_groups(context, "X25519:P-256:P-384:P-521"),
            let session = unsafe SSL_new(context), let incoming = unsafe BIO_new(BIO_s_mem()),
            let outgoing = unsafe BIO_new(BIO_s_mem())
        else {
            unsafe SSL_CTX_free(context)
            return nil
        }
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        unsafe self.context = context
        unsafe self.session = session
        unsafe self.incoming = incoming
        unsafe self.outgoing = outgoing
        // An empty buffer is no end: more may come.
        unsafe BIO_ctrl(incoming, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
        unsafe SSL_set_bio(session, incoming, outgoing)
        unsafe SSL_set_connect_state(session)
        // An address is no server name: RFC 6066, section 3.
        if host.contains(where: \.isLetter), !host.contains(":") {
            unsafe host.withCString { name in
                _ = unsafe SSL_ctrl(
                    session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                    UnsafeMutableRawPointer(mutating: name))
            }
        }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    func put(_ bytes: [UInt8]) {
        // Memory takes all of it.
        if !bytes.isEmpty { _ = unsafe BIO_write(incoming, bytes, Int32(bytes.count)) }
    }

    func takeOutput() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(outgoing))
        guard !buffer.isEmpty else { return [] }
        let count = unsafe BIO_read(outgoing, &buffer, Int32(buffer.count))
        return Array(buffer.prefix(max(0, Int(count))))
    }

    func shakeHands() -> Handshake {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(session)
        if result == 1 { return .done }
        return waits(result) ? .waits : .failed(Self.reason())
    }

    /// Why it could not be written; nil when it was.
    func write(_ bytes: [UInt8]) -> String? {
        ERR_clear_error()
        return unsafe SSL_write(session, bytes, Int32(bytes.count)) == Int32(bytes.count) ? nil : Self.reason()
    }

    func read() -> Reading {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        ERR_clear_error()
        let count = unsafe SSL_read(session, &buffer, Int32(buffer.count))
        if count > 0 { return .bytes(Array(buffer.prefix(Int(count)))) }
        if unsafe SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN { return .end }
        return waits(count) ? .nothing : .failed(Self.reason())
    }

    private func waits(_ result: Int32) -> Bool { unsafe SSL_get_error(session, result) == SSL_ERROR_WANT_READ }

    /// In OpenSSL's words: `tls: wrong version number`.
    private static func reason() -> String {
        guard let text = unsafe ERR_reason_error_string(ERR_get_error()) else { return "tls: the handshake failed" }
        return unsafe "tls: " + String(cString: text)
    }
}

/// ssl.h has it as a macro.
private func SSL_CTX_ctrl_groups(_ context: OpaquePointer, _ list: String) -> Bool {
    unsafe list.withCString { text in
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, UnsafeMutableRawPointer(mutating: text)) == 1
    }
}
