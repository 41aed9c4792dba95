// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// Wakes when something of some pods may have changed: their files, their logs, their shims' lives.
///
/// It tells nothing about what has changed: the files do.
final class PodWatch {
    /// Of the descriptors that it watches itself; a caller's own are below.
    private enum Token {
        static let files: UInt64 = 1 << 32
        static let shims: UInt64 = 1 << 33
    }
    private let places: [PodPlace]
    private let queue: EventQueue
    private let files: FolderWatch
    private var shims: [Int32: SharedDescriptor] = [:]

    init(_ places: [PodPlace]) throws(EngineError) {
        self.places = places
        queue = try doing("cannot watch pods") { () throws(SyscallError) in try EventQueue() }
        files = try doing("cannot watch pods") { () throws(SyscallError) in try FolderWatch() }
        try add(files.raw, token: Token.files)
    }

    /// Reports another descriptor too.
    func add(_ descriptor: Int32, token: UInt64) throws(EngineError) {
        try doing("cannot watch pods") { () throws(SyscallError) in try queue.add(descriptor, token: token) }
    }

    /// Looks at what there is by now, so that no change after this call is missed.
    ///
    /// The caller reads the pods' state after it.
    func refresh() throws(EngineError) {
        for place in places {
            let all: FolderWatch.Change = [.modified, .appeared, .disappeared]
            try watch(place.folder, all)
            try watch(place.runFolder, all)
            let containers = place.folder + "/containers"
            try watch(containers, .appeared)
            let names = try doing("cannot watch pod \(place.name.name)") { () throws(SyscallError) in
                try unlessMissing { () throws(SyscallError) in try File.names(in: containers) } ?? []
            }
            for name in names { try watch("\(containers)/\(name)", [.modified, .appeared]) }
            try watchShim(of: place)
        }
    }

    private func watch(_ path: String, _ changes: FolderWatch.Change) throws(EngineError) {
        try doing("cannot watch \(path)") { () throws(SyscallError) in
            _ = try unlessMissing { () throws(SyscallError) in try files.add(path, changes) }
        }
    }

    private func watchShim(of place: PodPlace) throws(EngineError) {
        guard let status = try PodRecord.readJSON(SandboxStatus.self, place.liveStatus), shims[status.shim] == nil
        else {
            return
        }
        do {
            let shim = SharedDescriptor(try Process.open(status.shim))
            try queue.add(shim.raw, token: Token.shims + UInt64(status.shim))
            shims[status.shim] = shim
        } catch  where error.errno == .noProcess {
            return  // It has ended, and its last words are written.
        } catch { throw .system(error, "cannot watch the supervisor of pod \(place.name.name)") }
    }

    /// Waits for a change, and returns the tokens of a caller's descriptors that are ready.
    func wait(milliseconds: Int32?) throws(EngineError) -> [UInt64] {
        do {
            let ready = try queue.wait(milliseconds: milliseconds).map(\.token)
            if ready.contains(Token.files) { try files.clear() }
            for token in ready where token >= Token.shims {
                // It stays readable, and has told what it had to; the entry stays, so that it is not opened again.
                if let ended = shims[Int32(token - Token.shims)] { try queue.remove(ended.raw) }
            }
            return ready.filter { $0 < Token.files }
        } catch { throw .system(error, "cannot wait for pods") }
    }
}
