// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import ImageStore
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import OCISpec
import PodNetwork
import SecurityPolicy
import Synchronization
import Volumes

/// One go at preparing a pod.
struct PreparationRun {
    let preparation: PodPreparation
    let mode: PodPreparation.Mode
    let onEvent: (PodEvent) -> Void
    let folder: String
    let files: PodFiles
    let facts: PodFacts
    /// The plan that is in force; nil at the first go.
    let earlier: SandboxPlan?

    var pod: Pod { preparation.pod }
    /// With the SELinux categories that are this pod's.
    let node: Node

    init(
        _ preparation: PodPreparation, _ mode: PodPreparation.Mode, _ onEvent: @escaping (PodEvent) -> Void
    ) throws(PreparationError) {
        self.preparation = preparation
        self.mode = mode
        self.onEvent = onEvent
        folder = preparation.podFolder
        files = PodFiles(pod: preparation.pod, folder: folder)
        let planFile = "\(folder)/plan.json"
        earlier =
            mode == .quick
            ? nil : try preparing("reading \(planFile)") { try Self.read(SandboxPlan.self, planFile) }
        facts = try Self.facts(preparation)
        node = try Self.node(preparation)
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value? {
        do { return try JSONFile.read(type, from: path) } catch let error as SyscallError
            where error.errno == .noEntry
        {
            return nil
        }
    }

    private static func facts(_ preparation: PodPreparation) throws(PreparationError) -> PodFacts {
        let statusFile = preparation.root.runFolder(uid: preparation.pod.metadata.uid ?? "") + "/status.json"
        let status = try preparing("reading \(statusFile)") { try read(SandboxStatus.self, statusFile) }
        let addresses = try preparing("reading the machine's addresses") { try NetworkAddresses.primary() }
        return PodFacts(
            nodeName: try PodFiles.machineName(), hostIPs: addresses,
            podIPs: preparation.pod.spec.hostNetwork == true ? addresses : status?.podIPs ?? [])
    }

    private static func node(_ preparation: PodPreparation) throws(PreparationError) -> Node {
        var node = preparation.node
        if node.hasSELinux, let defaults = node.seLinuxDefaults {
            let categories = try SELinuxCategories(root: preparation.root).pair(for: preparation.pod.metadata.uid ?? "")
            node.seLinuxDefaults = defaults.separated(by: categories)
        }
        return node
    }

    /// The SELinux context of files that the pod's containers share; nil without SELinux.
    var sharedLabel: String? {
        guard node.hasSELinux, let defaults = node.seLinuxDefaults else { return nil }
        return defaults.labels(for: pod.spec.securityContext?.seLinuxOptions.map(SELinuxLabel.init(options:))).file.text
    }

    /// Goes through everything once.
    func plan() throws(PreparationError) -> SandboxPlan {
        try preparing("making the pod's folder") { try File.makeFolders(folder + "/containers", mode: 0o700) }
        var plan = frame()
        let hostname: String
        do { hostname = try name(of: &plan) } catch {
            return refused(plan, "\(error)")
        }
        if earlier == nil {
            for note in try files.write(hostname: hostname, addresses: facts.podIPs) {
                tell(.warning, note.reason, note.message)
            }
            if let label = sharedLabel {
                try preparing("labelling the pod's files") {
                    try SELinuxAttribute.setAll(label, at: "\(folder)/files")
                }
            }
            tellOfIgnoredOptions()
        }
        if let refusal = node.sandboxRefusal(pod) {
            return refused(plan, refusal)
        }
        if pod.spec.hostUsers == false {
            plan.userMapping = try UserIDBlocks(root: preparation.root).block(for: plan.uid)
        }
        guard let volumes = try prepareVolumes(&plan) else { return waiting(plan) }
        let shared = PreparedContainer.Shared(
            run: self, hostname: hostname, volumes: volumes, owners: plan.userMapping)
        for container in pod.podContainers + pod.ephemeralContainers {
            if let kept = keeps(container) {
                plan.containers.append(kept)
            } else {
                plan.containers.append(
                    try PreparedContainer(shared, container, earlier: earlierWaiting(container)).plan())
            }
        }
        return plan
    }

    func tell(_ severity: PodEvent.Severity, _ reason: String, _ message: String, container: String? = nil) {
        onEvent(
            PodEvent(time: Clock.realtime, severity: severity, reason: reason, message: message, container: container))
    }

    /// Accepted without effect, as on a node; it is said once.
    private func tellOfIgnoredOptions() {
        guard !node.hasSELinux else { return }
        let ofContainers = pod.podContainers.filter { $0.container.securityContext?.seLinuxOptions != nil }
            .map { "\($0.path).securityContext.seLinuxOptions" }
        let ofPod = pod.spec.securityContext?.seLinuxOptions == nil ? [] : ["spec.securityContext.seLinuxOptions"]
        for field in ofPod + ofContainers {
            tell(.normal, "SELinuxIgnored", "\(field): no effect, since this machine's kernel runs without SELinux")
        }
    }

    // MARK: the frame

    private func frame() -> SandboxPlan {
        let metadata = pod.metadata
        let spec = pod.spec
        let uid = metadata.uid ?? ""
        var plan = SandboxPlan(
            uid: uid, namespace: metadata.namespace ?? "", name: metadata.name ?? "", podFolder: folder,
            runFolder: preparation.root.runFolder(uid: uid), cgroupPath: "/holdfast/\(uid)",
            restartPolicy: spec.restartPolicy.flatMap(SandboxPlan.RestartPolicy.init) ?? .always,
            terminationGracePeriod: spec.terminationGracePeriodSeconds ?? 30,
            prepareCommand: preparation.prepareCommand)
        plan.hostNetwork = spec.hostNetwork == true
        plan.hostIPC = spec.hostIPC == true
        plan.hostPID = spec.hostPID == true
        plan.shareProcessNamespace = spec.shareProcessNamespace == true && !plan.hostPID
        plan.sysctls = node.sysctls(of: pod).mapValues(\.value)
        if let whole = pod.resourcesOfWhole {
            let quota = whole.cpuQuota.value
            plan.limits = SandboxPlan.Limits(
                memory: whole.memoryLimit.value?.count, cpuQuota: quota,
                cpuPeriod: quota == nil ? nil : EffectiveSecurityContext.Resources.cpuPeriod,
                cpuShares: spec.resources?.asksForProcessors == true ? whole.cpuShares.value : nil)
        }
        plan.activeDeadline = spec.activeDeadlineSeconds
        if let upkeep = PodUpkeep(of: pod), !preparation.upkeepCommand.isEmpty {
            plan.upkeep = SandboxPlan.Upkeep(command: preparation.upkeepCommand, seconds: upkeep.seconds)
        }
        plan.hostAddress = facts.hostIPs.first
        if !plan.hostIPC {
            plan.sharedMemory = SandboxPlan.MemoryMount(
                path: files.sharedMemory, size: Bytes.mebibytes(64).count, permissions: 0o1777)
            plan.sharedMemory?.label = sharedLabel
        }
        if !plan.hostNetwork, let network = preparation.network {
            plan.networkAdd = network.add
            plan.networkRemove = network.remove
        }
        return plan
    }

    /// What the pod's containers are called; a pod on the machine's network has the machine's name.
    private func name(of plan: inout SandboxPlan) throws(NetworkError) -> String {
        guard !plan.hostNetwork else { return facts.nodeName }
        let name = try files.name().systemName
        plan.hostname = name
        return name
    }

    // MARK: waiting

    /// There is to be no sandbox: no container starts.
    private func refused(_ plan: SandboxPlan, _ reason: String) -> SandboxPlan {
        tell(.warning, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(reason)")
        var plan = plan
        plan.refusal = reason
        return waiting(plan)
    }

    /// The pod as a whole waits: no container starts.
    private func waiting(_ plan: SandboxPlan) -> SandboxPlan {
        var plan = plan
        // A container waits for the image of a volume as for its own.
        let waiting = plan.waiting.flatMap { $0.reason == "ContainerCreating" ? nil : $0 }
        let creating = Waiting(reason: "ContainerCreating")
        plan.waiting = plan.waiting ?? creating
        plan.containers = (pod.podContainers + pod.ephemeralContainers).map { container in
            PreparedContainer.frame(container, in: folder, readiness: .pending(waiting ?? creating))
        }
        return plan
    }

    private func earlierPlan(_ container: PodContainer) -> ContainerPlan? {
        earlier?.containers.first { $0.name == container.container.name }
    }

    /// What stays as it was decided: a container that is ready may run by now.
    private func keeps(_ container: PodContainer) -> ContainerPlan? {
        guard let plan = earlierPlan(container) else { return nil }
        if case .pending = plan.readiness { return nil }
        return plan
    }

    private func earlierWaiting(_ container: PodContainer) -> Waiting? {
        guard case .pending(let waiting) = earlierPlan(container)?.readiness else { return nil }
        return waiting
    }

    // MARK: volumes

    /// By name; nil when one of them is not there yet.
    private func prepareVolumes(_ plan: inout SandboxPlan) throws(PreparationError) -> [String: PreparedVolume]? {
        var pod = pod
        var later: [Volume] = []
        if mode == .quick, pod.spec.securityContext?.fsGroup != nil {
            // A claim may hold a million files that are to be given to the group; the prepare command does that.
            let holdsMuch = { (volume: Volume) in volume.persistentVolumeClaim != nil || volume.ephemeral != nil }
            later = (pod.spec.volumes ?? []).filter(holdsMuch)
            pod.spec.volumes?.removeAll(where: holdsMuch)
        }
        if !later.isEmpty { plan.waiting = Waiting(reason: "ContainerCreating") }
        let volumes = PodVolumes(
            pod: pod, folder: folder, storage: preparation.root.volumes, memoryLimit: pod.memoryLimit,
            objects: preparation.objects)
        let warnings = WarningList()
        let outcomes = volumes.prepare { activity in
            if case .warning(let warning) = activity { warnings.add(warning) }
        }
        for warning in warnings.all { tell(.warning, warning.reason, warning.message) }
        var prepared: [String: PreparedVolume] = [:]
        for outcome in outcomes {
            switch outcome.result {
            case .success(let volume):
                prepared[outcome.name] = volume
                if let memory = volume.memory {
                    var mount = SandboxPlan.MemoryMount(
                        path: volume.path, size: memory.size, permissions: memory.permissions, gid: memory.gid)
                    mount.label = sharedLabel
                    plan.memoryVolumes.append(mount)
                }
                // Files go into memory once the shim has mounted it, where the prepare command sees it.
                if !volume.isComplete, plan.waiting == nil { plan.waiting = Waiting(reason: "ContainerCreating") }
            case .failure(let error):
                tell(.warning, error.reason, error.message)
                if plan.waiting == nil {
                    plan.waiting = Waiting(reason: "ContainerCreating", message: error.message)
                }
            }
        }
        let images = try prepareImages(&plan)
        prepared.merge(images) { $1 }
        try shareFolders(&plan, prepared)
        return plan.waiting == nil ? prepared : nil
    }
}

/// Warnings that come from any thread.
private final class WarningList: Sendable {
    private let list = Mutex<[VolumeWarning]>([])
    func add(_ warning: VolumeWarning) { list.withLock { $0.append(warning) } }
    var all: [VolumeWarning] { list.withLock { $0 } }
}

extension Pod {
    /// What the containers may use together; nil when one of them has no limit.
    fileprivate var memoryLimit: Bytes? {
        if let whole = spec.resources?.limits?["memory"]?.value, whole > 0 { return Bytes(whole) }
        var (start, running) = (Int64(0), Int64(0))
        for container in podContainers {
            guard let limit = container.container.resources.limits?["memory"]?.value, limit > 0 else { return nil }
            switch container.kind {
            case .`init`: start = max(start, limit)
            case .sidecar, .main, .ephemeral:
                running = running.addingReportingOverflow(limit).overflow ? .max : running + limit
            }
        }
        return Bytes(max(start, running))
    }
}

extension ResourceRequirements {
    var asksForProcessors: Bool { limits?["cpu"] != nil || requests?["cpu"] != nil }
}
