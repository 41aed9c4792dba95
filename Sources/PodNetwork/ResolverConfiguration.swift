// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// What a resolver is told: the content of `/etc/resolv.conf`.
///
/// Source: resolv.conf(5).
package struct ResolverConfiguration: Hashable, Sendable {
    package var nameservers: [String]
    package var searches: [String]
    /// Such as `ndots:5`, `edns0`.
    package var options: [String]

    package init(nameservers: [String] = [], searches: [String] = [], options: [String] = []) {
        self.nameservers = nameservers
        self.searches = searches
        self.options = options
    }

    /// Reads a file's text: all servers and options, the last `search`.
    package init(parsing text: String) {
        self.init()
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let keyword = fields.first, !keyword.hasPrefix("#") else { continue }
            switch keyword {
            case "nameserver": nameservers += fields.dropFirst().prefix(1)
            case "search":
                searches = fields.dropFirst().map { $0.count > 1 && $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
            case "options": fields.dropFirst().forEach { set($0) }
            default: continue
            }
        }
    }

    /// The machine's own configuration; an absent file is an empty one.
    ///
    /// Where systemd-resolved answers on the machine's loopback, which a pod does not reach, its upstream servers are
    /// taken: `/run/systemd/resolve/resolv.conf`, as kubeadm sets kubelets up. Source: systemd-resolved.service(8).
    package static func node() throws(SyscallError) -> Self {
        let configuration = try read("/etc/resolv.conf") ?? Self()
        guard configuration.nameservers.contains("127.0.0.53") else { return configuration }
        return try read("/run/systemd/resolve/resolv.conf") ?? configuration
    }

    private static func read(_ path: String) throws(SyscallError) -> Self? {
        do { return Self(parsing: try File.readText(path)) } catch  where error.errno == .noEntry { return nil }
    }

    /// The text of the file: each line only when it says something.
    package var text: String {
        (searches.isEmpty ? "" : "search \(searches.joined(separator: " "))\n")
            + nameservers.map { "nameserver \($0)\n" }.joined()
            + (options.isEmpty ? "" : "options \(options.joined(separator: " "))\n")
    }

    /// Adds an option, or gives one of that name its new value.
    private mutating func set(_ option: String) {
        func name(_ option: String) -> Substring { option.prefix { $0 != ":" } }
        if let place = options.firstIndex(where: { name($0) == name(option) }) {
            options[place] = option
        } else {
            options.append(option)
        }
    }
}

// MARK: - pods

extension ResolverConfiguration {
    /// `spec.dnsPolicy`.
    package enum Policy: String, Hashable, Sendable {
        case clusterFirst = "ClusterFirst"
        case clusterFirstWithHostNet = "ClusterFirstWithHostNet"
        case `default` = "Default"
        case none = "None"
    }

    /// The cluster's DNS service.
    package struct Cluster: Hashable, Sendable {
        package var nameservers: [String]
        package var domain: String
        package init(nameservers: [String], domain: String = "cluster.local") {
            self.nameservers = nameservers
            self.domain = domain
        }
    }

    /// Something that a user of the pod should know, in an event's words.
    package struct Note: Hashable, Sendable {
        package let reason: String
        package let message: String
    }

    /// What a pod's resolver is told.
    ///
    /// `additions` is `spec.dnsConfig`, an option being `NAME` or `NAME:VALUE`; `node` is the machine's own configuration.
    /// Where there is no `cluster` DNS, ClusterFirst is Default, and a note says so.
    package static func pod(
        policy: Policy, additions: Self = Self(), namespace: String, hostNetwork: Bool, node: Self,
        cluster: Cluster? = nil
    ) -> (configuration: Self, notes: [Note]) {
        var notes: [Note] = []
        var result: Self
        switch policy {
        case .none: result = Self()
        case .default: result = node
        case .clusterFirst where hostNetwork: result = node
        case .clusterFirst, .clusterFirstWithHostNet:
            if let cluster {
                let suffixes = ["\(namespace).svc.\(cluster.domain)", "svc.\(cluster.domain)", cluster.domain]
                result = Self(
                    nameservers: cluster.nameservers, searches: suffixes + node.searches, options: ["ndots:5"])
            } else {
                result = node
                notes.append(
                    Note(
                        reason: "MissingClusterDNS",
                        message: "this machine has no cluster DNS, so the pod cannot use the "
                            + "\"\(policy.rawValue)\" policy. Falling back to \"Default\" policy."))
            }
        }
        result.nameservers = unique(result.nameservers + additions.nameservers)
        result.searches = unique(result.searches + additions.searches)
        additions.options.forEach { result.set($0) }
        notes += result.keepWithinLimits()
        return (result, notes)
    }

    /// Leaves out what resolvers and the API's validation do not take: more than 3 servers, 32 suffixes, 2048 characters.
    private mutating func keepWithinLimits() -> [Note] {
        var notes: [Note] = []
        if nameservers.count > 3 {
            nameservers.removeSubrange(3...)
            notes.append(
                Note(
                    reason: "DNSConfigForming",
                    message: "Nameserver limits were exceeded, some nameservers have been omitted, the applied "
                        + "nameserver line is: \(nameservers.joined(separator: " "))"))
        }
        let wanted = searches.count
        if wanted > 32 { searches.removeSubrange(32...) }
        while searches.joined(separator: " ").utf8.count > 2048 { searches.removeLast() }
        if searches.count < wanted {
            notes.append(
                Note(
                    reason: "DNSConfigForming",
                    message: "Search Line limits were exceeded, some search paths have been omitted, the applied "
                        + "search line is: \(searches.joined(separator: " "))"))
        }
        return notes
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
