// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
package import KubernetesAPI
package import LinuxKernel
package import LinuxTypes

/// The volumes of one pod, below its folder: `volumes/KIND/NAME`, and `volumes/ready/NAME` for each that is prepared.
package struct PodVolumes: Sendable {
    let pod: Pod
    let folder: String
    /// In which each claim's volume that is made here has a folder.
    let storage: String
    let memoryLimit: Bytes?
    let objects: any VolumeObjects
    /// What goes before a path to see it as the pod's shim does: empty within its mount namespace.
    let view: String

    /// Where a pod's volumes are: `folder` is the pod's, `storage` the state root's `volumes`.
    ///
    /// `memoryLimit` is what the pod's containers may use together; nil: no limit. `view` is the root that shows the pod's
    /// memory: empty in the shim's mount namespace, else `/proc/PID/root` or what is open of it.
    package init(
        pod: Pod, folder: String, storage: String, memoryLimit: Bytes?, objects: any VolumeObjects, view: String = ""
    ) {
        self.pod = pod
        self.folder = "\(folder)/volumes"
        self.storage = storage
        self.memoryLimit = memoryLimit
        self.objects = objects
        self.view = view
    }

    /// What became of one volume.
    package struct Outcome: Sendable {
        /// The volume's name in the pod.
        package let name: String
        package let result: Result<PreparedVolume, VolumeError>
    }

    /// What happens while volumes are prepared; it comes from any thread.
    package enum Activity: Hashable, Sendable {
        /// fsGroup is being applied; about once a second, with the number of files done.
        case progress(volume: String, files: Int)
        case warning(VolumeWarning)
    }

    /// Prepares every volume that a container mounts, in the manifest's order; images are left to the caller.
    ///
    /// It can be called again, after a failure or a crash at any point: a volume that is prepared is answered as it was and
    /// not touched. Files that come from objects are written anew when the objects have changed. Those in memory need their
    /// memory mounted at ``PreparedVolume/path`` in the caller's mount namespace; until then they are not complete.
    package func prepare(onActivity: @escaping @Sendable (Activity) -> Void = { _ in }) -> [Outcome] {
        let mounted = Set(allContainers.flatMap { $0.volumeMounts ?? [] }.map(\.name))
        let devices = Set(allContainers.flatMap { $0.volumeDevices ?? [] }.map(\.name))
        var outcomes: [Outcome] = []
        for (index, volume) in (pod.spec.volumes ?? []).enumerated() {
            let field = "spec.volumes[\(index)]"
            if devices.contains(volume.name) {
                let error = VolumeError.unsupported(
                    volume.name, field: field, "volumeDevices: block devices are not supported")
                outcomes.append(Outcome(name: volume.name, result: .failure(error)))
            } else if mounted.contains(volume.name), volume.image == nil {
                let result = Result { () throws(VolumeError) in
                    try prepare(volume, field: field, onActivity: onActivity)
                }
                outcomes.append(Outcome(name: volume.name, result: result))
            }
        }
        return outcomes
    }

    /// Writes the files anew whose objects have changed, of volumes that are prepared; answers those that have any.
    ///
    /// Others are left to ``prepare(onActivity:)``. Any number of callers may do it at once: the last one reads the objects
    /// last.
    package func refresh() -> [Outcome] {
        var outcomes: [Outcome] = []
        for (index, volume) in (pod.spec.volumes ?? []).enumerated() {
            guard let (kind, inMemory) = Self.fileKind(volume) else { continue }
            let result = Result { () throws(VolumeError) -> PreparedVolume? in
                try naming(volume.name) {
                    guard try File.exists("\(view)\(folder)/\(kind)/\(volume.name)/..data") else { return nil }
                    return try write(volume, field: "spec.volumes[\(index)]", kind: kind, inMemory: inMemory)
                }
            }
            switch result {
            case .success(nil): continue
            case .success(let prepared?): outcomes.append(Outcome(name: volume.name, result: .success(prepared)))
            case .failure(let error): outcomes.append(Outcome(name: volume.name, result: .failure(error)))
            }
        }
        return outcomes
    }

    /// Removes what the pod's volumes hold; claims keep theirs.
    ///
    /// It can be called again. Nothing is followed out of the folder. Memory goes with the shim that mounted it.
    package func remove() throws(SyscallError) { try File.removeTree(folder) }

    var namespace: String { pod.metadata.namespace ?? "default" }

    private var allContainers: [Container] {
        (pod.spec.initContainers ?? []) + pod.spec.containers + (pod.spec.ephemeralContainers ?? [])
    }
}

// MARK: - one volume

extension PodVolumes {
    private typealias Report = @Sendable (Activity) -> Void

    private func prepare(_ volume: Volume, field: String, onActivity: @escaping Report) throws(VolumeError)
        -> PreparedVolume
    {
        if let source = volume.unsupportedSource {
            throw .unsupported(
                volume.name, field: "\(field).\(source)",
                "this kind of volume is not supported: it needs a driver. Mount it on this machine and use hostPath, or a "
                    + "PersistentVolume with local")
        }
        if let (kind, inMemory) = Self.fileKind(volume) {
            return try naming(volume.name) { try write(volume, field: field, kind: kind, inMemory: inMemory) }
        }
        var shownName = volume.name
        do {
            if let done = try ready(volume.name) { return done }
            let prepared: PreparedVolume
            if let source = volume.emptyDir {
                prepared = try emptyDir(source, volume.name, field: field, onActivity)
            } else if let source = volume.hostPath {
                try HostPathVolume(source).prepare()
                prepared = PreparedVolume(name: volume.name, path: source.path)
            } else if let source = volume.persistentVolumeClaim {
                prepared = try claim(source, volume.name, shownName: &shownName, onActivity) {
                    try objects.claim(source.claimName, namespace: namespace)
                }
            } else if volume.ephemeral != nil {
                let source = PersistentVolumeClaimVolumeSource(claimName: pod.claimName(ofEphemeral: volume))
                prepared = try claim(source, volume.name, shownName: &shownName, onActivity) {
                    try ephemeralClaim(volume)
                }
            } else {
                throw VolumeError.unsupported(volume.name, field: field, "names no source that is supported")
            }
            if prepared.isComplete { try setReady(prepared) }
            return prepared
        } catch let error as VolumeError {
            throw error
        } catch let error as SetUpError {
            throw VolumeError(
                volume: volume.name, message: "\(error.step) for volume \"\(shownName)\" : \(error.description)")
        } catch {
            throw VolumeError(
                volume: volume.name, message: "MountVolume.SetUp failed for volume \"\(shownName)\" : \(error)")
        }
    }

    /// Where an emptyDir of a pod is.
    package static func emptyDirPath(_ name: String, podFolder: String) -> String {
        emptyDirPath(name, volumes: "\(podFolder)/volumes")
    }

    private static func emptyDirPath(_ name: String, volumes: String) -> String { "\(volumes)/empty-dir/\(name)" }

    private func emptyDir(
        _ source: EmptyDirVolumeSource, _ name: String, field: String, _ onActivity: @escaping Report
    ) throws -> PreparedVolume {
        let path = Self.emptyDirPath(name, volumes: folder)
        switch source.medium ?? "" {
        case "":
            let root = try EmptyDirVolume.makeFolder(path)
            var prepared = PreparedVolume(name: name, path: path)
            try applyGroup(to: root, &prepared, onActivity)
            return prepared
        case "Memory":
            try File.makeFolders(path)
            let size = try EmptyDirVolume(source: source, podMemoryLimit: memoryLimit).memorySize()
            return PreparedVolume(name: name, path: path, memory: try memory(size: size))
        case let medium where medium == "HugePages" || medium.hasPrefix("HugePages-"):
            // A pod whose containers ask for some has not been admitted: this node offers none.
            throw SetUpError(
                "medium \(medium): hugePages storage requested, but there is no resource request for huge pages")
        case let medium: throw SetUpError("unknown storage medium \"\(medium)\"")
        }
    }

    /// Says of an error which volume it is about, in the kubelet's words.
    private func naming<Value>(_ name: String, _ work: () throws -> Value) throws(VolumeError) -> Value {
        do { return try work() } catch let error as VolumeError { throw error } catch {
            let step = (error as? SetUpError)?.step ?? "MountVolume.SetUp failed"
            throw VolumeError(volume: name, message: "\(step) for volume \"\(name)\" : \(error)")
        }
    }

    /// Writes the files of a volume; those in memory once the memory is there.
    private func write(_ volume: Volume, field: String, kind: String, inMemory: Bool) throws -> PreparedVolume {
        let name = volume.name
        var prepared = PreparedVolume(name: name, path: "\(folder)/\(kind)/\(name)", readOnly: true)
        let place = view + prepared.path
        if inMemory {
            try File.makeFolders(place)
            let size = try EmptyDirVolume(source: EmptyDirVolumeSource(), podMemoryLimit: memoryLimit).memorySize()
            prepared.memory = try memory(size: size)
            prepared.isMountedByShim = true
            prepared.isComplete = try isMounted(place)
            if !prepared.isComplete {
                // What is wrong with the objects is told before the pod waits for its memory.
                _ = try files(of: volume, field: field, current: place)
                return prepared
            }
        } else if try !File.exists("\(place)/..data") {
            _ = try EmptyDirVolume.makeFolder(place)
        }
        var ownership: OwnershipReport?
        // Read under the lock, so that of two writers the last one has the newest.
        _ = try AtomicFolder(path: place).write {
            try files(of: volume, field: field, current: place)
        } beforeSwap: { root in
            guard let group = try fsGroup() else { return }
            ownership = try OwnershipWalk.apply(
                GroupOwnership(group: group, readOnly: true), policy: .always, to: root, path: place)
        }
        prepared.ownership = ownership
        return prepared
    }

    /// The claim that is made for an ephemeral volume; one of that name that is another's is not taken.
    private func ephemeralClaim(_ volume: Volume) throws -> PersistentVolumeClaim {
        let claim = try objects.ephemeralClaim(for: volume, of: pod)
        guard claim.metadata.ownerReferences?.contains(where: { $0.uid == pod.metadata.uid }) == true else {
            let names = (claim.metadata.name ?? "", pod.metadata.name ?? "")
            throw VolumeError(
                volume: volume.name, reason: "FailedScheduling",
                message:
                    "PVC \(namespace)/\(names.0) was not created for pod \(namespace)/\(names.1) (pod is not owner)")
        }
        return claim
    }

    /// Whether something is mounted at a folder, in the caller's mount namespace.
    private func isMounted(_ path: String) throws(SyscallError) -> Bool {
        try File.status(path).mountID != File.status("\(path)/..").mountID
    }

    private func claim(
        _ source: PersistentVolumeClaimVolumeSource, _ name: String, shownName: inout String,
        _ onActivity: @escaping Report, find: () throws -> PersistentVolumeClaim?
    ) throws -> PreparedVolume {
        guard let claim = try find() else {
            throw VolumeError(
                volume: name, reason: "FailedScheduling",
                message: "persistentvolumeclaim \"\(source.claimName)\" not found")
        }
        let volume: PersistentVolume
        do { volume = try objects.volume(of: claim) } catch let unbound as ClaimBinder.Unbound {
            throw VolumeError(
                volume: name, reason: "FailedScheduling",
                message: "persistentvolumeclaim \"\(source.claimName)\" is not bound: \(unbound.message)")
        }
        shownName = volume.metadata.name ?? name
        let place = try ClaimVolume(volume: volume).place(storage: storage)
        var prepared = PreparedVolume(name: name, path: place.path, readOnly: source.readOnly ?? false)
        prepared.supplementalGroup = ClaimVolume(volume: volume).supplementalGroup
        guard place.takesGroup, !prepared.readOnly, let group = try fsGroup() else { return prepared }
        let root = try File.open(place.path, [.readOnly, .directory])
        if try objects.isMounted(volume, otherThanBy: pod.metadata.uid ?? "") {
            // Whoever mounted it first decides its group, as for a local volume on any node.
            let status = try File.status(of: root.raw)
            if status.gid != group {
                let warning = VolumeWarning(
                    reason: "AlreadyMountedVolume",
                    message: "The requested fsGroup is \(group), but the volume \(shownName) has GID \(status.gid). "
                        + "The volume may not be shareable.")
                prepared.warnings.append(warning)
                onActivity(.warning(warning))
            }
            return prepared
        }
        try applyGroup(to: root, &prepared, onActivity)
        return prepared
    }
}

// MARK: - fsGroup

extension PodVolumes {
    func fsGroup() throws(SetUpError) -> UInt32? {
        guard let group = pod.spec.securityContext?.fsGroup else { return nil }
        guard let id = UInt32(exactly: group), id != .max else {
            throw SetUpError("spec.securityContext.fsGroup: \(group) is no group id")
        }
        return id
    }

    private func memory(size: Int64) throws(SetUpError) -> MemoryVolume {
        // The root is new, so that it gets at once what the walk would give it.
        let group = try fsGroup()
        return MemoryVolume(size: size, permissions: group == nil ? 0o1777 : 0o3777, gid: group)
    }

    private func applyGroup(
        to root: borrowing OwnedDescriptor, _ prepared: inout PreparedVolume, _ onActivity: @escaping Report
    ) throws {
        guard let group = try fsGroup() else { return }
        let policy: GroupOwnership.ChangePolicy
        switch pod.spec.securityContext?.fsGroupChangePolicy ?? "Always" {
        case "Always": policy = .always
        case "OnRootMismatch": policy = .onRootMismatch
        case let other: throw SetUpError("spec.securityContext.fsGroupChangePolicy: \"\(other)\" is unknown")
        }
        let watch = WalkWatch(
            volume: prepared.name, pod: "\(pod.metadata.uid ?? "")/\(prepared.name)", onActivity: onActivity)
        let report = try OwnershipWalk.apply(
            GroupOwnership(group: group), policy: policy, to: root, path: prepared.path,
            progress: { watch.report(files: $0) })
        if report.refused > 0 {
            let warning = VolumeWarning(
                reason: "VolumePermissionChangeRefused",
                message: "fsGroup \(group) could not be given \(report.refused) changes in volume \(prepared.name): "
                    + report.refusals.joined(separator: "; "))
            prepared.warnings.append(warning)
            onActivity(.warning(warning))
        }
        prepared.ownership = report
    }
}

// MARK: - what is prepared

extension PodVolumes {
    private func readyPath(_ name: String) -> String { "\(folder)/ready/\(name)" }

    private func ready(_ name: String) throws -> PreparedVolume? {
        let bytes: [UInt8]
        do { bytes = try File.read(readyPath(name)) } catch  where error.errno == .noEntry {
            return nil
        }
        return try JSONDecoder().decode(PreparedVolume.self, from: Data(bytes))
    }

    private func setReady(_ prepared: PreparedVolume) throws {
        try File.makeFolders("\(folder)/ready")
        try File.replace(readyPath(prepared.name), with: Array(try JSONEncoder().encode(prepared)))
    }
}
