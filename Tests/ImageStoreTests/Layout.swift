// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import ImageStore
import LinuxKernel
import OCISpec
import Testing

/// A folder of its own for one test, removed after it.
final class ScratchFolder {
    let path: String
    init() throws {
        path = "/tmp/holdfast-test-" + UUID().uuidString
        try File.makeFolder(path, mode: 0o700)
    }
    deinit {
        do { try File.removeTree(path) } catch { Issue.record(error) }
    }

    /// Every path below a folder.
    static func tree(_ folder: String) throws -> Set<String> {
        var all: Set<String> = []
        for name in try File.names(in: folder) {
            all.insert(name)
            guard try File.status("\(folder)/\(name)").kind == .directory else { continue }
            all.formUnion(try tree("\(folder)/\(name)").map { "\(name)/\($0)" })
        }
        return all
    }
}

/// Makes OCI image layouts.
struct Layout {
    let path: String
    private(set) var manifests: [ContentDescriptor] = []

    init(_ path: String) throws {
        self.path = path
        try File.makeFolders(path + "/blobs/sha256")
        try File.replace(path + "/oci-layout", with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        try writeIndex()
    }

    enum Compression: CaseIterable { case none, gzip, zstd }

    /// A layer that is on its way into an image.
    struct Layer {
        var bytes: [UInt8]
        var diffID: Digest
        init(_ tar: Tar, _ compression: Compression = .none) throws {
            let plain = tar.bytes
            diffID = Digest(of: plain)
            switch compression {
            case .none: bytes = plain
            case .gzip: bytes = try Command("/bin/gzip", ["-nc"], environment: [:]).run(input: plain).output
            case .zstd: bytes = Self.zstd(plain)
            }
        }

        /// A frame of raw blocks.
        ///
        /// Source: RFC 8878, sections 3.1.1.1 and 3.1.1.2.
        private static func zstd(_ plain: [UInt8]) -> [UInt8] {
            var frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]  // A window of 2 MiB, no size, no checksum.
            var rest = plain[...]
            repeat {
                let part = rest.prefix(100_000)
                rest = rest.dropFirst(part.count)
                let header = part.count << 3 | (rest.isEmpty ? 1 : 0)
                frame += [UInt8(header & 255), UInt8(header >> 8 & 255), UInt8(header >> 16)] + part
            } while !rest.isEmpty
            return frame
        }
    }

    func blob(_ bytes: [UInt8], _ type: String) throws -> ContentDescriptor {
        let digest = Digest(of: bytes)
        try File.replace("\(path)/blobs/sha256/\(digest.hex)", with: bytes, mode: 0o644)
        return ContentDescriptor(mediaType: type, digest: digest.description, size: Int64(bytes.count))
    }

    /// Adds an image under a name; what is odd about it is changed in `manifest` or by hand.
    @discardableResult
    mutating func add(
        _ name: String?, _ layers: [Layer], annotation: String = "org.opencontainers.image.ref.name",
        platform: (os: String, architecture: String)? = nil,
        change: (inout ImageManifest, inout ImageConfig) -> Void = { _, _ in }
    ) throws -> ImageManifest {
        var config = ImageConfig(
            architecture: "amd64", config: .init(), rootfs: .init(diffIDs: layers.map(\.diffID.description)))
        var manifest = ImageManifest(
            config: try blob([], "none"),
            layers: try layers.map { try blob($0.bytes, "application/vnd.oci.image.layer.v1.tar+gzip") })
        change(&manifest, &config)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys  // The same image has the same digests.
        let encoded = Array(try encoder.encode(config))
        manifest.config = try blob(encoded, "application/vnd.oci.image.config.v1+json")
        var entry = try blob(Array(try encoder.encode(manifest)), manifest.mediaType ?? "")
        entry.annotations = name.map { [annotation: $0] }
        if let platform { entry.platform = try .init(platform) }
        manifests.append(entry)
        try writeIndex()
        return manifest
    }

    private func writeIndex() throws {
        let index = ImageIndex(manifests: manifests)
        try File.replace(path + "/index.json", with: Array(try JSONEncoder().encode(index)), mode: 0o644)
    }
}

extension ContentDescriptor.Platform {
    init(_ platform: (os: String, architecture: String)) throws {
        let text = #"{"os":"\#(platform.os)","architecture":"\#(platform.architecture)"}"#
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }
}

/// A store and a place to make images for it.
struct World {
    let scratch: ScratchFolder
    let store: ImageStore

    init() throws {
        scratch = try ScratchFolder()
        store = ImageStore(folder: scratch.path + "/store")
    }

    func layout(_ name: String = "layout") throws -> Layout { try Layout("\(scratch.path)/\(name)") }

    /// Imports one image of these layers.
    func image(_ layers: [Tar], _ name: String = "example.test/x:1") throws -> StoredImage {
        var layout = try layout("layout-\(UUID().uuidString)")
        try layout.add(name, try layers.map { try Layout.Layer($0) })
        return try #require(try store.importImages(path: layout.path).first)
    }

    /// The folder of an image's uppermost layer.
    func top(_ image: StoredImage) throws -> String { try #require(try store.layers(of: image).first) }

    /// What the store must look like when nothing is in it.
    func expectEmpty(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try store.list() == [], sourceLocation: sourceLocation)
        let left = try ScratchFolder.tree(store.folder).subtracting([
            "oci-layout", "index.json", "use.lock", "import.lock", "blobs", "blobs/sha256", "layers", "scratch",
            "empty",
        ])
        #expect(left == [], sourceLocation: sourceLocation)
    }

    /// Imports what must be refused, and sees that nothing of it stays.
    func refusal(
        _ path: String, name: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ImageError {
        let error = #expect(throws: ImageError.self, sourceLocation: sourceLocation) {
            try store.importImages(path: path, name: name)
        }
        try expectEmpty(sourceLocation: sourceLocation)
        return try #require(error, sourceLocation: sourceLocation)
    }
}
