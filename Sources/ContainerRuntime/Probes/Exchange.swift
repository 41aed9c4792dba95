// SPDX-License-Identifier: Apache-2.0

/// What is said over one connection, without the connection: bytes that go out, and what those that come mean.
package protocol Exchange {
    /// What is to be sent by now; it is taken.
    mutating func takeOutput() -> [UInt8]
    /// The connection stands.
    mutating func connected() -> ExchangeProgress
    /// Takes what came, nothing at the end of the connection.
    mutating func receive(_ bytes: [UInt8]) -> ExchangeProgress
    /// What it comes to when a call failed, in the kernel's words: `connect: connection refused`.
    func failed(_ reason: String) -> ActionOutcome
    /// What it comes to when the time is over, `1s` as it was given.
    func timedOut(after timeout: String) -> ActionOutcome
    /// What goes on elsewhere after a redirect; nil for what is never redirected.
    func following(_ next: HTTPRequest) -> (any Exchange)?
}

extension Exchange {
    package mutating func connected() -> ExchangeProgress { .goesOn }
    package func following(_ next: HTTPRequest) -> (any Exchange)? { nil }
}

package enum ExchangeProgress: Hashable, Sendable {
    case goesOn
    case done(ActionOutcome)
    /// To be asked again elsewhere.
    case redirected(HTTPRequest)
}

/// A connection that only has to be made.
package struct ConnectExchange: Exchange {
    private let address: String
    /// - Parameter address: host and port.
    package init(address: String) { self.address = address }
    package mutating func takeOutput() -> [UInt8] { [] }
    package mutating func connected() -> ExchangeProgress { .done(.success) }
    package mutating func receive(_ bytes: [UInt8]) -> ExchangeProgress { .done(.success) }
    package func failed(_ reason: String) -> ActionOutcome { .failure("dial tcp \(address): \(reason)") }
    package func timedOut(after timeout: String) -> ActionOutcome { .failure("dial tcp \(address): i/o timeout") }
}

/// A GET and its answer, as a probe or a hook takes it.
///
/// Source: the kubelet's probe/http and lifecycle: a probe wants 200 to 399, a hook takes any answer; redirects are
/// followed on the same host.
package struct HTTPExchange: Exchange {
    private let request: HTTPRequest
    private let first: HTTPRequest
    private let wantsSuccess: Bool
    private let redirects: Int
    private var output: [UInt8]
    private var response = HTTPResponse()

    /// The first request is what was asked before any redirect, of which so many have been followed.
    package init(_ request: HTTPRequest, first: HTTPRequest? = nil, redirects: Int = 0, wantsSuccess: Bool) {
        self.request = request
        self.first = first ?? request
        self.redirects = redirects
        self.wantsSuccess = wantsSuccess
        output = request.bytes
    }

    package mutating func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    package mutating func receive(_ bytes: [UInt8]) -> ExchangeProgress {
        do throws(HTTPResponse.Fault) {
            guard try response.take(bytes) else { return .goesOn }
        } catch {
            return .done(error.isInBody ? .unknown(error.message) : failed(error.message))
        }
        if let next = redirect {
            guard redirects < 9 else { return .done(failed("stopped after 10 redirects")) }
            return .redirected(next)
        }
        guard wantsSuccess else { return .done(.success) }
        switch response.status {
        case 300..<400 where leadsAway:
            let text = String(decoding: response.body, as: UTF8.self)
            return .done(.warning("Probe terminated redirects, Response body: \(text)"))
        case 200..<400: return .done(.success)
        default: return .done(.failure("HTTP probe failed with statuscode: \(response.status)"))
        }
    }

    package func failed(_ reason: String) -> ActionOutcome { .failure("Get \"\(first.url)\": \(reason)") }

    package func timedOut(after timeout: String) -> ActionOutcome {
        response.hasHead
            ? .unknown("context deadline exceeded (Client.Timeout or context cancellation while reading body)")
            : failed("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    }

    private var location: String? {
        guard [301, 302, 303, 307, 308].contains(response.status), let text = response.header("location"),
            !text.isEmpty
        else { return nil }
        return text
    }

    /// Another host, compared with the first: as a node does.
    private var redirect: HTTPRequest? { location.flatMap(request.following) }
    private var leadsAway: Bool { location != nil }

    package func following(_ next: HTTPRequest) -> (any Exchange)? {
        HTTPExchange(next, first: first, redirects: redirects + 1, wantsSuccess: wantsSuccess).overItsScheme
    }

    /// Inside TLS where the URL says HTTPS.
    package var overItsScheme: any Exchange {
        request.url.isSecure ? TLSExchange(self, host: request.url.host) : self
    }
}
