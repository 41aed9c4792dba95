// SPDX-License-Identifier: Apache-2.0

/// A container's own `securityContext`; what it sets wins over the pod's.
package struct SecurityContext: Codable, Hashable, Sendable {
    package var capabilities: Capabilities?
    package var privileged: Bool?
    package var seLinuxOptions: SELinuxOptions?
    package var windowsOptions: WindowsSecurityContextOptions?
    package var runAsUser: Int64?
    package var runAsGroup: Int64?
    package var runAsNonRoot: Bool?
    package var readOnlyRootFilesystem: Bool?
    package var allowPrivilegeEscalation: Bool?
    /// `Default` or `Unmasked`; acts as `Default` when nil.
    package var procMount: String?
    package var seccompProfile: SeccompProfile?
    package var appArmorProfile: AppArmorProfile?

    package init() {}
}

/// Capability names, as written: with or without `CAP_`, and `ALL`.
package struct Capabilities: Codable, Hashable, Sendable {
    package var add: [String]?
    package var drop: [String]?

    package init(add: [String]? = nil, drop: [String]? = nil) {
        self.add = add
        self.drop = drop
    }
}
