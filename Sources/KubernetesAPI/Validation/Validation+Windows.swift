// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// Checked also for a pod that is not for Windows, as the server does.
    mutating func windowsOptions(_ options: WindowsSecurityContextOptions?) {
        guard let options else { return }
        within("windowsOptions") { validation in
            if let name = options.gmsaCredentialSpecName {
                validation.invalid("gmsaCredentialSpecName", name, each: NameRules.subdomain(name))
            }
            if let specification = options.gmsaCredentialSpec {
                let value = FieldError.Value.string(specification)
                if specification.isEmpty {
                    validation.invalid("gmsaCredentialSpec", value, "gmsaCredentialSpec cannot be an empty string")
                } else if specification.utf8.count > 64 << 10 {
                    validation.invalid("gmsaCredentialSpec", value, "gmsaCredentialSpec size must be under 64 KiB")
                }
            }
            if let name = options.runAsUserName {
                for problem in WindowsUserName.problems(name) {
                    validation.invalid("runAsUserName", .string(name), problem)
                }
            }
        }
    }

    /// Containers that are processes of a Windows host: all of the pod's or none, and on the host's network.
    mutating func hostProcess(_ spec: PodSpec) {
        let inherited = spec.securityContext?.windowsOptions?.hostProcess
        var count = 0
        var all = 0
        eachContainer(spec) { validation, container in
            all += 1
            let own = container.securityContext?.windowsOptions?.hostProcess
            if let own, let inherited, own != inherited {
                let problem = "pod hostProcess value must be identical if both are specified, was \(inherited)"
                validation.within("securityContext") {
                    $0.within("windowsOptions") { $0.invalid("hostProcess", .bool(own), problem) }
                }
            }
            if own ?? inherited == true { count += 1 }
        }
        guard count > 0 else { return }
        if count != all {
            invalid(
                .string(""),
                "If pod contains any hostProcess containers then all containers must be HostProcess containers")
        }
        if spec.hostNetwork != true {
            let problem = "hostNetwork must be true if pod contains any hostProcess containers"
            invalid("hostNetwork", .bool(false), problem)
        }
    }
}

/// A Windows user, `DOMAIN\USER` or `USER`.
private enum WindowsUserName {
    static func problems(_ name: String) -> [String] {
        guard !name.isEmpty else { return ["runAsUserName cannot be an empty string"] }
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            return ["runAsUserName cannot contain control characters"]
        }
        let parts = name.split(separator: "\\", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return ["runAsUserName cannot contain more than one backslash"] }
        var problems: [String] = []
        if parts.count == 2 { problems += domain(parts[0]) }
        return problems + user(parts[parts.count - 1])
    }

    private static func domain(_ domain: Substring) -> [String] {
        var problems: [String] = []
        if domain.utf8.count >= 256 { problems.append("runAsUserName's Domain length must be under 256 characters") }
        if !isNetBIOS(domain), !isDNS(domain) {
            problems.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
        }
        return problems
    }

    private static func user(_ user: Substring) -> [String] {
        var problems: [String] = []
        if user.isEmpty {
            problems.append("runAsUserName's User cannot be empty")
        } else if user.utf8.count > 104 {
            problems.append("runAsUserName's User length must not be longer than 104 characters")
        }
        if !user.isEmpty, user.allSatisfy({ $0 == "." || $0 == " " }) {
            problems.append("runAsUserName's User cannot contain only periods or spaces")
        }
        if user.contains(where: { "\"/\\:;|=,+*?<>@[]".contains($0) }) {
            problems.append(#"runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]"#)
        }
        return problems
    }

    /// At most 15 characters, none of them `\ / : * ? " < > |`, and no dot first.
    private static func isNetBIOS(_ domain: Substring) -> Bool {
        (1...15).contains(domain.unicodeScalars.count) && domain.first != "."
            && !domain.contains { "\\/:*?\"<>|".contains($0) }
    }

    private static func isDNS(_ domain: Substring) -> Bool {
        domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            func isAlphanumeric(_ byte: UInt8) -> Bool {
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            }
            guard (1...63).contains(label.count), let first = label.first, let last = label.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }
}
