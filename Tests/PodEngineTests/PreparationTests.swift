// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import OCISpec
import PodEngine
import SecurityPolicy
import Testing

@Suite("Preparing a pod")
struct PreparationTests {
    @Test("a container whose image is here is ready, and its runtime spec is one that the runtime takes")
    func ready() throws {
        let scene = try PreparationScene { pod in
            pod.spec.terminationGracePeriodSeconds = 7
            pod.spec.restartPolicy = "OnFailure"
            pod.spec.activeDeadlineSeconds = 60
            pod.spec.containers[0].tty = true
            pod.spec.containers[0].terminationMessagePath = "/run/last"
            pod.spec.containers[0].terminationMessagePolicy = "FallbackToLogsOnError"
        }
        try scene.addImage {
            $0.User = "app"
            $0.StopSignal = "SIGQUIT"
            $0.Volumes = ["/data": .init(), "/cache/": .init()]
        }
        let plan = try scene.prepare()
        #expect(plan.waiting == nil && !plan.isPending)
        #expect(plan.hostname == "web" && plan.cgroupPath == "/holdfast/42")
        #expect(plan.terminationGracePeriod == 7 && plan.restartPolicy == .onFailure && plan.activeDeadline == 60)
        #expect(plan.sysctls["net.ipv4.ip_unprivileged_port_start"] == "0")
        #expect(plan.sharedMemory?.size == 67_108_864 && plan.sharedMemory?.permissions == 0o1777)
        let container = try #require(plan.containers.first)
        #expect(container.readiness == .ready && container.fieldPath == "spec.containers[0]")
        #expect(container.imageID.hasPrefix("docker.io/test/image@sha256:"))
        #expect(container.layers.count == 1 && container.imageVolumes == ["/cache", "/data"])
        #expect(container.stopSignal == 3 && container.tty && container.terminationMessageFromLogs)
        #expect(scene.told("Pulled") == ["Container image \"test/image:1\" already present on machine"])

        let spec = try scene.spec()
        #expect(spec.process?.user == .init(uid: 1000, gid: 1000, umask: 0o022, additionalGids: [50, 1000]))
        #expect(spec.process?.env?.contains("HOME=/home/app") == true)
        #expect(spec.linux?.cgroupsPath == "/holdfast/42/main")
        let log = try #require(spec.mounts?.first { $0.destination == "/run/last" })
        #expect(log.source == container.folder + "/termination-log")
        #expect(try File.status(container.folder + "/termination-log").permissions == 0o666)
        _ = try LaunchPlan(spec: spec, root: .folder("/r"), cgroupPath: "/unused")
    }

    @Test("the pod's files are Kubernetes', and root's folder keeps other users of the machine out")
    func files() throws {
        let scene = try PreparationScene { pod in
            pod.spec.hostname = "named"
            pod.spec.hostAliases = [HostAlias(ip: "192.0.2.7", hostnames: ["a", "b"])]
            pod.spec.dnsPolicy = "None"
            pod.spec.dnsConfig = PodDNSConfig(nameservers: ["192.0.2.53"], searches: ["test"])
        }
        try scene.addImage()
        _ = try scene.prepare()
        let files = scene.podFolder + "/files"
        #expect(try File.readText(files + "/hostname") == "named\n")
        #expect(try File.readText(files + "/resolv.conf") == "search test\nnameserver 192.0.2.53\n")
        let hosts = try File.readText(files + "/hosts")
        #expect(hosts.hasPrefix("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n"))
        #expect(hosts.hasSuffix("\n# Entries added by HostAliases.\n192.0.2.7\ta\tb\n"))
        #expect(try File.status(files + "/hosts").permissions == 0o644)
        #expect(try File.status(files).permissions == 0o700)
        #expect(try File.status(scene.podFolder + "/containers/main").permissions == 0o700)
    }

    @Test("on the machine's network a pod has the machine's name and sets none of its sysctls")
    func hostNetwork() throws {
        let scene = try PreparationScene { $0.spec.hostNetwork = true }
        try scene.addImage()
        scene.network = .init(add: ["add"], remove: ["remove"])
        let plan = try scene.prepare()
        let machine = try File.readText("/proc/sys/kernel/hostname").filter { !$0.isNewline }
        #expect(plan.hostname == nil && plan.sysctls.isEmpty && plan.networkAdd == nil)
        #expect(try scene.spec().process?.env?.contains("HOSTNAME=\(machine)") == true)
        #expect(try File.readText(scene.podFolder + "/files/hosts").hasPrefix("# Kubernetes-managed hosts file (host"))
    }

    @Test("an image that is not here: each pull policy's own answer")
    func missingImage() throws {
        let scene = try PreparationScene()
        let never = Waiting(
            reason: "ErrImageNeverPull",
            message: "Container image \"test/image:1\" is not present with pull policy of Never")
        #expect(try scene.prepare().containers[0].readiness == .pending(never))
        #expect(scene.told("ErrImageNeverPull") == [never.message])
        scene.pod.spec.containers[0].imagePullPolicy = "IfNotPresent"
        #expect(
            try scene.prepare().containers[0].readiness == .pending(Waiting(reason: "ContainerCreating")))
        scene.pod.spec.containers[0].image = "Not A Name"
        guard case .refused(let waiting) = try scene.prepare().containers[0].readiness else {
            Issue.record("not refused")
            return
        }
        #expect(waiting.reason == "InvalidImageName")
        #expect(waiting.message?.hasPrefix("Failed to apply default image tag \"Not A Name\": couldn't parse") == true)
    }

    @Test("a pull that fails is ErrImagePull, then ImagePullBackOff; imported, the image is found")
    func pull() throws {
        let scene = try PreparationScene { pod in
            // Nobody listens there: the answer comes at once.
            pod.spec.containers[0].image = "localhost:1/test/image:1"
            pod.spec.containers[0].imagePullPolicy = "Always"
        }
        _ = try scene.prepare()
        guard case .pending(let first) = try scene.prepare(.full).containers[0].readiness else {
            Issue.record("not pending")
            return
        }
        #expect(first.reason == "ErrImagePull" && first.message?.contains("localhost:1/test/image:1") == true)
        #expect(scene.told("Pulling") == ["Pulling image \"localhost:1/test/image:1\""])
        guard case .pending(let second) = try scene.prepare(.full).containers[0].readiness else {
            Issue.record("not pending")
            return
        }
        #expect(second.reason == "ImagePullBackOff")
        #expect(
            second.message?.hasPrefix("Back-off pulling image \"localhost:1/test/image:1\": ErrImagePull: ") == true)
        // An imported image has no registry to ask, whatever the policy is.
        scene.pod.spec.containers[0].image = "test/image:1"
        try scene.addImage()
        #expect(try scene.prepare(.full).containers[0].readiness == .ready)
    }

    @Test("one container is refused, and its neighbour is ready")
    func refused() throws {
        let scene = try PreparationScene { pod in
            var bad = pod.spec.containers[0]
            bad.name = "bad"
            bad.securityContext = SecurityContext()
            bad.securityContext?.runAsNonRoot = true
            pod.spec.containers.append(bad)
        }
        try scene.addImage()
        let plan = try scene.prepare()
        let message =
            "container has runAsNonRoot and image will run as root (pod: \"web_shop(42)\", container: bad)"
        #expect(plan.containers[0].readiness == .ready)
        #expect(
            plan.containers[1].readiness == .refused(Waiting(reason: "CreateContainerConfigError", message: message)))
        #expect(scene.told("Failed") == ["Error: \(message)"])
        #expect(try !File.exists(scene.podFolder + "/containers/bad/config.json"))
        #expect(!plan.isPending)
    }

    @Test("a container that was ready is left as it is when the rest is prepared")
    func kept() throws {
        let scene = try PreparationScene { pod in
            var late = pod.spec.containers[0]
            late.name = "late"
            late.env = [
                EnvVar(name: "V", valueFrom: EnvVarSource(configMapKeyRef: KeySelector(name: "c", key: "k")))
            ]
            pod.spec.containers.append(late)
        }
        try scene.addImage()
        let waiting = Waiting(reason: "CreateContainerConfigError", message: "configmap \"c\" not found")
        #expect(try scene.prepare().containers.map(\.readiness) == [.ready, .pending(waiting)])
        try File.remove(scene.podFolder + "/containers/main/config.json")
        try File.replace(scene.podFolder + "/files/hosts", with: Array("kept".utf8))
        scene.objects.configMaps["c"] = ConfigMap(data: ["k": "value"])
        #expect(try scene.prepare(.full).containers.map(\.readiness) == [.ready, .ready])
        #expect(try !File.exists(scene.podFolder + "/containers/main/config.json"))
        #expect(try File.readText(scene.podFolder + "/files/hosts") == "kept")
        #expect(try scene.spec("late").process?.env?.contains("V=value") == true)
    }

    @Test("a secret's values are decoded for the environment")
    func secrets() throws {
        let scene = try PreparationScene { pod in
            pod.spec.containers[0].envFrom = [EnvFromSource(secretRef: ObjectSource(name: "s"))]
        }
        try scene.addImage()
        scene.objects.secrets["s"] = Secret(data: ["A": "b25l", "B": "b25l"], stringData: ["B": "two"])
        _ = try scene.prepare()
        let environment = try scene.spec().process?.env ?? []
        #expect(environment.contains("A=one") && environment.contains("B=two"))
    }

    static func mount(_ name: String, _ path: String, _ change: (inout VolumeMount) -> Void = { _ in }) -> VolumeMount {
        var mount = VolumeMount(name: name, mountPath: path)
        change(&mount)
        return mount
    }

    @Test("volumes are mounted as the container asks")
    func volumes() throws {
        let scene = try PreparationScene { pod in
            var (data, memory) = (Volume(name: "data"), Volume(name: "memory"))
            data.emptyDir = EmptyDirVolumeSource()
            memory.emptyDir = EmptyDirVolumeSource(medium: "Memory", sizeLimit: try Quantity("1Mi"))
            pod.spec.volumes = [data, memory]
            pod.spec.containers[0].env = [EnvVar(name: "DAY", value: "monday")]
            pod.spec.containers[0].volumeMounts = [
                Self.mount("data", "/data") { $0.readOnly = true },
                Self.mount("data", "/rro") {
                    $0.readOnly = true; $0.recursiveReadOnly = "Enabled"
                },
                Self.mount("data", "/part") {
                    $0.subPathExpr = "logs/$(DAY)"; $0.mountPropagation = "None"
                },
                Self.mount("memory", "/memory") { $0.subPath = "inner" },
            ]
            pod.spec.securityContext = PodSecurityContext()
            pod.spec.securityContext?.fsGroup = 2000
        }
        try scene.addImage { $0.Volumes = ["/data": .init()] }
        let plan = try scene.prepare()
        #expect(plan.containers[0].readiness == .ready && plan.containers[0].imageVolumes == [])
        let memory = try #require(plan.memoryVolumes.first)
        #expect(memory.size == 1 << 20 && memory.permissions == 0o3777 && memory.gid == 2000)
        let mounts = try #require(try scene.spec().mounts)
        func options(_ path: String) -> [String]? { mounts.first { $0.destination == path }?.options }
        #expect(options("/data") == ["rbind", "rprivate", "ro"])
        #expect(options("/rro") == ["rbind", "rprivate", "rro"])
        #expect(options("/part") == ["rbind", "rprivate", "rw", "x-holdfast.subpath=logs/monday"])
        #expect(options("/memory") == ["rbind", "rprivate", "rw", "x-holdfast.subpath=inner"])
        let source = try #require(mounts.first { $0.destination == "/part" }?.source)
        #expect(try File.status(source).gid == 2000)
        // Parts are made when the container starts: an init container may put a file there.
        #expect(plan.containers[0].parts.map(\.path) == ["logs/monday", "inner"])
        #expect(plan.containers[0].parts.first?.root == source)
        #expect(try !File.exists(source + "/logs"))
    }

    @Test("a volume that fails keeps the whole pod waiting, with the kubelet's event")
    func failedVolume() throws {
        let path = "/tmp/holdfast-absent"
        let scene = try PreparationScene { pod in
            var data = Volume(name: "data")
            data.hostPath = HostPathVolumeSource(path: path, type: "Directory")
            pod.spec.volumes = [data]
            pod.spec.containers[0].volumeMounts = [Self.mount("data", "/data")]
        }
        try scene.addImage()
        let plan = try scene.prepare()
        let message =
            "MountVolume.SetUp failed for volume \"data\" : hostPath type check failed: \(path) is not a directory"
        #expect(plan.waiting == Waiting(reason: "ContainerCreating", message: message))
        #expect(plan.containers.map(\.readiness) == [.pending(Waiting(reason: "ContainerCreating"))])
        #expect(scene.told("FailedMount") == [message])
        #expect(plan.isPending)
    }

    @Test("a claim whose files may have to be given to a group is left to the prepare command")
    func claim() throws {
        let scene = try PreparationScene { pod in
            var data = Volume(name: "data")
            data.persistentVolumeClaim = PersistentVolumeClaimVolumeSource(claimName: "claim")
            pod.spec.volumes = [data]
            pod.spec.containers[0].volumeMounts = [Self.mount("data", "/data")]
            pod.spec.securityContext = PodSecurityContext()
            pod.spec.securityContext?.fsGroup = 2000
        }
        try scene.addImage()
        var metadata = ObjectMeta(name: "claim", namespace: "shop")
        metadata.uid = "c"
        scene.objects.claims["claim"] = PersistentVolumeClaim(metadata: metadata)
        scene.objects.storage = scene.root.volumes
        let first = try scene.prepare()
        #expect(first.waiting == Waiting(reason: "ContainerCreating") && scene.told("FailedMount").isEmpty)
        let second = try scene.prepare(.full)
        #expect(second.waiting == nil && second.containers[0].readiness == .ready)
        #expect(try File.status(scene.root.volumes + "/pvc-c").gid == 2000)
    }

    @Test("a pod with a user namespace gets 65,536 ids of its own, and keeps them")
    func userNamespace() throws {
        let scene = try PreparationScene { $0.spec.hostUsers = false }
        try scene.addImage()
        let mapping = try #require(try scene.prepare().userMapping)
        #expect(mapping.containerID == 0 && mapping.size == 65_536)
        #expect(mapping.hostID >= 65_536 && mapping.hostID % 65_536 == 0)
        #expect(try scene.prepare(.full).userMapping == mapping)
        let spec = try File.readText(scene.podFolder + "/containers/main/config.json")
        #expect(spec.contains("\"type\":\"user\"") && spec.contains("\"hostID\":\(mapping.hostID)"))
        // The block is taken: another pod that begins its search there finds the next one.
        #expect(try File.names(in: scene.root.userNamespaces) == ["\(mapping.hostID / 65_536)"])
    }

    @Test("the pod's own address is waited for where a network gives it one")
    func podAddress() throws {
        let scene = try PreparationScene { pod in
            let source = EnvVarSource(fieldRef: ObjectFieldSelector(fieldPath: "status.podIP"))
            pod.spec.containers[0].env = [EnvVar(name: "IP", valueFrom: source)]
        }
        try scene.addImage()
        scene.network = .init(add: ["add"], remove: ["remove"])
        let first = try scene.prepare()
        #expect(first.networkAdd == ["add"] && first.networkRemove == ["remove"])
        #expect(first.isPending)
        var status = SandboxStatus(shim: 1, shimStart: 1, startTime: 0)
        status.podIPs = ["10.0.0.7"]
        let runFolder = scene.root.runFolder(uid: "42")
        try File.makeFolders(runFolder)
        try JSONFile.write(status, to: runFolder + "/status.json")
        #expect(try scene.prepare(.full).containers[0].readiness == .ready)
        #expect(try scene.spec().process?.env?.contains("IP=10.0.0.7") == true)
    }

    @Test("a privileged container gets every device of the machine")
    func devices() throws {
        let scene = try PreparationScene { pod in
            pod.spec.containers[0].securityContext = SecurityContext()
            pod.spec.containers[0].securityContext?.privileged = true
        }
        try scene.addImage()
        _ = try scene.prepare()
        let devices = try #require(try scene.spec().linux?.devices)
        let null = try #require(devices.first { $0.path == "/dev/null" })
        #expect(null.type == "c" && null.major == 1 && null.minor == 3)
        #expect(
            !devices.contains { $0.path.hasPrefix("/dev/pts/") || ["/dev/console", "/dev/ptmx"].contains($0.path) })
        for device in devices { #expect([.characterDevice, .blockDevice].contains(try File.status(device.path).kind)) }
    }

    @Test(
        "an image whose VOLUME is the root, or whose stop signal is none, is refused",
        arguments: [
            (["/.": ImageConfig.Empty()], "", "VOLUME \"/\" would take the place of its root"),
            ([:], "SIGNOPE", "StopSignal \"SIGNOPE\" is no signal"),
        ])
    func hostileImage(volumes: [String: ImageConfig.Empty], signal: String, message: String) throws {
        let scene = try PreparationScene()
        try scene.addImage {
            $0.Volumes = volumes
            $0.StopSignal = signal
        }
        guard case .refused(let waiting) = try scene.prepare().containers[0].readiness else {
            Issue.record("not refused")
            return
        }
        #expect(waiting.reason == "CreateContainerError" && waiting.message?.contains(message) == true)
    }

    struct ProfileRow: Sendable {
        let text: String?
        let message: String
    }

    @Test(
        "a Localhost profile that this machine cannot enforce refuses the container, and the file is named",
        arguments: [
            ProfileRow(text: nil, message: "no such file or directory"),
            ProfileRow(text: "{\"defaultAction\": 12\n", message: ""),
            ProfileRow(text: #"{"defaultAction": "SCMP_ACT_NO"}"#, message: "defaultAction: unknown action"),
            ProfileRow(
                text: #"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"}"#, message: "listenerPath"),
        ])
    func localhostProfile(row: ProfileRow) throws {
        let scene = try PreparationScene { pod in
            pod.spec.containers[0].securityContext = SecurityContext()
            pod.spec.containers[0].securityContext?.seccompProfile = SeccompProfile(
                type: "Localhost", localhostProfile: "own.json")
        }
        scene.node.seccompRoot = scene.folder
        if let text = row.text { try File.replace(scene.folder + "/own.json", with: Array(text.utf8)) }
        try scene.addImage()
        guard case .pending(let waiting) = try scene.prepare().containers[0].readiness else {
            Issue.record("not pending")
            return
        }
        let field = "spec.containers[0].securityContext.seccompProfile.localhostProfile"
        #expect(waiting.reason == "CreateContainerError")
        #expect(
            waiting.message?.hasPrefix("\(field): cannot load seccomp profile \"\(scene.folder)/own.json\": ") == true)
        #expect(row.message.isEmpty || waiting.message?.contains(row.message) == true, "\(waiting.message ?? "")")
        try File.replace(scene.folder + "/own.json", with: Array(#"{"defaultAction": "SCMP_ACT_ALLOW"}"#.utf8))
        #expect(try scene.prepare(.full).containers[0].readiness == .ready)
        #expect(try scene.spec().linux?.seccomp?.defaultAction == .allow)
    }

    @Test("this machine as a node is what its kernel says")
    func machine() throws {
        let node = try Node.ofThisMachine()
        let status = try File.readText("/proc/self/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("CapBnd:") })
        let bounding = CapabilitySet(hexadecimal: line.dropFirst(7).drop { $0.isWhitespace })
        #expect(bounding.map { node.capabilities.isSubset(of: $0) } == true)
        #expect(node.kernel >= KernelVersion(5, 14) && node.memory.count > 0 && !node.possibleCPUs.isEmpty)
        #expect(node.hasUserNamespaces == (node.kernel >= KernelVersion(6, 15)) && !node.hasAppArmor)
    }
}
