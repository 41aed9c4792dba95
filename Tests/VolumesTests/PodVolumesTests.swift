// SPDX-License-Identifier: Apache-2.0
import Foundation
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import Synchronization
import Testing
import Volumes

@Suite("Volumes of a pod")
struct PodVolumesTests {
    /// A pod with these volumes, each mounted.
    static func pod(_ volumes: [Volume], fsGroup: Int64? = nil, policy: String? = nil) -> Pod {
        var container = Container()
        container.name = "main"
        container.volumeMounts = volumes.map { VolumeMount(name: $0.name, mountPath: "/\($0.name)") }
        var spec = PodSpec(containers: [container])
        spec.volumes = volumes
        var context = PodSecurityContext()
        context.fsGroup = fsGroup
        context.fsGroupChangePolicy = policy
        spec.securityContext = context
        var metadata = ObjectMeta(name: "web", namespace: "default")
        metadata.uid = "pod-uid"
        return Pod(metadata: metadata, spec: spec)
    }
    static func volume(_ name: String, _ set: (inout Volume) -> Void) -> Volume {
        var volume = Volume(name: name)
        set(&volume)
        return volume
    }
    static func claim(_ name: String, className: String? = nil, volumeName: String? = nil) -> PersistentVolumeClaim {
        var metadata = ObjectMeta(name: name, namespace: "default")
        metadata.uid = "uid-\(name)"
        var spec = PersistentVolumeClaimSpec()
        spec.accessModes = ["ReadWriteOnce"]
        spec.storageClassName = className
        spec.volumeName = volumeName
        return PersistentVolumeClaim(metadata: metadata, spec: spec)
    }
    static func prepare(
        _ pod: Pod, in scratch: Scratch, memoryLimit: Bytes? = nil, _ objects: Objects = Objects(),
        onActivity: @escaping @Sendable (PodVolumes.Activity) -> Void = { _ in }
    ) -> [PodVolumes.Outcome] {
        PodVolumes(
            pod: pod, folder: "\(scratch.path)/pod", storage: "\(scratch.path)/storage", memoryLimit: memoryLimit,
            objects: objects
        ).prepare(onActivity: onActivity)
    }
    private func prepared(
        _ volume: Volume, in scratch: Scratch, fsGroup: Int64? = nil, memoryLimit: Bytes? = nil,
        _ objects: Objects = Objects()
    ) throws -> PreparedVolume {
        let outcomes = Self.prepare(
            Self.pod([volume], fsGroup: fsGroup), in: scratch, memoryLimit: memoryLimit, objects)
        return try #require(outcomes.first).result.get()
    }
    private func failure(
        _ volume: Volume, in scratch: Scratch, fsGroup: Int64? = nil, _ objects: Objects = Objects()
    ) throws -> VolumeError {
        try #require(throws: VolumeError.self) { try prepared(volume, in: scratch, fsGroup: fsGroup, objects) }
    }

    // MARK: emptyDir

    @Test(
        "an emptyDir is open to all, whatever the creation mask is, and belongs to fsGroup",
        arguments: [(nil, "directory 0:0 0777"), (2000, "directory 0:2000 2777")] as [(Int64?, String)])
    func emptyDir(fsGroup: Int64?, expected: String) async throws {
        let scratch = try Scratch()
        let volume = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource() }
        let prepared = try prepared(volume, in: scratch, fsGroup: fsGroup)
        #expect(prepared.path == "\(scratch.path)/pod/volumes/empty-dir/data")
        #expect(!prepared.readOnly && prepared.memory == nil && prepared.isComplete)
        #expect(try scratch.status("pod/volumes/empty-dir/data") == expected)
        #expect(prepared.ownership?.entries == (fsGroup == nil ? nil : 1))
    }

    @Test("a strict creation mask does not reach an emptyDir")
    func creationMask() async {
        await #expect(processExitsWith: .success) {  // Its own process: the mask is the whole process's.
            Process.setCreationMask(0o077)
            let scratch = try Scratch()
            let volume = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource() }
            let host = Self.volume("host") {
                $0.hostPath = HostPathVolumeSource(path: "\(scratch.path)/a/b", type: "DirectoryOrCreate")
            }
            for outcome in Self.prepare(Self.pod([volume, host]), in: scratch) { _ = try outcome.result.get() }
            #expect(try scratch.status("pod/volumes/empty-dir/data") == "directory 0:0 0777")
            #expect(try scratch.status("a") == "directory 0:0 0755")
            #expect(try scratch.status("a/b") == "directory 0:0 0755")
        }
    }

    @Test(
        "an emptyDir in memory has the least of its own limit, the pod's and the machine's memory",
        arguments: [
            ("8Mi", nil, 8 << 20), ("8Mi", 4 << 20, 4 << 20), ("8Mi", 64 << 20, 8 << 20), (nil, 4 << 20, 4 << 20),
            ("0", nil, nil), (nil, nil, nil),
        ] as [(String?, Int64?, Int64?)])
    func memory(sizeLimit: String?, podLimit: Int64?, expected: Int64?) throws {
        let scratch = try Scratch()
        let limit = try sizeLimit.map { try Quantity($0) }
        let volume = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource(medium: "Memory", sizeLimit: limit) }
        let prepared = try prepared(volume, in: scratch, memoryLimit: podLimit.map { Bytes($0) })
        let meminfo = try #require(try File.readText("/proc/meminfo").firstMatch(of: /MemTotal: +(\d+) kB/))
        let machine = try #require(Int64(meminfo.1)) << 10
        #expect(prepared.memory == MemoryVolume(size: expected ?? machine, permissions: 0o1777))
        #expect(try scratch.status("pod/volumes/empty-dir/data").hasPrefix("directory"))
    }

    @Test("an emptyDir in memory has group and bits of fsGroup from the start")
    func memoryGroup() throws {
        let scratch = try Scratch()
        let volume = Self.volume("data") {
            $0.emptyDir = EmptyDirVolumeSource(medium: "Memory", sizeLimit: Quantity(1 << 20))
        }
        #expect(
            try prepared(volume, in: scratch, fsGroup: 2000).memory
                == MemoryVolume(size: 1 << 20, permissions: 0o3777, gid: 2000))
    }

    @Test("a medium that is unknown, or of huge pages that no container asks for, is refused by name")
    func medium() throws {
        let scratch = try Scratch()
        let unknown = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource(medium: "Disk") }
        #expect(
            try failure(unknown, in: scratch).message
                == "MountVolume.SetUp failed for volume \"data\" : unknown storage medium \"Disk\"")
        let huge = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource(medium: "HugePages-2Mi") }
        let error = try failure(huge, in: scratch)
        #expect(
            error.message.hasSuffix(
                "medium HugePages-2Mi: hugePages storage requested, but there is no resource request for huge pages"))
    }

    @Test("a volume that is prepared is answered as it was and not touched, also by another process's look")
    func idempotent() throws {
        let scratch = try Scratch()
        let volume = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource() }
        let first = try prepared(volume, in: scratch, fsGroup: 2000)
        try scratch.file("pod/volumes/empty-dir/data/written", 0o600)
        try scratch.folder("pod/volumes/empty-dir/data", 0o700)
        #expect(try prepared(volume, in: scratch, fsGroup: 2000) == first)
        #expect(try scratch.status("pod/volumes/empty-dir/data") == "directory 0:0 0700")
        #expect(try scratch.status("pod/volumes/empty-dir/data/written") == "regular 0:0 0600")
    }

    @Test("a volume that was cut off before it was ready is done again")
    func cutOff() throws {
        let scratch = try Scratch()
        try scratch.folder("pod/volumes/empty-dir/data", 0o700)
        let volume = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource() }
        _ = try prepared(volume, in: scratch, fsGroup: 2000)
        #expect(try scratch.status("pod/volumes/empty-dir/data") == "directory 0:2000 2777")
    }

    @Test("removing takes all that containers left behind, and nothing that links name")
    func remove() throws {
        let scratch = try Scratch()
        try scratch.folder("outside")
        try scratch.file("outside/kept")
        let volume = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource() }
        let path = try prepared(volume, in: scratch).path
        try File.makeLink("\(path)/link", to: "\(scratch.path)/outside")
        try File.makeFolders("\(path)/a/b/c")
        let volumes = PodVolumes(
            pod: Self.pod([volume]), folder: "\(scratch.path)/pod", storage: "/absent", memoryLimit: nil,
            objects: Objects())
        try volumes.remove()
        try volumes.remove()
        #expect(try File.names(in: "\(scratch.path)/pod") == [])
        #expect(try File.exists("\(scratch.path)/outside/kept"))
    }

    // MARK: hostPath

    /// One of each kind of file.
    private func machine() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.folder("folder", 0o700)
        try scratch.file("file", 0o600)
        try File.makeNode(
            "\(scratch.path)/socket", kind: .socket, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
        try File.makeNode("\(scratch.path)/char", kind: .characterDevice, permissions: 0o600, device: .null)
        try File.makeNode(
            "\(scratch.path)/block", kind: .blockDevice, permissions: 0o600, device: DeviceNumber(major: 7, minor: 99))
        try File.makeLink("\(scratch.path)/link", to: "folder")
        return scratch
    }

    @Test(
        "each hostPath type takes what it names, as the kubelet checks it",
        arguments: [
            ("", "folder"), ("", "file"), ("", "socket"), ("Directory", "folder"), ("Directory", "link"),
            ("DirectoryOrCreate", "folder"), ("File", "file"), ("FileOrCreate", "file"), ("Socket", "socket"),
            ("CharDevice", "char"), ("BlockDevice", "block"),
        ])
    func hostPath(type: String, name: String) throws {
        let scratch = try machine()
        let before = try scratch.status(name)
        let path = "\(scratch.path)/\(name)"
        let volume = Self.volume("data") { $0.hostPath = HostPathVolumeSource(path: path, type: type) }
        let prepared = try prepared(volume, in: scratch, fsGroup: 2000)
        #expect(prepared.path == path && !prepared.readOnly && prepared.ownership == nil)
        // fsGroup does not concern the machine's own files.
        #expect(try scratch.status(name) == before)
        #expect(try scratch.status("folder") == "directory 0:0 0700")
    }

    @Test(
        "each hostPath type refuses what it does not name, in the kubelet's words",
        arguments: [
            ("Directory", "absent", "a directory"), ("Directory", "file", "a directory"),
            ("DirectoryOrCreate", "file", "a directory"), ("File", "absent", "a file"), ("File", "folder", "a file"),
            ("File", "char", "a file"), ("FileOrCreate", "folder", "a file"), ("Socket", "file", "a socket file"),
            ("Socket", "absent", "a socket file"), ("CharDevice", "block", "a character device"),
            ("CharDevice", "absent", "a character device"), ("BlockDevice", "char", "a block device"),
            ("BlockDevice", "absent", "a block device"), ("Directory", "file/below", "a directory"),
        ])
    func hostPathMismatch(type: String, name: String, kind: String) throws {
        let scratch = try machine()
        let path = "\(scratch.path)/\(name)"
        let volume = Self.volume("data") { $0.hostPath = HostPathVolumeSource(path: path, type: type) }
        let error = try failure(volume, in: scratch)
        #expect(error.reason == "FailedMount" && !error.isFinal && error.volume == "data")
        #expect(
            error.message
                == "MountVolume.SetUp failed for volume \"data\" : hostPath type check failed: \(path) is not \(kind)")
        #expect(try !File.exists("\(scratch.path)/absent"))
    }

    @Test(
        "what cannot be made is told in the words of the kubelet's own errors",
        arguments: [
            ("FileOrCreate", "no/file", "open ROOT/no/file: no such file or directory"),
            ("DirectoryOrCreate", "file/a/b", "mkdir ROOT/file: not a directory"),
        ])
    func hostPathNotMade(type: String, name: String, message: String) throws {
        let scratch = try machine()
        let volume = Self.volume("data") {
            $0.hostPath = HostPathVolumeSource(path: "\(scratch.path)/\(name)", type: type)
        }
        #expect(
            try failure(volume, in: scratch).message == "MountVolume.SetUp failed for volume \"data\" : "
                + message.replacing("ROOT", with: scratch.path))
    }

    @Test(
        "what may be missing is made",
        arguments: [
            ("", "a/b", "directory 0:0 0755"), ("DirectoryOrCreate", "a/b", "directory 0:0 0755"),
            ("FileOrCreate", "f", "regular 0:0 0644"),
        ])
    func hostPathMade(type: String, name: String, expected: String) throws {
        let scratch = try Scratch()
        let volume = Self.volume("data") {
            $0.hostPath = HostPathVolumeSource(path: "\(scratch.path)/\(name)", type: type)
        }
        _ = try prepared(volume, in: scratch)
        #expect(try scratch.status(name) == expected)
    }

    @Test("a file is not made where its folder is missing, and a path upwards is refused")
    func hostPathRefused() throws {
        let scratch = try Scratch()
        let file = Self.volume("data") {
            $0.hostPath = HostPathVolumeSource(path: "\(scratch.path)/absent/file", type: "FileOrCreate")
        }
        #expect(try failure(file, in: scratch).message.hasSuffix("/absent/file: no such file or directory"))
        let up = Self.volume("data") { $0.hostPath = HostPathVolumeSource(path: "/srv/../etc", type: nil) }
        #expect(
            try failure(up, in: scratch).message
                == "MountVolume.SetUp failed for volume \"data\" : invalid HostPath `/srv/../etc`: must not contain '..'"
        )
    }

    // MARK: claims

    private static func claimVolume(readOnly: Bool? = nil) -> Volume {
        volume("data") {
            $0.persistentVolumeClaim = PersistentVolumeClaimVolumeSource(claimName: "my-pvc", readOnly: readOnly)
        }
    }
    private static func persistentVolume(_ set: (inout PersistentVolumeSpec) -> Void) -> Objects {
        var spec = PersistentVolumeSpec()
        spec.accessModes = ["ReadWriteOnce"]
        spec.storageClassName = ""
        set(&spec)
        return Objects(
            claims: ["my-pvc": claim("my-pvc", className: "", volumeName: "pv")],
            volumes: [PersistentVolume(metadata: ObjectMeta(name: "pv"), spec: spec)])
    }

    @Test("a claim without a volume gets a folder below the state root, which fsGroup gets and which stays")
    func dynamicClaim() throws {
        let scratch = try Scratch()
        let objects = Objects(claims: ["my-pvc": Self.claim("my-pvc")], storage: "\(scratch.path)/storage")
        let prepared = try prepared(Self.claimVolume(), in: scratch, fsGroup: 2000, objects)
        #expect(prepared.path == "\(scratch.path)/storage/pvc-uid-my-pvc" && !prepared.readOnly)
        #expect(try scratch.status("storage/pvc-uid-my-pvc") == "directory 0:2000 2775")
        try scratch.file("storage/pvc-uid-my-pvc/written", 0o600)
        try PodVolumes(
            pod: Self.pod([Self.claimVolume()]), folder: "\(scratch.path)/pod", storage: "\(scratch.path)/storage",
            memoryLimit: nil, objects: objects
        ).remove()
        #expect(try scratch.status("storage/pvc-uid-my-pvc/written") == "regular 0:0 0600")
    }

    @Test(
        "a local volume is given to fsGroup, but not when the claim is mounted read-only, and a hostPath one never",
        arguments: [
            (true, nil, "regular 0:2000 0660"), (true, true, "regular 0:0 0600"), (false, nil, "regular 0:0 0600"),
        ] as [(Bool, Bool?, String)])
    func staticClaim(isLocal: Bool, readOnly: Bool?, expected: String) throws {
        let scratch = try Scratch()
        try scratch.folder("disk")
        try scratch.file("disk/file", 0o600)
        let path = "\(scratch.path)/disk"
        let objects = Self.persistentVolume { spec in
            if isLocal {
                spec.local = LocalVolumeSource(path: path)
            } else {
                spec.hostPath = HostPathVolumeSource(path: path, type: "Directory")
            }
        }
        let prepared = try prepared(Self.claimVolume(readOnly: readOnly), in: scratch, fsGroup: 2000, objects)
        #expect(prepared.path == path && prepared.readOnly == (readOnly ?? false))
        #expect(try scratch.status("disk/file") == expected)
    }

    @Test("a volume that another pod has mounted keeps its group, and an event says so")
    func shared() throws {
        let scratch = try Scratch()
        try scratch.folder("disk", 0o2775, gid: 3000)
        let path = "\(scratch.path)/disk"
        var objects = Self.persistentVolume { $0.local = LocalVolumeSource(path: path) }
        objects.isShared = true
        let told = Mutex<[PodVolumes.Activity]>([])
        let outcomes = Self.prepare(
            Self.pod([Self.claimVolume()], fsGroup: 2000), in: scratch, objects,
            onActivity: { activity in told.withLock { $0.append(activity) } })
        let warnings = try #require(outcomes.first).result.get().warnings
        #expect(warnings.map(\.reason) == ["AlreadyMountedVolume"])
        #expect(
            warnings.first?.message
                == "The requested fsGroup is 2000, but the volume pv has GID 3000. The volume may not be shareable.")
        #expect(told.withLock { $0 } == warnings.map { .warning($0) })
        #expect(try scratch.status("disk") == "directory 0:3000 2775")
    }

    @Test("claims and volumes that are missing, and volumes of other machines, are told in Kubernetes' words")
    func missingClaims() throws {
        let scratch = try Scratch()
        let absent = try failure(Self.claimVolume(), in: scratch)
        #expect(absent.reason == "FailedScheduling" && absent.message == "persistentvolumeclaim \"my-pvc\" not found")
        let unbound = try failure(
            Self.claimVolume(), in: scratch, Objects(claims: ["my-pvc": Self.claim("my-pvc", className: "")]))
        #expect(
            unbound.message == "persistentvolumeclaim \"my-pvc\" is not bound: "
                + "no persistent volumes available for this claim and no storage class is set")
        let path = "\(scratch.path)/absent"
        let gone = try failure(
            Self.claimVolume(), in: scratch, Self.persistentVolume { $0.local = LocalVolumeSource(path: path) })
        #expect(
            gone.message
                == "MountVolume.NewMounter initialization failed for volume \"pv\" : path \"\(path)\" does not exist")
        let directory = try failure(
            Self.claimVolume(), in: scratch,
            Self.persistentVolume { $0.hostPath = HostPathVolumeSource(path: path, type: "Directory") })
        #expect(
            directory.message
                == "MountVolume.SetUp failed for volume \"pv\" : hostPath type check failed: \(path) is not a directory"
        )
        let foreign = try failure(Self.claimVolume(), in: scratch, Self.persistentVolume { $0.nfs = .null })
        #expect(foreign.message.hasSuffix("persistentvolume \"pv\": spec.nfs is not supported: local and hostPath are"))
    }

    // MARK: the rest

    @Test("a kind that this machine does not have is refused by its field, and a volume that nobody mounts is left out")
    func unsupported() throws {
        let scratch = try Scratch()
        var pod = Self.pod([
            Self.volume("a") { $0.emptyDir = EmptyDirVolumeSource() }, Self.volume("b") { $0.nfs = .null },
            Self.volume("c") { $0.hostPath = HostPathVolumeSource(path: "/absent", type: "Directory") },
        ])
        pod.spec.containers[0].volumeMounts?.removeLast()
        let outcomes = Self.prepare(pod, in: scratch)
        #expect(outcomes.map(\.name) == ["a", "b"])
        #expect(throws: Never.self) { try outcomes[0].result.get() }
        let error = try #require(throws: VolumeError.self) { try outcomes[1].result.get() }
        #expect(error.message.hasPrefix("spec.volumes[1].nfs: this kind of volume is not supported") && error.isFinal)
        #expect(error.message.contains("hostPath"))
    }

    @Test("a folder where nothing can be made is one clear error, and the next try is not misled")
    func unwritable() throws {
        let scratch = try Scratch()
        try scratch.folder("pod/volumes")
        try scratch.file("pod/volumes/empty-dir")
        let volume = Self.volume("data") { $0.emptyDir = EmptyDirVolumeSource() }
        let error = try failure(volume, in: scratch)
        #expect(error.message.hasPrefix("MountVolume.SetUp failed for volume \"data\" : mkdir on "))
        try File.remove("\(scratch.path)/pod/volumes/empty-dir")
        #expect(try prepared(volume, in: scratch).isComplete)
    }
}
