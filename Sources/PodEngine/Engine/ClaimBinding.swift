// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import Volumes

/// Claims and the volumes that they get, as they are stored.
struct ClaimBinding: Sendable {
    let root: StateRoot
    private var objects: ObjectStore { ObjectStore(root: root) }

    /// One at a time binds, for all claims: two must not get the same volume.
    private static let all = ObjectName(namespace: "", name: "binding")

    func volumes() throws(EngineError) -> [PersistentVolume] {
        var volumes: [PersistentVolume] = []
        for name in try objects.names(.volume) {
            if let volume = try objects.read(PersistentVolume.self, .volume, name) { volumes.append(volume) }
        }
        return volumes
    }

    private func name(of claim: PersistentVolumeClaim) -> ObjectName {
        ObjectName(namespace: claim.metadata.namespace ?? "", name: claim.metadata.name ?? "")
    }

    private func volume(named name: String) throws(EngineError) -> PersistentVolume? {
        try objects.read(PersistentVolume.self, .volume, ObjectName(namespace: "", name: name))
    }

    /// Binds a claim that is stored, unless it is bound already, and stores what came of it.
    ///
    /// - Throws: ``ClaimBinder/Unbound`` when no volume serves it, ``EngineError`` for the rest.
    func bind(_ claim: PersistentVolumeClaim) throws -> PersistentVolume {
        if let bound = try volume(boundTo: claim) { return bound }
        return try holding { () throws -> PersistentVolume in
            // Another may have bound it while the lock was waited for.
            let claim = try objects.read(PersistentVolumeClaim.self, .claim, name(of: claim)) ?? claim
            let binding = try ClaimBinder.bind(claim, to: try volumes(), storage: root.volumes)
            let volume = completed(binding.volume)
            // The volume first: a claim that names one which is not there would have lost it.
            try objects.write(.volume, ObjectName(namespace: "", name: volume.metadata.name ?? ""), volume)
            var bound = binding.claim
            // As the API server fills in the default class.
            if binding.isNew { bound.spec.storageClassName = volume.spec.storageClassName }
            try objects.write(.claim, name(of: claim), bound)
            return volume
        }
    }

    /// The volume that a claim has already; nil when the two do not name each other.
    private func volume(boundTo claim: PersistentVolumeClaim) throws(EngineError) -> PersistentVolume? {
        guard claim.status?.phase == "Bound", let volumeName = claim.spec.volumeName,
            let volume = try volume(named: volumeName), volume.spec.claimRef?.uid == claim.metadata.uid
        else { return nil }
        return volume
    }

    /// A volume that was made here gets what every stored object has.
    private func completed(_ volume: PersistentVolume) -> PersistentVolume {
        var volume = volume
        volume.metadata.uid = volume.metadata.uid ?? NewObject.uid()
        volume.metadata.creationTimestamp =
            volume.metadata.creationTimestamp ?? Timestamp(nanoseconds: Clock.realtime).rfc3339
        return volume
    }

    private func holding<Value>(_ work: () throws -> Value) throws -> Value {
        var outcome: Result<Value, any Error>?
        try NameLock.holding(.volume, Self.all, in: root) { () throws(EngineError) in outcome = Result(catching: work) }
        guard let outcome else { fatalError("the lock was held and nothing was done") }
        return try outcome.get()
    }

    /// Binds every claim that waits for a volume; called when a volume has come.
    func bindWaiting() throws(EngineError) {
        for name in try objects.names(.claim) {
            guard let claim = try objects.read(PersistentVolumeClaim.self, .claim, name), claim.status?.phase != "Bound"
            else { continue }
            try bindNow(claim)
        }
    }

    /// Binds a claim if a volume serves it; if none does, it stays pending.
    func bindNow(_ claim: PersistentVolumeClaim) throws(EngineError) {
        do { _ = try bind(claim) } catch is ClaimBinder.Unbound {
            return
        } catch let error as EngineError {
            throw error
        } catch { throw .failed("cannot bind persistentvolumeclaim \(claim.metadata.name ?? ""): \(error)") }
    }

    /// The claim that has this volume; nil when none has, or it is gone.
    func claim(on volume: ObjectName) throws(EngineError) -> ObjectName? {
        guard let owner = try self.volume(named: volume.name)?.spec.claimRef, let name = owner.name,
            let namespace = owner.namespace
        else { return nil }
        let claim = ObjectName(namespace: namespace, name: name)
        let stored = try objects.read(PersistentVolumeClaim.self, .claim, claim)
        return stored != nil && stored?.metadata.uid == owner.uid ? claim : nil
    }

    /// Removes a claim, and a volume that was made for it with all that it holds; any other volume is released.
    ///
    /// The claim goes last: a deletion that was cut off is done again.
    func remove(_ name: ObjectName) throws(EngineError) {
        let claim = try objects.read(PersistentVolumeClaim.self, .claim, name)
        if let volumeName = claim?.spec.volumeName, var volume = try volume(named: volumeName),
            volume.spec.claimRef?.uid == claim?.metadata.uid
        {
            if volume.spec.persistentVolumeReclaimPolicy == "Delete" {
                try doing("cannot remove the volume of persistentvolumeclaim \(name.name)") { () throws(SyscallError) in
                    try ClaimBinder.remove(volume, storage: root.volumes)
                }
                try objects.remove(.volume, ObjectName(namespace: "", name: volumeName))
            } else {
                volume.status = PersistentVolumeStatus(phase: "Released")
                try objects.write(.volume, ObjectName(namespace: "", name: volumeName), volume)
            }
        }
        try objects.remove(.claim, name)
    }
}
