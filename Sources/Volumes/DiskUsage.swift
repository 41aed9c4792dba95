// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// What a tree takes of the disk.
///
/// Its own file system alone; a file with several names counts once. What is in it may change meanwhile, and may be
/// hostile: folders are opened by descriptor, never through a link, and one at a time.
package enum DiskUsage {
    /// Bytes; what has gone meanwhile counts nothing.
    package static func bytes(below path: String) throws(SyscallError) -> UInt64 {
        let root = try File.open(path, [.readOnly, .directory, .noFollow])
        let status = try File.status(of: root.raw)
        var total = status.allocated
        var linked: Set<UInt64> = []
        // Paths below the root, so that no depth holds descriptors open.
        var waiting: [[UInt8]] = [Array(".".utf8)]
        while let folder = waiting.popLast() {
            do throws(SyscallError) {
                let open = try File.open(
                    EntryName(path: folder), [.readOnly, .directory, .noFollow], at: root.raw,
                    resolve: [.beneath, .noSymlinks, .noMagicLinks])
                while let batch = try EntryBatch(next: open.raw, subject: path) {
                    try batch.forEach { (name, _) throws(SyscallError) in
                        let entry: FileStatus
                        do throws(SyscallError) { entry = try File.status(name, at: open.raw) } catch
                            where error.errno == .noEntry
                        { return }
                        guard entry.device == status.device else { return }
                        if entry.kind == .directory {
                            waiting.append(folder + [UInt8(ascii: "/")] + name.bytes)
                        } else if entry.links > 1, !linked.insert(entry.inode).inserted {
                            return
                        }
                        total += entry.allocated
                    }
                }
            } catch  where [.noEntry, .notDirectory, .tooManyLinks, .nameTooLong].contains(error.errno) {
                // It is gone, or has become another kind of file.
            }
        }
        return total
    }
}
