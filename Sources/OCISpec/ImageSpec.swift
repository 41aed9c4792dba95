// SPDX-License-Identifier: Apache-2.0

/// What points at a blob: the OCI image specification's content descriptor.
package struct ContentDescriptor: Codable, Hashable, Sendable {
    package struct Platform: Codable, Hashable, Sendable {
        package var architecture: String
        package var os: String
        package var variant: String?
    }
    package var mediaType: String
    /// `sha256:` and 64 hexadecimal digits.
    package var digest: String
    /// In bytes.
    package var size: Int64
    package var annotations: [String: String]?
    package var platform: Platform?

    package init(mediaType: String, digest: String, size: Int64, annotations: [String: String]? = nil) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
    }
}

/// A list of manifests: `index.json`, or a manifest list of several platforms.
package struct ImageIndex: Codable, Hashable, Sendable {
    package var schemaVersion: Int
    package var mediaType: String?
    package var manifests: [ContentDescriptor]
    package init(manifests: [ContentDescriptor]) {
        schemaVersion = 2
        mediaType = "application/vnd.oci.image.index.v1+json"
        self.manifests = manifests
    }
}

/// An image manifest: its config and its layers, the lowest first.
package struct ImageManifest: Codable, Hashable, Sendable {
    package var schemaVersion: Int
    package var mediaType: String?
    package var config: ContentDescriptor
    package var layers: [ContentDescriptor]
    package init(config: ContentDescriptor, layers: [ContentDescriptor]) {
        schemaVersion = 2
        mediaType = "application/vnd.oci.image.manifest.v1+json"
        self.config = config
        self.layers = layers
    }
}

/// An image's configuration: how its containers run unless told otherwise.
package struct ImageConfig: Codable, Hashable, Sendable {
    package struct Empty: Codable, Hashable, Sendable {
        package init() {}
    }
    package struct Defaults: Codable, Hashable, Sendable {
        package var User: String?
        package var ExposedPorts: [String: Empty]?
        package var Env: [String]?
        package var Entrypoint: [String]?
        package var Cmd: [String]?
        package var Volumes: [String: Empty]?
        package var WorkingDir: String?
        package var Labels: [String: String]?
        package var StopSignal: String?
        package init() {}
    }
    package struct RootFS: Codable, Hashable, Sendable {
        package var type: String
        /// Digests of the uncompressed layers, the lowest first.
        package var diff_ids: [String]
        package init(diffIDs: [String]) {
            type = "layers"
            diff_ids = diffIDs
        }
    }
    package var architecture: String
    package var os: String
    package var config: Defaults?
    package var rootfs: RootFS

    package init(architecture: String, config: Defaults, rootfs: RootFS) {
        self.architecture = architecture
        os = "linux"
        self.config = config
        self.rootfs = rootfs
    }
}
