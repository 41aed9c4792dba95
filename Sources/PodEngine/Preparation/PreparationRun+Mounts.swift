// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import ImageStore
import KubernetesAPI
import LinuxKernel
import SecurityPolicy
import Volumes

/// Volumes that the shim mounts: images, and folders that share their mounts with the machine.
extension PreparationRun {
    private var mounts: [VolumeMount] { pod.podContainers.flatMap { $0.container.volumeMounts ?? [] } }

    /// Finds the images that are volumes; while one is missing, the pod waits for it as a container does.
    ///
    /// Source: KEP-4639: read-only, and nothing in it is executed.
    func prepareImages(_ plan: inout SandboxPlan) throws(PreparationError) -> [String: PreparedVolume] {
        let mounted = Set(mounts.map(\.name))
        var prepared: [String: PreparedVolume] = [:]
        for volume in pod.spec.volumes ?? [] {
            guard let source = volume.image, mounted.contains(volume.name) else { continue }
            let store = ImageStore(folder: preparation.root.images)
            var asking = Container(name: volume.name)
            asking.image = source.reference
            asking.imagePullPolicy = source.pullPolicy
            let images = ImagePreparation(store: store, mode: mode, container: asking, earlier: earlier?.waiting) {
                tell($0, $1, $2)
            }
            switch try images.find() {
            case .pending(let waiting), .refused(let waiting):
                if plan.waiting == nil { plan.waiting = waiting }
            case .image(let image):
                let path = "\(folder)/volumes/image/\(volume.name)"
                let layers = try preparing("preparing volume \(volume.name)") { () throws in
                    try File.makeFolders(path)
                    return try store.layers(of: image)
                }
                var mount = SandboxPlan.ImageMount(path: path, layers: layers)
                mount.label = sharedLabel
                plan.imageVolumes.append(mount)
                var found = PreparedVolume(name: volume.name, path: path, readOnly: true)
                found.isMountedByShim = true
                // Its layers are shifted: the kernel idmaps no overlay as a whole.
                found.showsMappedOwners = true
                prepared[volume.name] = found
            }
        }
        return prepared
    }

    /// Where a folder is in the shim's mount namespace that shares its mounts with the machine's.
    func sharedFolder(_ name: String) -> String { "\(folder)/volumes/shared/\(name)" }

    /// Folders that a container mounts Bidirectional: the shim takes them from the machine's mount namespace.
    func shareFolders(_ plan: inout SandboxPlan, _ prepared: [String: PreparedVolume]) throws(PreparationError) {
        for name in Set(mounts.filter { $0.mountPropagation == "Bidirectional" }.map(\.name)).sorted() {
            // What is in the shim's own mount namespace cannot be the machine's.
            guard let volume = prepared[name], !volume.isMountedByShim else { continue }
            let path = sharedFolder(name)
            try preparing("preparing volume \(name)") { () throws in
                try File.makeFolders("\(folder)/volumes/shared")
                if try File.followedStatus(volume.path).kind == .directory {
                    try File.makeFolders(path)
                } else {
                    _ = try File.open(path, [.writeOnly, .create, .noFollow], mode: 0o600)
                }
            }
            plan.sharedFolders.append(SandboxPlan.SharedFolder(source: volume.path, path: path))
        }
    }
}
