// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import Volumes

/// The stored objects that a pod names, for those that prepare it.
struct StoredObjects: VolumeObjects {
    let root: StateRoot
    var objects: ObjectStore { ObjectStore(root: root) }

    func claim(_ name: String, namespace: String) throws -> PersistentVolumeClaim? {
        try objects.read(PersistentVolumeClaim.self, .claim, ObjectName(namespace: namespace, name: name))
    }
    func configMap(_ name: String, namespace: String) throws -> ConfigMap? {
        try objects.read(ConfigMap.self, .configMap, ObjectName(namespace: namespace, name: name))
    }
    func secret(_ name: String, namespace: String) throws -> Secret? {
        try objects.read(Secret.self, .secret, ObjectName(namespace: namespace, name: name))
    }
    func volume(of claim: PersistentVolumeClaim) throws -> PersistentVolume { try ClaimBinding(root: root).bind(claim) }

    func isMounted(_ volume: PersistentVolume, otherThanBy podUID: String) throws -> Bool {
        guard let claim = volume.spec.claimRef, let name = claim.name, let namespace = claim.namespace else {
            return false
        }
        let users = try ClaimUsers(root: root).users(of: ObjectName(namespace: namespace, name: name))
        for user in users where user.uid != podUID {
            guard let record = try PodRecord(reading: user, in: root), case .supervised = record.life else { continue }
            return true
        }
        return false
    }
}
