// SPDX-License-Identifier: Apache-2.0

/// Names for one address, as `spec.hostAliases[i]` writes them.
package struct HostsEntry: Hashable, Sendable {
    package var address: String
    package var names: [String]
    package init(address: String, names: [String]) {
        self.address = address
        self.names = names
    }
}

/// The text of a pod's `/etc/hosts`, as a kubelet writes it.
package enum HostsFile {
    /// For a pod with a network namespace of its own: each of its addresses is given its name.
    package static func text(addresses: [String], hostname: PodHostname, aliases: [HostsEntry] = []) -> String {
        let names = hostname.domain.map { "\(hostname.name).\($0)\t\(hostname.name)" } ?? hostname.name
        return """
            # Kubernetes-managed hosts file.
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::0\tip6-localnet
            fe00::0\tip6-mcastprefix
            fe00::1\tip6-allnodes
            fe00::2\tip6-allrouters

            """ + addresses.map { "\($0)\t\(names)\n" }.joined() + text(of: aliases)
    }

    /// For a pod in the machine's network namespace (hostNetwork); `node` is the text of the machine's own file.
    package static func hostNetworkText(node: String, aliases: [HostsEntry] = []) -> String {
        "# Kubernetes-managed hosts file (host network).\n" + node + text(of: aliases)
    }

    private static func text(of aliases: [HostsEntry]) -> String {
        guard !aliases.isEmpty else { return "" }
        return "\n# Entries added by HostAliases.\n"
            + aliases.map { "\($0.address)\t\($0.names.joined(separator: "\t"))\n" }.joined()
    }
}
