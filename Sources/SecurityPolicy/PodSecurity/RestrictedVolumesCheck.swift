// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No volume but those whose source is the pod's, the cluster's or a claim.
    static let restrictedVolumes = Self(
        "restrictedVolumes", .restricted, Form(since: 0, overrides: ["hostPathVolumes"], findVolumes))

    private static func findVolumes(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        guard let volumes = spec.volumes else { return nil }
        var names: [String] = []
        var types: [String] = []
        var fields: [FieldPath] = []
        for index in volumes.indices where !volumes[index].hasAllowedSource {
            let type = volumes[index].restrictedSource
            names.append(volumes[index].name)
            types.append(type ?? "unknown")
            fields.append(
                FieldPath([.field("spec"), .field("volumes"), .index(index)] + (type.map { [.field($0)] } ?? [])))
        }
        guard !names.isEmpty else { return nil }
        let verb = names.count == 1 ? "uses" : "use"
        return Finding(
            reason: "restricted volume types",
            detail: "\(names.quotedList(after: "volume")) \(verb) "
                + types.sortedOnce.quotedList(after: "restricted volume type"),
            fields: fields)
    }
}

extension Volume {
    fileprivate var hasAllowedSource: Bool {
        configMap != nil || csi != nil || downwardAPI != nil || emptyDir != nil || ephemeral != nil || image != nil
            || persistentVolumeClaim != nil || projected != nil || secret != nil
    }

    /// The first source that is none of those, in the library's order.
    fileprivate var restrictedSource: String? {
        if hostPath != nil { return "hostPath" }
        let others: [(JSONValue?, String)] = [
            (gcePersistentDisk, "gcePersistentDisk"), (awsElasticBlockStore, "awsElasticBlockStore"),
            (gitRepo, "gitRepo"), (nfs, "nfs"), (iscsi, "iscsi"), (glusterfs, "glusterfs"), (rbd, "rbd"),
            (flexVolume, "flexVolume"), (cinder, "cinder"), (cephfs, "cephfs"), (flocker, "flocker"), (fc, "fc"),
            (azureFile, "azureFile"), (vsphereVolume, "vsphereVolume"), (quobyte, "quobyte"),
            (azureDisk, "azureDisk"), (photonPersistentDisk, "photonPersistentDisk"),
            (portworxVolume, "portworxVolume"), (scaleIO, "scaleIO"), (storageos, "storageos"),
        ]
        return others.first { $0.0 != nil }?.1
    }
}
