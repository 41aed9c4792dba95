// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel
import Synchronization

/// Gives a tree of files to a group: every entry, folders after what they hold, the root last.
///
/// The root is last so that a walk that was cut off is seen by `onRootMismatch`. What is in the tree may be hostile and
/// may change meanwhile: each file is opened as itself (`O_PATH`, `O_NOFOLLOW`), read and changed by that descriptor, and
/// folders are opened from the root with `openat2(RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS)`. So nothing outside the tree is
/// touched, and the bits that a file gets are computed from its own. Mount points inside are crossed.
///
/// At most one descriptor per thread and one per folder whose entries are under way are open, whatever the depth. A path
/// below the root that is longer than `PATH_MAX` is an error.
package final class OwnershipWalk: Sendable {
    private let root: OwnedDescriptor
    private let ownership: GroupOwnership
    private let path: String
    private let progress: @Sendable (Int) -> Void
    private let state = Mutex(State())
    /// Counts what was added to the work while somebody waited for it.
    private let added = Semaphore()

    /// Gives the tree at an open root, a folder or a file opened for reading or with `O_PATH`, to the group.
    ///
    /// `path` is the root's, for messages; `progress` is called about once a second, from any thread, with the number of
    /// entries done. It throws when a folder cannot be read: the root is unchanged then, and the walk is to be done again.
    package static func apply(
        _ ownership: GroupOwnership, policy: GroupOwnership.ChangePolicy, to root: borrowing OwnedDescriptor,
        path: String, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(SyscallError) -> OwnershipReport {
        if policy == .onRootMismatch, try ownership.matches(root: File.status(of: root.raw)) { return .unchanged }
        let walk = OwnershipWalk(try root.duplicate(), ownership, path: path, progress: progress)
        return try walk.run()
    }

    private init(
        _ root: consuming OwnedDescriptor, _ ownership: GroupOwnership, path: String,
        progress: @escaping @Sendable (Int) -> Void
    ) {
        self.root = root
        self.ownership = ownership
        self.path = path
        self.progress = progress
    }

    private func run() throws(SyscallError) -> OwnershipReport {
        let status = try File.status(of: root.raw)
        if status.kind == .directory {
            state.withLock { $0.work.append(.folder(Folder(path: [], parent: nil))) }
            // A small tree is done before other threads would have started.
            work(upTo: Self.small)
            if state.withLock({ !$0.isDone }) {
                Threads.share(min(8, Threads.processors)) { work(upTo: .max) }
            }
        } else {
            var tally = Tally()
            change(root.raw, status, also: false, &tally) { self.path }
            add(tally)
        }
        let (failure, total) = state.withLock { ($0.failure, $0.total) }
        if let failure { throw failure }
        return OwnershipReport(
            walked: true, entries: total.entries, refused: total.refused, refusals: total.refusals)
    }

    private static let small = 4096
    private static let anyFolder: Resolve = [.beneath, .noSymlinks, .noMagicLinks]
}

// MARK: - work

extension OwnershipWalk {
    /// A folder of the tree: its path below the root, and how much of it is still to be done before itself.
    private final class Folder: Sendable {
        let path: [UInt8]
        let parent: Folder?
        /// Its listing, its batches under way, and its folders.
        let pending = Atomic(1)

        init(path: [UInt8], parent: Folder?) {
            self.path = path
            self.parent = parent
        }

        func child(_ name: EntryName) -> Folder {
            Folder(path: path.isEmpty ? Array(name.bytes) : path + [UInt8(ascii: "/")] + name.bytes, parent: self)
        }
        func expectMore() { pending.add(1, ordering: .acquiringAndReleasing) }
        /// Whether that was the last of it.
        func completeOne() -> Bool { pending.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
    }

    /// A folder that is open for as long as somebody works in it.
    private final class OpenFolder: Sendable {
        let folder: Folder
        let descriptor: OwnedDescriptor
        init(_ folder: Folder, _ descriptor: consuming OwnedDescriptor) {
            self.folder = folder
            self.descriptor = descriptor
        }
    }

    private enum Work: Sendable {
        case folder(Folder)
        case batch(EntryBatch, OpenFolder)
    }

    /// What one thread has done since it last said so.
    private struct Tally {
        var entries = 0
        var refused = 0
        var refusals: [String] = []
        /// Whether the last file needed a change: the next one most likely needs it too.
        var expectsChange = true
    }

    private struct State {
        /// A stack, so that what is begun is ended before other folders are opened.
        var work: [Work] = []
        var active = 0
        var waiting = 0
        var failure: SyscallError?
        var total = Tally()
        var reported = Clock.monotonic

        var isDone: Bool { failure != nil || (work.isEmpty && active == 0) }
    }

    private enum Turn {
        case work(Work)
        case wait
        case end
    }

    /// Takes work until there is none, or `entries` have been done.
    private func work(upTo entries: Int) {
        while true {
            let turn = state.withLock { state -> Turn in
                if state.isDone || state.total.entries >= entries { return .end }
                if let next = state.work.popLast() {
                    state.active += 1
                    return .work(next)
                }
                state.waiting += 1
                return .wait
            }
            switch turn {
            case .end: return
            case .wait: added.wait()
            case .work(let work):
                var failure: SyscallError?
                var tally = Tally()
                do {
                    switch work {
                    case .folder(let folder): try list(folder, &tally)
                    case .batch(let batch, let folder):
                        try go(through: batch, of: folder, &tally)
                        try complete(folder.folder, open: folder, &tally)
                    }
                } catch { failure = error }
                let woken = state.withLock { state -> Int in
                    state.active -= 1
                    if state.failure == nil { state.failure = failure }
                    guard state.isDone else { return 0 }
                    defer { state.waiting = 0 }
                    return state.waiting
                }
                for _ in 0..<woken { added.signal() }
                add(tally)
            }
        }
    }

    /// Adds work; false when there is so much of it that the caller had better do it itself.
    private func offer(_ work: Work, limit: Int) -> Bool {
        let taken = state.withLock { state -> (Bool, wake: Bool) in
            if state.work.count >= limit { return (false, false) }
            state.work.append(work)
            guard state.waiting > 0 else { return (true, false) }
            state.waiting -= 1
            return (true, true)
        }
        if taken.wake { added.signal() }
        return taken.0
    }

    private func add(_ tally: Tally) {
        let now = Clock.monotonic
        let due = state.withLock { state -> Int? in
            state.total.entries += tally.entries
            state.total.refused += tally.refused
            state.total.refusals += tally.refusals.prefix(max(0, 5 - state.total.refusals.count))
            guard now - state.reported >= 1_000_000_000 else { return nil }
            state.reported = now
            return state.total.entries
        }
        if let due { progress(due) }
    }
}

// MARK: - folders and files

extension OwnershipWalk {
    private func list(_ folder: Folder, _ tally: inout Tally) throws(SyscallError) {
        let opened: OwnedDescriptor
        do {
            opened = try open(folder, [.readOnly, .directory, .noFollow])
        } catch  where error.errno == .noEntry {
            // It is gone, so there is nothing to give to anybody.
            return try complete(folder.parent, open: nil, &tally)
        } catch  where error.errno == .notDirectory || error.errno == .tooManyLinks {
            // It has become another kind of file, which stands for itself.
            try changeReplaced(folder, &tally)
            return try complete(folder.parent, open: nil, &tally)
        }
        let open = OpenFolder(folder, opened)
        while let batch = try EntryBatch(next: open.descriptor.raw, subject: self.name(of: folder)) {
            if !batch.isShort() {
                folder.expectMore()
                if offer(.batch(batch, open), limit: 64) { continue }
                _ = folder.completeOne()
            }
            try go(through: batch, of: open, &tally)
        }
        try complete(folder, open: open, &tally)
    }

    private func go(through batch: EntryBatch, of open: OpenFolder, _ tally: inout Tally) throws(SyscallError) {
        try batch.forEach { (name, isFolder) throws(SyscallError) in
            if isFolder == true { return enter(name, of: open.folder) }
            do throws(SyscallError) {
                try changeEntry(name, of: open, &tally)
            } catch  where error.errno == .noEntry {
                // It is gone, so there is nothing to give to anybody.
            }
        }
    }

    private func enter(_ name: EntryName, of folder: Folder) {
        folder.expectMore()
        _ = offer(.folder(folder.child(name)), limit: .max)
    }

    private func changeEntry(_ name: EntryName, of open: OpenFolder, _ tally: inout Tally) throws(SyscallError) {
        let folder = open.descriptor.raw
        if !tally.expectsChange {
            let status = try File.status(name, at: folder)
            if status.kind == .directory { return enter(name, of: open.folder) }
            if try !needsChange(status, name, at: folder) {
                tally.entries += 1
                return
            }
            tally.expectsChange = true
        }
        let file = try File.open(name, [.path, .noFollow], at: folder)
        let status = try File.status(of: file.raw)
        if status.kind == .directory { return enter(name, of: open.folder) }
        let needed = try needsChange(status, name, at: folder)
        tally.expectsChange = needed
        change(file.raw, status, also: needed && ownership.holds(for: status), &tally) {
            "\(self.name(of: open.folder))/\(name)"
        }
    }

    /// Whether the file lacks group or bits, or carries file capabilities, which a change of owner takes away.
    private func needsChange(
        _ status: FileStatus, _ name: EntryName, at folder: Int32
    ) throws(SyscallError) -> Bool {
        if !ownership.holds(for: status) { return true }
        return status.kind == .regular ? try File.hasCapabilities(name, at: folder) : false
    }

    /// Changes one open file or folder.
    ///
    /// The kernel takes the set-id bits of a file away when its group changes, chown(2); they are given back with the
    /// rest, as the kubelet does. A link has no bits.
    private func change(
        _ descriptor: Int32, _ status: FileStatus, also force: Bool, _ tally: inout Tally, path: () -> String
    ) {
        tally.entries += 1
        let changesGroup = force || status.gid != ownership.group
        if changesGroup {
            attempt(&tally, path) { () throws(SyscallError) in
                try File.changeOwner(of: descriptor, uid: nil, gid: ownership.group)
            }
        }
        guard status.kind != .symlink else { return }
        let permissions = ownership.permissions(of: status)
        let wasStripped = changesGroup && status.kind != .directory && status.permissions & 0o6000 != 0
        if permissions != status.permissions || wasStripped {
            attempt(&tally, path) { () throws(SyscallError) in
                try File.changePermissions(of: descriptor, to: permissions)
            }
        }
    }

    private func attempt(_ tally: inout Tally, _ path: () -> String, _ call: () throws(SyscallError) -> Void) {
        do { try call() } catch {
            tally.refused += 1
            guard tally.refusals.count < 5 else { return }
            tally.refusals.append(
                "\(error.call) on \(path()): \(error.errno)")
        }
    }

    /// One piece of the folder is done; with the last one the folder itself is changed, and so on upwards.
    private func complete(_ start: Folder?, open: OpenFolder?, _ tally: inout Tally) throws(SyscallError) {
        var next = start
        while let folder = next, folder.completeOne() {
            if let open, open.folder === folder {
                try changeFolder(folder, open.descriptor.raw, &tally)
            } else {
                do {
                    let reopened = try self.open(folder, [.path, .directory, .noFollow])
                    try changeFolder(folder, reopened.raw, &tally)
                } catch  where error.errno == .noEntry {
                    // It is gone, so there is nothing to give to anybody.
                }
            }
            next = folder.parent
        }
    }

    private func changeFolder(_ folder: Folder, _ descriptor: Int32, _ tally: inout Tally) throws(SyscallError) {
        change(descriptor, try File.status(of: descriptor), also: false, &tally) { self.name(of: folder) }
    }

    private func changeReplaced(_ folder: Folder, _ tally: inout Tally) throws(SyscallError) {
        do {
            let file = try open(folder, [.path, .noFollow])
            let status = try File.status(of: file.raw)
            change(file.raw, status, also: status.kind == .regular, &tally) { self.name(of: folder) }
        } catch  where error.errno == .noEntry {
            // It is gone, so there is nothing to give to anybody.
        }
    }

    private func open(_ folder: Folder, _ flags: OpenFlags) throws(SyscallError) -> OwnedDescriptor {
        do {
            if folder.parent == nil { return try File.open(".", flags, at: root.raw) }
            return try File.open(EntryName(path: folder.path), flags, at: root.raw, resolve: Self.anyFolder)
        } catch {
            throw SyscallError(call: error.call, subject: name(of: folder), errno: error.errno, detail: error.detail)
        }
    }

    private func name(of folder: Folder) -> String {
        folder.path.isEmpty ? path : path + "/" + String(decoding: folder.path, as: UTF8.self)
    }
}
