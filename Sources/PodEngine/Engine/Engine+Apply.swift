// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import ImageStore
import KubernetesAPI
import LinuxKernel
import PodNetwork
import SecurityPolicy

extension Engine {
    /// Takes the objects of files and starts their pods.
    ///
    /// All are read and checked before the first is taken. Each that was taken is told as soon as it is; one that fails does not keep
    /// the others from being taken, and is told to `failed`.
    ///
    /// Returns what was taken, in that order: objects that pods name go before the pods.
    package func apply(
        _ files: [ManifestFile], namespace: String?, warned: (String) throws(EngineError) -> Void,
        told: (AppliedObject) throws(EngineError) -> Void,
        failed: (EngineError) throws(EngineError) -> Void
    ) throws(EngineError) -> [AppliedObject] {
        let all = try objects(of: files, namespace: namespace, warned: warned)
        var applied: [AppliedObject] = []
        for object in all.filter({ $0.resource != .pod }) + all.filter({ $0.resource == .pod }) {
            do {
                let outcome = AppliedObject(
                    resource: object.resource, name: object.name, outcome: try apply(object.object, object.name))
                applied.append(outcome)
                try told(outcome)
            } catch { try failed(error) }
        }
        return applied
    }

    private func apply(_ object: KubernetesObject, _ name: ObjectName) throws(EngineError) -> AppliedObject.Outcome {
        switch object {
        case .pod(let pod):
            return try NameLock.holding(.pod, name, in: root) { () throws(EngineError) in try apply(pod, name) }
        case .persistentVolumeClaim(let claim): return try apply(claim, name)
        case .persistentVolume(let volume): return try apply(volume, name)
        case .configMap(let map):
            let outcome = try apply(map, name)
            if outcome != .unchanged { try refreshPods(with: .configMap, name) }
            return outcome
        case .secret(let secret):
            let outcome = try apply(secret, name)
            if outcome != .unchanged { try refreshPods(with: .secret, name) }
            return outcome
        }
    }

    // MARK: Pods

    private func apply(_ pod: Pod, _ name: ObjectName) throws(EngineError) -> AppliedObject.Outcome {
        try pods.sweep(name)
        if let place = try pods.find(name), let record = try PodRecord(reading: place, in: root) {
            if let deletion = record.deletion {
                guard try !NameLock.isHeld(.pod, name, .deletion, in: root) else {
                    throw .beingDeleted(.pod, name: name.name)
                }
                try remove(place, gracePeriod: deletion.gracePeriod)
            } else if try neverStarted(record) {
                // The command that made it was killed before it started, or the machine has been restarted since.
                try remove(place)
            } else {
                return try update(place, to: pod)
            }
        }
        try create(pod, name)
        return .created
    }

    /// Whether no shim has ever spoken of the pod; the caller holds the lock of its name, so that nobody else is at it.
    private func neverStarted(_ record: PodRecord) throws(EngineError) -> Bool {
        switch record.life {
        case .starting, .abandoned(nil):
            try PodRecord.readJSON(SandboxStatus.self, record.place.liveStatus) == nil
        case .rejected, .supervised, .ended, .abandoned: false
        }
    }

    /// A pod that is there keeps its spec: what a pod runs as is decided when it is made.
    private func update(_ place: PodPlace, to pod: Pod) throws(EngineError) -> AppliedObject.Outcome {
        var stored = try pods.readTyped(place)
        var asked = pod.spec
        // They are no part of a manifest, and stay.
        asked.ephemeralContainers = stored.spec.ephemeralContainers
        let changes = JSONChange.paths(from: try tree(stored.spec), to: try tree(asked), at: "spec")
        guard changes.isEmpty else {
            throw .invalid(
                "The Pod \"\(place.name.name)\" is invalid: spec: Forbidden: pod updates may not change fields other than "
                    + "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
                    + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
                    + "(allow it to be set to 1 if it was previously negative); here none of them can be changed either: "
                    + "\(changes.joined(separator: ", ")) would be: delete the pod and apply it again")
        }
        guard stored.metadata.labels != pod.metadata.labels || stored.metadata.annotations != pod.metadata.annotations
        else { return .unchanged }
        stored.metadata.labels = pod.metadata.labels
        stored.metadata.annotations = pod.metadata.annotations
        try pods.write(place, stored)
        // Files of downwardAPI volumes have them.
        try refresh(stored, place)
        return .configured
    }

    private func create(_ pod: Pod, _ name: ObjectName) throws(EngineError) {
        var pod = pod
        NewObject.complete(&pod.metadata)
        var status = KubernetesAPI.PodStatus()
        status.phase = "Pending"
        status.qosClass = pod.qualityOfService.rawValue
        pod.status = status
        let place = PodPlace(name: name, uid: pod.metadata.uid ?? "", root: root)
        do {
            let node = try preparing { () throws(PreparationError) in try Node.ofThisMachine() }
            if let rejection = node.admit(pod) { return try reject(pod, place, rejection) }
            try pods.write(place, pod)
            try ClaimUsers(root: root).add(place, to: ClaimUsers.claims(of: pod))
            try prepare(pod, place, node, .quick)
            try ShimStart(runtime: try runtime()).start(place)
        } catch {
            // Nothing half made stays behind; the first error is the one to tell.
            do { try remove(place) } catch let second { throw .failed("\(error.line); then \(second.line)") }
            throw error
        }
    }

    /// The node does not take the pod: it is there, and has failed.
    private func reject(_ pod: Pod, _ place: PodPlace, _ rejection: Rejection) throws(EngineError) {
        var pod = pod
        pod.status?.phase = "Failed"
        pod.status?.reason = rejection.reason
        pod.status?.message = "Pod was rejected: \(rejection.message)"
        pod.status?.startTime = pod.metadata.creationTimestamp
        try pods.write(place, pod)
        try PodEvents.append(
            PodEvent(
                time: Clock.realtime, severity: .warning, reason: rejection.reason, message: rejection.message),
            to: place)
    }

    /// Prepares what a pod needs and writes its plan.
    private func prepare(
        _ pod: Pod, _ place: PodPlace, _ node: Node, _ mode: PodPreparation.Mode
    ) throws(EngineError) {
        let preparation = try preparation(of: pod, place, node)
        // Until the plan says which layers the pod uses, `image remove` waits.
        let images = try holdImages()
        var problem: EngineError?
        let plan = try preparing { () throws(PreparationError) in
            try preparation.prepare(mode) { event in
                do throws(EngineError) { try PodEvents.append(event, to: place) } catch { problem = error }
            }
        }
        if let problem { throw problem }
        do {
            // Not durable: after a crash of the machine nothing of the pod runs, and the plan is of no use.
            try File.replace(place.plan, with: try JSONFile.encode(plan), durable: false)
        } catch {
            throw .failed("cannot store the plan of pod \(place.name.name): \(error)")
        }
        images.letGo()
    }

    private func holdImages() throws(EngineError) -> ImageStore.Lock {
        do { return try ImageStore(folder: root.images).hold() } catch { throw .failed(error.description) }
    }

    func preparation(of pod: Pod, _ place: PodPlace, _ node: Node) throws(EngineError) -> PodPreparation {
        let own = try doing("cannot tell where this program is") { () throws(SyscallError) in
            try File.linkTarget("/proc/self/exe")
        }
        let command = [own] + (root.folder.map { ["--root", $0] } ?? []) + ["internal"]
        var network: PodPreparation.Network?
        do {
            if try CNIConfiguration.first() != nil {
                network = PodPreparation.Network(
                    add: command + ["network", "add", place.folder],
                    remove: command + ["network", "remove", place.folder])
            }
        } catch { throw .failed("\(error)") }
        return PodPreparation(
            pod: pod, root: root, node: node, objects: StoredObjects(root: root),
            prepareCommand: command + ["prepare", place.folder], upkeepCommand: command + ["upkeep", place.folder],
            network: network)
    }

    /// What the prepare command does: the shim calls it while something of the pod is pending.
    package func prepare(podFolder: String) throws(EngineError) {
        let place = try place(ofFolder: podFolder)
        let node = try preparing { () throws(PreparationError) in try Node.ofThisMachine() }
        try prepare(try pods.readTyped(place), place, node, .full)
    }

    func place(ofFolder podFolder: String) throws(EngineError) -> PodPlace {
        let entry = podFolder.split(separator: "/").last.map(String.init) ?? ""
        guard let place = PodPlace(entry: entry, root: root), place.folder == podFolder else {
            throw .failed("\(podFolder) is no pod's folder below \(root.pods)")
        }
        return place
    }

    func preparing<Value>(_ work: () throws(PreparationError) -> Value) throws(EngineError) -> Value {
        do { return try work() } catch { throw .failed(error.message) }
    }

    func tree(_ value: some Encodable) throws(EngineError) -> JSONValue {
        do { return try JSONValue(encoding: value) } catch { throw .failed("\(error)") }
    }
}
