// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import Testing
import Volumes

@Suite("Binding claims")
struct ClaimBinderTests {
    private static func claim(
        _ name: String = "data", size: String = "1Gi", modes: [String] = ["ReadWriteOnce"], className: String? = nil,
        volumeName: String? = nil
    ) throws -> PersistentVolumeClaim {
        var metadata = ObjectMeta(name: name, namespace: "default")
        metadata.uid = "uid-\(name)"
        var spec = PersistentVolumeClaimSpec(
            resources: VolumeResourceRequirements(requests: ["storage": try Quantity(size)]))
        spec.accessModes = modes
        spec.storageClassName = className
        spec.volumeName = volumeName
        return PersistentVolumeClaim(metadata: metadata, spec: spec)
    }

    private static func volume(
        _ name: String, size: String = "1Gi", modes: [String] = ["ReadWriteOnce"], className: String? = "",
        claimRef: ObjectReference? = nil, labels: [String: String] = [:], volumeMode: String? = nil
    ) throws -> PersistentVolume {
        var metadata = ObjectMeta(name: name)
        metadata.labels = labels
        var spec = PersistentVolumeSpec()
        spec.capacity = ["storage": try Quantity(size)]
        spec.accessModes = modes
        spec.storageClassName = className
        spec.claimRef = claimRef
        spec.volumeMode = volumeMode
        spec.local = LocalVolumeSource(path: "/srv/\(name)")
        return PersistentVolume(metadata: metadata, spec: spec)
    }

    @Test("a claim without a class gets a folder of its own, and each object names the other")
    func dynamic() throws {
        let binding = try ClaimBinder.bind(
            Self.claim(), to: [Self.volume("unnamed"), Self.volume("other", className: "manual")], storage: "/s")
        #expect(binding.isNew && binding.volume.metadata.name == "pvc-uid-data")
        #expect(binding.volume.spec.local?.path == "/s/pvc-uid-data")
        #expect(binding.volume.spec.persistentVolumeReclaimPolicy == "Delete")
        #expect(binding.volume.spec.claimRef?.uid == "uid-data" && binding.volume.status?.phase == "Bound")
        #expect(binding.claim.spec.volumeName == "pvc-uid-data" && binding.claim.status?.phase == "Bound")
        #expect(binding.claim.status?.capacity == ["storage": try Quantity("1Gi")])
        // Asked again, it is the same volume.
        let again = try ClaimBinder.bind(binding.claim, to: [binding.volume], storage: "/s")
        #expect(!again.isNew && again.volume == binding.volume && again.claim == binding.claim)
    }

    @Test("of the volumes that fit the smallest is taken, and one that names the claim before all")
    func best() throws {
        let claim = try Self.claim(size: "2Gi", className: "manual")
        let volumes = [
            try Self.volume("large", size: "20Gi", className: "manual"),
            try Self.volume("small", size: "1Gi", className: "manual"),
            try Self.volume("right", size: "3Gi", modes: ["ReadWriteOnce", "ReadOnlyMany"], className: "manual"),
            try Self.volume("read", size: "2Gi", modes: ["ReadOnlyMany"], className: "manual"),
            try Self.volume("classless", size: "2Gi"),
            try Self.volume("raw", size: "2Gi", className: "manual", volumeMode: "Block"),
            try Self.volume(
                "taken", size: "2Gi", className: "manual",
                claimRef: ObjectReference(namespace: "default", name: "other")),
        ]
        #expect(try ClaimBinder.bind(claim, to: volumes, storage: "/s").volume.metadata.name == "right")
        let reserved = try Self.volume(
            "reserved", size: "50Gi", className: "manual",
            claimRef: ObjectReference(namespace: "default", name: "data"))
        #expect(try ClaimBinder.bind(claim, to: volumes + [reserved], storage: "/s").volume.metadata.name == "reserved")
    }

    @Test("labels that a selector asks for decide, too")
    func selector() throws {
        var claim = try Self.claim(className: "")
        claim.spec.selector = LabelSelector(
            matchLabels: ["tier": "fast"],
            matchExpressions: [
                LabelSelectorRequirement(key: "zone", operator: "NotIn", values: ["b"]),
                LabelSelectorRequirement(key: "disk", operator: "Exists"),
            ])
        let volumes = [
            try Self.volume("slow", labels: ["tier": "slow", "disk": "1"]),
            try Self.volume("wrong-zone", labels: ["tier": "fast", "zone": "b", "disk": "1"]),
            try Self.volume("no-disk", labels: ["tier": "fast"]),
            try Self.volume("right", labels: ["tier": "fast", "disk": "1"]),
        ]
        #expect(try ClaimBinder.bind(claim, to: volumes, storage: "/s").volume.metadata.name == "right")
    }

    @Test("a claim and a volume without classes go together when one names the other")
    func classless() throws {
        let claim = try Self.claim(volumeName: "mine")
        #expect(try !ClaimBinder.bind(claim, to: [Self.volume("mine")], storage: "/s").isNew)
    }

    @Test(
        "a claim that nothing fits stays pending, in Kubernetes' words",
        arguments: [
            ("absent", "1Gi", ["ReadWriteOnce"], "", "FailedBinding", "volume \"absent\" not found"),
            (
                "mine", "2Gi", ["ReadWriteOnce"], "", "VolumeMismatch",
                "Cannot bind to requested volume \"mine\": requested PV is too small"
            ),
            (
                "mine", "1Gi", ["ReadWriteMany"], "", "VolumeMismatch",
                "Cannot bind to requested volume \"mine\": incompatible accessMode"
            ),
            (
                "mine", "1Gi", ["ReadWriteOnce"], "manual", "VolumeMismatch",
                "Cannot bind to requested volume \"mine\": storageClassName does not match"
            ),
            (
                "taken", "1Gi", ["ReadWriteOnce"], "", "FailedBinding",
                "volume \"taken\" already bound to a different claim."
            ),
            (
                nil, "5Gi", ["ReadWriteOnce"], "", "FailedBinding",
                "no persistent volumes available for this claim and no storage class is set"
            ),
        ] as [(String?, String, [String], String, String, String)])
    func pending(
        volumeName: String?, size: String, modes: [String], className: String, reason: String, message: String
    ) throws {
        let claim = try Self.claim(size: size, modes: modes, className: className, volumeName: volumeName)
        let volumes = [
            try Self.volume("mine"),
            // A claim of this name that was deleted had it: its files are not this claim's.
            try Self.volume(
                "taken", claimRef: ObjectReference(namespace: "default", name: "data", uid: "uid-of-an-earlier-one")),
        ]
        let unbound = try #require(throws: ClaimBinder.Unbound.self) {
            try ClaimBinder.bind(claim, to: volumes, storage: "/s")
        }
        #expect(unbound.reason == reason && unbound.message == message)
    }

    @Test("only a folder that was made for the claim is removed with it")
    func remove() throws {
        let scratch = try Scratch()
        let made = try ClaimBinder.bind(Self.claim(), to: [], storage: scratch.path).volume
        try scratch.folder("pvc-uid-data/content")
        try scratch.folder("other")
        var foreign = made
        foreign.spec.local = LocalVolumeSource(path: "\(scratch.path)/other")
        try ClaimBinder.remove(foreign, storage: scratch.path)
        var retained = made
        retained.spec.persistentVolumeReclaimPolicy = "Retain"
        try ClaimBinder.remove(retained, storage: scratch.path)
        #expect(try File.names(in: scratch.path).sorted() == ["other", "pvc-uid-data"])
        try ClaimBinder.remove(made, storage: scratch.path)
        try ClaimBinder.remove(made, storage: scratch.path)
        #expect(try File.names(in: scratch.path) == ["other"])
    }
}
