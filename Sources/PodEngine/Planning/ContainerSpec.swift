// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
package import LinuxTypes
package import OCISpec
package import SecurityPolicy

/// All that one container's OCI runtime spec is made from; what is to be decided has been decided by then.
package struct ContainerSpec: Sendable {
    package var container: PodContainer
    package var context: EffectiveSecurityContext
    package var process: ContainerProcess
    /// The pod's hostname; it names the UTS namespace where the pod has one.
    package var hostname: String
    package var mounts: ContainerMounts
    /// The filter of ``EffectiveSecurityContext/seccomp``.
    package var seccomp: SeccompSpec?
    /// The machine's devices, for a privileged container.
    package var devices: [LinuxSpec.Device]
    /// `/holdfast/UID/NAME`.
    package var cgroupPath: String
    /// Whether a container of the pod asks for cpu: then the weight of each counts.
    package var weighsProcessors: Bool
    /// The ids of the pod's user namespace.
    package var owners: IDMapping?

    package init(
        container: PodContainer, context: EffectiveSecurityContext, process: ContainerProcess, hostname: String,
        mounts: ContainerMounts, seccomp: SeccompSpec?, devices: [LinuxSpec.Device], cgroupPath: String,
        weighsProcessors: Bool
    ) {
        self.container = container
        self.context = context
        self.process = process
        self.hostname = hostname
        self.mounts = mounts
        self.seccomp = seccomp
        self.devices = devices
        self.cgroupPath = cgroupPath
        self.weighsProcessors = weighsProcessors
    }

    /// The spec, whose root is an overlay that the shim makes; the sysctls are the sandbox's.
    package var runtimeSpec: RuntimeSpec {
        let ownsName = context.namespaces.uts.value != .host
        return RuntimeSpec(
            process: processSpec,
            root: RootSpec(path: "rootfs", readonly: context.readOnlyRootFilesystem.value),
            hostname: ownsName ? hostname : nil, mounts: mounts.specs(for: context), annotations: nil,
            linux: linuxSpec)
    }

    private var processSpec: ProcessSpec {
        let granted = context.capabilities.value.ociNames
        var capabilities = ProcessSpec.Capabilities(bounding: granted, effective: granted, permitted: granted)
        if context.capabilitiesAreAmbient.value {
            capabilities.inheritable = granted
            capabilities.ambient = granted
        }
        var spec = ProcessSpec(
            terminal: container.container.tty == true,
            user: ProcessSpec.User(
                uid: context.uid.value, gid: context.gid.value, umask: 0o022,
                additionalGids: context.supplementalGroups.map(\.value)),
            args: process.arguments, env: process.environment, cwd: process.folder, capabilities: capabilities,
            noNewPrivileges: context.noNewPrivileges.value, oomScoreAdj: context.oomScoreAdjustment.value)
        if case .profile(let name) = context.appArmor.value { spec.apparmorProfile = name }
        if case .labels(let process, _) = context.seLinux.value { spec.selinuxLabel = process.text }
        return spec
    }

    private var linuxSpec: LinuxSpec {
        var spec = LinuxSpec(namespaces: namespaces)
        spec.devices = context.privileged.value ? devices : []
        spec.cgroupsPath = cgroupPath
        spec.uidMappings = owners.map { [$0] }
        spec.gidMappings = owners.map { [$0] }
        spec.resources = resources
        spec.seccomp = seccomp
        if case .labels(_, let file) = context.seLinux.value { spec.mountLabel = file.text }
        spec.maskedPaths = context.maskedPaths.value
        spec.readonlyPaths = context.readOnlyPaths.value
        return spec
    }

    /// Those that are not the machine's; the shim puts the pod's own in the place of the pod's.
    private var namespaces: [LinuxSpec.Namespace] {
        let owners: [(NamespaceKind, EffectiveSecurityContext.Namespaces.Owner)] = [
            (.user, context.namespaces.user.value), (.network, context.namespaces.network.value),
            (.ipc, context.namespaces.ipc.value), (.uts, context.namespaces.uts.value),
            (.pid, context.namespaces.pid.value), (.mount, .container), (.cgroup, context.namespaces.cgroup.value),
        ]
        return owners.filter { $0.1 != .host }.map { LinuxSpec.Namespace(type: $0.0) }
    }

    private var resources: ResourcesSpec {
        var spec = ResourcesSpec(devices: context.privileged.value ? Self.allDevices : Self.defaultDevices)
        if let limit = context.resources.memoryLimit.value {
            spec.memory = ResourcesSpec.Memory(limit: limit.count)
        }
        if weighsProcessors {
            let quota = context.resources.cpuQuota.value
            spec.cpu = ResourcesSpec.CPU(
                shares: context.resources.cpuShares.value, quota: quota,
                period: quota == nil ? nil : EffectiveSecurityContext.Resources.cpuPeriod)
        }
        return spec
    }

    private static let allDevices = [ResourcesSpec.DeviceRule(allow: true, type: "a", access: "rwm")]

    /// Nodes may be made of any device, and these opened: the default devices, terminals, and `/dev/net/tun`.
    ///
    /// Source: runc, libcontainer/specconv, `AllowedDevices`.
    private static let defaultDevices: [ResourcesSpec.DeviceRule] = {
        typealias Rule = ResourcesSpec.DeviceRule
        let opened: [(Int64, Int64?)] = [
            (1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (136, nil), (5, 2), (10, 200),
        ]
        return [
            Rule(allow: false, type: "a", access: "rwm"), Rule(allow: true, type: "c", access: "m"),
            Rule(allow: true, type: "b", access: "m"),
        ] + opened.map { Rule(allow: true, type: "c", major: $0.0, minor: $0.1, access: "rwm") }
    }()
}
