// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// The objects that a pod's volumes name: who keeps them implements it.
package protocol VolumeObjects: Sendable {
    func claim(_ name: String, namespace: String) throws -> PersistentVolumeClaim?

    /// The claim of an ephemeral volume, POD-VOLUME: the one of that name, else a new one that belongs to the pod.
    func ephemeralClaim(for volume: Volume, of pod: Pod) throws -> PersistentVolumeClaim

    /// The volume that a claim is bound to.
    ///
    /// Where the claim is not bound yet, the implementation binds it: under its lock it asks ``ClaimBinder/bind(_:to:storage:)``
    /// and saves both objects of the answer.
    func volume(of claim: PersistentVolumeClaim) throws -> PersistentVolume

    /// Whether a pod other than this one has the volume mounted: its owner and group are left alone then.
    func isMounted(_ volume: PersistentVolume, otherThanBy podUID: String) throws -> Bool

    func configMap(_ name: String, namespace: String) throws -> ConfigMap?
    func secret(_ name: String, namespace: String) throws -> Secret?

    /// A request or limit of one of the pod's containers, as `resourceFieldRef` asks.
    func resource(_ reference: ResourceFieldSelector, of pod: Pod) throws -> String

    /// A token of the pod's service account: `current`, which the volume has now, as long as that is good.
    func serviceAccountToken(
        _ projection: ServiceAccountTokenProjection, of pod: Pod, current: String?
    ) throws -> String
}
