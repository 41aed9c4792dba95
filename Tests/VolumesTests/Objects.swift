// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Volumes

/// Objects of a test's own, bound where they are asked for.
struct Objects: VolumeObjects {
    var claims: [String: PersistentVolumeClaim] = [:]
    var volumes: [PersistentVolume] = []
    var configMaps: [String: ConfigMap] = [:]
    var secrets: [String: Secret] = [:]
    var isShared = false
    var storage = "/absent"

    func claim(_ name: String, namespace: String) throws -> PersistentVolumeClaim? { claims[name] }
    func volume(of claim: PersistentVolumeClaim) throws -> PersistentVolume {
        try ClaimBinder.bind(claim, to: volumes, storage: storage).volume
    }
    func isMounted(_ volume: PersistentVolume, otherThanBy podUID: String) throws -> Bool { isShared }
    func ephemeralClaim(for volume: Volume, of pod: Pod) throws -> PersistentVolumeClaim {
        claims[pod.claimName(ofEphemeral: volume)] ?? PersistentVolumeClaim()
    }
    func configMap(_ name: String, namespace: String) throws -> ConfigMap? { configMaps[name] }
    func secret(_ name: String, namespace: String) throws -> Secret? { secrets[name] }
    func resource(_ reference: ResourceFieldSelector, of pod: Pod) throws -> String { "\(reference.resource)=4" }
    func serviceAccountToken(
        _ projection: ServiceAccountTokenProjection, of pod: Pod, current: String?
    ) throws -> String { "a.b.c" }
}
