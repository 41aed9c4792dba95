// SPDX-License-Identifier: Apache-2.0

/// What a pod with a network namespace of its own is called.
package struct PodHostname: Hashable, Sendable {
    /// The first part: at most 63 characters, or what `spec.hostnameOverride` says.
    package let name: String
    /// `SUBDOMAIN.NAMESPACE.svc.CLUSTERDOMAIN` for a pod with `spec.subdomain`.
    package let domain: String?
    /// The name of the UTS namespace, at most 64 bytes.
    ///
    /// It is ``name``, or with `spec.setHostnameAsFQDN` both parts.
    package let systemName: String

    /// Decides the names: without `spec.hostname` it is the pod's, and `override`, `spec.hostnameOverride`, replaces all.
    ///
    /// It throws when the whole name is to be the hostname and is longer than the kernel takes.
    package init(
        podName: String, namespace: String, hostname: String? = nil, subdomain: String? = nil, override: String? = nil,
        setHostnameAsFQDN: Bool = false, clusterDomain: String = "cluster.local"
    ) throws(NetworkError) {
        if let override, !override.isEmpty {
            name = override
            domain = nil
            systemName = override
            return
        }
        name = Self.shortened(hostname.flatMap { $0.isEmpty ? nil : $0 } ?? podName)
        domain = subdomain.flatMap { $0.isEmpty ? nil : "\($0).\(namespace).svc.\(clusterDomain)" }
        guard setHostnameAsFQDN, let domain else {
            systemName = name
            return
        }
        systemName = "\(name).\(domain)"
        if systemName.utf8.count > 64 {
            throw NetworkError(
                "spec.setHostnameAsFQDN: \(systemName) is too long (64 characters is the max, "
                    + "\(systemName.utf8.count) characters requested)")
        }
    }

    /// The text of `/etc/hostname`.
    package var fileText: String { systemName + "\n" }

    /// A DNS label's 63 characters at most, which must not end in `-` or `.`.
    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > 63 else { return name }
        var short = String(decoding: name.utf8.prefix(63), as: UTF8.self)
        while let last = short.last, last == "-" || last == "." { short.removeLast() }
        return short
    }
}
