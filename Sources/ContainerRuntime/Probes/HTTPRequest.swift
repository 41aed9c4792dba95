// SPDX-License-Identifier: Apache-2.0

/// A request that is sent once, on a connection of its own.
///
/// Source: RFC 9112; the kubelet's probe/http, whose requests are those of Go's net/http.
package struct HTTPRequest: Hashable, Sendable {
    package let url: HTTPLocation
    /// In place of the URL's host and port.
    private let hostHeader: String?
    private let headers: [HTTPAction.Header]
    private let referer: String?

    /// The address counts where the pod's own is meant.
    package init(_ action: HTTPAction, address: String) {
        url = HTTPLocation(
            isSecure: action.isSecure, host: action.host ?? address, port: action.port, writtenPort: true,
            target: HTTPLocation.target(action.path))
        var headers = action.headers.map { HTTPAction.Header(Self.canonical($0.name), $0.value) }
        if !headers.contains(where: { $0.name == "User-Agent" }) {
            headers.append(.init("User-Agent", action.userAgent))
        }
        if let accept = headers.first(where: { $0.name == "Accept" }) {
            if accept.value.isEmpty { headers.removeAll { $0.name == "Accept" } }
        } else {
            headers.append(.init("Accept", "*/*"))
        }
        let host = headers.first { $0.name == "Host" }?.value
        hostHeader = host?.isEmpty == false ? host : nil
        self.headers = headers
        referer = nil
    }

    private init(_ url: HTTPLocation, hostHeader: String?, headers: [HTTPAction.Header], referer: String?) {
        self.url = url
        self.hostHeader = hostHeader
        self.headers = headers
        self.referer = referer
    }

    /// What a redirect asks for; nil where it leads to another host, or nowhere.
    package func following(_ location: String) -> HTTPRequest? {
        guard let target = url.resolving(location), target.host.lowercased() == url.host.lowercased() else {
            return nil
        }
        let staysRelative = !location.contains("://") && !location.hasPrefix("//")
        return HTTPRequest(
            target, hostHeader: staysRelative ? hostHeader : nil, headers: headers,
            referer: url.isSecure && !target.isSecure ? nil : "\(url)")
    }

    /// Why it cannot be sent: a line end in a value would begin a header of its own.
    package var fault: String? {
        for header in headers where header.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
            return "net/http: invalid header field value for \"\(header.name)\""
        }
        return nil
    }

    package var bytes: [UInt8] {
        var lines = ["GET \(url.target) HTTP/1.1", "Host: \(hostHeader ?? url.authority)"]
        if let agent = headers.first(where: { $0.name == "User-Agent" })?.value, !agent.isEmpty {
            lines.append("User-Agent: \(agent)")
        }
        // They are the connection's own, and not a manifest's to say.
        let apart = ["Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer"]
        var rest = headers.filter { !apart.contains($0.name) }
        if let referer, !rest.contains(where: { $0.name == "Referer" }) { rest.append(.init("Referer", referer)) }
        // Of one name in the order of the manifest: the sort is stable.
        lines += rest.sorted { $0.name < $1.name }.map { "\($0.name): \($0.value)" }
        if !rest.contains(where: { $0.name == "Connection" && $0.value.lowercased() == "close" }) {
            lines.append("Connection: close")
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// `x-my-header` as `X-My-Header`.
    private static func canonical(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false).map { part in
            part.prefix(1).uppercased() + part.dropFirst().lowercased()
        }.joined(separator: "-")
    }
}

/// Where a request goes.
package struct HTTPLocation: Hashable, Sendable, CustomStringConvertible {
    package let isSecure: Bool
    /// Without brackets.
    package let host: String
    package let port: UInt16
    let writtenPort: Bool
    /// Path and query as they stand in the request's first line.
    package let target: String

    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return writtenPort ? "\(name):\(port)" : name
    }
    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }

    /// A manifest's path: without its fragment, and with what may not stand in a request as `%` and two digits.
    static func target(_ path: String) -> String {
        let text = path.prefix { $0 != "#" }
        let question = text.firstIndex(of: "?") ?? text.endIndex
        let encoded = encode(text[..<question], "!$&'()*+,;=:@[]-_.~/") + encode(text[question...], nil)
        return encoded.hasPrefix("/") ? encoded : "/" + encoded
    }

    /// What stands as it is besides letters and digits are the marks; nil: all that can be seen.
    private static func encode(_ text: Substring, _ marks: String?) -> String {
        let bytes = Array(text.utf8)
        let kept = marks.map { Set($0.utf8) }
        var output: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isHex = byte == UInt8(ascii: "%") && bytes.dropFirst(index + 1).prefix(2).filter(isHexDigit).count == 2
            let stays = kept.map { $0.contains(byte) || isWord(byte) } ?? (byte > 0x20 && byte < 0x7F)
            if stays || isHex {
                output.append(byte)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// A `Location` against this one; nil for what is no HTTP.
    ///
    /// Source: RFC 3986, section 5.2.
    func resolving(_ reference: String) -> HTTPLocation? {
        let text = reference.prefix { $0 != "#" }
        if let scheme = text.range(of: "://"), scheme.lowerBound > text.startIndex,
            !text[..<scheme.lowerBound].contains(where: { "/?".contains($0) })
        {
            switch text[..<scheme.lowerBound].lowercased() {
            case "http": return Self.absolute(text[scheme.upperBound...], isSecure: false)
            case "https": return Self.absolute(text[scheme.upperBound...], isSecure: true)
            default: return nil
            }
        }
        if text.hasPrefix("//") { return Self.absolute(text.dropFirst(2), isSecure: isSecure) }
        let path = target.prefix { $0 != "?" }
        let whole: String
        if text.hasPrefix("/") {
            whole = String(text)
        } else if text.hasPrefix("?") {
            whole = String(path) + String(text)
        } else if text.isEmpty {
            whole = target
        } else {
            whole = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) + String(text)
        }
        return HTTPLocation(
            isSecure: isSecure, host: host, port: port, writtenPort: writtenPort,
            target: Self.target(Self.withoutDots(whole)))
    }

    private static func absolute(_ text: Substring, isSecure: Bool) -> HTTPLocation? {
        let end = text.firstIndex { "/?".contains($0) } ?? text.endIndex
        let authority = text[..<end].split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        var host = authority
        var digits: Substring = ""
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<close]
            digits = authority[authority.index(after: close)...]
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            digits = authority[colon...]
        }
        let number = digits.hasPrefix(":") && digits.count > 1 ? UInt16(digits.dropFirst()) : isSecure ? 443 : 80
        guard !host.isEmpty, let number else { return nil }
        return HTTPLocation(
            isSecure: isSecure, host: String(host), port: number, writtenPort: digits.count > 1,
            target: target(withoutDots(String(text[end...]))))
    }

    private static func withoutDots(_ text: String) -> String {
        let question = text.firstIndex(of: "?") ?? text.endIndex
        var parts: [Substring] = []
        let all = text[..<question].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, part) in all.enumerated() {
            switch part {
            case ".", "..":
                if part == "..", !parts.isEmpty { parts.removeLast() }
                if index == all.count - 1 { parts.append("") }
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/") + text[question...]
    }
}

extension Substring {
    /// The first place of a text.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
