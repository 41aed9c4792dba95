// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
package import KubernetesAPI
import LinuxKernel

/// A pod's place on disk: `pods/NS_NAME_UID`, and `UID` below the run folder.
package struct PodPlace: Hashable, Sendable {
    package let name: ObjectName
    package let uid: String
    package let folder: String
    package let runFolder: String

    package init(name: ObjectName, uid: String, root: StateRoot) {
        self.name = name
        self.uid = uid
        folder = root.podFolder(namespace: name.namespace, name: name.name, uid: uid)
        runFolder = root.runFolder(uid: uid)
    }

    /// A folder's name below `pods`; nil when it is none of a pod.
    init?(entry: String, root: StateRoot) {
        guard !entry.hasPrefix(".") else { return nil }
        let parts = entry.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        self.init(
            name: ObjectName(namespace: String(parts[0]), name: String(parts[1])), uid: String(parts[2]), root: root)
    }

    package var object: String { folder + "/pod.json" }
    package var plan: String { folder + "/plan.json" }
    package var events: String { folder + "/events.jsonl" }
    /// There while the pod is being deleted: ``Deletion``.
    package var deletion: String { folder + "/deletion.json" }
    /// The pod's place in a CNI network, while it has one.
    package var network: String { folder + "/network.json" }
    package var liveStatus: String { runFolder + "/status.json" }
    package var lastStatus: String { folder + "/status.json" }
}

/// The pods on disk.
///
/// A folder is a pod once it holds `pod.json`. One without is what a command left that was killed while it made or
/// removed a pod: nobody shows it, and the next change of that name removes it.
package struct PodStore: Sendable {
    private let root: StateRoot
    package init(root: StateRoot) { self.root = root }

    /// The folder's name begins so while it is being removed: no pod's namespace does.
    private static let removing = ".removing_"

    /// All pods, sorted by name; of one namespace when one is given.
    ///
    /// Reads one folder and no pod.
    package func places(namespace: String? = nil) throws(EngineError) -> [PodPlace] {
        var places: [PodPlace] = []
        for place in try folders(startingWith: namespace.map { $0 + "_" } ?? "") where try isPod(place) {
            places.append(place)
        }
        return places.sorted { $0.name < $1.name }
    }

    /// The pod with this name, or nil.
    package func find(_ name: ObjectName) throws(EngineError) -> PodPlace? {
        guard name.isSafe else { return nil }
        for place in try folders(startingWith: "\(name.namespace)_\(name.name)_") where try isPod(place) {
            return place
        }
        return nil
    }

    private func isPod(_ place: PodPlace) throws(EngineError) -> Bool {
        try doing("cannot read pod \(place.name.name)") { () throws(SyscallError) in try File.exists(place.object) }
    }

    private func folders(startingWith prefix: String) throws(EngineError) -> [PodPlace] {
        try entries().compactMap { $0.hasPrefix(prefix) ? PodPlace(entry: $0, root: root) : nil }
    }

    private func entries() throws(EngineError) -> [String] {
        try doing("cannot list pods") { () throws(SyscallError) in
            try unlessMissing { () throws(SyscallError) in try File.names(in: root.pods) } ?? []
        }
    }

    package func read(_ place: PodPlace) throws(EngineError) -> JSONValue {
        let bytes = try doing("cannot read pod \(place.name.name)") { () throws(SyscallError) in
            try File.read(place.object)
        }
        do { return try JSONValue(parsing: bytes) } catch {
            throw .failed(
                "\(place.object) is damaged (\(error)): delete the pod (holdfast delete pod \(place.name.name)) "
                    + "and apply it again")
        }
    }

    /// Writes `pod.json`; with it the folder becomes a pod.
    package func write(_ place: PodPlace, _ pod: some Encodable) throws(EngineError) {
        let bytes: [UInt8]
        do { bytes = try JSONFile.encode(pod) } catch { throw .failed("\(error)") }
        try doing("cannot store pod \(place.name.name)") { () throws(SyscallError) in
            try File.makeFolders(root.pods, mode: 0o700)
            try File.makeFolderIfMissing(place.folder, mode: 0o700)
            try File.replace(place.object, with: bytes + [UInt8(ascii: "\n")])
        }
    }

    /// The pod as a typed value.
    package func readTyped(_ place: PodPlace) throws(EngineError) -> Pod {
        do { return try JSONFile.read(Pod.self, from: place.object) } catch let error as SyscallError {
            throw .system(error, "cannot read pod \(place.name.name)")
        } catch {
            throw .failed("\(error): delete the pod (holdfast delete pod \(place.name.name)) and apply it again")
        }
    }

    /// Removes both folders of a pod; the caller holds its name's lock, and nothing of it runs.
    ///
    /// The pod is gone at once, by a rename: what a kill leaves then is swept by the next change.
    package func remove(_ place: PodPlace) throws(EngineError) {
        try NameLock.holding(.pod, Self.removal(of: place.uid), in: root) { () throws(EngineError) in
            try doing("cannot remove pod \(place.name.name)") { () throws(SyscallError) in
                try File.removeTree(place.runFolder)
                let scratch = "\(root.pods)/\(Self.removing)\(place.uid)"
                _ = try unlessMissing { () throws(SyscallError) in try File.rename(place.folder, to: scratch) }
                try File.removeTree(scratch)
            }
        }
    }

    /// The name whose lock is held by who removes a pod's folder, whatever the pod was called.
    private static func removal(of uid: String) -> ObjectName { ObjectName(namespace: "", name: uid) }

    /// Removes what killed commands left: folders that were being removed, and those of this name that are no pod.
    ///
    /// The caller holds the name's lock.
    package func sweep(_ name: ObjectName) throws(EngineError) {
        for entry in try entries() where entry.hasPrefix(Self.removing) {
            let removal = Self.removal(of: String(entry.dropFirst(Self.removing.count)))
            // Somebody is at it.
            if try NameLock.isHeld(.pod, removal, in: root) { continue }
            try NameLock.holding(.pod, removal, in: root) { () throws(EngineError) in
                try doing("cannot remove \(entry)") { () throws(SyscallError) in
                    try File.removeTree("\(root.pods)/\(entry)")
                }
            }
        }
        for place in try folders(startingWith: "\(name.namespace)_\(name.name)_") where try !isPod(place) {
            try remove(place)
        }
    }
}
