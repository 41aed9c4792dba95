// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// A folder that images come from; none of its files leads outside it.
final class ImageSource {
    /// Where a folder keeps its blobs.
    enum Layout {
        /// OCI image layout: `blobs/sha256/HEX`.
        case oci
        /// skopeo's `dir:`: `HEX`, beside a manifest that is just as the registry has it.
        case plain
    }
    private let folder: OwnedDescriptor
    private let layout: Layout
    /// What the user named.
    let subject: String
    /// The folder is our own scratch: its files may be taken instead of copied.
    let isOurs: Bool

    init(_ path: String, layout: Layout, isOurs: Bool, subject: String) throws(ImageError) {
        folder = try doing("opening \(subject)") { () throws(SyscallError) in try File.open(path, [.path, .directory]) }
        self.layout = layout
        self.isOurs = isOurs
        self.subject = subject
    }

    func blobPath(_ digest: Digest) -> String {
        switch layout {
        case .oci: "blobs/sha256/\(digest.hex)"
        case .plain: digest.hex
        }
    }

    /// Opens a regular file, or nil when there is none with this path.
    func open(_ path: String) throws(ImageError) -> OwnedDescriptor? {
        do {
            let file = try File.open(
                path, [.readOnly, .nonBlocking, .noControllingTerminal], at: folder.raw,
                resolve: [.inRoot, .noMagicLinks])
            guard try File.status(of: file.raw).kind == .regular else { return nil }
            return file
        } catch  where [.noEntry, .notDirectory, .tooManyLinks].contains(error.errno) {
            return nil
        } catch {
            throw ImageError("reading \(subject)", error)
        }
    }

    /// The bytes of a small file, or nil when there is none with this path.
    func read(_ path: String, limit: Int = 4 << 20) throws(ImageError) -> [UInt8]? {
        guard let file = try open(path) else { return nil }
        let descriptor = file.raw
        return try doing("reading \(subject)") { () throws(SyscallError) in
            try File.readAll(descriptor, limit: limit, subject: path)
        }
    }
}
