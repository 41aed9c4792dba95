// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodDescription {
    mutating func writeVolumes() {
        let volumes = pod.at("spec", "volumes")?.elements ?? []
        out.add(0, volumes.isEmpty ? "Volumes:\t<none>" : "Volumes:")
        for volume in volumes {
            out.add(1, "\(text("name", in: volume)):")
            guard let (kind, source) = volume.members.first(where: { $0.key != "name" }) else { continue }
            writeVolume(kind, source)
        }
    }

    /// What is said of each kind of volume: its sentence, then titles and the fields that they show.
    private static let kinds: [String: (sentence: String, fields: [(title: String, path: String, missing: String)])] = [
        "hostPath": (
            "HostPath (bare host directory volume)", [("Path", "path", ""), ("HostPathType", "type", "")]
        ),
        "emptyDir": (
            "EmptyDir (a temporary directory that shares a pod's lifetime)",
            [("Medium", "medium", ""), ("SizeLimit", "sizeLimit", "<unset>")]
        ),
        "secret": (
            "Secret (a volume populated by a Secret)",
            [("SecretName", "secretName", ""), ("Optional", "optional", "false")]
        ),
        "configMap": (
            "ConfigMap (a volume populated by a ConfigMap)", [("Name", "name", ""), ("Optional", "optional", "false")]
        ),
        "persistentVolumeClaim": (
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            [("ClaimName", "claimName", ""), ("ReadOnly", "readOnly", "false")]
        ),
        "image": (
            "Image (a container image or OCI artifact)",
            [("Reference", "reference", ""), ("PullPolicy", "pullPolicy", "")]
        ),
    ]

    private mutating func writeVolume(_ kind: String, _ source: JSONValue) {
        if let known = Self.kinds[kind] {
            out.add(2, "Type:\t\(known.sentence)")
            for field in known.fields {
                out.add(2, "\(field.title):\t\(text(field.path, in: source, else: field.missing))")
            }
            return
        }
        switch kind {
        case "downwardAPI":
            out.add(2, "Type:\tDownwardAPI (a volume populated by information about the pod)")
            out.add(2, "Items:")
            for item in source["items"]?.elements ?? [] {
                let field = item.at("fieldRef", "fieldPath") ?? item.at("resourceFieldRef", "resource") ?? ""
                out.add(3, "\(field.plainText) -> \(text("path", in: item))")
            }
        case "projected":
            out.add(2, "Type:\tProjected (a volume that contains injected data from multiple sources)")
            for part in source["sources"]?.elements ?? [] { writeProjection(part) }
        case "ephemeral":
            out.add(
                2,
                "Type:\tEphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)"
            )
            let spec = source.at("volumeClaimTemplate", "spec") ?? .null
            out.add(2, "StorageClass:\t\(text("storageClassName", in: spec))")
            out.add(2, "Volume:\t\(text("volumeName", in: spec))")
            out.add(2, "Capacity:\t\(text("resources", "requests", "storage", in: spec))")
        default: out.add(2, "Type:\t\(kind)")
        }
    }

    private mutating func writeProjection(_ part: JSONValue) {
        if let token = part["serviceAccountToken"] {
            out.add(2, "TokenExpirationSeconds:\t\(text("expirationSeconds", in: token, else: "3600"))")
        }
        if let map = part["configMap"] {
            out.add(2, "ConfigMapName:\t\(text("name", in: map))")
            out.add(2, "Optional:\t\(text("optional", in: map, else: "false"))")
        }
        if let secret = part["secret"] {
            out.add(2, "SecretName:\t\(text("name", in: secret))")
            out.add(2, "Optional:\t\(text("optional", in: secret, else: "false"))")
        }
        if part["downwardAPI"] != nil { out.add(2, "DownwardAPI:\ttrue") }
    }
}
