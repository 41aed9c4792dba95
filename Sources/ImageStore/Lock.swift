// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

extension ImageStore {
    /// An advisory lock on the store, let go with its owner, however that ends.
    ///
    /// Source: flock(2).
    package struct Lock: ~Copyable, Sendable {
        fileprivate let descriptor: OwnedDescriptor

        package consuming func letGo() {}
    }

    /// Keeps every image and layer where it is while the lock is held: any number hold it, removal waits for all.
    ///
    /// Take it before an image is looked up and hold it until what uses the image is written down.
    package func hold() throws(ImageError) -> Lock {
        try prepare()
        return try lock("use.lock", exclusive: false)
    }

    /// Does something while nothing is removed.
    func holding<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        let lock = try hold()
        let result = try body()
        lock.letGo()
        return result
    }

    /// Does something while nobody holds and nobody imports.
    func alone<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        try prepare()
        let lock = try lock("use.lock", exclusive: true)
        let result = try body()
        lock.letGo()
        return result
    }

    /// Does something while nothing is removed and nobody else unpacks: no layer is unpacked twice.
    func importing<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        try holding { () throws(ImageError) in
            let lock = try lock("import.lock", exclusive: true)
            let result = try body()
            lock.letGo()
            return result
        }
    }

    private func lock(_ name: String, exclusive: Bool) throws(ImageError) -> Lock {
        let path = "\(folder)/\(name)"
        return try doing("locking the image store") { () throws(SyscallError) in
            let file = try File.open(path, [.readWrite, .create, .noFollow], mode: 0o600)
            _ = try FileLock.take(file.raw, exclusive: exclusive, wait: true)
            return Lock(descriptor: file)
        }
    }
}

// Work that is not done.
extension ImageStore {
    private var scratchFolder: String { folder + "/scratch" }

    /// Does something with an empty folder of its own, which is gone afterwards.
    ///
    /// Its lock says that somebody works in it: what a killed process leaves has none.
    func withScratch<Result>(_ body: (String) throws(ImageError) -> Result) throws(ImageError) -> Result {
        let path = "\(scratchFolder)/\(Process.id)-\(Clock.monotonic)"
        let lock = try doing("making a scratch folder in the image store") { () throws(SyscallError) in
            try makeLocked(path)
        }
        let result: Result
        do { result = try body(path) } catch {
            // The first error is the one to tell; what stays is cleared by the next import or removal.
            do { try File.removeTree(path) } catch {}
            throw error
        }
        try doing("removing a scratch folder of the image store") { () throws(SyscallError) in
            try File.removeTree(path)
        }
        lock.letGo()
        return result
    }

    /// Between the folder's making and its locking ``clearScratch()`` may take it for a dead one's: then it is made anew.
    private func makeLocked(_ path: String) throws(SyscallError) -> Lock {
        while true {
            do { try File.makeFolder(path, mode: 0o700) } catch  where error.errno == .exists {}
            do {
                let open = try File.open(path, [.readOnly, .directory, .noFollow])
                _ = try FileLock.take(open.raw, wait: true)
                if try File.status(path).inode == File.status(of: open.raw).inode { return Lock(descriptor: open) }
            } catch  where error.errno == .noEntry {}
        }
    }

    /// Removes the scratch folders of processes that were killed.
    func clearScratch() throws(ImageError) {
        try doing("clearing what a killed import left") { () throws(SyscallError) in
            for name in try File.names(in: scratchFolder) {
                let path = "\(scratchFolder)/\(name)"
                guard let open = try openIfThere(path) else { continue }
                if try FileLock.take(open.raw, wait: false) { try File.removeTree(path) }
            }
        }
    }

    private func openIfThere(_ path: String) throws(SyscallError) -> OwnedDescriptor? {
        do { return try File.open(path, [.readOnly, .noFollow]) } catch  where error.errno == .noEntry { return nil }
    }
}
