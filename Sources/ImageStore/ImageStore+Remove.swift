// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import OCISpec

extension ImageStore {
    /// Takes an image's name away, and then all blobs and layers that no other image and no running pod needs.
    ///
    /// `used` are the chain ids that running pods use: ``StoredImage/chainIDs`` of their images. An image that one of them
    /// runs, and whose layers no other name keeps, is not removed: ``ImageError`` of kind `inUse`.
    package func remove(_ reference: ImageReference, used: Set<Digest>) throws(ImageError) {
        try alone { () throws(ImageError) in
            guard let image = try find(reference) else {
                throw ImageError(.notFound, "image \"\(reference)\" not found")
            }
            var index = try readIndex()
            let named = index.manifests.filter { Self.name(of: $0) == reference.description }
            // A digest names the image under every tag of its repository.
            index.manifests.removeAll { entry in
                if !named.isEmpty { return Self.name(of: entry) == reference.description }
                return entry.digest == image.digest.description && Self.repository(of: entry) == reference.repository
            }
            var kept: [StoredImage] = []
            for entry in index.manifests { kept.append(try load(entry, as: reference)) }
            if let top = image.chainIDs.last, used.contains(top), !kept.contains(where: { $0.chainIDs.last == top }) {
                throw ImageError(.inUse, "image \"\(reference)\" is in use by a running pod: delete the pod first")
            }
            try writeIndex(index)
            try clearScratch()
            try clear(allBut: index, layers: kept.reduce(into: used) { $0.formUnion($1.chainIDs) })
        }
    }

    /// Removes the blobs that no entry of an index leads to, and the layers that are not among these.
    private func clear(allBut index: ImageIndex, layers: Set<Digest>) throws(ImageError) {
        var blobs: Set<String> = []
        for entry in index.manifests {
            let manifest = try manifest(of: entry)
            blobs.formUnion(([entry, manifest.config] + manifest.layers).map(\.digest))
        }
        try withScratch { scratch throws(ImageError) in
            try doing("removing what no image needs") { () throws(SyscallError) in
                for name in try File.names(in: folder + "/blobs/sha256") where !blobs.contains("sha256:" + name) {
                    try File.remove("\(folder)/blobs/sha256/\(name)")
                }
                // Out of the way first: a layer that is half removed must not be taken for a whole one.
                let kept = Set(layers.map(\.hex))
                for name in try File.names(in: folder + "/layers") where !kept.contains(name) {
                    try File.rename("\(folder)/layers/\(name)", to: "\(scratch)/\(name)")
                }
            }
        }
    }
}
