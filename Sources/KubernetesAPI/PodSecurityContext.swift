// SPDX-License-Identifier: Apache-2.0

/// `spec.securityContext`: what holds for all containers unless their own context says otherwise.
package struct PodSecurityContext: Codable, Hashable, Sendable {
    package var seLinuxOptions: SELinuxOptions?
    package var windowsOptions: WindowsSecurityContextOptions?
    package var runAsUser: Int64?
    package var runAsGroup: Int64?
    package var runAsNonRoot: Bool?
    package var supplementalGroups: [Int64]?
    /// `Merge` or `Strict`; acts as `Merge` when nil.
    package var supplementalGroupsPolicy: String?
    package var fsGroup: Int64?
    package var sysctls: [Sysctl]?
    /// `OnRootMismatch` or `Always`; acts as `Always` when nil.
    package var fsGroupChangePolicy: String?
    package var seccompProfile: SeccompProfile?
    package var appArmorProfile: AppArmorProfile?
    /// `MountOption` or `Recursive`.
    package var seLinuxChangePolicy: String?

    package init() {}
}

/// A kernel parameter that is set in the pod's namespaces.
package struct Sysctl: Codable, Hashable, Sendable {
    package var name = ""
    package var value = ""

    package init(name: String = "", value: String = "") {
        self.name = name
        self.value = value
    }
}

/// The four parts of an SELinux label.
package struct SELinuxOptions: Codable, Hashable, Sendable {
    package var user: String?
    package var role: String?
    package var type: String?
    package var level: String?

    package init(user: String? = nil, role: String? = nil, type: String? = nil, level: String? = nil) {
        self.user = user
        self.role = role
        self.type = type
        self.level = level
    }
}

/// Which system calls are allowed.
package struct SeccompProfile: Codable, Hashable, Sendable {
    /// `Unconfined`, `RuntimeDefault` or `Localhost`.
    package var type = ""
    /// A path below the node's profile folder, with `Localhost` alone.
    package var localhostProfile: String?

    package init(type: String = "", localhostProfile: String? = nil) {
        self.type = type
        self.localhostProfile = localhostProfile
    }
}

/// Which AppArmor profile confines the processes.
package struct AppArmorProfile: Codable, Hashable, Sendable {
    /// `Unconfined`, `RuntimeDefault` or `Localhost`.
    package var type = ""
    /// The name of a loaded profile, with `Localhost` alone.
    package var localhostProfile: String?

    package init(type: String = "", localhostProfile: String? = nil) {
        self.type = type
        self.localhostProfile = localhostProfile
    }
}

/// What only Windows nodes enforce; refused with `os.name: linux`.
package struct WindowsSecurityContextOptions: Codable, Hashable, Sendable {
    package var gmsaCredentialSpecName: String?
    package var gmsaCredentialSpec: String?
    package var runAsUserName: String?
    package var hostProcess: Bool?

    package init(
        gmsaCredentialSpecName: String? = nil, gmsaCredentialSpec: String? = nil, runAsUserName: String? = nil,
        hostProcess: Bool? = nil
    ) {
        self.gmsaCredentialSpecName = gmsaCredentialSpecName
        self.gmsaCredentialSpec = gmsaCredentialSpec
        self.runAsUserName = runAsUserName
        self.hostProcess = hostProcess
    }
}
