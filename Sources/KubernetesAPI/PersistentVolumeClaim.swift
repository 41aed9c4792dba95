// SPDX-License-Identifier: Apache-2.0

/// A request for storage, which outlives pods.
package struct PersistentVolumeClaim: Codable, Hashable, Sendable {
    package var apiVersion = "v1"
    package var kind = "PersistentVolumeClaim"
    package var metadata = ObjectMeta()
    package var spec = PersistentVolumeClaimSpec()
    package var status: PersistentVolumeClaimStatus?

    package init(
        metadata: ObjectMeta = ObjectMeta(), spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec(),
        status: PersistentVolumeClaimStatus? = nil
    ) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

/// What storage is asked for.
package struct PersistentVolumeClaimSpec: Codable, Hashable, Sendable {
    package var accessModes: [String]?
    package var selector: LabelSelector?
    package var resources = VolumeResourceRequirements()
    /// The volume that the claim is bound to.
    package var volumeName: String?
    /// Nil asks for the default class, `""` for a volume without class.
    package var storageClassName: String?
    /// `Filesystem` or `Block`.
    package var volumeMode: String?
    package var dataSource: JSONValue?
    package var dataSourceRef: JSONValue?
    package var volumeAttributesClassName: String?

    package init(resources: VolumeResourceRequirements = VolumeResourceRequirements()) {
        self.resources = resources
    }
}

/// How much storage: the key is `storage`.
package struct VolumeResourceRequirements: Codable, Hashable, Sendable {
    package var limits: [String: Quantity]?
    package var requests: [String: Quantity]?

    package init(limits: [String: Quantity]? = nil, requests: [String: Quantity]? = nil) {
        self.limits = limits
        self.requests = requests
    }
}

/// What the claim got.
package struct PersistentVolumeClaimStatus: Codable, Hashable, Sendable {
    /// `Pending`, `Bound` or `Lost`.
    package var phase: String?
    package var accessModes: [String]?
    package var capacity: [String: Quantity]?
    package var conditions: [JSONValue]?
    package var allocatedResources: [String: Quantity]?
    package var allocatedResourceStatuses: [String: String]?
    package var currentVolumeAttributesClassName: String?
    package var modifyVolumeStatus: JSONValue?

    package init(
        phase: String? = nil, accessModes: [String]? = nil, capacity: [String: Quantity]? = nil,
        conditions: [JSONValue]? = nil, allocatedResources: [String: Quantity]? = nil,
        allocatedResourceStatuses: [String: String]? = nil, currentVolumeAttributesClassName: String? = nil,
        modifyVolumeStatus: JSONValue? = nil
    ) {
        self.phase = phase
        self.accessModes = accessModes
        self.capacity = capacity
        self.conditions = conditions
        self.allocatedResources = allocatedResources
        self.allocatedResourceStatuses = allocatedResourceStatuses
        self.currentVolumeAttributesClassName = currentVolumeAttributesClassName
        self.modifyVolumeStatus = modifyVolumeStatus
    }
}
