// SPDX-License-Identifier: Apache-2.0

/// One call of `grpc.health.v1.Health/Check`, without TLS.
///
/// Source: RFC 9113; gRPC over HTTP/2; the gRPC health checking protocol; texts: the kubelet's probe/grpc.
package struct GRPCHealthExchange: Exchange {
    /// All that is read of an answer: a server that only sends pings must not keep the caller.
    private static let longestAnswer = 64 << 10
    private static let largestFrame = 16 << 10

    private let address: String
    private var output: [UInt8]
    private var pending: [UInt8] = []
    private var received = 0
    private var compression = HeaderCompression()
    private var headerBlock: [UInt8] = []
    private var headersEndStream = false
    private var message: [UInt8] = []
    private var httpStatus: String?
    private var status: String?
    private var statusMessage = ""
    private var hasSettings = false

    /// The address is host and port, the timeout that of the call in milliseconds.
    package init(address: String, service: String, userAgent: String, timeout: Int64) {
        self.address = address
        let headers = HeaderCompression.encode([
            (":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Check"),
            (":authority", address), ("content-type", "application/grpc"), ("user-agent", userAgent),
            ("te", "trailers"), ("grpc-timeout", "\(min(timeout, 99_999_999))m"),
        ])
        // HealthCheckRequest: field 1, a string; an empty one is left out.
        let name = Array(service.utf8)
        let request = name.isEmpty ? [] : [0x0A] + Self.varint(name.count) + name
        output =
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
            // No server push.
            + Frame(.settings, payload: [0, 2, 0, 0, 0, 0]).bytes
            + Frame(.headers, flags: Frame.endHeaders, stream: 1, payload: headers).bytes
            + Frame(
                .data, flags: Frame.endStream, stream: 1, payload: [0] + Self.fourBytes(request.count) + request
            ).bytes
    }

    package mutating func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    package func failed(_ reason: String) -> ActionOutcome {
        .failure("error: failed to connect service at \"\(address)\": \(reason)")
    }

    package func timedOut(after timeout: String) -> ActionOutcome {
        .failure(
            hasSettings
                ? "timeout: health rpc did not complete within \(timeout)"
                : "timeout: failed to connect service \"\(address)\" within \(timeout): context deadline exceeded")
    }

    package mutating func receive(_ bytes: [UInt8]) -> ExchangeProgress {
        guard !bytes.isEmpty else { return .done(broken("the connection was closed")) }
        received += bytes.count
        guard received <= Self.longestAnswer else { return .done(broken("the answer is too long")) }
        pending += bytes
        do throws(HeaderCompression.Fault) {
            while let frame = try nextFrame() {
                if let outcome = try take(frame) { return .done(outcome) }
            }
        } catch { return .done(broken(error.message)) }
        return .goesOn
    }

    private mutating func nextFrame() throws(HeaderCompression.Fault) -> Frame? {
        guard pending.count >= 9 else { return nil }
        let size = Int(pending[0]) << 16 | Int(pending[1]) << 8 | Int(pending[2])
        guard hasSettings || pending[3] == Frame.Kind.settings.rawValue else { throw .init(message: "it is no HTTP/2") }
        guard size <= Self.largestFrame else { throw .init(message: "a frame of \(size) bytes") }
        guard pending.count >= 9 + size else { return nil }
        let stream = (5..<9).reduce(0) { $0 << 8 | Int(pending[$1]) } & 0x7FFF_FFFF
        let frame = Frame(
            kind: pending[3], flags: pending[4], stream: stream, payload: Array(pending[9..<(9 + size)]))
        pending.removeFirst(9 + size)
        return frame
    }

    private mutating func take(_ frame: Frame) throws(HeaderCompression.Fault) -> ActionOutcome? {
        switch Frame.Kind(rawValue: frame.kind) {
        case .settings:
            hasSettings = true
            if frame.flags & Frame.acknowledgement == 0 {
                output += Frame(.settings, flags: Frame.acknowledgement).bytes
            }
        case .ping where frame.flags & Frame.acknowledgement == 0:
            output += Frame(.ping, flags: Frame.acknowledgement, payload: frame.payload).bytes
        case .headers where frame.stream == 1:
            headerBlock = try frame.withoutPadding(hasPriority: true)
            headersEndStream = frame.flags & Frame.endStream != 0
            if frame.flags & Frame.endHeaders != 0 { return try takeHeaders() }
        case .continuation where frame.stream == 1:
            headerBlock += frame.payload
            if frame.flags & Frame.endHeaders != 0 { return try takeHeaders() }
        case .data where frame.stream == 1:
            message += try frame.withoutPadding(hasPriority: false)
            if frame.flags & Frame.endStream != 0 { return outcome }
        case .reset where frame.stream == 1: return broken("the stream was reset")
        case .goAway: return broken("the server goes away")
        default: break
        }
        return nil
    }

    private mutating func takeHeaders() throws(HeaderCompression.Fault) -> ActionOutcome? {
        for field in try compression.decode(headerBlock) {
            switch field.name {
            case ":status": httpStatus = field.value
            case "grpc-status": status = field.value
            case "grpc-message": statusMessage = Self.decodePercent(field.value)
            default: break
            }
        }
        headerBlock = []
        return headersEndStream ? outcome : nil
    }

    /// What a complete answer says.
    private var outcome: ActionOutcome {
        guard let status, let code = Int(status) else {
            let text = httpStatus == "200" ? "server closed the stream without sending trailers" : nil
            return rpcError(
                httpStatus == "200" ? 13 : 14,
                text ?? "unexpected HTTP status code received from server: \(httpStatus ?? "none")")
        }
        switch code {
        case 0: break
        case 12:
            return .failure(
                "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
                    + statusMessage)
        default: return rpcError(code, statusMessage)
        }
        guard let serving else { return rpcError(13, "the health service's answer cannot be read") }
        return serving == 1
            ? .success : .failure("service unhealthy (responded with \"\(Self.servingName(serving))\")")
    }

    private func broken(_ reason: String) -> ActionOutcome {
        hasSettings ? rpcError(14, reason) : failed(reason)
    }

    private func rpcError(_ code: Int, _ text: String) -> ActionOutcome {
        let name = Self.codes.indices.contains(code) ? Self.codes[code] : "Code(\(code))"
        return .failure("error: health rpc probe failed: rpc error: code = \(name) desc = \(text)")
    }

    /// HealthCheckResponse: field 1, a number; 0 where it is left out.
    ///
    /// Nil for what is no such message.
    private var serving: Int? {
        guard message.count >= 5, message[0] == 0,
            message[1..<5].reduce(0, { $0 << 8 | Int($1) }) == message.count - 5
        else { return nil }
        let body = message.dropFirst(5)
        if body.isEmpty { return 0 }
        guard body.count == 2, body.first == 0x08, let value = body.last, value < 128 else { return nil }
        return Int(value)
    }

    private static func servingName(_ value: Int) -> String {
        let names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
        return names.indices.contains(value) ? names[value] : "\(value)"
    }

    /// Source: gRPC status codes.
    private static let codes = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
        "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
        "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ]

    private static func decodePercent(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                output.append(byte)
                index += 3
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func varint(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }

    fileprivate static func fourBytes(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}

/// Source: RFC 9113, section 4.
private struct Frame {
    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case reset = 3
        case settings = 4
        case ping = 6
        case goAway = 7
        case continuation = 9
    }
    static let endStream: UInt8 = 0x1
    static let acknowledgement: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    private static let padded: UInt8 = 0x8
    private static let priority: UInt8 = 0x20

    let kind: UInt8
    let flags: UInt8
    let stream: Int
    let payload: [UInt8]

    init(kind: UInt8, flags: UInt8, stream: Int, payload: [UInt8]) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    init(_ kind: Kind, flags: UInt8 = 0, stream: Int = 0, payload: [UInt8] = []) {
        self.init(kind: kind.rawValue, flags: flags, stream: stream, payload: payload)
    }

    var bytes: [UInt8] {
        GRPCHealthExchange.fourBytes(payload.count).dropFirst() + [kind, flags] + GRPCHealthExchange.fourBytes(stream)
            + payload
    }

    func withoutPadding(hasPriority: Bool) throws(HeaderCompression.Fault) -> [UInt8] {
        var rest = payload[...]
        var padding = 0
        if flags & Self.padded != 0 { padding = Int(rest.popFirst() ?? 0) }
        if hasPriority, flags & Self.priority != 0 { rest = rest.dropFirst(5) }
        guard padding <= rest.count else { throw .init(message: "a frame is padded wrongly") }
        return Array(rest.dropLast(padding))
    }
}
