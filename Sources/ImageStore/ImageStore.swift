// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel
import LinuxTypes
import OCISpec

/// The images of this machine: one folder, an OCI image layout with its layers unpacked beside the blobs.
///
///     oci-layout, index.json     what counts as here: one entry per reference, complete and unpacked
///     blobs/sha256/HEX           manifests, configs and layers as they came, verified
///     layers/HEX/                a layer's files, by chain id, as overlayfs wants them
///     empty/                     the root of an image without layers
///     scratch/                   work that is not done; nobody's when its lock is free
///     import.lock, use.lock      see ``Lock``
///
/// Any number of processes may use it at once. What a killed one leaves is in `scratch`, or is a blob or layer that no
/// entry names: the next import and the next removal clear these away.
package struct ImageStore: Hashable, Sendable {
    package let folder: String

    /// - Parameter folder: an absolute path; it is made, readable by its owner alone, by what first writes to it.
    package init(folder: String) { self.folder = folder }

    package var indexPath: String { folder + "/index.json" }
    func blobPath(_ digest: Digest) -> String { "\(folder)/blobs/sha256/\(digest.hex)" }
    private var emptyLayer: String { folder + "/empty" }
    func layerPath(_ chainID: Digest) -> String { "\(folder)/layers/\(chainID.hex)" }

    /// The annotation that holds an entry's full reference.
    ///
    /// Source: OCI image specification, annotations.md.
    static let nameAnnotation = "org.opencontainers.image.ref.name"
    /// The annotation of an entry that came from its registry: `true`.
    static let pulledAnnotation = "holdfast.pulled"

    /// Makes the layout, every folder of it for its owner alone: an image's setuid programs and secrets are for no
    /// other user of the machine (CVE-2021-41103, CVE-2024-25621).
    func prepare() throws(ImageError) {
        try doing("making the image store \(folder)") { () throws(SyscallError) in
            try File.makeFolders(folder, mode: 0o700)
            for path in [folder] + ["blobs", "blobs/sha256", "layers", "scratch"].map({ "\(folder)/\($0)" }) {
                try File.makeFolderIfMissing(path, mode: 0o700)
                if try File.status(path).permissions & 0o077 != 0 {
                    let open = try File.open(path, [.readOnly, .directory])
                    try File.changePermissions(of: open.raw, to: 0o700)
                }
            }
            try File.makeFolderIfMissing(emptyLayer, mode: 0o755)
            let layout = folder + "/oci-layout"
            guard try !File.exists(layout) else { return }
            try File.replace(layout, with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), mode: 0o600)
        }
    }
}

// What is here.
extension ImageStore {
    /// The image with this name, or nil when it is not here.
    ///
    /// A reference by digest also finds an image of that repository and digest that came under a tag.
    package func find(_ reference: ImageReference) throws(ImageError) -> StoredImage? {
        let index = try readIndex()
        let named = index.manifests.first { Self.name(of: $0) == reference.description }
        let found =
            named
            ?? index.manifests.first { entry in
                guard case .digest(let digest) = reference.version, entry.digest == digest.description else {
                    return false
                }
                return Self.repository(of: entry) == reference.repository
            }
        return try found.map { entry throws(ImageError) in try load(entry, as: reference) }
    }

    /// All images, ordered by their names.
    package func list() throws(ImageError) -> [StoredImage] {
        var images: [StoredImage] = []
        for entry in try readIndex().manifests {
            guard let name = Self.name(of: entry) else {
                throw ImageError(.store, "\(indexPath): the entry \(entry.digest) has no name")
            }
            images.append(try load(entry, as: try ImageReference(name)))
        }
        return images.sorted { $0.reference.description < $1.reference.description }
    }

    /// The folders of an image's layers, the uppermost first, as overlayfs' `lowerdir` wants them; at least one.
    package func layers(of image: StoredImage) throws(ImageError) -> [String] {
        if image.chainIDs.isEmpty { return [emptyLayer] }
        var folders: [String] = []
        for chainID in image.chainIDs.reversed() {
            let path = layerPath(chainID)
            guard try doing("looking for \(path)", { () throws(SyscallError) in try File.exists(path) }) else {
                throw ImageError(
                    .store, "image \"\(image.reference)\" has lost its layer \(path): import or pull it again")
            }
            folders.append(path)
        }
        return folders
    }

    /// The files of an image as a container sees them.
    package func tree(of image: StoredImage) throws(ImageError) -> ImageTree {
        try ImageTree(layers: try layers(of: image))
    }

    /// The bytes of `/etc/passwd` and `/etc/group` in an image; empty where it has no such regular file.
    ///
    /// At most 10 MiB each (CVE-2025-4437, CVE-2026-47262); links lead nowhere outside the image (CVE-2024-9676).
    package func identityFiles(of image: StoredImage) throws(ImageError) -> (passwd: [UInt8], group: [UInt8]) {
        let tree = try tree(of: image)
        return (
            try tree.read("/etc/passwd", limit: 10 << 20) ?? [], try tree.read("/etc/group", limit: 10 << 20) ?? []
        )
    }
}

// The index and the blobs.
extension ImageStore {
    static func name(of entry: ContentDescriptor) -> String? { entry.annotations?[nameAnnotation] }

    /// The repository of an entry's name: what stands before the tag or the digest.
    static func repository(of entry: ContentDescriptor) -> String? {
        guard let name = name(of: entry) else { return nil }
        let tagged = name.prefix { $0 != "@" }
        let last = tagged.lastIndex(of: "/") ?? tagged.startIndex
        return String(tagged[..<(tagged[last...].firstIndex(of: ":") ?? tagged.endIndex)])
    }

    func readIndex() throws(ImageError) -> ImageIndex {
        do {
            return try Self.decode(ImageIndex.self, try File.read(indexPath), "\(indexPath)", .store)
        } catch let error as SyscallError where error.errno == .noEntry {
            return ImageIndex(manifests: [])
        } catch let error as SyscallError {
            throw ImageError("reading the image store", error)
        } catch let error as ImageError {
            throw error
        } catch {
            fatalError("no other error is thrown: \(error)")
        }
    }

    /// Replaces the index; what it names is on the disk before.
    func writeIndex(_ index: ImageIndex) throws(ImageError) {
        let bytes = Self.encode(index)
        try doing("writing \(indexPath)") { () throws(SyscallError) in
            let open = try File.open(folder, [.readOnly, .directory])
            try File.synchroniseSystem(of: open.raw)
            try File.replace(indexPath, with: bytes)
            try File.synchronise(open.raw)
        }
    }

    /// The image that an entry of the index names.
    func load(_ entry: ContentDescriptor, as reference: ImageReference) throws(ImageError) -> StoredImage {
        let manifest = try manifest(of: entry)
        let config = try readBlob(ImageConfig.self, manifest.config)
        let layers = try Self.layerDigests(of: config, in: "image \"\(reference)\"")
        return StoredImage(
            reference: reference, digest: try Self.digest(of: entry),
            configDigest: try Self.digest(of: manifest.config),
            size: Bytes(manifest.layers.reduce(manifest.config.size) { $0 + $1.size }),
            created: try readBlob(Creation.self, manifest.config).created, config: config,
            isPulled: entry.annotations?[Self.pulledAnnotation] == "true",
            chainIDs: Digest.chainIDs(of: layers))
    }

    func manifest(of entry: ContentDescriptor) throws(ImageError) -> ImageManifest {
        try readBlob(ImageManifest.self, entry)
    }

    private struct Creation: Decodable {
        let created: String?
    }

    private func readBlob<Value: Decodable>(
        _ type: Value.Type, _ descriptor: ContentDescriptor
    ) throws(ImageError) -> Value {
        let path = blobPath(try Self.digest(of: descriptor))
        let bytes = try doing("reading the image store") { () throws(SyscallError) in try File.read(path) }
        return try Self.decode(type, bytes, path, .store)
    }

    static func digest(of descriptor: ContentDescriptor) throws(ImageError) -> Digest {
        guard let digest = Digest(descriptor.digest) else {
            throw ImageError(.invalidImage, "\"\(descriptor.digest)\" is no digest of the kind sha256")
        }
        return digest
    }

    /// The uncompressed digests of an image's layers, the lowest first.
    static func layerDigests(of config: ImageConfig, in subject: String) throws(ImageError) -> [Digest] {
        var digests: [Digest] = []
        for text in config.rootfs.diff_ids {
            guard let digest = Digest(text) else {
                throw ImageError(
                    .invalidImage, "\(subject): rootfs.diff_ids: \"\(text)\" is no digest of the kind sha256")
            }
            digests.append(digest)
        }
        return digests
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], _ subject: String, _ kind: ImageError.Kind
    ) throws(ImageError) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw ImageError(kind, "\(subject): \(Self.text(of: error))")
        }
    }

    /// The same value always gives the same bytes, and so the same digest.
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and integers in structs: nothing that JSON cannot hold.
        guard let data = try? encoder.encode(value) else { fatalError("cannot encode \(type(of: value))") }
        return Array(data)
    }

    /// One line: where in the document, and what is wrong there.
    private static func text(of error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined().drop { $0 == "." } + ": "
        }
        return switch error {
        case DecodingError.keyNotFound(let key, let context):
            (context.codingPath.isEmpty ? "" : place(context.codingPath)) + "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            place(context.codingPath) + "is of the wrong type"
        default: "is not JSON of the kind that it should be"
        }
    }
}
