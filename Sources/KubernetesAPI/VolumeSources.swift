// SPDX-License-Identifier: Apache-2.0

/// A file or folder of the machine.
package struct HostPathVolumeSource: Codable, Hashable, Sendable {
    package var path = ""
    /// `""`, `DirectoryOrCreate`, `Directory`, `FileOrCreate`, `File`, `Socket`, `CharDevice`, `BlockDevice`.
    package var type: String?

    package init(path: String = "", type: String? = nil) {
        self.path = path
        self.type = type
    }
}

/// A folder that lives as long as the pod.
package struct EmptyDirVolumeSource: Codable, Hashable, Sendable {
    /// `""`, `Memory`, or `HugePages` with a size.
    package var medium: String?
    /// In bytes.
    package var sizeLimit: Quantity?

    package init(medium: String? = nil, sizeLimit: Quantity? = nil) {
        self.medium = medium
        self.sizeLimit = sizeLimit
    }
}

/// The volume that a claim is bound to.
package struct PersistentVolumeClaimVolumeSource: Codable, Hashable, Sendable {
    package var claimName = ""
    package var readOnly: Bool?

    package init(claimName: String = "", readOnly: Bool? = nil) {
        self.claimName = claimName
        self.readOnly = readOnly
    }
}

/// A config map's keys as files.
package struct ConfigMapVolumeSource: Codable, Hashable, Sendable {
    package var name: String?
    package var items: [KeyToPath]?
    /// Permission bits; 0644 when nil.
    package var defaultMode: Int32?
    package var optional: Bool?

    package init(name: String? = nil, items: [KeyToPath]? = nil, defaultMode: Int32? = nil, optional: Bool? = nil) {
        self.name = name
        self.items = items
        self.defaultMode = defaultMode
        self.optional = optional
    }
}

/// A secret's keys as files.
package struct SecretVolumeSource: Codable, Hashable, Sendable {
    package var secretName: String?
    package var items: [KeyToPath]?
    /// Permission bits; 0644 when nil.
    package var defaultMode: Int32?
    package var optional: Bool?

    package init(
        secretName: String? = nil, items: [KeyToPath]? = nil, defaultMode: Int32? = nil, optional: Bool? = nil
    ) {
        self.secretName = secretName
        self.items = items
        self.defaultMode = defaultMode
        self.optional = optional
    }
}

/// The file that one key becomes.
package struct KeyToPath: Codable, Hashable, Sendable {
    package var key = ""
    package var path = ""
    package var mode: Int32?

    package init(key: String = "", path: String = "", mode: Int32? = nil) {
        self.key = key
        self.path = path
        self.mode = mode
    }
}

/// Fields of the pod as files.
package struct DownwardAPIVolumeSource: Codable, Hashable, Sendable {
    package var items: [DownwardAPIVolumeFile]?
    /// Permission bits; 0644 when nil.
    package var defaultMode: Int32?

    package init(items: [DownwardAPIVolumeFile]? = nil, defaultMode: Int32? = nil) {
        self.items = items
        self.defaultMode = defaultMode
    }
}

/// The file that one field becomes.
package struct DownwardAPIVolumeFile: Codable, Hashable, Sendable {
    package var path = ""
    package var fieldRef: ObjectFieldSelector?
    package var resourceFieldRef: ResourceFieldSelector?
    package var mode: Int32?

    package init(
        path: String = "", fieldRef: ObjectFieldSelector? = nil, resourceFieldRef: ResourceFieldSelector? = nil,
        mode: Int32? = nil
    ) {
        self.path = path
        self.fieldRef = fieldRef
        self.resourceFieldRef = resourceFieldRef
        self.mode = mode
    }
}

/// Several sources in one folder.
package struct ProjectedVolumeSource: Codable, Hashable, Sendable {
    package var sources: [VolumeProjection]?
    /// Permission bits; 0644 when nil.
    package var defaultMode: Int32?

    package init(sources: [VolumeProjection]? = nil, defaultMode: Int32? = nil) {
        self.sources = sources
        self.defaultMode = defaultMode
    }
}

/// One source of a projected volume; one of them is set.
package struct VolumeProjection: Codable, Hashable, Sendable {
    package var secret: SecretProjection?
    package var downwardAPI: DownwardAPIProjection?
    package var configMap: ConfigMapProjection?
    package var serviceAccountToken: ServiceAccountTokenProjection?
    package var clusterTrustBundle: ClusterTrustBundleProjection?
    package var podCertificate: PodCertificateProjection?

    package init(
        secret: SecretProjection? = nil, downwardAPI: DownwardAPIProjection? = nil,
        configMap: ConfigMapProjection? = nil, serviceAccountToken: ServiceAccountTokenProjection? = nil,
        clusterTrustBundle: ClusterTrustBundleProjection? = nil, podCertificate: PodCertificateProjection? = nil
    ) {
        self.secret = secret
        self.downwardAPI = downwardAPI
        self.configMap = configMap
        self.serviceAccountToken = serviceAccountToken
        self.clusterTrustBundle = clusterTrustBundle
        self.podCertificate = podCertificate
    }
}

/// A secret's keys within a projected volume.
package struct SecretProjection: Codable, Hashable, Sendable {
    package var name: String?
    package var items: [KeyToPath]?
    package var optional: Bool?

    package init(name: String? = nil, items: [KeyToPath]? = nil, optional: Bool? = nil) {
        self.name = name
        self.items = items
        self.optional = optional
    }
}

/// A config map's keys within a projected volume.
package struct ConfigMapProjection: Codable, Hashable, Sendable {
    package var name: String?
    package var items: [KeyToPath]?
    package var optional: Bool?

    package init(name: String? = nil, items: [KeyToPath]? = nil, optional: Bool? = nil) {
        self.name = name
        self.items = items
        self.optional = optional
    }
}

/// Fields of the pod within a projected volume.
package struct DownwardAPIProjection: Codable, Hashable, Sendable {
    package var items: [DownwardAPIVolumeFile]?

    package init(items: [DownwardAPIVolumeFile]? = nil) {
        self.items = items
    }
}

/// A token of the pod's service account.
package struct ServiceAccountTokenProjection: Codable, Hashable, Sendable {
    package var audience: String?
    /// Seconds; 3600 when nil.
    package var expirationSeconds: Int64?
    package var path = ""

    package init(audience: String? = nil, expirationSeconds: Int64? = nil, path: String = "") {
        self.audience = audience
        self.expirationSeconds = expirationSeconds
        self.path = path
    }
}

/// Certificates that the cluster trusts.
package struct ClusterTrustBundleProjection: Codable, Hashable, Sendable {
    package var name: String?
    package var signerName: String?
    package var labelSelector: LabelSelector?
    package var optional: Bool?
    package var path = ""

    package init(
        name: String? = nil, signerName: String? = nil, labelSelector: LabelSelector? = nil, optional: Bool? = nil,
        path: String = ""
    ) {
        self.name = name
        self.signerName = signerName
        self.labelSelector = labelSelector
        self.optional = optional
        self.path = path
    }
}

/// A certificate and key for the pod.
package struct PodCertificateProjection: Codable, Hashable, Sendable {
    package var signerName: String?
    package var keyType: String?
    package var maxExpirationSeconds: Int32?
    package var credentialBundlePath: String?
    package var keyPath: String?
    package var certificateChainPath: String?
    package var userAnnotations: [String: String]?

    package init(
        signerName: String? = nil, keyType: String? = nil, maxExpirationSeconds: Int32? = nil,
        credentialBundlePath: String? = nil, keyPath: String? = nil, certificateChainPath: String? = nil,
        userAnnotations: [String: String]? = nil
    ) {
        self.signerName = signerName
        self.keyType = keyType
        self.maxExpirationSeconds = maxExpirationSeconds
        self.credentialBundlePath = credentialBundlePath
        self.keyPath = keyPath
        self.certificateChainPath = certificateChainPath
        self.userAnnotations = userAnnotations
    }
}

/// A claim that is made for the pod and goes with it.
package struct EphemeralVolumeSource: Codable, Hashable, Sendable {
    package var volumeClaimTemplate: PersistentVolumeClaimTemplate?

    package init(volumeClaimTemplate: PersistentVolumeClaimTemplate? = nil) {
        self.volumeClaimTemplate = volumeClaimTemplate
    }
}

/// The claim that an ephemeral volume makes.
package struct PersistentVolumeClaimTemplate: Codable, Hashable, Sendable {
    package var metadata: ObjectMeta?
    package var spec = PersistentVolumeClaimSpec()

    package init(metadata: ObjectMeta? = nil, spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()) {
        self.metadata = metadata
        self.spec = spec
    }
}

/// The files of an image, read-only.
package struct ImageVolumeSource: Codable, Hashable, Sendable {
    package var reference: String?
    package var pullPolicy: String?

    package init(reference: String? = nil, pullPolicy: String? = nil) {
        self.reference = reference
        self.pullPolicy = pullPolicy
    }
}
