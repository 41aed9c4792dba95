// SPDX-License-Identifier: Apache-2.0

/// What a network gave a pod.
///
/// Source: the CNI specification, section 5; results of 0.1.0 and 0.2.0 have `ip4` and `ip6` instead of `ips`.
package struct CNIResult: Hashable, Sendable {
    /// Without the length of their network: `10.22.0.5`.
    package let addresses: [String]
    package let gateways: [String]
    /// What the network says of name servers; empty when nothing.
    package let resolver: ResolverConfiguration

    init(_ value: JSONValue, from source: String) throws(NetworkError) {
        var entries: [(address: JSONValue?, gateway: String?)] = []
        for entry in value["ips"]?.array ?? [] { entries.append((entry["address"], entry["gateway"]?.string)) }
        for key in ["ip4", "ip6"] {
            if let entry = value[key] { entries.append((entry["ip"], entry["gateway"]?.string)) }
        }
        var addresses: [String] = []
        for entry in entries {
            guard let address = entry.address?.string, let host = address.split(separator: "/").first else {
                throw NetworkError("\(source): the result has an entry without an address")
            }
            addresses.append(String(host))
        }
        self.addresses = addresses
        gateways = entries.compactMap(\.gateway)
        func strings(_ key: String) -> [String] { value["dns"]?[key]?.array?.compactMap(\.string) ?? [] }
        let domain = value["dns"]?["domain"]?.string.map { [$0] } ?? []
        resolver = ResolverConfiguration(
            nameservers: strings("nameservers"), searches: strings("search").isEmpty ? domain : strings("search"),
            options: strings("options"))
    }
}
