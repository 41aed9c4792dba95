// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel
import Volumes

/// Files in the volumes of running pods follow the objects that they come from.
extension Engine {
    /// Writes the volumes anew of all running pods that have files from this config map or secret.
    ///
    /// What a pod lacks then is an event of that pod, which keeps what it had: the object has changed all the same.
    func refreshPods(with resource: Resource, _ object: ObjectName) throws(EngineError) {
        for place in try pods.places(namespace: object.namespace) {
            let pod: Pod
            do { pod = try pods.readTyped(place) } catch {
                // It was removed meanwhile, or its file is damaged: who asks for that pod is told.
                continue
            }
            if pod.spec.files(comeFrom: resource, named: object.name) { try refresh(pod, place) }
        }
    }

    /// What the upkeep command does: the shim calls it from time to time while the pod runs.
    package func upkeep(podFolder: String) throws(EngineError) {
        let place = try place(ofFolder: podFolder)
        let pod = try pods.readTyped(place)
        try refresh(pod, place)
        guard let message = try overuse(by: pod, place) else { return }
        try doing("cannot ask for the eviction of pod \(place.name.name)") { () throws(SyscallError) in
            try File.replace("\(place.folder)/eviction", with: Array(message.utf8), durable: false)
        }
    }

    /// Why the pod is to be evicted: it holds more in an emptyDir than the manifest allows; nil: it does not.
    ///
    /// Source: kubelet, `emptyDirLimitEviction`.
    private func overuse(by pod: Pod, _ place: PodPlace) throws(EngineError) -> String? {
        for volume in pod.spec.volumes ?? [] {
            guard let limit = volume.emptyDir?.limitOnDisk else { continue }
            let path = PodVolumes.emptyDirPath(volume.name, podFolder: place.folder)
            let used = try doing("cannot measure volume \(volume.name)") { () throws(SyscallError) in
                try unlessMissing { () throws(SyscallError) in try DiskUsage.bytes(below: path) }
            }
            if let used, used > UInt64(limit.value) {
                return "Usage of EmptyDir volume \"\(volume.name)\" exceeds the limit \"\(limit.text)\". "
            }
        }
        return nil
    }

    /// Writes a running pod's files anew where what they come from has changed, and renews its tokens.
    func refresh(_ pod: Pod, _ place: PodPlace) throws(EngineError) {
        guard let record = try PodRecord(reading: place, in: root), case .supervised(let status) = record.life,
            !status.phase.isFinal
        else { return }
        guard let shim = try view(of: status) else { return }
        let volumes = PodVolumes(
            pod: pod, folder: place.folder, storage: root.volumes, memoryLimit: nil,
            objects: StoredObjects(root: root), view: "/proc/self/fd/\(shim.raw)")
        for outcome in volumes.refresh() {
            guard case .failure(let error) = outcome.result else { continue }
            // It has ended meanwhile, and its volumes with it.
            guard try pods.find(place.name)?.uid == place.uid else { return }
            try PodEvents.append(
                PodEvent(time: Clock.realtime, severity: .warning, reason: error.reason, message: error.message),
                to: place)
        }
    }

    /// The machine's root as the shim's mount namespace shows it; nil when the shim is gone.
    private func view(of status: SandboxStatus) throws(EngineError) -> OwnedDescriptor? {
        try doing("cannot look into the mount namespace of process \(status.shim)") {
            () throws(SyscallError) -> OwnedDescriptor? in
            let root = try unlessMissing { () throws(SyscallError) in
                try File.open("/proc/\(status.shim)/root", [.path, .directory])
            }
            // Looked at afterwards: what was opened is the shim's and nobody's who has got its number since.
            return try Process.isAlive(status.shim, startTime: status.shimStart) ? root : nil
        }
    }
}

extension PodSpec {
    /// Whether a volume has files from an object.
    func files(comeFrom resource: Resource, named name: String) -> Bool {
        (volumes ?? []).contains { volume in
            let projections = volume.projected?.sources ?? []
            switch resource {
            case .configMap:
                return volume.configMap?.name == name || projections.contains { $0.configMap?.name == name }
            case .secret:
                return volume.secret?.secretName == name || projections.contains { $0.secret?.name == name }
            default: return false
            }
        }
    }
}
