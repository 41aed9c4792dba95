// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import ImageStore
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import OCISpec
import SecurityPolicy
import Volumes

/// One container's way from manifest and image to `config.json`.
struct PreparedContainer {
    /// What the containers of a pod have in common.
    struct Shared {
        let run: PreparationRun
        let hostname: String
        /// By name.
        let volumes: [String: PreparedVolume]
        /// Of the pod's user namespace.
        let owners: IDMapping?
    }

    let run: PreparationRun
    let shared: Shared
    let container: PodContainer
    let earlier: Waiting?

    init(_ shared: Shared, _ container: PodContainer, earlier: Waiting?) {
        run = shared.run
        self.shared = shared
        self.container = container
        self.earlier = earlier
    }

    private var name: String { container.container.name }

    static func frame(
        _ container: PodContainer, in podFolder: String, readiness: ContainerPlan.Readiness
    ) -> ContainerPlan {
        let kind: ContainerPlan.Kind =
            switch container.kind {
            case .`init`: .`init`
            case .sidecar: .sidecar
            case .main: .main
            case .ephemeral: .ephemeral
            }
        var plan = ContainerPlan(
            name: container.container.name, fieldPath: container.path, kind: kind, readiness: readiness,
            folder: "\(podFolder)/containers/\(container.container.name)", image: container.container.image ?? "")
        plan.stdin = container.container.stdin == true
        plan.stdinOnce = container.container.stdinOnce == true
        // A sidecar's policy is its kind.
        if container.kind != .sidecar {
            plan.restartPolicy = container.container.restartPolicy.flatMap(SandboxPlan.RestartPolicy.init)
        }
        plan.restartRules = (container.container.restartPolicyRules ?? []).compactMap { rule in
            rule.exitCodes.map {
                ContainerPlan.RestartRule(exitCodes: $0.values ?? [], isNegated: $0.operator == "NotIn")
            }
        }
        plan.tty = container.container.tty == true
        plan.terminationMessageFromLogs = container.container.terminationMessagePolicy == "FallbackToLogsOnError"
        return plan
    }

    /// Prepares it as far as it goes.
    func plan() throws(PreparationError) -> ContainerPlan {
        var plan = Self.frame(container, in: run.folder, readiness: .pending(Waiting(reason: "ContainerCreating")))
        let store = ImageStore(folder: run.preparation.root.images)
        let images = ImagePreparation(store: store, mode: run.mode, container: container.container, earlier: earlier) {
            run.tell($0, $1, $2, container: name)
        }
        switch try images.find() {
        case .pending(let waiting): plan.readiness = .pending(waiting)
        case .refused(let waiting): plan.readiness = .refused(waiting)
        case .image(let image):
            plan.imageID = "\(image.reference.repository)@\(image.digest)"
            do {
                try configure(&plan, image, store)
                plan.readiness = .ready
            } catch let refusal as Refusal {
                run.tell(.warning, "Failed", "Error: \(refusal.message)", container: name)
                let waiting = Waiting(reason: refusal.reason.rawValue, message: refusal.message)
                plan.readiness = refusal.isTransient ? .pending(waiting) : .refused(waiting)
            } catch let error as ImageError {
                run.tell(.warning, "Failed", "Error: \(error)", container: name)
                plan.readiness = .refused(
                    Waiting(reason: Refusal.Reason.container.rawValue, message: error.description))
            } catch {
                throw PreparationError("preparing container \(name): \(error)")
            }
        }
        return plan
    }

    /// Decides everything and writes `config.json`, in the order in which a node finds faults.
    private func configure(_ plan: inout ContainerPlan, _ image: StoredImage, _ store: ImageStore) throws {
        let defaults = image.config.config ?? ImageConfig.Defaults()
        for (index, rule) in (container.container.restartPolicyRules ?? []).enumerated() where rule.action != "Restart"
        {
            let field = "\(container.path).restartPolicyRules[\(index)].action"
            throw Refusal(.container, field: field, message: "\(field): \(rule.action) is not supported")
        }
        plan.layers = try store.layers(of: image)
        let identity = try store.identityFiles(of: image)
        let users = UserDatabase(passwd: identity.passwd, group: identity.group)

        let variables = try environment()
        let volumes = try volumeMounts(variables)
        plan.parts = zip(container.container.volumeMounts ?? [], volumes).compactMap { mount, volume in
            volume.subPath.map { VolumePart(volume: mount.name, root: volume.source, path: $0) }
        }
        let context = try EffectiveSecurityContext.resolve(
            pod: podWithGroups(), container: container,
            image: ImageIdentity(user: defaults.User ?? "", database: users),
            node: run.node)
        let process = try ContainerProcess(
            container: container, image: defaults, variables: variables, hostname: shared.hostname,
            user: users.user(uid: context.uid.value))
        if context.namespaces.pid.value == .target { plan.target = container.container.targetContainerName }
        let podIsPrivileged = run.pod.podContainers.contains { $0.container.securityContext?.privileged == true }
        if context.privileged.value, !podIsPrivileged {
            throw Refusal(
                .container, field: "\(container.path).securityContext.privileged",
                message: "no privileged container allowed in sandbox")
        }
        if case .labels(_, let file) = context.seLinux.value { try label(file.text) }
        plan.imageVolumes = try imageVolumes(defaults, besides: volumes)
        plan.stopSignal = try stopSignal(defaults)
        plan.lifecycle = try LifecyclePlan(container)

        try AppArmorPreparation(
            container: container, context: context,
            ownProfile: DefaultAppArmorProfile(name: run.node.defaults.appArmorProfile)
        ).prepare()
        try File.makeFolders(plan.folder, mode: 0o700)
        var spec = ContainerSpec(
            container: container, context: context, process: process, hostname: shared.hostname,
            mounts: ContainerMounts(
                volumes: try volumes + [terminationLog(plan.folder, context)],
                files: ContainerMounts.PodFiles(
                    hosts: run.files.hosts, hostname: run.files.hostname,
                    resolverConfiguration: run.files.resolverConfiguration,
                    sharedMemory: run.pod.spec.hostIPC == true ? "/dev/shm" : run.files.sharedMemory),
                podIsPrivileged: podIsPrivileged),
            seccomp: try SeccompPreparation(container: container, context: context, node: run.node).spec(),
            devices: context.privileged.value ? try HostDevices.list() : [],
            cgroupPath: "/holdfast/\(run.pod.metadata.uid ?? "")/\(name)",
            weighsProcessors: run.pod.spec.resources?.asksForProcessors == true
                || run.pod.podContainers.contains { $0.container.resources.asksForProcessors })
        spec.owners = shared.owners
        spec.mounts.mapsOwners = shared.owners != nil
        // After a crash of the machine the pod is prepared anew.
        try File.replace(
            plan.folder + "/config.json", with: try JSONFile.encode(spec.runtimeSpec), durable: false)
    }

    // MARK: environment

    private func environment() throws -> [EnvironmentVariable] {
        try refuseUnknownAddress()
        var (configMaps, secrets): (Set<String>, Set<String>) = ([], [])
        for source in container.container.envFrom ?? [] {
            if let name = source.configMapRef?.name { configMaps.insert(name) }
            if let name = source.secretRef?.name { secrets.insert(name) }
        }
        for variable in container.container.env ?? [] {
            if let name = variable.valueFrom?.configMapKeyRef?.name { configMaps.insert(name) }
            if let name = variable.valueFrom?.secretKeyRef?.name { secrets.insert(name) }
        }
        let namespace = run.pod.metadata.namespace ?? ""
        var maps: [String: [String: String]] = [:]
        for name in configMaps {
            maps[name] = try run.preparation.objects.configMap(name, namespace: namespace).map { $0.data ?? [:] }
        }
        var values: [String: [String: String]] = [:]
        for name in secrets {
            values[name] = try run.preparation.objects.secret(name, namespace: namespace)?.plainValues()
        }
        return try PodEnvironment(
            pod: run.pod, container: container, facts: run.facts, node: run.node, configMaps: maps, secrets: values
        ).variables()
    }

    /// The pod's address is known once its network is made, which is after the first go.
    private func refuseUnknownAddress() throws(Refusal) {
        guard run.preparation.network != nil, run.facts.podIPs.isEmpty else { return }
        for (index, variable) in (container.container.env ?? []).enumerated() {
            if let path = variable.valueFrom?.fieldRef?.fieldPath, path.hasPrefix("status.podIP") {
                throw Refusal(
                    .containerConfig, field: "\(container.path).env[\(index)].valueFrom.fieldRef",
                    message: "\(path) is not known yet", isTransient: true)
            }
        }
    }

    // MARK: mounts

    private func volumeMounts(_ variables: [EnvironmentVariable]) throws -> [ContainerMounts.Volume] {
        let values = Dictionary(variables.map { ($0.name, $0.value) }) { $1 }
        var mounts: [ContainerMounts.Volume] = []
        for (index, mount) in (container.container.volumeMounts ?? []).enumerated() {
            let field = "\(container.path).volumeMounts[\(index)]"
            guard let volume = shared.volumes[mount.name] else {
                throw Refusal(.containerConfig, field: "\(field).name", message: "volume \"\(mount.name)\" not found")
            }
            let part = try subPath(mount, of: volume, values, field: field)
            mounts.append(
                ContainerMounts.Volume(
                    destination: mount.mountPath,
                    source: isShared(mount, volume) ? run.sharedFolder(mount.name) : volume.path, subPath: part,
                    access: ContainerMounts.Volume.Access(mount, ofReadOnlyVolume: volume.readOnly),
                    propagation: try propagation(mount, volume, field: field),
                    showsMappedOwners: volume.showsMappedOwners))
        }
        return mounts
    }

    private func isShared(_ mount: VolumeMount, _ volume: PreparedVolume) -> Bool {
        mount.mountPropagation == "Bidirectional" && !volume.isMountedByShim
    }

    /// The volume's mount must have what the container's is to share, in containerd's words.
    private func propagation(
        _ mount: VolumeMount, _ volume: PreparedVolume, field: String
    ) throws -> ContainerMounts.Volume.Propagation {
        guard
            let propagation = ContainerMounts.Volume.Propagation(mount, isMountedByShim: volume.isMountedByShim)
        else {
            throw Refusal(
                .container, field: "\(field).mountPropagation",
                message: "\(field).mountPropagation: \(mount.mountPropagation ?? "") is unknown")
        }
        guard propagation != .none else { return .none }
        let entry = try MountEntry.of(volume.path)
        // Seen from the shim's mount namespace, what the machine shares is a slave.
        let isShared = entry.isShared || (run.mode == .full && entry.isSlave)
        guard isShared || (propagation == .hostToContainer && entry.isSlave) else {
            let wanted = propagation == .bidirectional ? "a shared mount" : "a shared or slave mount"
            throw Refusal(
                .container, field: "\(field).mountPropagation",
                message:
                    "failed to generate container \"\(name)\" spec: failed to generate spec: path \"\(volume.path)\" is "
                    + "mounted on \"\(entry.path)\" but it is not \(wanted)",
                isTransient: true)
        }
        return propagation
    }

    /// The pod, and in it the groups that its volumes bring.
    private func podWithGroups() -> Pod {
        let groups = Set(shared.volumes.values.compactMap(\.supplementalGroup).map(Int64.init))
        guard !groups.isEmpty else { return run.pod }
        var pod = run.pod
        var context = pod.spec.securityContext ?? PodSecurityContext()
        let given = context.supplementalGroups ?? []
        context.supplementalGroups = given + groups.subtracting(given).sorted()
        pod.spec.securityContext = context
        return pod
    }

    private func subPath(
        _ mount: VolumeMount, of volume: PreparedVolume, _ values: [String: String], field: String
    ) throws -> String? {
        let isAsked = [mount.subPath, mount.subPathExpr].contains { $0?.isEmpty == false }
        guard isAsked else { return nil }
        let part: SubPathMount
        do {
            part = try SubPathMount(
                root: volume.path, subPath: mount.subPath, subPathExpr: mount.subPathExpr, environment: values)
        } catch {
            throw Refusal(.containerConfig, field: "\(field).subPath", message: error.description)
        }
        return part.isRoot ? nil : part.path
    }

    /// A file of the container's own that every user in it can write; `path` is where it sees it.
    private func terminationLog(
        _ folder: String, _ context: EffectiveSecurityContext
    ) throws(SyscallError) -> ContainerMounts.Volume {
        let path = "\(folder)/termination-log"
        let file = try File.open(path, [.writeOnly, .create, .truncate, .noFollow], mode: 0o666)
        try File.changePermissions(of: file.raw, to: 0o666)
        if case .labels(_, let label) = context.seLinux.value { try SELinuxAttribute.setAll(label.text, at: path) }
        return ContainerMounts.Volume(destination: container.container.terminationLog, source: path)
    }

    /// Gives the pod's own volumes the SELinux context of the first container that mounts them.
    ///
    /// What is the machine's, and a claim that nobody may write to, stays as it is; memory has had its context since its mount.
    /// Source: the kubelet's `makeMounts` and the volume plugins' `SELinuxRelabel`.
    private func label(_ label: String) throws {
        for mount in container.container.volumeMounts ?? [] {
            guard let volume = shared.volumes[mount.name], volume.memory == nil,
                let source = run.pod.spec.volumes?.first(where: { $0.name == mount.name }), source.hostPath == nil,
                source.persistentVolumeClaim == nil
                    || !volume.readOnly && volume.path.hasPrefix(run.preparation.root.volumes + "/"),
                isFirst(toMount: mount.name)
            else { continue }
            try SELinuxAttribute.setAll(label, at: volume.path)
        }
    }

    private func isFirst(toMount volume: String) -> Bool {
        let first = run.pod.podContainers.first { other in
            (other.container.volumeMounts ?? []).contains { $0.name == volume }
        }
        return first?.path == container.path
    }

    // MARK: image

    /// The image's `VOLUME`s, less those that the pod mounts itself.
    private func imageVolumes(
        _ image: ImageConfig.Defaults, besides volumes: [ContainerMounts.Volume]
    ) throws(Refusal) -> [String] {
        let paths = (image.Volumes ?? [:]).keys
        // It would make a read-only root writable again.
        guard !paths.contains(where: { ContainerMounts.clean($0) == "/" }) else {
            throw Refusal(
                .container, field: "\(container.path).image",
                message: "\(container.path).image: the image's VOLUME \"/\" would take the place of its root")
        }
        return ContainerMounts.imageVolumes(paths, besides: volumes)
    }

    private func stopSignal(_ image: ImageConfig.Defaults) throws(Refusal) -> Int32 {
        if let word = container.container.lifecycle?.stopSignal, !word.isEmpty {
            let field = "\(container.path).lifecycle.stopSignal"
            guard let number = Signal.number(named: word) else {
                throw Refusal(.container, field: field, message: "\(field): \"\(word)\" is no signal")
            }
            return number
        }
        guard let word = image.StopSignal, !word.isEmpty else { return Signal.terminate }
        guard let number = Signal.number(named: word) else {
            throw Refusal(
                .container, field: "\(container.path).image",
                message: "\(container.path).image: the image's StopSignal \"\(word)\" is no signal")
        }
        return number
    }
}
