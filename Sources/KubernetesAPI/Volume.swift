// SPDX-License-Identifier: Apache-2.0

/// A volume of the pod: a name and one source.
///
/// Sources that need more than one machine are carried.
package struct Volume: Codable, Hashable, Sendable {
    package var name = ""
    package var hostPath: HostPathVolumeSource?
    package var emptyDir: EmptyDirVolumeSource?
    package var gcePersistentDisk: JSONValue?
    package var awsElasticBlockStore: JSONValue?
    package var gitRepo: JSONValue?
    package var secret: SecretVolumeSource?
    package var nfs: JSONValue?
    package var iscsi: JSONValue?
    package var glusterfs: JSONValue?
    package var persistentVolumeClaim: PersistentVolumeClaimVolumeSource?
    package var rbd: JSONValue?
    package var flexVolume: JSONValue?
    package var cinder: JSONValue?
    package var cephfs: JSONValue?
    package var flocker: JSONValue?
    package var downwardAPI: DownwardAPIVolumeSource?
    package var fc: JSONValue?
    package var azureFile: JSONValue?
    package var configMap: ConfigMapVolumeSource?
    package var vsphereVolume: JSONValue?
    package var quobyte: JSONValue?
    package var azureDisk: JSONValue?
    package var photonPersistentDisk: JSONValue?
    package var projected: ProjectedVolumeSource?
    package var portworxVolume: JSONValue?
    package var scaleIO: JSONValue?
    package var storageos: JSONValue?
    package var csi: JSONValue?
    package var ephemeral: EphemeralVolumeSource?
    package var image: ImageVolumeSource?

    package init(name: String = "") {
        self.name = name
    }
}
