// SPDX-License-Identifier: Apache-2.0

/// What a pod is asked to be.
///
/// Fields that mean nothing on one machine are carried as ``JSONValue``.
package struct PodSpec: Codable, Hashable, Sendable {
    package var volumes: [Volume]?
    package var initContainers: [Container]?
    package var containers: [Container] = []
    /// With `targetContainerName` where it is set.
    package var ephemeralContainers: [Container]?
    /// `Always`, `OnFailure` or `Never`; `Always` when nil.
    package var restartPolicy: String?
    /// Seconds; 30 when nil.
    package var terminationGracePeriodSeconds: Int64?
    /// Seconds since `status.startTime`.
    package var activeDeadlineSeconds: Int64?
    /// `ClusterFirst`, `ClusterFirstWithHostNet`, `Default` or `None`.
    package var dnsPolicy: String?
    package var nodeSelector: [String: String]?
    package var serviceAccountName: String?
    /// Deprecated name of `serviceAccountName`.
    package var serviceAccount: String?
    package var automountServiceAccountToken: Bool?
    package var nodeName: String?
    package var hostNetwork: Bool?
    package var hostPID: Bool?
    package var hostIPC: Bool?
    package var shareProcessNamespace: Bool?
    package var securityContext: PodSecurityContext?
    package var imagePullSecrets: [LocalObjectReference]?
    package var hostname: String?
    package var subdomain: String?
    package var affinity: JSONValue?
    package var schedulerName: String?
    package var tolerations: [JSONValue]?
    package var hostAliases: [HostAlias]?
    package var priorityClassName: String?
    package var priority: Int32?
    package var dnsConfig: PodDNSConfig?
    package var readinessGates: [PodReadinessGate]?
    package var runtimeClassName: String?
    package var enableServiceLinks: Bool?
    package var preemptionPolicy: String?
    package var overhead: [String: Quantity]?
    package var topologySpreadConstraints: [JSONValue]?
    package var setHostnameAsFQDN: Bool?
    package var os: PodOS?
    /// False asks for a user namespace of the pod's own; nil is true.
    package var hostUsers: Bool?
    package var schedulingGates: [JSONValue]?
    package var resourceClaims: [JSONValue]?
    package var resources: ResourceRequirements?
    package var hostnameOverride: String?
    package var schedulingGroup: JSONValue?

    package init(containers: [Container] = []) {
        self.containers = containers
    }
}

/// An object of the pod's namespace, by name.
package struct LocalObjectReference: Codable, Hashable, Sendable {
    package var name: String?

    package init(name: String? = nil) {
        self.name = name
    }
}

/// A line of the pod's `/etc/hosts`.
package struct HostAlias: Codable, Hashable, Sendable {
    package var ip = ""
    package var hostnames: [String]?

    package init(ip: String = "", hostnames: [String]? = nil) {
        self.ip = ip
        self.hostnames = hostnames
    }
}

/// What is added to the pod's `/etc/resolv.conf`, or all of it under `dnsPolicy: None`.
package struct PodDNSConfig: Codable, Hashable, Sendable {
    package var nameservers: [String]?
    package var searches: [String]?
    package var options: [PodDNSConfigOption]?

    package init(nameservers: [String]? = nil, searches: [String]? = nil, options: [PodDNSConfigOption]? = nil) {
        self.nameservers = nameservers
        self.searches = searches
        self.options = options
    }
}

/// An option of resolv.conf(5), such as `ndots:5`.
package struct PodDNSConfigOption: Codable, Hashable, Sendable {
    package var name: String?
    package var value: String?

    package init(name: String? = nil, value: String? = nil) {
        self.name = name
        self.value = value
    }
}

/// A condition that must be true as well before the pod is ready.
package struct PodReadinessGate: Codable, Hashable, Sendable {
    package var conditionType = ""

    package init(conditionType: String = "") {
        self.conditionType = conditionType
    }
}

/// The operating system that the pod is for.
package struct PodOS: Codable, Hashable, Sendable {
    /// `linux` or `windows`.
    package var name = ""

    package init(name: String = "") {
        self.name = name
    }
}
