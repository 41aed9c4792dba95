// SPDX-License-Identifier: Apache-2.0

/// Rules about texts alone.
///
/// Each returns what is wrong, in the API server's words; nothing if it is right.
enum NameRules {
    /// A DNS label by RFC 1123, at most 63 bytes.
    static func label(_ name: String) -> [String] {
        var problems: [String] = []
        if name.utf8.count > 63 { problems.append(atMost(63)) }
        guard !isLabel(name.utf8[...]) else { return problems }
        problems.append(
            isSubdomain(name)
                ? "must not contain dots"
                : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
                    + "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation "
                    + "is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")
        return problems
    }

    /// A DNS subdomain by RFC 1123, at most 253 bytes.
    static func subdomain(_ name: String) -> [String] {
        var problems: [String] = []
        if name.utf8.count > 253 { problems.append(atMost(253)) }
        if !isSubdomain(name) {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
                    + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
        }
        return problems
    }

    /// A search domain of resolv.conf(5): a subdomain whose labels may have underscores.
    static func searchDomain(_ name: String) -> [String] {
        var problems: [String] = []
        if name.utf8.count > 253 { problems.append(atMost(253)) }
        let isRight = name.utf8.split(separator: dot, omittingEmptySubsequences: false).allSatisfy { label in
            let body = label.first == underscore ? label.dropFirst() : label
            return isWord(
                body, inner: { isLowerAlphanumeric($0) || $0 == dash || $0 == underscore }, ends: isLowerAlphanumeric)
        }
        if !isRight {
            problems.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and "
                    + "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation "
                    + "is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')")
        }
        return problems
    }

    /// A name with an optional prefix and slash, as labels' and resources' keys are.
    static func qualifiedName(_ name: String) -> [String] {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let rule =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
            + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        guard parts.count <= 2 else {
            return [
                "a qualified name \(rule) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        var problems: [String] = []
        if parts.count == 2 {
            problems =
                parts[0].isEmpty
                ? ["prefix part must be non-empty"] : subdomain(String(parts[0])).map { "prefix part \($0)" }
        }
        let own = parts[parts.count - 1]
        if own.isEmpty {
            problems.append("name part must be non-empty")
        } else if own.utf8.count > 63 {
            problems.append("name part \(atMost(63))")
        }
        if !isWord(own.utf8[...], inner: isNameByte, ends: isAlphanumeric) { problems.append("name part \(rule)") }
        return problems
    }

    static func labelValue(_ value: String) -> [String] {
        var problems: [String] = []
        if value.utf8.count > 63 { problems.append(atMost(63)) }
        if !value.isEmpty, !isWord(value.utf8[...], inner: isNameByte, ends: isAlphanumeric) {
            problems.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
                    + "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
                    + "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
        }
        return problems
    }

    static func portName(_ name: String) -> [String] {
        var problems: [String] = []
        if name.utf8.count > 15 { problems.append(atMost(15)) }
        if name.isEmpty || !name.utf8.allSatisfy({ isLowerAlphanumeric($0) || $0 == dash }) {
            problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !name.utf8.contains(where: { (97...122).contains($0) }) {
            problems.append("must contain at least one letter (a-z)")
        }
        if name.contains("--") { problems.append("must not contain consecutive hyphens") }
        if name.utf8.first == dash || name.utf8.last == dash {
            problems.append("must not begin or end with a hyphen")
        }
        return problems
    }

    static func portNumber(_ number: Int32) -> [String] {
        (1...65535).contains(number) ? [] : ["must be between 1 and 65535, inclusive"]
    }

    static func environmentName(_ name: String) -> [String] {
        name.utf8.allSatisfy { (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: "=") }
            ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    }

    /// A key of a config map or secret, which becomes a file name.
    static func dataKey(_ key: String) -> [String] {
        var problems: [String] = []
        if key.utf8.count > 253 { problems.append(atMost(253)) }
        if key.isEmpty || !key.utf8.allSatisfy(isNameByte) {
            problems.append(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
        }
        if key == "." {
            problems.append("must not be '.'")
        } else if key == ".." {
            problems.append("must not be '..'")
        } else if key.hasPrefix("..") {
            problems.append("must not start with '..'")
        }
        return problems
    }

    static func headerName(_ name: String) -> [String] {
        !name.isEmpty && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == dash }
            ? []
            : [
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for "
                    + "validation is '[-A-Za-z0-9]+')"
            ]
    }

    /// A path as URLs have it.
    static func path(_ path: String) -> [String] {
        let others = "/-._~%!$&'()*+,;=:".utf8
        return !path.isEmpty && path.utf8.allSatisfy { isAlphanumeric($0) || others.contains($0) }
            ? [] : [#"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')"#]
    }

    /// A sysctl's name, with dots or slashes, at most 253 bytes.
    static func isSysctl(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.utf8.split(omittingEmptySubsequences: false) { $0 == dot || $0 == UInt8(ascii: "/") }
                .allSatisfy { segment in
                    isWord(
                        segment, inner: { isLowerAlphanumeric($0) || $0 == dash || $0 == underscore },
                        ends: isLowerAlphanumeric)
                }
    }

    private static let dot = UInt8(ascii: ".")
    private static let dash = UInt8(ascii: "-")
    private static let underscore = UInt8(ascii: "_")

    private static func atMost(_ bytes: Int) -> String { "must be no more than \(bytes) characters" }

    private static func isSubdomain(_ name: String) -> Bool {
        name.utf8.split(separator: dot, omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    private static func isLabel(_ name: Substring.UTF8View) -> Bool {
        isWord(name, inner: { isLowerAlphanumeric($0) || $0 == dash }, ends: isLowerAlphanumeric)
    }

    /// Whether this is not empty, its ends are of one class, and what is between them of another.
    private static func isWord(
        _ word: Substring.UTF8View, inner: (UInt8) -> Bool, ends: (UInt8) -> Bool
    ) -> Bool {
        guard let first = word.first, let last = word.last else { return false }
        return ends(first) && ends(last) && word.allSatisfy(inner)
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte)
    }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerAlphanumeric(byte) || (65...90).contains(byte) }
    private static func isNameByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == dash || byte == underscore || byte == dot
    }
}
