// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// The objects of a pod's namespace that the pod may name, as they stand now; nil for one that is not there.
package protocol PodObjects: Sendable {
    func configMap(_ name: String) throws(PreparationError) -> ConfigMap?
    func secret(_ name: String) throws(PreparationError) -> Secret?
    func claim(_ name: String) throws(PreparationError) -> PersistentVolumeClaim?
    func persistentVolumes() throws(PreparationError) -> [PersistentVolume]
}
