// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes
import LinuxKernel
import OCISpec

extension ImageStore {
    /// Takes in all images that a path holds.
    ///
    /// It is an OCI image layout (a folder, or a tar of one), a `docker save` archive, or a tar of a root file system; a
    /// tar may be gzip or zstd. Everything is verified and unpacked before any of it counts; on failure nothing of it stays.
    ///
    /// - Parameters:
    ///   - path: a folder or a file.
    ///   - name: what a single image is to be called, instead of what it says; a root file system needs one.
    ///   - limit: the most bytes that an archive or a layer may have, uncompressed.
    ///   - progress: is told how far it is.
    /// - Returns: the images, as they are in the store now.
    /// - Throws: ``ImageError``.
    package func importImages(
        path: String, name: String? = nil, limit: Bytes = Bytes(64 << 30),
        progress: @escaping (ImageProgress) -> Void = { _ in }
    ) throws(ImageError) -> [StoredImage] {
        let name = try name.map { text throws(ImageError) in try ImageReference(text) }
        let kind = try doing("importing \(path)") { () throws(SyscallError) in try File.followedStatus(path).kind }
        guard kind == .directory || kind == .regular else {
            throw ImageError(.invalidImage, "\(path) is neither a folder nor a file")
        }
        var limits = LayerWriter.Limits()
        limits.bytes = limit.count
        return try importing { () throws(ImageError) in
            try clearScratch()
            return try withScratch { scratch throws(ImageError) in
                let staging = try Staging(self, scratch: scratch, limits: limits, progress: progress)
                if kind == .directory {
                    let source = try ImageSource(path, layout: .oci, isOurs: false, subject: path)
                    try staging.takeLayout(source, name: name)
                } else {
                    try staging.takeArchive(path, name: name, limits: limits, scratch: scratch)
                }
                return try staging.commit()
            }
        }
    }
}

extension Staging {
    /// Looks at what a tar holds, and takes it.
    func takeArchive(
        _ path: String, name: ImageReference?, limits: LayerWriter.Limits, scratch: String
    ) throws(ImageError) {
        let file = try doing("importing \(path)") { () throws(SyscallError) in try File.open(path, [.readOnly]) }
        let names = try Self.tellingNames(in: file.raw, path, limits: limits)
        let isLayout = names.contains("oci-layout") && names.contains("index.json")
        guard isLayout || names.contains("manifest.json") || names.contains("repositories") else {
            return try takeRoot(path, name: name)
        }
        let folder = "\(scratch)/archive"
        try doing("importing \(path)") { () throws(SyscallError) in
            try File.makeFolder(folder, mode: 0o700)
            try File.rewind(file.raw, subject: path)
        }
        let source = try Decompressor(file.raw, limit: limits.bytes, subject: path)
        try LayerWriter(folder, below: [], limits: limits, subject: path).write(
            try TarReader(source, subject: path), progress: {})
        let images = try ImageSource(folder, layout: .oci, isOurs: true, subject: path)
        if isLayout { try takeLayout(images, name: name) } else { try takeDockerArchive(images, name: name) }
    }

    /// Those of a tar's entries that say what kind of archive it is.
    private static func tellingNames(
        in file: Int32, _ path: String, limits: LayerWriter.Limits
    ) throws(ImageError) -> Set<String> {
        let reader = try TarReader(try Decompressor(file, limit: limits.bytes, subject: path), subject: path)
        var names: Set<String> = []
        var count = 0
        while let entry = try reader.next() {
            let name = entry.path.hasPrefix("./") ? String(entry.path.dropFirst(2)) : entry.path
            if ["oci-layout", "index.json", "manifest.json", "repositories"].contains(name) { names.insert(name) }
            count += 1
            if count > limits.entries { throw ImageError(.invalidImage, "\(path): more than \(count) entries") }
        }
        return names
    }

    /// An OCI image layout: every image that its index names.
    func takeLayout(_ source: ImageSource, name: ImageReference?) throws(ImageError) {
        guard try source.read("oci-layout", limit: 4096) != nil, let index = try source.read("index.json") else {
            throw ImageError(
                .invalidImage, "\(source.subject) is no OCI image layout: it lacks oci-layout or index.json")
        }
        var found: [Found<ContentDescriptor>] = []
        for entry in try ImageStore.decode(ImageIndex.self, index, "\(source.subject): index.json", .invalidImage)
            .manifests
        {
            guard let manifest = try choose(entry, from: source, depth: 0) else { continue }
            let names = [try Self.fullName(of: entry)].compactMap { $0 }
            if let known = found.firstIndex(where: { $0.image.digest == manifest.digest }) {
                found[known].names += names
            } else {
                found.append(Found(names: names, image: manifest))
            }
        }
        try take(found, name: name, from: source) { entry throws(ImageError) in
            try self.takeManifest(entry, from: source)
        }
    }

    /// An image of a source, and what it is called there.
    private struct Found<Image> {
        var names: [ImageReference]
        let image: Image
    }

    /// Stages images and gives them their names.
    private func take<Image>(
        _ found: [Found<Image>], name: ImageReference?, from source: ImageSource,
        _ stage: (Image) throws(ImageError) -> ContentDescriptor
    ) throws(ImageError) {
        guard !found.isEmpty else {
            throw ImageError(.invalidImage, "\(source.subject) holds no image for linux/\(Platform.architecture)")
        }
        if name != nil && found.count > 1 {
            throw ImageError(
                .invalidImage, "\(source.subject) holds \(found.count) images: --name can name only a single one")
        }
        for image in found {
            let names = name.map { [$0] } ?? image.names
            guard !names.isEmpty else {
                throw ImageError(
                    .invalidImage, "\(source.subject) holds an image without a full name: name it with --name")
            }
            let manifest = try stage(image.image)
            for name in names { self.name(name, manifest) }
        }
    }

    /// The full reference that an entry of a layout's index carries, or nil: a bare tag is none.
    private static func fullName(of entry: ContentDescriptor) throws(ImageError) -> ImageReference? {
        if let name = entry.annotations?["io.containerd.image.name"] { return try ImageReference(name) }
        guard let name = ImageStore.name(of: entry), name.contains(where: { "/:@".contains($0) }) else { return nil }
        return try ImageReference(name)
    }

    /// The manifest for this machine that an entry of an index leads to; nil when it is for others, or is no image.
    private func choose(
        _ entry: ContentDescriptor, from source: ImageSource, depth: Int
    ) throws(ImageError) -> ContentDescriptor? {
        if let platform = entry.platform, !Platform.matches(platform) { return nil }
        guard MediaType.indexes.contains(entry.mediaType) else { return entry }
        guard depth < 4 else { throw ImageError(.invalidImage, "\(source.subject): indexes within indexes, too deep") }
        let index: ImageIndex = try readVerified(entry, from: source)
        for inner in index.manifests {
            if let manifest = try choose(inner, from: source, depth: depth + 1) { return manifest }
        }
        return nil
    }

    /// Stages a manifest, its config and its layers, and unpacks the layers.
    func takeManifest(_ entry: ContentDescriptor, from source: ImageSource) throws(ImageError) -> ContentDescriptor {
        guard MediaType.manifests.contains(entry.mediaType) else {
            throw ImageError(
                .invalidImage, "\(source.subject): \(entry.digest) is \(entry.mediaType), which is no image")
        }
        let manifest: ImageManifest = try readVerified(entry, from: source)
        try takeContent(of: manifest, entry, from: source)
        try stage(entry, from: source)
        return entry
    }

    /// Stages what a manifest names, and unpacks the layers.
    func takeContent(
        of manifest: ImageManifest, _ entry: ContentDescriptor, from source: ImageSource
    ) throws(ImageError) {
        guard MediaType.configs.contains(manifest.config.mediaType) else {
            throw ImageError(
                .invalidImage,
                "\(source.subject): \(entry.digest) holds \(manifest.config.mediaType), which is no image")
        }
        let config: ImageConfig = try readVerified(manifest.config, from: source)
        let diffIDs = try check(config, layers: manifest.layers.count, "\(source.subject): \(manifest.config.digest)")
        for layer in manifest.layers {
            guard MediaType.isLayer(layer.mediaType) else {
                throw ImageError(
                    .invalidImage,
                    "\(source.subject): layer \(layer.digest) is \(layer.mediaType), which cannot be unpacked")
            }
            try stage(layer, from: source)
        }
        var digests: [Digest] = []
        for layer in manifest.layers { digests.append(try ImageStore.digest(of: layer)) }
        try unpack(digests, diffIDs: diffIDs)
        try stage(manifest.config, from: source)
    }

    /// What a config must be for this machine; returns the digests of the uncompressed layers.
    func check(_ config: ImageConfig, layers: Int, _ subject: String) throws(ImageError) -> [Digest] {
        guard config.os == "linux" else {
            throw ImageError(
                .invalidImage, "\(subject): an image for \(config.os)/\(config.architecture), not for Linux")
        }
        let diffIDs = try ImageStore.layerDigests(of: config, in: subject)
        guard diffIDs.count == layers else {
            throw ImageError(
                .invalidImage, "\(subject): \(layers) layers, but rootfs.diff_ids has \(diffIDs.count) digests")
        }
        // Source: Linux, fs/overlayfs/params.h, OVL_MAX_STACK.
        guard layers <= 500 else {
            throw ImageError(.invalidImage, "\(subject): \(layers) layers, but overlayfs takes at most 500")
        }
        return diffIDs
    }

    /// A small blob, verified before it is read as what it should be.
    private func readVerified<Value: Decodable>(
        _ descriptor: ContentDescriptor, from source: ImageSource
    ) throws(ImageError) -> Value {
        let digest = try ImageStore.digest(of: descriptor)
        guard let bytes = try source.read(source.blobPath(digest), limit: 8 << 20) else {
            throw ImageError(.invalidImage, "\(source.subject): blob \(digest) is missing")
        }
        let found = Digest(of: bytes)
        guard found == digest, Int64(bytes.count) == descriptor.size else {
            throw ImageError(
                .invalidImage,
                "blob \(digest) is corrupt: it has \(bytes.count) bytes and is \(found), "
                    + "but the image says \(descriptor.size) bytes")
        }
        return try ImageStore.decode(Value.self, bytes, "\(source.subject): \(digest)", .invalidImage)
    }
}

/// A root file system, and `docker save`.
extension Staging {
    /// A tar of a root file system: an image of one layer, whose config says nothing.
    private func takeRoot(_ path: String, name: ImageReference?) throws(ImageError) {
        guard let name else {
            throw ImageError(
                .invalidImage, "\(path) is a root file system, not an image that says its name: name it with --name")
        }
        let blob = try stage(file: path)
        let diffID = try unpack(blob.digest)
        let config = ImageConfig(
            architecture: Platform.architecture, config: ImageConfig.Defaults(),
            rootfs: ImageConfig.RootFS(diffIDs: [diffID.description]))
        self.name(name, try stageManifest(config: ImageStore.encode(config), layers: [blob], diffIDs: [diffID]))
    }

    private struct DockerImage: Decodable {
        let Config: String
        let RepoTags: [String]?
        let Layers: [String]?
    }

    /// `manifest.json` of `docker save`: files of the archive for the config and each layer.
    func takeDockerArchive(_ source: ImageSource, name: ImageReference?) throws(ImageError) {
        guard let list = try source.read("manifest.json") else {
            throw ImageError(
                .invalidImage,
                "\(source.subject) is an archive of Docker before 1.10: load it there and save it with a newer one")
        }
        let images = try ImageStore.decode(
            [DockerImage].self, list, "\(source.subject): manifest.json", .invalidImage)
        var found: [Found<DockerImage>] = []
        for image in images {
            var names: [ImageReference] = []
            for tag in image.RepoTags ?? [] { names.append(try ImageReference(tag)) }
            found.append(Found(names: names, image: image))
        }
        try take(found, name: name, from: source) { image throws(ImageError) in
            try self.takeDockerImage(image, from: source)
        }
    }

    private func takeDockerImage(_ image: DockerImage, from source: ImageSource) throws(ImageError) -> ContentDescriptor
    {
        guard let bytes = try source.read(image.Config, limit: 8 << 20) else {
            throw ImageError(.invalidImage, "\(source.subject): \(image.Config) is missing")
        }
        // The config is called by its digest: `HEX.json`, or `blobs/sha256/HEX` since Docker 25.
        let file = image.Config.split(separator: "/").last ?? ""
        let named = Digest(hex: file.hasSuffix(".json") ? String(file.dropLast(5)) : String(file))
        guard named == nil || named == Digest(of: bytes) else {
            throw ImageError(
                .invalidImage, "blob \(file) of \(source.subject) is corrupt: its content is \(Digest(of: bytes))")
        }
        let subject = "\(source.subject): \(image.Config)"
        let config = try ImageStore.decode(ImageConfig.self, bytes, subject, .invalidImage)
        let paths = image.Layers ?? []
        let diffIDs = try check(config, layers: paths.count, subject)
        var layers: [(digest: Digest, size: Int64)] = []
        for path in paths { layers.append(try stage(path: path, from: source)) }
        try unpack(layers.map(\.digest), diffIDs: diffIDs)
        return try stageManifest(config: bytes, layers: layers, diffIDs: diffIDs)
    }

    /// The OCI manifest of a config and layers that came without one.
    private func stageManifest(
        config: [UInt8], layers: [(digest: Digest, size: Int64)], diffIDs: [Digest]
    ) throws(ImageError) -> ContentDescriptor {
        let config = try stage(config, mediaType: MediaType.config)
        let manifest = ImageManifest(
            config: config,
            layers: zip(layers, diffIDs).map { layer, diffID in
                ContentDescriptor(
                    mediaType: layer.digest == diffID ? MediaType.layer : MediaType.compressedLayer,
                    digest: layer.digest.description, size: layer.size)
            })
        return try stage(ImageStore.encode(manifest), mediaType: MediaType.manifest)
    }
}

/// What blobs are called.
///
/// Source: OCI image specification, media-types.md; Docker's image manifest, version 2, schema 2.
enum MediaType {
    static let manifest = "application/vnd.oci.image.manifest.v1+json"
    static let config = "application/vnd.oci.image.config.v1+json"
    static let layer = "application/vnd.oci.image.layer.v1.tar"
    static let compressedLayer = "application/vnd.oci.image.layer.v1.tar+gzip"

    static let indexes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    ]
    static let manifests = [manifest, "application/vnd.docker.distribution.manifest.v2+json"]
    static let configs = [config, "application/vnd.docker.container.image.v1+json"]

    /// Tar, gzip or zstd; libarchive sees which.
    static func isLayer(_ type: String) -> Bool {
        let kinds = [
            "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.nondistributable.v1.tar",
            "application/vnd.docker.image.rootfs.diff.tar", "application/vnd.docker.image.rootfs.foreign.diff.tar",
        ]
        return kinds.contains {
            type == $0 || ["+gzip", "+zstd", ".gzip", ".zstd"].contains(type.dropFirst($0.count)) && type.hasPrefix($0)
        }
    }
}

/// What this machine runs.
enum Platform {
    #if arch(x86_64)
        static let architecture = "amd64"
    #elseif arch(arm64)
        static let architecture = "arm64"
    #else
        #error("an architecture that Holdfast is not built for")
    #endif

    static func matches(_ platform: ContentDescriptor.Platform) -> Bool {
        platform.os == "linux" && platform.architecture == architecture
    }
}
