// SPDX-License-Identifier: Apache-2.0

/// What became of the pod.
package struct PodStatus: Codable, Hashable, Sendable {
    package var observedGeneration: Int64?
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    package var phase: String?
    package var conditions: [PodCondition]?
    package var message: String?
    package var reason: String?
    package var nominatedNodeName: String?
    package var hostIP: String?
    package var hostIPs: [HostIP]?
    package var podIP: String?
    package var podIPs: [PodIP]?
    package var startTime: String?
    package var initContainerStatuses: [ContainerStatus]?
    package var containerStatuses: [ContainerStatus]?
    /// `Guaranteed`, `Burstable` or `BestEffort`.
    package var qosClass: String?
    package var ephemeralContainerStatuses: [ContainerStatus]?
    package var resize: String?
    package var resourceClaimStatuses: [JSONValue]?
    package var extendedResourceClaimStatus: JSONValue?
    package var allocatedResources: [String: Quantity]?
    package var resources: ResourceRequirements?

    package init() {}
}

/// One thing that is true of the pod or not yet.
package struct PodCondition: Codable, Hashable, Sendable {
    package var type = ""
    package var observedGeneration: Int64?
    /// `True`, `False` or `Unknown`.
    package var status = ""
    package var lastProbeTime: String?
    package var lastTransitionTime: String?
    package var reason: String?
    package var message: String?

    package init(
        type: String = "", observedGeneration: Int64? = nil, status: String = "", lastProbeTime: String? = nil,
        lastTransitionTime: String? = nil, reason: String? = nil, message: String? = nil
    ) {
        self.type = type
        self.observedGeneration = observedGeneration
        self.status = status
        self.lastProbeTime = lastProbeTime
        self.lastTransitionTime = lastTransitionTime
        self.reason = reason
        self.message = message
    }
}

/// An address of the pod.
package struct PodIP: Codable, Hashable, Sendable {
    package var ip: String?

    package init(ip: String? = nil) {
        self.ip = ip
    }
}

/// An address of the machine.
package struct HostIP: Codable, Hashable, Sendable {
    package var ip: String?

    package init(ip: String? = nil) {
        self.ip = ip
    }
}
