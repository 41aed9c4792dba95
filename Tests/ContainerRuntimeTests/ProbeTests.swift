// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import Testing

@Suite("What a probe's answers come to")
struct ProbeTests {
    private static let second: Int64 = 1_000_000_000

    @Test(
        "a result counts once it has come as often in a row as its threshold says",
        arguments: [
            ("s", 1, 3, [true]), ("ff", 1, 3, [nil, nil]), ("fff", 1, 3, [nil, nil, false]),
            ("ffsff", 1, 3, [nil, nil, true, nil, nil]), ("ss", 2, 1, [nil, true]),
            ("sfss", 2, 1, [nil, false, nil, true]),
            ("ffuf", 1, 3, [nil, nil, nil, false]), ("wf", 1, 1, [true, false]),
        ] as [(String, Int, Int, [Bool?])])
    func thresholds(answers: String, success: Int, failure: Int, verdicts: [Bool?]) {
        var record = ProbeRecord(
            ProbePlan(action: .exec(command: []), successThreshold: success, failureThreshold: failure))
        let outcomes: [Character: ActionOutcome] = [
            "s": .success, "w": .warning("moved"), "f": .failure("no"), "u": .unknown("?"),
        ]
        let taken = answers.compactMap { outcomes[$0] }.map { record.take($0) }
        #expect(taken == verdicts)
    }

    @Test("the pause before a restart doubles from 10 s up to 5 minutes, and begins anew after 10 minutes of running")
    func backOff() {
        var backOff = RestartBackOff()
        let ran = Array(repeating: Self.second, count: 8) + [600 * Self.second, 601 * Self.second, 0]
        let pauses = ran.map { backOff.pause(afterRunning: $0) }
        #expect(pauses == [0, 10, 20, 40, 80, 160, 300, 300, 300, 0, 10])
    }

    @Test("a probe that fails for ever tells 25 times, and then once in 5 minutes")
    func allowance() {
        var allowance = MessageAllowance(at: 0)
        let moments: [Int64] =
            Array(repeating: 1, count: 100) + [299, 300, 301] + Array(repeating: 1_000_000, count: 100)
        let taken = moments.map { allowance.take(at: $0 * Self.second) }
        #expect(taken.prefix(100).filter { $0 }.count == 25)
        #expect(taken[100...102] == [false, true, false])
        #expect(taken.suffix(100).filter { $0 }.count == 25)
    }

    // MARK: HTTP

    private func text(_ request: HTTPRequest) -> String { String(decoding: request.bytes, as: UTF8.self) }

    @Test("a request is the kubelet's: its agent, any answer taken, one connection")
    func request() {
        let request = HTTPRequest(
            HTTPAction(port: 8080, path: "/healthz?a=b", userAgent: "kube-probe/1.36"), address: "10.0.0.7")
        #expect(
            text(request) == "GET /healthz?a=b HTTP/1.1\r\nHost: 10.0.0.7:8080\r\nUser-Agent: kube-probe/1.36\r\n"
                + "Accept: */*\r\nConnection: close\r\n\r\n")
        #expect("\(request.url)" == "http://10.0.0.7:8080/healthz?a=b")
    }

    @Test("headers of the manifest take the place of the usual ones, an empty one takes them away")
    func headers() {
        let action = HTTPAction(
            host: "::1", port: 80, path: "x",
            headers: [
                .init("host", "web.example"), .init("user-agent", ""), .init("accept", ""), .init("x-b", "2"),
                .init("x-a", "1"), .init("x-b", "3"), .init("content-length", "7"),
            ], userAgent: "kube-probe/1.36")
        let request = HTTPRequest(action, address: "10.0.0.7")
        #expect(
            text(request)
                == "GET /x HTTP/1.1\r\nHost: web.example\r\nX-A: 1\r\nX-B: 2\r\nX-B: 3\r\nConnection: close\r\n\r\n")
        #expect("\(request.url)" == "http://[::1]:80/x")
    }

    @Test(
        "a path stands in the request as a URL has it",
        arguments: [
            ("", "/"), ("/a#b", "/a"), ("/a b", "/a%20b"), ("/a%20b", "/a%20b"), ("/a%zz", "/a%25zz"),
            ("?q=1", "/?q=1"),
            ("/a?q= x", "/a?q=%20x"), ("/a\r\nX: y", "/a%0D%0AX:%20y"), ("/ü", "/%C3%BC"),
        ])
    func path(written: String, sent: String) {
        let request = HTTPRequest(HTTPAction(port: 1, path: written, userAgent: "a"), address: "h")
        #expect(request.url.target == sent)
    }

    @Test("a line end in a header's value is refused: it would begin a header of its own")
    func injected() {
        let action = HTTPAction(port: 1, path: "/", headers: [.init("x-a", "1\r\nX-B: 2")], userAgent: "a")
        #expect(HTTPRequest(action, address: "h").fault == "net/http: invalid header field value for \"X-A\"")
    }

    @Test(
        "a redirect is followed on the same host alone",
        arguments: [
            ("/b?c", "http://h:1/b?c"), ("d", "http://h:1/a/d"), ("../d", "http://h:1/d"), ("?q", "http://h:1/a/b?q"),
            ("http://h:2/z", "http://h:2/z"), ("http://H/z", "http://H/z"), ("https://h/z", "https://h/z"),
            ("//h:3/z#f", "http://h:3/z"),
            ("http://other/z", nil), ("//other", nil), ("ftp://h/", nil),
        ] as [(String, String?)])
    func redirect(location: String, url: String?) {
        let request = HTTPRequest(HTTPAction(port: 1, path: "/a/b", userAgent: "a"), address: "h")
        #expect(request.following(location).map { "\($0.url)" } == url)
    }

    private func answer(_ response: String, ends: Bool = true, probe: Bool = true) -> ExchangeProgress {
        var exchange = HTTPExchange(
            HTTPRequest(HTTPAction(port: 1, path: "/", userAgent: "a"), address: "h"), wantsSuccess: probe)
        var last = ExchangeProgress.goesOn
        // Byte by byte: how the bytes are cut into packets says nothing.
        for byte in response.utf8 where last == .goesOn { last = exchange.receive([byte]) }
        return last == .goesOn && ends ? exchange.receive([]) : last
    }

    @Test(
        "an answer of 200 to 399 is a success, whatever its body's form is",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .success),
            ("HTTP/1.0 200 OK\n\nup to the end", .success), ("HTTP/1.1 204 No Content\r\n\r\n", .success),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", .success),
            ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .success),
            ("HTTP/1.1 399 Odd\r\nContent-Length: 0\r\n\r\n", .success),
            ("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", .success),
            ("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", .failure("HTTP probe failed with statuscode: 400")),
            ("HTTP/1.1 500 No\r\n\r\nbody", .failure("HTTP probe failed with statuscode: 500")),
            (
                "HTTP/1.1 302 Found\r\nLocation: http://other/\r\nContent-Length: 4\r\n\r\nthere",
                .warning("Probe terminated redirects, Response body: ther")
            ),
            ("", .failure("Get \"http://h:1/\": EOF")),
            ("HTTP/1.1 200", .failure("Get \"http://h:1/\": unexpected EOF")),
            ("SSH-2.0-x\r\n\r\n", .failure("Get \"http://h:1/\": malformed HTTP response \"SSH-2.0-x\"")),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                .failure("Get \"http://h:1/\": bad Content-Length \"-1\"")
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", .unknown("unexpected EOF")),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .unknown("invalid byte in chunk length")),
        ] as [(String, ActionOutcome)])
    func answers(response: String, outcome: ActionOutcome) { #expect(answer(response) == .done(outcome)) }

    @Test("a hook takes any answer")
    func hookAnswer() {
        #expect(answer("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", probe: false) == .done(.success))
    }

    @Test("what a container sends without end is not kept without end")
    func bounded() {
        let body = String(repeating: "x", count: 11 << 10)
        #expect(answer("HTTP/1.1 200 OK\r\n\r\n" + body, ends: false) == .done(.success))
        let head = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 70 << 10)
        #expect(
            answer(head, ends: false)
                == .done(.failure("Get \"http://h:1/\": the response's headers are longer than 65536 bytes")))
    }

    @Test("after ten redirects it is enough")
    func tooMany() throws {
        let request = HTTPRequest(HTTPAction(port: 1, path: "/", userAgent: "a"), address: "h")
        var exchange = HTTPExchange(request, wantsSuccess: true)
        let response = Array("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n".utf8)
        for _ in 0..<9 {
            guard case .redirected(let next) = exchange.receive(response) else {
                Issue.record("not followed")
                return
            }
            exchange = try #require(exchange.following(next) as? HTTPExchange)
        }
        let last = exchange.receive(response)
        #expect(last == .done(.failure("Get \"http://h:1/\": stopped after 10 redirects")))
    }

    // MARK: gRPC

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }

    /// What a server of grpcio 1.7x answered: its settings, and what follows the request.
    private static let settings =
        "000018040000000000000400400000000500400000000600004000fe0300000001000004080000000000003f000100000004010000000000"
        + "000408000000000000000005000008060000000000e2e9b78832198a70"
    private static let head =
        "00004e01040000000188400c636f6e74656e742d74797065106170706c69636174696f6e2f677270634014677270632d6163636570742d65"
        + "6e636f64696e67176964656e746974792c206465666c6174652c20677a6970"
    private static func trailers(_ status: String) -> String {
        "00001e010500000001400b677270632d73746174757301\(status)000c677270632d6d65737361676500"
    }
    private static let unimplemented =
        "00005001050000000188400c636f6e74656e742d74797065106170706c69636174696f6e2f67727063400b677270632d7374617475730231"
        + "32000c677270632d6d657373616765114d6574686f64206e6f7420666f756e6421"

    @Test(
        "a gRPC server's health is what it says and how its call ended",
        arguments: [
            (head + "00000700000000000100000000020801" + trailers("30"), .success),
            (
                head + "00000700000000000100000000020802" + trailers("30"),
                .failure("service unhealthy (responded with \"NOT_SERVING\")")
            ),
            (
                head + "0000050000000000010000000000" + trailers("30"),
                .failure("service unhealthy (responded with \"UNKNOWN\")")
            ),
            (
                head + trailers("35"),
                .failure("error: health rpc probe failed: rpc error: code = NotFound desc = ")
            ),
            (
                unimplemented,
                .failure(
                    "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
                        + "Method not found!")
            ),
            (
                "000004030000000001" + "00000007",
                .failure("error: health rpc probe failed: rpc error: code = Unavailable desc = the stream was reset")
            ),
        ] as [(String, ActionOutcome)])
    func grpc(answer: String, outcome: ActionOutcome) {
        var exchange = GRPCHealthExchange(address: "h:1", service: "", userAgent: "a", timeout: 1000)
        let request = exchange.takeOutput()
        #expect(request.starts(with: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)))
        var last = ExchangeProgress.goesOn
        for byte in Self.bytes(Self.settings + answer) where last == .goesOn { last = exchange.receive([byte]) }
        #expect(last == .done(outcome))
        // Settings and ping are acknowledged.
        let acknowledgements = exchange.takeOutput()
        #expect(acknowledgements == Self.bytes("000000040100000000" + "000008060100000000e2e9b78832198a70"))
    }

    /// Source: RFC 7541, appendix C.6, whose responses are packed and use the table.
    @Test("packed header fields and those of the table are read")
    func packed() {
        // ":status: 302", "cache-control: private", then "grpc-status: 14" packed, as literals with indexing.
        let block = "4882640258" + "85aec3771a4b" + "40889acac8b21234da8f" + "820b5f"
        let frame = "0000" + String(block.count / 2, radix: 16) + "010500000001" + block
        var exchange = GRPCHealthExchange(address: "h:1", service: "s", userAgent: "a", timeout: 1000)
        let last = exchange.receive(Self.bytes(Self.settings + frame))
        #expect(
            last
                == .done(.failure("error: health rpc probe failed: rpc error: code = Unavailable desc = ")))
    }

    @Test("a server that speaks something else is told from one that says nothing")
    func noHTTP2() {
        var exchange = GRPCHealthExchange(address: "h:1", service: "", userAgent: "a", timeout: 1000)
        let last = exchange.receive(Array("HTTP/1.1 400 Bad Request\r\n".utf8))
        #expect(
            last
                == .done(.failure("error: failed to connect service at \"h:1\": it is no HTTP/2")))
        #expect(
            exchange.timedOut(after: "1s")
                == .failure("timeout: failed to connect service \"h:1\" within 1s: context deadline exceeded"))
    }
}
