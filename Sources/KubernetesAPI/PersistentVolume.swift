// SPDX-License-Identifier: Apache-2.0

/// Storage that claims are bound to.
package struct PersistentVolume: Codable, Hashable, Sendable {
    package var apiVersion = "v1"
    package var kind = "PersistentVolume"
    package var metadata = ObjectMeta()
    package var spec = PersistentVolumeSpec()
    package var status: PersistentVolumeStatus?

    package init(
        metadata: ObjectMeta = ObjectMeta(), spec: PersistentVolumeSpec = PersistentVolumeSpec(),
        status: PersistentVolumeStatus? = nil
    ) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

/// The storage and who may claim it.
///
/// Sources other than `local` and `hostPath` are carried.
package struct PersistentVolumeSpec: Codable, Hashable, Sendable {
    package var capacity: [String: Quantity]?
    package var gcePersistentDisk: JSONValue?
    package var awsElasticBlockStore: JSONValue?
    package var hostPath: HostPathVolumeSource?
    package var glusterfs: JSONValue?
    package var nfs: JSONValue?
    package var rbd: JSONValue?
    package var iscsi: JSONValue?
    package var cinder: JSONValue?
    package var cephfs: JSONValue?
    package var fc: JSONValue?
    package var flocker: JSONValue?
    package var flexVolume: JSONValue?
    package var azureFile: JSONValue?
    package var vsphereVolume: JSONValue?
    package var quobyte: JSONValue?
    package var azureDisk: JSONValue?
    package var photonPersistentDisk: JSONValue?
    package var portworxVolume: JSONValue?
    package var scaleIO: JSONValue?
    package var local: LocalVolumeSource?
    package var storageos: JSONValue?
    package var csi: JSONValue?
    package var accessModes: [String]?
    package var claimRef: ObjectReference?
    /// `Retain`, `Delete` or `Recycle`.
    package var persistentVolumeReclaimPolicy: String?
    package var storageClassName: String?
    package var mountOptions: [String]?
    /// `Filesystem` or `Block`.
    package var volumeMode: String?
    package var nodeAffinity: JSONValue?
    package var volumeAttributesClassName: String?

    package init() {}
}

/// A folder or block device of the machine.
package struct LocalVolumeSource: Codable, Hashable, Sendable {
    package var path = ""
    package var fsType: String?

    package init(path: String = "", fsType: String? = nil) {
        self.path = path
        self.fsType = fsType
    }
}

/// Whether the volume is claimed.
package struct PersistentVolumeStatus: Codable, Hashable, Sendable {
    /// `Available`, `Bound`, `Released` or `Failed`.
    package var phase: String?
    package var message: String?
    package var reason: String?
    package var lastPhaseTransitionTime: String?

    package init(
        phase: String? = nil, message: String? = nil, reason: String? = nil, lastPhaseTransitionTime: String? = nil
    ) {
        self.phase = phase
        self.message = message
        self.reason = reason
        self.lastPhaseTransitionTime = lastPhaseTransitionTime
    }
}

/// Another object, wherever it is.
package struct ObjectReference: Codable, Hashable, Sendable {
    package var kind: String?
    package var namespace: String?
    package var name: String?
    package var uid: String?
    package var apiVersion: String?
    package var resourceVersion: String?
    package var fieldPath: String?

    package init(
        kind: String? = nil, namespace: String? = nil, name: String? = nil, uid: String? = nil,
        apiVersion: String? = nil, resourceVersion: String? = nil, fieldPath: String? = nil
    ) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.apiVersion = apiVersion
        self.resourceVersion = resourceVersion
        self.fieldPath = fieldPath
    }
}
