// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import OCISpec

/// Images on their way into the store: verified and unpacked in a scratch folder, then put in place at once.
///
/// Nothing of the store changes before ``commit()``. One lives at a time: it is made under ``ImageStore/importing(_:)``.
final class Staging {
    private let store: ImageStore
    private let scratch: String
    private let limits: LayerWriter.Limits
    private let progress: (ImageProgress) -> Void
    private var blobs: Set<Digest> = []
    private var layers: Set<Digest> = []
    private var entries: [ContentDescriptor] = []

    init(
        _ store: ImageStore, scratch: String, limits: LayerWriter.Limits, progress: @escaping (ImageProgress) -> Void
    ) throws(ImageError) {
        self.store = store
        self.scratch = scratch
        self.limits = limits
        self.progress = progress
        try doing("importing") { () throws(SyscallError) in
            for name in ["blobs", "layers"] { try File.makeFolder("\(scratch)/\(name)", mode: 0o700) }
        }
    }

    private func stagedBlob(_ digest: Digest) -> String { "\(scratch)/blobs/\(digest.hex)" }
    private func stagedLayer(_ chainID: Digest) -> String { "\(scratch)/layers/\(chainID.hex)" }

    /// Puts an image in the store's index under this name.
    func name(_ reference: ImageReference, _ manifest: ContentDescriptor, isPulled: Bool = false) {
        var entry = ContentDescriptor(mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size)
        entry.annotations = [ImageStore.nameAnnotation: reference.description]
        if isPulled { entry.annotations?[ImageStore.pulledAnnotation] = "true" }
        entries.removeAll { ImageStore.name(of: $0) == reference.description }
        entries.append(entry)
    }

    /// Puts everything that was staged in its place, complete and on the disk, and only then names it in the index.
    ///
    /// Returns the images, in the order in which they were named.
    func commit() throws(ImageError) -> [StoredImage] {
        try doing("importing") { () throws(SyscallError) in
            let folder = try File.open(scratch, [.readOnly, .directory])
            try File.synchroniseSystem(of: folder.raw)
            for digest in blobs { try File.rename(stagedBlob(digest), to: store.blobPath(digest)) }
            for chainID in layers { try File.rename(stagedLayer(chainID), to: store.layerPath(chainID)) }
        }
        var index = try store.readIndex()
        let names = entries.map(ImageStore.name)
        index.manifests.removeAll { names.contains(ImageStore.name(of: $0)) }
        index.manifests += entries
        try store.writeIndex(index)
        var images: [StoredImage] = []
        for entry in entries {
            guard let name = ImageStore.name(of: entry) else { continue }
            images.append(try store.load(entry, as: try ImageReference(name)))
        }
        return images
    }
}

// Blobs.
extension Staging {
    /// Whether the blob is in the store, where only verified ones come.
    private func isStored(_ digest: Digest) throws(ImageError) -> Bool {
        if blobs.contains(digest) { return true }
        return try doing("importing") { () throws(SyscallError) in try File.exists(store.blobPath(digest)) }
    }

    /// Stages a blob that an image names, with the digest and size that it must have.
    func stage(_ descriptor: ContentDescriptor, from source: ImageSource) throws(ImageError) {
        let digest = try ImageStore.digest(of: descriptor)
        if try isStored(digest) { return }
        guard let file = try source.open(source.blobPath(digest)) else {
            throw ImageError(.invalidImage, "\(source.subject): blob \(digest) is missing")
        }
        try stage(file.raw, from: source, named: digest.description, expecting: (digest, descriptor.size))
    }

    /// Stages a file whose digest nobody has told; returns its digest and size.
    func stage(path: String, from source: ImageSource) throws(ImageError) -> (digest: Digest, size: Int64) {
        guard let file = try source.open(path) else {
            throw ImageError(.invalidImage, "\(source.subject): \(path) is missing")
        }
        return try stage(file.raw, from: source, named: path, expecting: nil)
    }

    /// Stages the file with this path; returns its digest and size.
    func stage(file path: String) throws(ImageError) -> (digest: Digest, size: Int64) {
        let file = try doing("opening \(path)") { () throws(SyscallError) in
            try File.open(path, [.readOnly, .noControllingTerminal])
        }
        return try stage(file.raw, from: nil, named: path, expecting: nil)
    }

    /// Stages bytes that were made here, or read and verified.
    func stage(_ bytes: [UInt8], mediaType: String) throws(ImageError) -> ContentDescriptor {
        let digest = Digest(of: bytes)
        if try !isStored(digest) {
            try doing("importing") { () throws(SyscallError) in
                try File.replace(stagedBlob(digest), with: bytes, mode: 0o600)
            }
            blobs.insert(digest)
        }
        return ContentDescriptor(mediaType: mediaType, digest: digest.description, size: Int64(bytes.count))
    }

    /// Reads, hashes and, if it must be, copies an open file; it is staged when it is what it should be.
    @discardableResult
    private func stage(
        _ file: Int32, from source: ImageSource?, named name: String, expecting expected: (digest: Digest, size: Int64)?
    ) throws(ImageError) -> (digest: Digest, size: Int64) {
        let blobs = try doing("importing") { () throws(SyscallError) in
            try File.open("\(scratch)/blobs", [.readOnly, .directory])
        }
        let isOurs = source?.isOurs ?? false
        var (hash, size) = (Digest.Hash(), Int64(0))
        try doing("importing \(name)") { () throws(SyscallError) in
            let total = Int64(try File.status(of: file).size)
            let copy: OwnedDescriptor? =
                isOurs
                ? nil : try File.open("new", [.writeOnly, .create, .truncate, .noFollow], mode: 0o600, at: blobs.raw)
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let length = try File.read(file, into: &buffer, subject: name)
                if length == 0 { break }
                let part = unsafe buffer.span.bytes.extracting(first: length)
                hash.update(part)
                if copy != nil { try File.write(part, to: copy.rawOrNone, subject: name) }
                size += Int64(length)
                progress(ImageProgress(phase: .verifying, subject: name, done: size, total: total))
                // A file that grows while it is read would fill the disk before it is refused.
                if let expected, size > expected.size { break }
            }
        }
        let digest = hash.finish()
        if let expected {
            guard size == expected.size else {
                throw ImageError(
                    .invalidImage,
                    "blob \(expected.digest) is corrupt: it has \(size > expected.size ? "more than " : "")"
                        + "\(min(size, expected.size)) bytes, but the image says \(expected.size)")
            }
            guard digest == expected.digest else {
                throw ImageError(.invalidImage, "blob \(expected.digest) is corrupt: its content is \(digest)")
            }
        }
        if try isStored(digest) { return (digest, size) }
        try doing("importing \(name)") { () throws(SyscallError) in
            if isOurs {
                try File.changeOwner(of: file, uid: 0, gid: 0)
                try File.changePermissions(of: file, to: 0o600)
                try File.makeHardLink(digest.hex, at: blobs.raw, to: file)
            } else {
                try File.rename("new", to: digest.hex, from: blobs.raw, in: blobs.raw)
            }
        }
        self.blobs.insert(digest)
        return (digest, size)
    }
}

// Layers.
extension Staging {
    /// Unpacks an image's layers that are not there yet, and checks each against the digest that the config names.
    ///
    /// The layers are staged, the lowest first, and there are as many digests of their uncompressed bytes.
    func unpack(_ layers: [Digest], diffIDs: [Digest]) throws(ImageError) {
        var below: [String] = []
        for (index, chainID) in Digest.chainIDs(of: diffIDs).enumerated() {
            if let there = try folder(of: chainID) {
                below.insert(there, at: 0)
                continue
            }
            let folder = stagedLayer(chainID)
            let found = try unpack(layers[index], into: folder, below: below)
            guard found == diffIDs[index] else {
                throw ImageError(
                    .invalidImage,
                    "layer \(layers[index]): its uncompressed content is \(found), but the image's config says "
                        + "\(diffIDs[index]) (rootfs.diff_ids[\(index)])")
            }
            self.layers.insert(chainID)
            below.insert(folder, at: 0)
        }
    }

    /// Unpacks a single layer whose uncompressed digest nobody has told, and returns it.
    func unpack(_ layer: Digest) throws(ImageError) -> Digest {
        let folder = "\(scratch)/layers/new"
        let diffID = try unpack(layer, into: folder, below: [])
        if try self.folder(of: diffID) == nil {
            try doing("importing") { () throws(SyscallError) in try File.rename(folder, to: stagedLayer(diffID)) }
            layers.insert(diffID)
        }
        return diffID
    }

    /// Where a layer is unpacked already: here or in the store.
    private func folder(of chainID: Digest) throws(ImageError) -> String? {
        if layers.contains(chainID) { return stagedLayer(chainID) }
        let stored = store.layerPath(chainID)
        return try doing("importing") { () throws(SyscallError) in try File.exists(stored) ? stored : nil }
    }

    /// Unpacks a staged or stored blob; returns the digest of its uncompressed bytes.
    private func unpack(_ layer: Digest, into folder: String, below: [String]) throws(ImageError) -> Digest {
        let path = blobs.contains(layer) ? stagedBlob(layer) : store.blobPath(layer)
        let subject = "layer \(layer)"
        let file = try doing("unpacking \(subject)") { () throws(SyscallError) in
            try File.makeFolder(folder, mode: 0o755)
            // Whatever the caller's umask: the root that a container sees.
            let opened = try File.open(folder, [.readOnly, .directory])
            try File.changePermissions(of: opened.raw, to: 0o755)
            return try File.open(path, [.readOnly])
        }
        let descriptor = file.raw
        let total = try doing("unpacking \(subject)") { () throws(SyscallError) in
            Int64(try File.status(of: descriptor).size)
        }
        let source = try Decompressor(descriptor, limit: limits.bytes, subject: subject)
        let writer = try LayerWriter(folder, below: below, limits: limits, subject: subject)
        try writer.write(try TarReader(source, subject: subject)) {
            progress(ImageProgress(phase: .unpacking, subject: subject, done: source.consumed, total: total))
        }
        return try source.finish()
    }
}
