// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes

/// All that a shim needs to run one pod: `plan.json` in the pod's folder, decided by the engine.
///
/// The shim decides nothing about security: each container's identity, sets, filter and mounts stand in its OCI runtime spec.
package struct SandboxPlan: Codable, Hashable, Sendable {
    package enum RestartPolicy: String, Codable, Hashable, Sendable {
        case always = "Always"
        case onFailure = "OnFailure"
        case never = "Never"
    }

    package var uid: String
    package var namespace: String
    package var name: String
    /// `/var/lib/holdfast/pods/NS_NAME_UID`: what outlives a reboot.
    package var podFolder: String
    /// `/run/holdfast/pods/UID`: socket and live status.
    package var runFolder: String
    /// The name of the pod's UTS namespace; nil when the pod has the machine's (hostNetwork).
    package var hostname: String?
    package var hostNetwork: Bool
    package var hostIPC: Bool
    package var hostPID: Bool
    package var shareProcessNamespace: Bool
    /// The pod's user namespace: the same run of ids for users and groups; nil for the machine's.
    package var userMapping: IDMapping?
    /// As the machine sees the ids of the pod's user namespace.
    package var owners: OwnerMapping? { userMapping.map { OwnerMapping(users: [$0], groups: [$0]) } }
    /// Written once, in the sandbox's own namespaces, before any container starts: sysctl name to value.
    package var sysctls: [String: String]
    /// `/holdfast/UID`: each container's cgroup is a folder below it.
    package var cgroupPath: String
    /// What all containers may use together; nil: no more than each of them.
    package var limits: Limits?
    /// The pod's own `/dev/shm`, bound into each container; nil with hostIPC.
    package var sharedMemory: MemoryMount?
    /// tmpfs volumes, mounted in the shim's mount namespace so that they go with it.
    package var memoryVolumes: [MemoryMount]
    /// Images that are volumes, mounted there too.
    package var imageVolumes: [ImageMount]
    /// Folders of the machine whose mounts and the containers' appear in each other.
    package var sharedFolders: [SharedFolder]
    package var restartPolicy: RestartPolicy
    /// Seconds.
    package var terminationGracePeriod: Int64
    /// Seconds after which a running pod is failed; nil: never.
    package var activeDeadline: Int64?
    /// Init containers and sidecars in order, then the containers.
    package var containers: [ContainerPlan]
    /// Called by the shim while something is `pending`: pulls, prepares volumes and writes the plan anew.
    package var prepareCommand: [String]
    /// Called with the pod's network namespace as its last argument (`/proc/PID/fd/N`); nil: loopback alone.
    package var networkAdd: [String]?
    package var networkRemove: [String]?
    /// Called again and again while the pod runs; nil: nothing of it changes by itself.
    package var upkeep: Upkeep?
    /// The machine's own address, which is the pod's with hostNetwork: probes and hooks go there.
    package var hostAddress: String?
    /// What the pod as a whole waits for, volumes above all; nil when containers can start.
    package var waiting: Waiting?
    /// Why the sandbox is not made, which nothing that this machine waits for changes; nil when it can be.
    package var refusal: String?

    package init(
        uid: String, namespace: String, name: String, podFolder: String, runFolder: String, cgroupPath: String,
        restartPolicy: RestartPolicy, terminationGracePeriod: Int64, prepareCommand: [String]
    ) {
        self.uid = uid
        self.namespace = namespace
        self.name = name
        self.podFolder = podFolder
        self.runFolder = runFolder
        self.cgroupPath = cgroupPath
        self.restartPolicy = restartPolicy
        self.terminationGracePeriod = terminationGracePeriod
        self.prepareCommand = prepareCommand
        hostNetwork = false
        hostIPC = false
        hostPID = false
        shareProcessNamespace = false
        sysctls = [:]
        memoryVolumes = []
        imageVolumes = []
        sharedFolders = []
        containers = []
    }

    /// A command that renews what grows old: service account tokens.
    package struct Upkeep: Codable, Hashable, Sendable {
        package var command: [String]
        /// Between one call's end and the next call.
        package var seconds: Int64
        package init(command: [String], seconds: Int64) {
            self.command = command
            self.seconds = seconds
        }
    }

    /// Of the pod's cgroup.
    package struct Limits: Codable, Hashable, Sendable {
        /// Bytes.
        package var memory: Int64?
        /// Microseconds of each period.
        package var cpuQuota: Int64?
        /// Microseconds.
        package var cpuPeriod: UInt64?
        /// The weight of cgroup v1.
        package var cpuShares: UInt64?
        package init(memory: Int64?, cpuQuota: Int64?, cpuPeriod: UInt64?, cpuShares: UInt64?) {
            self.memory = memory
            self.cpuQuota = cpuQuota
            self.cpuPeriod = cpuPeriod
            self.cpuShares = cpuShares
        }
    }

    /// The files of an image at a folder of the machine, read-only, nothing of them to be executed.
    package struct ImageMount: Codable, Hashable, Sendable {
        package var path: String
        /// Unpacked layers, the uppermost first.
        package var layers: [String]
        /// The SELinux context of all its files.
        package var label: String?
        package init(path: String, layers: [String]) {
            self.path = path
            self.layers = layers
        }
    }

    /// A folder of the machine, mounted at another one in the shim's mount namespace with the machine's propagation.
    package struct SharedFolder: Codable, Hashable, Sendable {
        package var source: String
        package var path: String
        package init(source: String, path: String) {
            self.source = source
            self.path = path
        }
    }

    /// A tmpfs at a folder of the machine.
    package struct MemoryMount: Codable, Hashable, Sendable {
        package var path: String
        /// Bytes; nil: the kernel's default.
        package var size: Int64?
        /// Permission bits of its root: `0o1777`.
        package var permissions: UInt32
        package var gid: UInt32?
        package var noExecution: Bool
        /// The SELinux context of all its files.
        package var label: String?
        package init(path: String, size: Int64?, permissions: UInt32, gid: UInt32? = nil, noExecution: Bool = false) {
            self.path = path
            self.size = size
            self.permissions = permissions
            self.gid = gid
            self.noExecution = noExecution
        }
    }
}

/// Why something has not started, in Kubernetes' words.
package struct Waiting: Codable, Hashable, Sendable {
    /// One of Kubernetes' words, such as `ContainerCreating` or `ErrImagePull`.
    package var reason: String
    package var message: String?
    package init(reason: String, message: String? = nil) {
        self.reason = reason
        self.message = message
    }
}

/// One container of a pod, as its shim runs it.
package struct ContainerPlan: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable {
        /// Runs to its end before the next one starts.
        case `init`
        /// An init container with `restartPolicy: Always`: it runs beside the containers.
        case sidecar
        case main
        /// Added to the running pod, and never started again.
        case ephemeral
    }
    /// Which exit codes start a container again.
    package struct RestartRule: Codable, Hashable, Sendable {
        package var exitCodes: [Int32]
        /// All codes but these.
        package var isNegated: Bool

        package init(exitCodes: [Int32], isNegated: Bool) {
            self.exitCodes = exitCodes
            self.isNegated = isNegated
        }

        package func matches(_ exitCode: Int32) -> Bool { exitCodes.contains(exitCode) != isNegated }
    }
    package enum Readiness: Codable, Hashable, Sendable {
        /// `config.json` is in the container's folder.
        case ready
        /// It does not start, and nothing that this machine waits for changes that.
        case refused(Waiting)
        /// It starts once the prepare command has done its work.
        case pending(Waiting)
    }

    package var name: String
    /// Where the manifest has it: `spec.containers[0]`.
    package var fieldPath: String
    package var kind: Kind
    package var readiness: Readiness
    /// `containers/NAME` in the pod's folder: `config.json`, `upper`, `work`, `N.log`, `termination-log`.
    package var folder: String
    /// Unpacked layers, the uppermost first.
    package var layers: [String]
    /// The image as the manifest names it, and its digest.
    package var image: String
    package var imageID: String
    /// Paths in the image that are writable volumes: its `VOLUME`s, less those that the pod mounts itself.
    package var imageVolumes: [String]
    /// Parts of volumes that it mounts.
    package var parts: [VolumePart]
    /// Keeps standard input open for `attach`; without it `/dev/null`.
    package var stdin: Bool
    /// Whoever attaches first is the only one whose input it gets.
    package var stdinOnce: Bool
    package var tty: Bool
    /// The container whose PID namespace it has; nil: it has one as the pod says.
    package var target: String?
    /// What the container itself says of being started again; nil: as the pod says.
    package var restartPolicy: SandboxPlan.RestartPolicy?
    /// With one of these exit codes it is started again whatever a policy says.
    package var restartRules: [RestartRule]
    /// FallbackToLogsOnError takes the end of the log where the file is empty.
    package var terminationMessageFromLogs: Bool
    /// Probes and hooks; nil: none.
    package var lifecycle: LifecyclePlan?
    /// The signal that asks the first process to end; SIGTERM unless the manifest or the image says otherwise.
    package var stopSignal: Int32

    package init(
        name: String, fieldPath: String, kind: Kind, readiness: Readiness, folder: String, image: String
    ) {
        self.name = name
        self.fieldPath = fieldPath
        self.kind = kind
        self.readiness = readiness
        self.folder = folder
        self.image = image
        layers = []
        imageID = ""
        imageVolumes = []
        parts = []
        stdin = false
        stdinOnce = false
        restartRules = []
        tty = false
        terminationMessageFromLogs = false
        stopSignal = 15
    }
}
