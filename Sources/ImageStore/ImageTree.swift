// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// The files of an image as overlayfs shows them, found without a mount and without a path that could lead outside.
///
/// The image is hostile: each step opens one name, never through a link, from a folder that is open already; links are
/// followed here, and the root is as far up as they lead.
package struct ImageTree: Sendable {
    /// An open folder of one layer.
    final class Folder: Sendable {
        let descriptor: OwnedDescriptor
        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
        var raw: Int32 { descriptor.raw }
    }

    /// What a path names.
    package enum Node: Sendable {
        case folder(FileStatus)
        /// Anything but a folder or a link.
        case file(FileStatus)
    }

    /// Folders that are one in the merged tree, the uppermost layer's first.
    typealias Merged = [Folder]
    private let root: Merged
    private let name: String

    /// The layers are folders, the uppermost first.
    package init(layers: [String]) throws(ImageError) {
        name = layers.first ?? "an image without layers"
        var root: Merged = []
        for layer in layers {
            root.append(
                try doing("opening an image's layer") { () throws(SyscallError) in
                    Folder(try File.open(layer, [.readOnly, .directory]))
                })
        }
        self.root = root
    }

    /// What a path names, links followed; nil when it names nothing.
    package func find(_ path: String) throws(ImageError) -> Node? {
        switch try place(of: path) {
        case .none: nil
        case .folder(let merged):
            .folder(
                try doing("looking at \(path) in \(name)") { () throws(SyscallError) in
                    try File.status(of: merged[0].raw)
                })
        case .file(_, _, let status): .file(status)
        case .link: nil
        }
    }

    /// The bytes of a regular file; nil when the path names none.
    ///
    /// - Throws: ``ImageError`` when the file is longer than `limit` bytes.
    package func read(_ path: String, limit: Int) throws(ImageError) -> [UInt8]? {
        guard case .file(let folder, let last, let status) = try place(of: path), status.kind == .regular else {
            return nil
        }
        guard status.size <= UInt64(limit) else {
            throw ImageError(.invalidImage, "\(path) of the image has \(status.size) bytes: at most \(limit) are read")
        }
        return try doing("reading \(path) in \(name)") { () throws(SyscallError) in
            let file = try Self.open(last, in: folder)
            return try File.readAll(file.raw, limit: limit, subject: path)
        }
    }

    /// The first bytes of a regular file; nil when the path names none.
    package func start(of path: String, count: Int) throws(ImageError) -> [UInt8]? {
        guard case .file(let folder, let last, let status) = try place(of: path), status.kind == .regular else {
            return nil
        }
        return try doing("reading \(path) in \(name)") { () throws(SyscallError) in
            let file = try Self.open(last, in: folder)
            return try File.read(file.raw, upTo: count, subject: path)
        }
    }

    /// An extended attribute of a regular file; nil when it has none, or the path names no file.
    package func attribute(_ attribute: String, of path: String) throws(ImageError) -> [UInt8]? {
        guard case .file(let folder, let last, let status) = try place(of: path), status.kind == .regular else {
            return nil
        }
        return try doing("reading \(attribute) of \(path) in \(name)") { () throws(SyscallError) in
            let file = try Self.open(last, in: folder)
            return try ExtendedAttributes.value(attribute, of: file.raw)
        }
    }

    /// What a folder holds, sorted; nil when the path names none.
    package func names(in path: String) throws(ImageError) -> [String]? {
        guard case .folder(let merged) = try place(of: path) else { return nil }
        return try doing("reading \(path) in \(name)") { () throws(SyscallError) in
            var seen: Set<String> = []
            var names: [String] = []
            for part in merged {
                for name in try File.names(in: part.raw, subject: path) where seen.insert(name).inserted {
                    guard let status = try File.statusIfThere(name, at: part.raw), !Overlay.isWhiteout(status) else {
                        continue
                    }
                    names.append(name)
                }
            }
            return names.sorted()
        }
    }

    private static func open(_ name: String, in folder: Folder) throws(SyscallError) -> OwnedDescriptor {
        try File.open(name, [.readOnly, .noFollow, .nonBlocking, .noControllingTerminal], at: folder.raw)
    }

    private enum Place {
        case folder(Merged)
        case file(Folder, name: String, FileStatus)
        case link(to: String)
    }

    /// Walks a path from the root; a chain of more than 40 links names nothing, as in the kernel.
    private func place(of path: String) throws(ImageError) -> Place? {
        var above: [Merged] = []
        var here = root
        var pending = Array(path.split(separator: "/").reversed())
        var links = 0
        while let next = pending.popLast() {
            switch next {
            case ".": continue
            case "..": here = above.popLast() ?? root
            default:
                let found = try doing("looking at \(path) in \(name)") { () throws(SyscallError) in
                    try Self.step(to: String(next), in: here)
                }
                switch found {
                case .none: return nil
                case .folder(let merged):
                    above.append(here)
                    here = merged
                case .file: return pending.isEmpty ? found : nil
                case .link(let target):
                    links += 1
                    if links > 40 { return nil }
                    if target.hasPrefix("/") { (above, here) = ([], root) }
                    pending += target.split(separator: "/").reversed()
                }
            }
        }
        return here.isEmpty ? nil : .folder(here)
    }

    /// What a name stands for in a merged folder: the uppermost layer that has it decides, and folders merge down to
    /// the first that is opaque or to what is no folder.
    ///
    /// Source: Linux, Documentation/filesystems/overlayfs.rst, whiteouts and opaque directories.
    private static func step(to name: String, in merged: Merged) throws(SyscallError) -> Place? {
        var folders: Merged = []
        for part in merged {
            guard let status = try File.statusIfThere(name, at: part.raw) else { continue }
            if Overlay.isWhiteout(status) { break }
            guard status.kind == .directory else {
                if !folders.isEmpty { break }
                if status.kind == .symlink { return .link(to: try File.linkTarget(name, at: part.raw)) }
                return .file(part, name: name, status)
            }
            let folder = Folder(try File.open(name, [.readOnly, .directory, .noFollow], at: part.raw))
            folders.append(folder)
            if try Overlay.isOpaque(folder.raw) { break }
        }
        return folders.isEmpty ? nil : .folder(folders)
    }
}

/// How overlayfs writes down that a layer hides what lies below.
///
/// Source: Linux, Documentation/filesystems/overlayfs.rst.
enum Overlay {
    static let whiteout = DeviceNumber(major: 0, minor: 0)
    static let opaque = "trusted.overlay.opaque"

    /// A character device 0:0 hides the name.
    static func isWhiteout(_ status: FileStatus) -> Bool {
        status.kind == .characterDevice && status.represents == whiteout
    }

    /// A folder with this attribute hides all that lower layers have in it.
    static func isOpaque(_ folder: Int32) throws(SyscallError) -> Bool {
        try ExtendedAttributes.value(opaque, of: folder) == [UInt8(ascii: "y")]
    }
}

extension File {
    /// The status of a path, links not followed; nil when it names nothing.
    static func statusIfThere(_ path: String, at folder: Int32) throws(SyscallError) -> FileStatus? {
        do { return try status(path, at: folder) } catch  where error.errno == .noEntry { return nil }
    }
}
