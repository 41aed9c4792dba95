// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes
package import OCISpec

/// An image that is here, complete and unpacked.
package struct StoredImage: Hashable, Sendable {
    package let reference: ImageReference
    /// Of the manifest, as the registry has it.
    package let digest: Digest
    /// The image's id.
    package let configDigest: Digest
    /// Of config and layers as they came.
    package let size: Bytes
    /// RFC 3339; nil when the image does not say.
    package let created: String?
    package let config: ImageConfig
    /// Whether it came from its registry; one that was imported is this machine's own, and no registry is asked for it.
    package let isPulled: Bool
    /// What its unpacked layers are called, the lowest first.
    package let chainIDs: [Digest]
}

/// How far an import or a pull is.
package struct ImageProgress: Hashable, Sendable {
    package enum Phase: Hashable, Sendable { case pulling, verifying, unpacking }
    package let phase: Phase
    /// What it is done to: a reference, or a layer's digest.
    package let subject: String
    /// Bytes of `total`.
    package let done: Int64
    /// Nil while nobody knows.
    package let total: Int64?
}
