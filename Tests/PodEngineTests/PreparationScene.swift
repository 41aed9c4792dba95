// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import FoundationEssentials
import ImageStore
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import OCISpec
import PodEngine
import SecurityPolicy
import Synchronization
import Testing
import Volumes

/// A state root of its own for one test, with one pod to prepare; all of it is removed after.
final class PreparationScene {
    let folder: String
    let root: StateRoot
    var pod: Pod
    var node: Node
    var objects = FewObjects()
    var network: PodPreparation.Network?
    private(set) var events: [PodEvent] = []

    init(_ change: (inout Pod) throws -> Void = { _ in }) throws {
        folder = "/tmp/holdfast-prepare-" + UUID().uuidString
        try File.makeFolder(folder, mode: 0o700)
        root = StateRoot(folder: folder)
        node = try Node.ofThisMachine()
        var container = Container(name: "main")
        container.image = "test/image:1"
        container.imagePullPolicy = "Never"
        container.command = ["true"]
        var metadata = ObjectMeta(name: "web", namespace: "shop")
        metadata.uid = "42"
        pod = Pod(metadata: metadata, spec: PodSpec(containers: [container]))
        try change(&pod)
    }

    deinit {
        do { try File.removeTree(folder) } catch { Issue.record(error) }
    }

    var podFolder: String { root.podFolder(namespace: "shop", name: "web", uid: "42") }
    var store: ImageStore { ImageStore(folder: root.images) }

    func prepare(_ mode: PodPreparation.Mode = .quick) throws -> SandboxPlan {
        events = []
        let preparation = PodPreparation(
            pod: pod, root: root, node: node, objects: objects, prepareCommand: ["holdfast", "prepare"],
            network: network)
        let plan = try preparation.prepare(mode) { self.events.append($0) }
        try JSONFile.write(plan, to: podFolder + "/plan.json")
        return plan
    }

    func spec(_ name: String = "main") throws -> RuntimeSpec {
        let path = "\(podFolder)/containers/\(name)/config.json"
        return try RuntimeSpec.read(try File.read(path), of: path)
    }

    func told(_ reason: String) -> [String] { events.filter { $0.reason == reason }.map(\.message) }

    /// Takes an image with these settings in, as `test/image:1`.
    func addImage(_ change: (inout ImageConfig.Defaults) -> Void = { _ in }) throws {
        let files = folder + "/image-files"
        try File.makeFolders(files + "/etc")
        try File.replace(files + "/etc/passwd", with: Array("app:x:1000:1000::/home/app:/bin/sh\n".utf8), mode: 0o644)
        try File.replace(files + "/etc/group", with: Array("staff:x:50:app\n".utf8), mode: 0o644)
        let result = try Command("/bin/tar", ["-C", files, "-c", "."], environment: [:]).run()
        try #require(result.status == .exited(code: 0))
        let layout = folder + "/layout"
        try File.makeFolders(layout + "/blobs/sha256")
        func blob(_ bytes: [UInt8], _ type: String) throws -> ContentDescriptor {
            let digest = Digest(of: bytes)
            try File.replace("\(layout)/blobs/sha256/\(digest.hex)", with: bytes)
            return ContentDescriptor(mediaType: type, digest: digest.description, size: Int64(bytes.count))
        }
        let layer = try blob(result.output, "application/vnd.oci.image.layer.v1.tar")
        var defaults = ImageConfig.Defaults()
        change(&defaults)
        #if arch(x86_64)
            let architecture = "amd64"
        #else
            let architecture = "arm64"
        #endif
        let config = ImageConfig(
            architecture: architecture, config: defaults, rootfs: .init(diffIDs: [layer.digest]))
        let manifest = ImageManifest(
            config: try blob(try JSONFile.encode(config), "application/vnd.oci.image.config.v1+json"),
            layers: [layer])
        var entry = try blob(try JSONFile.encode(manifest), "application/vnd.oci.image.manifest.v1+json")
        entry.annotations = ["org.opencontainers.image.ref.name": "docker.io/test/image:1"]
        try JSONFile.write(ImageIndex(manifests: [entry]), to: layout + "/index.json")
        try File.replace(layout + "/oci-layout", with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        _ = try store.importImages(path: layout)
    }
}

/// The objects that a test puts there.
struct FewObjects: VolumeObjects {
    var configMaps: [String: ConfigMap] = [:]
    var secrets: [String: Secret] = [:]
    var claims: [String: PersistentVolumeClaim] = [:]
    var storage = ""

    func claim(_ name: String, namespace: String) throws -> PersistentVolumeClaim? { claims[name] }
    func volume(of claim: PersistentVolumeClaim) throws -> PersistentVolume {
        try ClaimBinder.bind(claim, to: [], storage: storage).volume
    }
    func isMounted(_ volume: PersistentVolume, otherThanBy podUID: String) throws -> Bool { false }
    func ephemeralClaim(for volume: Volume, of pod: Pod) throws -> PersistentVolumeClaim {
        claims[pod.claimName(ofEphemeral: volume)] ?? PersistentVolumeClaim()
    }
    func configMap(_ name: String, namespace: String) throws -> ConfigMap? { configMaps[name] }
    func secret(_ name: String, namespace: String) throws -> Secret? { secrets[name] }
    func resource(_ reference: ResourceFieldSelector, of pod: Pod) throws -> String { "4" }
    func serviceAccountToken(
        _ projection: ServiceAccountTokenProjection, of pod: Pod, current: String?
    ) throws -> String { "a.b.c" }
}
