// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxTypes
import OCISpec
import PodEngine
import SecurityPolicy
import Testing

@Suite("A container's runtime spec")
struct PlanningSpecTests {
    static let files = ContainerMounts.PodFiles(
        hosts: "/p/hosts", hostname: "/p/hostname", resolverConfiguration: "/p/resolv.conf", sharedMemory: "/r/shm")

    static func spec(_ own: (inout SecurityContext) -> Void = { _ in }) throws -> ContainerSpec {
        try spec(volumes: [], pod: { _ in }, own)
    }

    static func spec(
        volumes: [ContainerMounts.Volume] = [], pod change: (inout PodSpec) -> Void,
        _ own: (inout SecurityContext) -> Void = { _ in }
    ) throws -> ContainerSpec {
        var pod = PlanningEnvironmentTests.pod { container in
            container.command = ["true"]
            var context = SecurityContext()
            own(&context)
            container.securityContext = context
        }
        change(&pod.spec)
        let container = pod.podContainers[0]
        let context = try EffectiveSecurityContext.resolve(
            pod: pod, container: container, image: ImageIdentity(user: "", database: .empty),
            node: PlanningEnvironmentTests.node)
        let process = try ContainerProcess(
            container: container, image: ImageConfig.Defaults(), variables: [], hostname: "web", user: nil)
        return ContainerSpec(
            container: container, context: context, process: process, hostname: "web",
            mounts: ContainerMounts(volumes: volumes, files: files, podIsPrivileged: false), seccomp: nil,
            devices: [.init(type: "c", path: "/dev/kmsg", major: 1, minor: 11, fileMode: 0o644, uid: 0, gid: 0)],
            cgroupPath: "/holdfast/42/main", weighsProcessors: false)
    }

    static func bind(_ destination: String, _ source: String, _ access: String = "rw") -> MountSpec {
        MountSpec(destination: destination, type: "bind", source: source, options: ["rbind", "rprivate", access])
    }

    static let kernelMounts = [
        MountSpec(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        MountSpec(
            destination: "/dev", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        MountSpec(
            destination: "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        MountSpec(
            destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        MountSpec(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
        MountSpec(
            destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
            options: ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ]

    @Test("a container that says nothing, as a whole")
    func plain() throws {
        let names = CapabilitySet(rawValue: 0xa804_25fb).ociNames
        var linux = LinuxSpec(namespaces: [.network, .ipc, .uts, .pid, .mount, .cgroup].map { .init(type: $0) })
        linux.devices = []
        linux.cgroupsPath = "/holdfast/42/main"
        linux.maskedPaths = [
            "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
            "/sys/devices/virtual/powercap",
        ]
        linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        typealias Rule = ResourcesSpec.DeviceRule
        linux.resources = ResourcesSpec(
            devices: [
                Rule(allow: false, type: "a", access: "rwm"), Rule(allow: true, type: "c", access: "m"),
                Rule(allow: true, type: "b", access: "m"),
                Rule(allow: true, type: "c", major: 1, minor: 3, access: "rwm"),
                Rule(allow: true, type: "c", major: 1, minor: 5, access: "rwm"),
                Rule(allow: true, type: "c", major: 1, minor: 7, access: "rwm"),
                Rule(allow: true, type: "c", major: 1, minor: 8, access: "rwm"),
                Rule(allow: true, type: "c", major: 1, minor: 9, access: "rwm"),
                Rule(allow: true, type: "c", major: 5, minor: 0, access: "rwm"),
                Rule(allow: true, type: "c", major: 136, access: "rwm"),
                Rule(allow: true, type: "c", major: 5, minor: 2, access: "rwm"),
                Rule(allow: true, type: "c", major: 10, minor: 200, access: "rwm"),
            ])
        let expected = RuntimeSpec(
            process: ProcessSpec(
                terminal: false, user: .init(uid: 0, gid: 0, umask: 0o022, additionalGids: [0]), args: ["true"],
                env: [
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=web", "HOME=/",
                ], cwd: "/", capabilities: .init(bounding: names, effective: names, permitted: names),
                noNewPrivileges: false, oomScoreAdj: 1000),
            root: RootSpec(path: "rootfs", readonly: false), hostname: "web",
            mounts: Self.kernelMounts + [
                Self.bind("/etc/hosts", "/p/hosts"), Self.bind("/etc/hostname", "/p/hostname"),
                Self.bind("/etc/resolv.conf", "/p/resolv.conf"), Self.bind("/dev/shm", "/r/shm"),
            ], annotations: nil, linux: linux)
        #expect(try Self.spec().runtimeSpec == expected)
    }

    @Test(
        "the runtime takes what is planned",
        arguments: [
            { (context: inout SecurityContext) in }, { $0.privileged = true },
            {
                $0.runAsUser = 1000; $0.allowPrivilegeEscalation = false; $0.readOnlyRootFilesystem = true
            },
        ] as [@Sendable (inout SecurityContext) -> Void])
    func taken(context: @Sendable (inout SecurityContext) -> Void) throws {
        var spec = try Self.spec(context)
        spec.seccomp = PlanningSeccompTests.profile()
        let plan = try LaunchPlan(spec: spec.runtimeSpec, root: .folder("/r"), cgroupPath: "/unused")
        #expect(plan.process.uid == spec.context.uid.value)
        #expect(plan.process.bounding == spec.context.capabilities.value)
        #expect(plan.process.noNewPrivileges == spec.context.noNewPrivileges.value)
        #expect(plan.root.readOnly == spec.context.readOnlyRootFilesystem.value)
        #expect(plan.cgroup.path == "/holdfast/42/main")
    }

    @Test("privileged: all devices, no masks, and nothing of the kernel's is read-only")
    func privileged() throws {
        let spec = try Self.spec { $0.privileged = true }.runtimeSpec
        let linux = try #require(spec.linux)
        #expect(linux.devices?.map(\.path) == ["/dev/kmsg"])
        #expect(linux.resources?.devices == [.init(allow: true, type: "a", access: "rwm")])
        #expect(linux.maskedPaths == [] && linux.readonlyPaths == [])
        #expect(linux.namespaces?.contains { $0.type == .cgroup } == false)
        for mount in spec.mounts ?? [] { #expect(mount.options?.contains("ro") == false, "\(mount.destination)") }
        #expect(spec.process?.capabilities?.effective == CapabilitySet.all.ociNames)
    }

    @Test("a read-only root makes hostname and resolv.conf read-only, and hosts not")
    func readOnlyRoot() throws {
        let spec = try Self.spec { $0.readOnlyRootFilesystem = true }.runtimeSpec
        #expect(spec.root?.readonly == true)
        #expect(
            spec.mounts?.suffix(4) == [
                Self.bind("/etc/hosts", "/p/hosts"), Self.bind("/etc/hostname", "/p/hostname", "ro"),
                Self.bind("/etc/resolv.conf", "/p/resolv.conf", "ro"), Self.bind("/dev/shm", "/r/shm"),
            ])
    }

    @Test("namespaces of the machine have no entry, and its name is not set")
    func hostNamespaces() throws {
        let spec = try Self.spec(pod: {
            $0.hostNetwork = true; $0.hostPID = true; $0.hostIPC = true
        }).runtimeSpec
        #expect(spec.linux?.namespaces?.map(\.type) == [.mount, .cgroup])
        #expect(spec.hostname == nil)
    }

    @Test("mounts: shorter paths first, the pod's in place of the usual ones")
    func mounts() throws {
        let volumes: [ContainerMounts.Volume] = [
            .init(destination: "/data/deep/er/", source: "/v/deep", access: .readOnly),
            .init(destination: "data", source: "/v/data", propagation: .hostToContainer),
            .init(destination: "/etc/hosts", source: "/v/hosts"),
            .init(destination: "//dev/./shm", source: "/v/shm", access: .recursivelyReadOnly),
            .init(destination: "/sys", source: "/v/sys"),
        ]
        let mounts = try #require(try Self.spec(volumes: volumes, pod: { _ in }).runtimeSpec.mounts)
        #expect(
            mounts.map(\.destination) == [
                "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys/fs/cgroup", "/data", "/sys", "/etc/hosts",
                "/dev/shm", "/etc/hostname", "/etc/resolv.conf", "/data/deep/er",
            ])
        #expect(mounts[5].options == ["rbind", "rslave", "rw"])
        #expect(mounts[7].source == "/v/hosts")
        #expect(mounts[8] == Self.bind("/dev/shm", "/v/shm", "rro"))
        #expect(mounts[11] == Self.bind("/data/deep/er", "/v/deep", "ro"))
    }

    @Test("a volume at /dev takes the place of everything that is usual there")
    func ownDevices() throws {
        let spec = try Self.spec(volumes: [.init(destination: "/dev", source: "/v/dev")], pod: { _ in }).runtimeSpec
        #expect(
            spec.mounts?.map(\.destination) == [
                "/proc", "/sys", "/sys/fs/cgroup", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
                "/dev/shm",
            ])
    }

    @Test("limits are in the spec where they were asked for")
    func limits() throws {
        var limits = ["memory": try Quantity("64Mi")]
        func resources(_ spec: ContainerSpec) -> ResourcesSpec? { spec.runtimeSpec.linux?.resources }
        let memory = try Self.spec(pod: { $0.containers[0].resources.limits = limits })
        #expect(resources(memory)?.memory == .init(limit: 67_108_864))
        #expect(resources(memory)?.cpu == nil)
        limits["cpu"] = try Quantity("500m")
        var cpu = try Self.spec(pod: { $0.containers[0].resources.limits = limits })
        cpu.weighsProcessors = true
        #expect(resources(cpu)?.cpu == .init(shares: 512, quota: 50_000, period: 100_000))
        #expect(try resources(Self.spec())?.memory == nil)
    }

    @Test("labels and profiles go to the runtime")
    func labels() throws {
        var spec = try Self.spec()
        spec.context.appArmor = Decided(.profile("mine"), from: .node)
        #expect(spec.runtimeSpec.process?.apparmorProfile == "mine")
        spec.context.appArmor = Decided(.unconfined, from: .node)
        spec.context.seLinux = Decided(
            .labels(
                process: SELinuxLabel(user: "system_u", role: "system_r", type: "spc_t", level: "s0:c1"),
                file: SELinuxLabel(user: "system_u", role: "object_r", type: "container_file_t", level: "s0:c1")),
            from: .node)
        #expect(spec.runtimeSpec.process?.apparmorProfile == nil)
        #expect(spec.runtimeSpec.process?.selinuxLabel == "system_u:system_r:spc_t:s0:c1")
        let plan = try LaunchPlan(spec: spec.runtimeSpec, root: .folder("/r"), cgroupPath: "/unused")
        #expect(plan.process.appArmorProfile == nil)
        #expect(plan.process.seLinuxLabel == "system_u:system_r:spc_t:s0:c1")
        #expect(plan.mountLabel == "system_u:object_r:container_file_t:s0:c1")
    }
}
