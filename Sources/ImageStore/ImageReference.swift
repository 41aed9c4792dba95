// SPDX-License-Identifier: Apache-2.0

/// The full name of an image: registry, repository, and a tag or a digest.
///
/// Short names mean what they mean everywhere: `busybox` is `docker.io/library/busybox:latest`. Source: the reference
/// grammar of the distribution project, as the kubelet and containerd read it.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    package enum Version: Hashable, Sendable {
        case tag(String)
        case digest(Digest)
    }
    /// The registry: `docker.io`, `host.tld:5000`.
    package let domain: String
    /// The repository in it: `library/busybox`.
    package let path: String
    /// A digest wins where both were written, as in containerd.
    package let version: Version

    /// - Throws: ``ImageError`` of kind `invalidName`, in the kubelet's words.
    package init(_ text: String) throws(ImageError) {
        func refuse(_ reason: String) -> ImageError {
            ImageError(.invalidName, "couldn't parse image name \"\(text)\": \(reason)")
        }
        let malformed = "invalid reference format"
        guard Digest(hex: text) == nil else {
            throw refuse("invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings")
        }
        var rest = text[...]
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            let written = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
            guard let known = Digest(written) else { throw refuse(Self.reason(digest: written) ?? malformed) }
            digest = known
        }
        var (domain, remainder) = Self.split(rest)
        var tag: Substring?
        if let colon = remainder.firstIndex(of: ":") {
            tag = remainder[remainder.index(after: colon)...]
            remainder = remainder[..<colon]
        }
        guard tag.map(Self.isTag) ?? true, Self.isDomain(domain) else { throw refuse(malformed) }
        guard remainder == remainder.lowercased() else {
            throw refuse("\(malformed): repository name (\(remainder)) must be lowercase")
        }
        let parts = remainder.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy(Self.isPathComponent) else { throw refuse(malformed) }
        guard remainder.utf8.count <= 255 else {
            throw refuse("repository name must not be more than 255 characters")
        }
        self.domain = String(domain)
        path = String(remainder)
        version = digest.map(Version.digest) ?? .tag(tag.map(String.init) ?? "latest")
    }

    /// `docker.io/library/busybox`.
    package var repository: String { "\(domain)/\(path)" }

    /// The full name: `docker.io/library/busybox:latest`.
    package var description: String {
        switch version {
        case .tag(let tag): "\(repository):\(tag)"
        case .digest(let digest): "\(repository)@\(digest)"
        }
    }

    /// Registry and repository with the defaults of Docker Hub filled in.
    private static func split(_ name: Substring) -> (domain: Substring, remainder: Substring) {
        var domain: Substring = "docker.io"
        var remainder = name
        if let slash = name.firstIndex(of: "/") {
            let first = name[..<slash]
            if first.contains(where: { ".:".contains($0) }) || first == "localhost" || first != first.lowercased() {
                domain = first == "index.docker.io" ? "docker.io" : first
                remainder = name[name.index(after: slash)...]
            }
        }
        if domain == "docker.io" && !remainder.contains("/") { remainder = "library/" + remainder }
        return (domain, remainder)
    }
}

// The grammar's terms.
extension ImageReference {
    /// Why the distribution project refuses a digest that has the form of one; nil when it has not even that.
    private static func reason(digest: String) -> String? {
        let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].utf8.first, isLetter(first),
            parts[0].utf8.allSatisfy({ isAlphanumeric($0) || "-_+.".utf8.contains($0) }),
            parts[1].utf8.count >= 32, parts[1].allSatisfy(\.isHexDigit)
        else { return nil }
        guard ["sha256", "sha384", "sha512"].contains(parts[0]) else { return "unsupported digest algorithm" }
        let length = ["sha256": 64, "sha384": 96, "sha512": 128][parts[0]] ?? 0
        if parts[1].utf8.count != length { return "invalid checksum digest length" }
        return parts[0] == "sha256" ? "invalid checksum digest format" : "unsupported digest algorithm"
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    /// Host and port: dot-separated names, or an IPv6 address in brackets.
    private static func isDomain(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            let port = text[text.index(after: colon)...]
            guard !port.isEmpty, port.utf8.allSatisfy(isDecimal) else { return false }
            host = text[..<colon]
        }
        if host.hasPrefix("[") {
            let address = host.dropFirst().dropLast()
            return host.hasSuffix("]") && !address.isEmpty
                && address.allSatisfy { $0 == ":" || $0.isASCII && $0.isHexDigit }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { name in
            guard let first = name.utf8.first, let last = name.utf8.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Letters and digits in lower case, joined by `.`, `_`, `__` or any number of `-`.
    private static func isPathComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, isPlain(first), isPlain(last) else {
            return false
        }
        return text.utf8.split(whereSeparator: isPlain).allSatisfy { separator in
            switch Substring(separator) {
            case ".", "_", "__": true
            case let dashes: dashes.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
            }
        }
    }

    private static func isDecimal(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isPlain(_ byte: UInt8) -> Bool {
        isDecimal(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isDecimal(byte) || isLetter(byte) }
}
