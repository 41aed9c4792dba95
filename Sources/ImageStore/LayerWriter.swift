// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Writes a layer's entries below one folder, as overlayfs wants them.
///
/// The layer is hostile. Each path is walked here, one name a step, from a folder that is open already and never through
/// a link; links that the layer itself holds are followed by this walk, and lead no further up than the root. Every call
/// names one entry of an open folder and follows nothing (CVE-2021-32760, CVE-2025-47290). Whatever cannot be written as
/// the layer says it, refuses the layer.
final class LayerWriter {
    /// What one layer may hold at most.
    struct Limits: Sendable {
        var entries = 4_000_000
        /// Uncompressed.
        var bytes: Int64 = 64 << 30
        /// Folders in folders: a tree that is deeper could not be removed within the usual 1024 descriptors.
        var depth = 256
    }

    private typealias Folder = ImageTree.Folder
    private let root: Folder
    /// The layers below, the uppermost first: folders that this layer adds to take their owner and mode from there.
    private let below: [Folder]
    private let limits: Limits
    private let subject: String
    private var entries = 0
    private var bytes: Int64 = 0
    /// The folder of the last entry: most follow one of the same folder.
    private var last: (path: [Substring], names: [String], folder: Folder)?
    /// Set at the end: what is written into a folder changes its time.
    private var times: [(names: [String], seconds: Int64, nanoseconds: Int64)] = []

    /// The folder is empty and nobody else writes below it; `below` are the layers below, the uppermost first.
    init(_ folder: String, below: [String], limits: Limits, subject: String) throws(ImageError) {
        func open(_ path: String) throws(ImageError) -> ImageTree.Folder {
            try doing("unpacking \(subject)") { () throws(SyscallError) in
                ImageTree.Folder(try File.open(path, [.readOnly, .directory, .noFollow]))
            }
        }
        root = try open(folder)
        var folders: [ImageTree.Folder] = []
        for path in below { folders.append(try open(path)) }
        self.below = folders
        self.limits = limits
        self.subject = subject
    }

    /// Writes all entries.
    func write(_ reader: TarReader, progress: () -> Void) throws(ImageError) {
        while let entry = try reader.next() {
            entries += 1
            if entries > limits.entries { throw refuse("more than \(limits.entries) entries") }
            try write(entry, from: reader)
            progress()
        }
        for time in times { try setTime(time.names, seconds: time.seconds, nanoseconds: time.nanoseconds) }
    }

    private func refuse(_ reason: String) -> ImageError { ImageError(.invalidImage, "\(subject): \(reason)") }

    private func writing<Result: ~Copyable>(
        _ entry: TarEntry, _ body: () throws(SyscallError) -> Result
    ) throws(ImageError) -> Result {
        do { return try body() } catch { throw ImageError("unpacking \(subject), \(entry.path)", error) }
    }

    /// The names of a path from the root down; `..` is taken back here, as the layer's author wrote it.
    private func names(of path: String) throws(ImageError) -> [Substring] {
        guard path.utf8.count < 4096 else { throw refuse("a path of \(path.utf8.count) bytes is too long") }
        var names: [Substring] = []
        for name in path.split(separator: "/") where name != "." {
            if name != ".." {
                names.append(name)
            } else if names.popLast() == nil {
                throw refuse("\"\(path)\" leaves the root of the image")
            }
        }
        return names
    }
}

// One entry.
extension LayerWriter {
    private static let hidden = ".wh."
    private static let own = ".wh..wh."
    private static let opaque = ".wh..wh..opq"

    private func write(_ entry: TarEntry, from reader: TarReader) throws(ImageError) {
        let path = try names(of: entry.path)
        // The root is every container's, with the mode that containerd gives it, whatever folder it was packed from.
        guard let last = path.last else { return }
        // aufs' own files: no part of the image.
        if path.dropLast().contains(where: { $0.hasPrefix(Self.own) }) { return }
        let name = String(last)
        let (parents, folder) = try self.folder(at: path.dropLast(), for: entry)
        if name.hasPrefix(Self.hidden) { return try hide(name, in: folder, entry) }
        let hides = try clear(name, in: folder, for: entry)
        switch entry.kind {
        case .regular(let size): try writeFile(name, size: size, in: folder, entry, from: reader)
        case .hardLink(let target): try link(name, to: target, in: folder, entry)
        case .folder:
            let names = parents + [name]
            guard names.count <= limits.depth else { throw refuse("\"\(entry.path)\" is too deep") }
            try writing(entry) { () throws(SyscallError) in
                try File.makeFolderIfMissing(name, mode: 0o700, at: folder.raw)
                let made = try File.open(name, [.readOnly, .directory, .noFollow], at: folder.raw)
                if hides { try Self.makeOpaque(made.raw) }
                try setProperties(of: made.raw, entry)
            }
            times.append((names, entry.seconds, entry.nanoseconds))
        case .link(let target):
            try writing(entry) { () throws(SyscallError) in
                try File.makeLink(name, to: target, at: folder.raw)
                try File.changeOwner(name, uid: entry.uid, gid: entry.gid, at: folder.raw)
                try setTime(of: name, in: folder, entry)
            }
        case .device(let kind, let device): try makeNode(name, kind, device, in: folder, entry)
        case .fifo: try makeNode(name, .fifo, DeviceNumber(major: 0, minor: 0), in: folder, entry)
        }
    }

    /// Removes what stands in the way; a folder where a folder comes stays.
    ///
    /// True when a whiteout stood there: a folder in its place must go on hiding what is below.
    private func clear(_ name: String, in folder: Folder, for entry: TarEntry) throws(ImageError) -> Bool {
        try writing(entry) { () throws(SyscallError) in
            guard let there = try File.statusIfThere(name, at: folder.raw) else { return false }
            if there.kind == .directory && entry.kind == .folder { return false }
            try File.removeTree(name, at: folder.raw)
            last = nil
            return Overlay.isWhiteout(there)
        }
    }

    /// `.wh.NAME` hides NAME of the layers below, `.wh..wh..opq` all that they have in the folder.
    ///
    /// What this layer itself has is not hidden, in whichever order it comes. Source: OCI image specification, layer.md.
    private func hide(_ whiteout: String, in folder: Folder, _ entry: TarEntry) throws(ImageError) {
        // The lowest layer hides nothing, and overlayfs would list its whiteouts.
        if below.isEmpty { return }
        let name = String(whiteout.dropFirst(Self.hidden.utf8.count))
        try writing(entry) { () throws(SyscallError) in
            if whiteout == Self.opaque { return try Self.makeOpaque(folder.raw) }
            if whiteout.hasPrefix(Self.own) || name.isEmpty { return }
            guard let there = try File.statusIfThere(name, at: folder.raw) else {
                return try File.makeNode(
                    name, kind: .characterDevice, permissions: 0, device: Overlay.whiteout, at: folder.raw)
            }
            guard there.kind == .directory else { return }
            let hiding = try File.open(name, [.readOnly, .directory, .noFollow], at: folder.raw)
            try Self.makeOpaque(hiding.raw)
        }
    }

    private static func makeOpaque(_ folder: Int32) throws(SyscallError) {
        try ExtendedAttributes.set(Overlay.opaque, to: [UInt8(ascii: "y")], of: folder)
    }

    private func writeFile(
        _ name: String, size: Int64, in folder: Folder, _ entry: TarEntry, from reader: TarReader
    ) throws(ImageError) {
        guard size <= limits.bytes - bytes else {
            throw refuse("\"\(entry.path)\": more than \(limits.bytes) bytes of files")
        }
        bytes += size
        let file = try writing(entry) { () throws(SyscallError) in
            try File.open(name, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600, at: folder.raw)
        }
        let descriptor = file.raw
        var end: Int64 = 0
        try reader.readContent { (part, place) throws(ImageError) in
            guard place >= 0, place <= size, Int64(part.byteCount) <= size - place else {
                throw refuse("\"\(entry.path)\" has content beyond its size of \(size) bytes")
            }
            try writing(entry) { () throws(SyscallError) in
                try File.write(part, to: descriptor, at: place, subject: entry.path)
            }
            end = max(end, place + Int64(part.byteCount))
        }
        try writing(entry) { () throws(SyscallError) in
            if end < size { try File.setSize(of: descriptor, to: size, subject: entry.path) }
            try setProperties(of: descriptor, entry)
            try setTime(of: name, in: folder, entry)
        }
    }

    /// A second name for a file of this layer; its owner and mode are that file's already.
    private func link(_ name: String, to target: String, in folder: Folder, _ entry: TarEntry) throws(ImageError) {
        let path = try names(of: target)
        guard let last = path.last else { throw refuse("\"\(entry.path)\" is a hard link to the root of the image") }
        // A folder that is not there is made, as containerd does: then the file is not there either.
        let (_, from) = try self.folder(at: path.dropLast(), for: entry)
        let status = try writing(entry) { () throws(SyscallError) in
            try File.statusIfThere(String(last), at: from.raw)
        }
        guard let status, status.kind != .directory, !Overlay.isWhiteout(status) else {
            throw refuse("\"\(entry.path)\" is a hard link to \"\(target)\", which is no file of this layer")
        }
        try writing(entry) { () throws(SyscallError) in
            try File.makeHardLink(name, at: folder.raw, to: String(last), from: from.raw)
        }
    }

    private func makeNode(
        _ name: String, _ kind: FileKind, _ device: DeviceNumber, in folder: Folder, _ entry: TarEntry
    ) throws(ImageError) {
        try writing(entry) { () throws(SyscallError) in
            try File.makeNode(name, kind: kind, permissions: 0o600, device: device, at: folder.raw)
            let made = try File.open(name, [.path, .noFollow], at: folder.raw)
            try File.changeOwner(of: made.raw, uid: entry.uid, gid: entry.gid)
            try File.changePermissions(of: made.raw, to: entry.permissions)
            try setTime(of: name, in: folder, entry)
        }
    }

    /// Sets owner, mode and attributes.
    ///
    /// Owner first: a change of the owner takes set-id bits and file capabilities away. Source: chown(2).
    private func setProperties(of descriptor: Int32, _ entry: TarEntry) throws(SyscallError) {
        try File.changeOwner(of: descriptor, uid: entry.uid, gid: entry.gid)
        try File.changePermissions(of: descriptor, to: entry.permissions)
        for attribute in entry.attributes where Self.isKept(attribute.name) {
            try ExtendedAttributes.set(attribute.name, to: attribute.value, of: descriptor)
        }
    }

    /// Whether an attribute is the image's to set.
    ///
    /// `trusted.` is the machine's, not the image's: overlayfs takes orders from it; and
    /// labels of `security.selinux` and the like are the machine's policy.
    private static func isKept(_ name: String) -> Bool {
        name == "security.capability" || name.hasPrefix("user.") || name.hasPrefix("system.posix_acl_")
    }

    private func setTime(of name: String, in folder: Folder, _ entry: TarEntry) throws(SyscallError) {
        try File.setModified(name, at: folder.raw, seconds: entry.seconds, nanoseconds: entry.nanoseconds)
    }
}

// The way to an entry.
extension LayerWriter {
    /// The folder at a path, made where it is missing, and its own names, without links.
    private func folder(
        at path: ArraySlice<Substring>, for entry: TarEntry
    ) throws(ImageError) -> (names: [String], folder: Folder) {
        if let last, last.path[...] == path { return (last.names, last.folder) }
        var names: [String] = []
        var pending = Array(path.reversed())
        var links = 0
        var here = root
        while let next = pending.popLast() {
            let name = String(next)
            if name == "." { continue }
            if name == ".." {
                _ = names.popLast()
                here = try open(names, for: entry)
                continue
            }
            guard let target = try link(name, in: here, for: entry) else {
                names.append(name)
                guard names.count <= limits.depth else { throw refuse("\"\(entry.path)\" is too deep") }
                here = try enter(names, from: here, for: entry)
                continue
            }
            links += 1
            guard links <= 40 else { throw refuse("\"\(entry.path)\" leads through too many links") }
            if target.hasPrefix("/") {
                names = []
                here = root
            }
            pending += target.split(separator: "/").reversed()
        }
        last = (Array(path), names, here)
        return (names, here)
    }

    /// The target of a link; nil for anything else, and for nothing.
    private func link(_ name: String, in folder: Folder, for entry: TarEntry) throws(ImageError) -> String? {
        try writing(entry) { () throws(SyscallError) in
            guard try File.statusIfThere(name, at: folder.raw)?.kind == .symlink else { return nil }
            return try File.linkTarget(name, at: folder.raw)
        }
    }

    private func open(_ names: [String], for entry: TarEntry) throws(ImageError) -> Folder {
        if names.isEmpty { return root }
        return try writing(entry) { () throws(SyscallError) in try Self.open(names, below: root) }
    }

    /// A folder whose path has no links.
    private static func open(_ names: [String], below root: Folder) throws(SyscallError) -> Folder {
        Folder(
            try File.open(
                names.joined(separator: "/"), [.readOnly, .directory], at: root.raw, resolve: [.beneath, .noSymlinks]))
    }

    /// Opens the last of these names in the folder of the others; makes it when it is missing.
    private func enter(_ names: [String], from folder: Folder, for entry: TarEntry) throws(ImageError) -> Folder {
        let name = names[names.count - 1]
        let there = try writing(entry) { () throws(SyscallError) in try File.statusIfThere(name, at: folder.raw) }
        if let there, there.kind != .directory, !Overlay.isWhiteout(there) {
            throw refuse("\"\(entry.path)\" lies in \"\(names.joined(separator: "/"))\", which is no folder")
        }
        return try writing(entry) { () throws(SyscallError) in
            if there?.kind == .characterDevice { try File.remove(name, at: folder.raw) }
            if there?.kind != .directory { try File.makeFolder(name, mode: 0o700, at: folder.raw) }
            let opened = Folder(try File.open(name, [.readOnly, .directory, .noFollow], at: folder.raw))
            if there?.kind == .characterDevice { try Self.makeOpaque(opened.raw) }
            if there?.kind != .directory { try takeProperties(of: names, for: opened) }
            return opened
        }
    }

    /// Gives a folder that the layer names only on the way to something the owner, mode and attributes that it has in the
    /// layers below: the uppermost layer's are the ones that a container sees.
    private func takeProperties(of names: [String], for made: Folder) throws(SyscallError) {
        for layer in below {
            let original: Folder
            do {
                original = Folder(
                    try File.open(
                        names.joined(separator: "/"), [.readOnly, .directory], at: layer.raw, resolve: [.inRoot]))
            } catch  where error.errno == .noEntry {
                continue
            } catch  where error.errno == .notDirectory || error.errno == .tooManyLinks {
                break  // Replaced or hidden there: what is further below is not seen.
            }
            let status = try File.status(of: original.raw)
            try File.changeOwner(of: made.raw, uid: status.uid, gid: status.gid)
            try File.changePermissions(of: made.raw, to: status.permissions)
            for name in try ExtendedAttributes.names(of: original.raw) where Self.isKept(name) {
                guard let value = try ExtendedAttributes.value(name, of: original.raw) else { continue }
                try ExtendedAttributes.set(name, to: value, of: made.raw)
            }
            times.append((names, status.modified, 0))
            return
        }
        try File.changePermissions(of: made.raw, to: 0o755)
    }

    /// Sets the time of a folder, if the path still is one.
    private func setTime(_ names: [String], seconds: Int64, nanoseconds: Int64) throws(ImageError) {
        do {
            let parent = names.count == 1 ? root : try Self.open(names.dropLast(), below: root)
            guard try File.statusIfThere(names[names.count - 1], at: parent.raw)?.kind == .directory else { return }
            try File.setModified(names[names.count - 1], at: parent.raw, seconds: seconds, nanoseconds: nanoseconds)
        } catch  where [.noEntry, .notDirectory, .tooManyLinks].contains(error.errno) {
            return  // A later entry of the layer put something else on the way there.
        } catch {
            throw ImageError("unpacking \(subject), \(names.joined(separator: "/"))", error)
        }
    }
}
