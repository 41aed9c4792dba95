// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel

/// The end of one pod: it is marked and asked to stop, and once it has, all that belongs to it is removed.
///
/// Between the two the lock of its name is free: the containers may take long to end.
final class PodDeletion {
    let place: PodPlace
    private let root: StateRoot
    /// Shows those that find the mark that somebody is at it; nil: the caller holds the lock of the name.
    private let sign: NameLock?
    private let shim: SharedDescriptor?
    private let connection: ShimConnection?
    /// Monotonic nanoseconds; a shim that has not answered by then is killed, and its containers with it.
    private let deadline: Int64

    /// Marks a pod and asks its shim to end it, the grace period in seconds; nil: the pod's own.
    ///
    /// Of two that delete one pod, the shorter grace period counts. Returns nil when there is no such pod.
    static func begin(
        _ name: ObjectName, gracePeriod: Int64?, in root: StateRoot
    ) throws(EngineError) -> PodDeletion? {
        let store = PodStore(root: root)
        let sign = try NameLock.take(.pod, name, .deletion, in: root)
        // Whoever starts the pod right now has the lock: after that there is somebody to ask.
        let place = try NameLock.holding(.pod, name, in: root) { () throws(EngineError) -> PodPlace? in
            try store.sweep(name)
            guard let place = try store.find(name) else { return nil }
            try mark(place, gracePeriod: gracePeriod, in: root)
            return place
        }
        guard let place else { return nil }
        return try PodDeletion(place, gracePeriod: gracePeriod, sign: sign, in: root)
    }

    /// Asks the shim, if there is one, to end the pod.
    init(
        _ place: PodPlace, gracePeriod: Int64?, sign: consuming NameLock? = nil, in root: StateRoot
    ) throws(EngineError) {
        self.place = place
        self.root = root
        self.sign = sign
        shim = try Self.openShim(place)
        connection = try ShimConnection(place)
        let seconds = gracePeriod ?? Self.ownGracePeriod(place, in: root)
        deadline = Clock.monotonic + (min(seconds, 1 << 30) + 10) * 1_000_000_000
        do { try connection?.send(.stop(gracePeriod: gracePeriod)) } catch {
            // It may have ended between the two calls; whether it has is seen by its process.
            if shim == nil { throw error }
        }
    }

    /// Waits until nothing of the pod runs, and removes it.
    func finish() throws(EngineError) {
        try awaitEnd()
        let store = PodStore(root: root)
        try NameLock.holding(.pod, place.name, in: root) { () throws(EngineError) in
            // Another may have removed it meanwhile, and a third have made a pod of the same name.
            guard try store.find(place.name)?.uid == place.uid else { return }
            try clean()
        }
    }

    /// As ``finish()``; the caller holds the lock of the pod's name.
    func finishLocked() throws(EngineError) {
        try awaitEnd()
        try clean()
    }

    private static func mark(_ place: PodPlace, gracePeriod: Int64?, in root: StateRoot) throws(EngineError) {
        let seconds = gracePeriod ?? ownGracePeriod(place, in: root)
        let mark = Deletion(time: Clock.realtime + min(seconds, 1 << 30) * 1_000_000_000, gracePeriod: seconds)
        // A mark that cannot be read is replaced.
        if let earlier = try? PodRecord.readJSON(Deletion.self, place.deletion), earlier.time <= mark.time { return }
        do { try JSONFile.write(mark, to: place.deletion) } catch let error as SyscallError
            where error.errno == .noSpace
        {
            // The mark only tells others; a full disk is a reason more to delete.
        } catch {
            throw .failed("cannot mark pod \(place.name.name) for deletion: \(error)")
        }
    }

    /// Seconds; a pod that cannot be read any more has Kubernetes' default.
    private static func ownGracePeriod(_ place: PodPlace, in root: StateRoot) -> Int64 {
        (try? PodStore(root: root).read(place))?.at("spec", "terminationGracePeriodSeconds")?.intValue ?? 30
    }

    // MARK: Waiting

    /// A descriptor of the pod's shim; nil when it does not run.
    private static func openShim(_ place: PodPlace) throws(EngineError) -> SharedDescriptor? {
        let status: SandboxStatus?
        do { status = try PodRecord.readJSON(SandboxStatus.self, place.liveStatus) } catch {
            // A status that is damaged names nobody; the cgroups are emptied all the same.
            return nil
        }
        guard let status else { return nil }
        return try doing("cannot look at process \(status.shim)") { () throws(SyscallError) -> SharedDescriptor? in
            do throws(SyscallError) {
                let shim = SharedDescriptor(try Process.open(status.shim))
                // Looked at after it was opened: the pid cannot have become another process's since.
                guard try Process.isAlive(status.shim, startTime: status.shimStart) else { return nil }
                return shim
            } catch  where error.errno == .noProcess {
                return nil
            }
        }
    }

    private func awaitEnd() throws(EngineError) {
        try awaitAnswer()
        guard let raw = shim?.raw else { return }
        try doing("cannot end the supervisor of pod \(place.name.name)") { () throws(SyscallError) in
            let queue = try EventQueue()
            try queue.add(raw, token: 0)
            if try !queue.wait(milliseconds: 2000).isEmpty { return }
            try Process.signal(raw, Signal.kill)
            _ = try queue.wait(milliseconds: 5000)
        }
    }

    private func awaitAnswer() throws(EngineError) {
        guard let connection else { return }
        let queue = try doing("cannot wait for the pod's end") { () throws(SyscallError) in
            let queue = try EventQueue()
            try queue.add(connection.raw, token: 0)
            return queue
        }
        while true {
            let left = Int32(clamping: (deadline - Clock.monotonic) / 1_000_000)
            if left <= 0 { return }
            let ready = try doing("cannot wait for the pod's end") { () throws(SyscallError) in
                try !queue.wait(milliseconds: left).isEmpty
            }
            guard ready else { continue }
            let (replies, ended) = try connection.receive()
            if ended || replies.contains(.stopped) { return }
        }
    }

    // MARK: Cleaning

    /// Removes what is left of a pod of which nothing is looked after; the name's lock is held.
    private func clean() throws(EngineError) {
        // A plan that cannot be read was never run.
        let plan = try? PodRecord.readJSON(SandboxPlan.self, place.plan)
        try doing("cannot remove the cgroups of pod \(place.name.name)") { () throws(SyscallError) in
            try Self.removeCgroups(plan?.cgroupPath ?? "/holdfast/\(place.uid)")
        }
        try doing("cannot give back the ids of pod \(place.name.name)") { () throws(SyscallError) in
            try UserIDBlocks(root: root).release(plan?.userMapping, of: place.uid)
            try SELinuxCategories(root: root).release(of: place.uid)
        }
        // A shim that ended in order has done it, and the file is gone.
        try Engine(root: root).removeNetwork(podFolder: place.folder)
        // A pod that cannot be read any more leaves its marks; they count for nothing without it.
        if let pod = try? PodStore(root: root).read(place) {
            try ClaimUsers(root: root).remove(place, from: ClaimUsers.claims(of: pod, in: place.name.namespace))
            for claim in ClaimUsers.ephemeralClaims(of: pod, in: place.name.namespace) { try removeOwned(claim) }
        }
        try PodStore(root: root).remove(place)
    }

    /// Removes a claim that was made for the pod, with what it holds; one of that name that is another's stays.
    private func removeOwned(_ claim: ObjectName) throws(EngineError) {
        try NameLock.holding(.claim, claim, in: root) { () throws(EngineError) in
            let stored = try ObjectStore(root: root).read(PersistentVolumeClaim.self, .claim, claim)
            guard stored?.metadata.ownerReferences?.contains(where: { $0.uid == place.uid }) == true else { return }
            try ClaimBinding(root: root).remove(claim)
        }
    }

    /// Kills what is in the pod's cgroup and those below it, and removes them.
    private static func removeCgroups(_ path: String) throws(SyscallError) {
        let layout = try CgroupLayout.current()
        let pod = Cgroup(layout: layout, path: path)
        var containers: Set<String> = []
        var found = false
        for folder in pod.folders {
            guard let names = try unlessMissing({ () throws(SyscallError) in try File.names(in: folder) }) else {
                continue
            }
            found = true
            for name in names where try File.status("\(folder)/\(name)").kind == .directory { containers.insert(name) }
        }
        guard found else { return }
        for name in containers.sorted() {
            let container = Cgroup(layout: layout, path: "\(path)/\(name)")
            try container.kill()
            try container.remove()
        }
        try pod.kill()
        try pod.remove()
    }
}
