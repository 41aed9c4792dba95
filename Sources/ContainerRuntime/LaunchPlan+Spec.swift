// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes
package import OCISpec

extension LaunchPlan {
    /// Reads an OCI runtime spec.
    ///
    /// - Parameters:
    ///   - spec: all of it counts but `root.path`.
    ///   - root: in the place of `root.path`, for a root that is more than one folder.
    ///   - cgroupPath: used when the spec names none.
    /// - Throws: ``LaunchError`` of step `parse` for the first field that is wrong or that this runtime does not enforce.
    package init(spec: RuntimeSpec, root: RootPlan.Source, cgroupPath: String) throws(LaunchError) {
        let linux = spec.linux ?? LinuxSpec(namespaces: [])
        try Self.refuseUnsupported(spec, linux)
        guard let process = spec.process else { throw Self.wrong("process", "required") }
        namespaces = try Self.namespaces(linux)
        self.root = RootPlan(
            source: root, readOnly: spec.root?.readonly ?? false,
            propagation: try Self.rootPropagation(linux.rootfsPropagation))
        mounts = try Self.mounts(spec.mounts ?? [])
        devices = try Self.devices(linux.devices ?? [])
        maskedPaths = try Self.absolute(linux.maskedPaths ?? [], "linux.maskedPaths")
        readOnlyPaths = try Self.absolute(linux.readonlyPaths ?? [], "linux.readonlyPaths")
        sysctls = (linux.sysctl ?? [:]).sorted { $0.key < $1.key }.map { SysctlPlan(name: $0.key, value: $0.value) }
        hostname = spec.hostname
        domainName = spec.domainname
        self.process = try ProcessPlan(spec: process, seccomp: linux.seccomp)
        cgroup = try CgroupPlan(spec: linux, defaultPath: cgroupPath)
        mountLabel = try Self.label(linux.mountLabel, "linux.mountLabel")
        owners = try Self.owners(linux, namespaces)
        try checkNamespaced()
    }

    static func wrong(_ field: String, _ message: String) -> LaunchError {
        LaunchError(step: .parse, field: field, message: message)
    }

    /// What is asked for and would not be enforced: none of it is skipped.
    private static func refuseUnsupported(_ spec: RuntimeSpec, _ linux: LinuxSpec) throws(LaunchError) {
        let hooks = spec.hooks.map {
            [$0.prestart, $0.createRuntime, $0.createContainer, $0.startContainer, $0.poststart, $0.poststop]
        }
        if hooks?.contains(where: { $0?.isEmpty == false }) == true {
            throw wrong("hooks", "this runtime calls no hooks")
        }
        if let unified = linux.resources?.unified, !unified.isEmpty {
            throw wrong("linux.resources.unified", "this runtime sets no such value")
        }
    }

    /// A name that a security module is given; nil for none.
    ///
    /// The kernel would take what stands before a NUL or a line's end for the whole.
    static func label(_ text: String?, _ field: String) throws(LaunchError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw wrong(field, "holds a control character")
        }
        return text
    }

    private static func namespaces(_ linux: LinuxSpec) throws(LaunchError) -> [NamespacePlan] {
        var plans: [NamespacePlan] = []
        for (index, namespace) in (linux.namespaces ?? []).enumerated() {
            let field = "linux.namespaces[\(index)]"
            if plans.contains(where: { $0.kind == namespace.type }) {
                throw wrong(field, "a second namespace of type \(namespace.type.rawValue)")
            }
            if namespace.type == .time { throw wrong(field, "this runtime makes no time namespace") }
            let path = namespace.path.flatMap { $0.isEmpty ? nil : $0 }
            plans.append(NamespacePlan(kind: namespace.type, source: path.map { .path($0) } ?? .new))
        }
        guard plans.contains(where: { $0.kind == .mount && $0.source == .new }) else {
            throw wrong("linux.namespaces", "a new mount namespace is required")
        }
        return plans
    }

    /// The mappings belong to a user namespace, and a new one needs them.
    private static func owners(_ linux: LinuxSpec, _ namespaces: [NamespacePlan]) throws(LaunchError) -> OwnerMapping? {
        let users = linux.uidMappings ?? []
        let groups = linux.gidMappings ?? []
        guard let user = namespaces.first(where: { $0.kind == .user }) else {
            guard users.isEmpty, groups.isEmpty else {
                throw wrong("linux.uidMappings", "mappings mean nothing without a user namespace in linux.namespaces")
            }
            return nil
        }
        if users.isEmpty || groups.isEmpty {
            guard user.source != .new else {
                throw wrong("linux.uidMappings", "a new user namespace needs mappings of users and of groups")
            }
            return nil
        }
        return OwnerMapping(users: users, groups: groups)
    }

    private static func rootPropagation(_ word: String?) throws(LaunchError) -> Propagation {
        switch word ?? "" {
        case "", "private", "rprivate": .private
        case "slave", "rslave": .slave
        case "shared", "rshared": .shared
        default: throw wrong("linux.rootfsPropagation", "\(word ?? "") is not a propagation")
        }
    }

    private static func mounts(_ specs: [MountSpec]) throws(LaunchError) -> [MountPlan] {
        var plans: [MountPlan] = []
        for (index, spec) in specs.enumerated() { plans.append(try MountPlan(spec: spec, field: "mounts[\(index)]")) }
        return plans
    }

    private static func devices(_ specs: [LinuxSpec.Device]) throws(LaunchError) -> [DevicePlan] {
        var plans: [DevicePlan] = []
        for (index, spec) in specs.enumerated() {
            let field = "linux.devices[\(index)]"
            let kind: FileKind
            switch spec.type {
            case "c", "u": kind = .characterDevice
            case "b": kind = .blockDevice
            case "p": kind = .fifo
            default: throw wrong("\(field).type", "\(spec.type) is none of c, u, b, p")
            }
            guard let major = UInt32(exactly: spec.major ?? 0), let minor = UInt32(exactly: spec.minor ?? 0) else {
                throw wrong(field, "a device number out of range")
            }
            guard spec.path.hasPrefix("/") else { throw wrong("\(field).path", "not an absolute path") }
            plans.append(
                DevicePlan(
                    path: spec.path, kind: kind, device: DeviceNumber(major: major, minor: minor),
                    permissions: (spec.fileMode ?? 0o666) & 0o7777, uid: spec.uid ?? 0, gid: spec.gid ?? 0))
        }
        return plans
    }

    private static func absolute(_ paths: [String], _ field: String) throws(LaunchError) -> [String] {
        for (index, path) in paths.enumerated() where !path.hasPrefix("/") {
            throw wrong("\(field)[\(index)]", "\(path) is not an absolute path")
        }
        return paths
    }

    /// A sysctl outside of a namespace of the container's own would change the machine.
    private func checkNamespaced() throws(LaunchError) {
        for sysctl in sysctls {
            let field = "linux.sysctl[\(sysctl.name)]"
            if sysctl.file == "kernel/hostname" { throw Self.wrong(field, "conflicts with the field hostname") }
            guard let kind = sysctl.namespace else { throw Self.wrong(field, "not in a namespace of its own") }
            guard namespaces.contains(where: { $0.kind == kind }) else {
                throw Self.wrong(field, "not allowed in the host's \(kind.rawValue) namespace")
            }
        }
        if hostname != nil, !namespaces.contains(where: { $0.kind == .uts }) {
            throw Self.wrong("hostname", "not allowed in the host's uts namespace")
        }
    }
}

extension MountPlan {
    /// An option of a bind, `x-holdfast.subpath=PATH`: the part of `source` that is mounted, found at the moment of the mount.
    ///
    /// Options that begin with `x-` are comments to others: mount(8).
    package static let subPathOption = "x-holdfast.subpath"

    /// Reads one entry of `mounts`.
    init(spec: MountSpec, field: String) throws(LaunchError) {
        guard spec.destination.hasPrefix("/") else {
            throw LaunchPlan.wrong("\(field).destination", "\(spec.destination) is not an absolute path")
        }
        let options = MountOptions(spec.options ?? [])
        let type = spec.type ?? "bind"
        if options.bind || type == "bind" {
            guard let source = spec.source, source.hasPrefix("/") else {
                throw LaunchPlan.wrong("\(field).source", "\(spec.source ?? "nothing") is not an absolute path")
            }
            let below = options.data.first { $0.key == Self.subPathOption }?.value
            if let extra = options.data.first(where: { $0.key != Self.subPathOption }) {
                throw LaunchPlan.wrong("\(field).options", "\(extra.key) means nothing on a bind mount")
            }
            self.source =
                below.map { .bindBelow(folder: source, path: $0) }
                ?? .bind(path: source, recursive: options.recursiveBind)
        } else if type == "cgroup" || type == "cgroup2" {
            self.source = .cgroups
        } else {
            // mount(8) makes both read-only: a write then fails before the permissions of the file are looked at.
            let readOnly = options.readOnlyFileSystem ? [Option(key: "ro", value: nil)] : []
            self.source = .fileSystem(type: type, options: options.data + readOnly)
        }
        destination = spec.destination
        attributes = options.attributes
        cleared = options.cleared
        recursiveReadOnly = options.recursiveReadOnly
        mapsOwners = options.mapsOwners
        propagation = options.propagation
        self.field = field
    }
}

extension ProcessPlan {
    /// Reads `process` and `linux.seccomp`; a filter is compiled here, in the parent, where the C library may be used.
    package init(spec: ProcessSpec, seccomp: SeccompSpec?) throws(LaunchError) {
        guard let arguments = spec.args, !arguments.isEmpty else {
            throw LaunchPlan.wrong("process.args", "no command specified")
        }
        self.arguments = arguments
        environment = spec.env ?? []
        // Where runc finds it: a container with such a folder is made, and fails to start.
        guard spec.cwd.hasPrefix("/") else {
            throw LaunchError(
                step: .workingFolder, field: "process.cwd", message: "\(spec.cwd) is not an absolute path")
        }
        folder = spec.cwd
        // 4294967295 is setresuid(2)'s word for "as it is".
        for id in [spec.user.uid, spec.user.gid] + (spec.user.additionalGids ?? []) where id == .max {
            throw LaunchPlan.wrong("process.user", "\(id) is no user and no group")
        }
        let profile = try LaunchPlan.label(spec.apparmorProfile, "process.apparmorProfile")
        appArmorProfile = profile == "unconfined" ? nil : profile
        seLinuxLabel = try LaunchPlan.label(spec.selinuxLabel, "process.selinuxLabel")
        uid = spec.user.uid
        gid = spec.user.gid
        groups = spec.user.additionalGids ?? []
        creationMask = spec.user.umask ?? 0o022
        bounding = try Self.set(spec.capabilities?.bounding, "bounding")
        permitted = try Self.set(spec.capabilities?.permitted, "permitted")
        effective = try Self.set(spec.capabilities?.effective, "effective")
        for (name, list) in [
            ("inheritable", spec.capabilities?.inheritable), ("ambient", spec.capabilities?.ambient),
        ] where list?.isEmpty == false {
            throw LaunchPlan.wrong("process.capabilities.\(name)", "must be empty (CVE-2022-24769)")
        }
        // execve(2) gives root all of its bounding set: capabilities(7).
        if uid == 0, permitted != bounding || effective != bounding {
            throw LaunchPlan.wrong(
                "process.capabilities", "uid 0 would get all of bounding, not what permitted and effective say")
        }
        noNewPrivileges = spec.noNewPrivileges ?? false
        filter = try seccomp.map { value throws(LaunchError) in try SeccompProgram(compiling: value) }
        limits = []
        for (index, limit) in (spec.rlimits ?? []).enumerated() {
            guard let resource = Self.resources[limit.type] else {
                throw LaunchPlan.wrong("process.rlimits[\(index)].type", "\(limit.type) is not a resource")
            }
            limits.append(Limit(resource: resource, soft: limit.soft, hard: limit.hard))
        }
        scoreAdjustment = spec.oomScoreAdj
        terminal = spec.terminal ?? false
        terminalSize = spec.consoleSize.map { Terminal.Size(rows: $0.height, columns: $0.width) }
    }

    private static func set(_ names: [String]?, _ list: String) throws(LaunchError) -> CapabilitySet {
        do { return try CapabilitySet(named: names ?? []) } catch {
            throw LaunchPlan.wrong("process.capabilities.\(list)", error.description)
        }
    }

    /// The numbers of getrlimit(2) on x86_64, arm64 and riscv64.
    private static let resources: [String: Int32] = [
        "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
        "RLIMIT_NPROC": 6, "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10,
        "RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
    ]
}

extension CgroupPlan {
    /// Reads `linux.cgroupsPath` and `linux.resources`.
    init(spec: LinuxSpec, defaultPath: String) throws(LaunchError) {
        let path = spec.cgroupsPath ?? defaultPath
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw LaunchPlan.wrong("linux.cgroupsPath", "\(path) is not an absolute path of a cgroup file system")
        }
        // Nothing that no rule allows, whatever the group above allows.
        var rules = [DeviceRule(allow: false, kind: .all)]
        for (index, rule) in (spec.resources?.devices ?? []).enumerated() {
            rules.append(try DeviceRule(spec: rule, field: "linux.resources.devices[\(index)]"))
        }
        self.init(path: path, deviceRules: rules + Self.defaultDevices)
        guard let resources = spec.resources else { return }
        if resources.memory?.reservation != nil || resources.memory?.swap != nil {
            throw LaunchPlan.wrong("linux.resources.memory", "only limit is enforced by this runtime")
        }
        memoryLimit = resources.memory?.limit
        pidsLimit = (resources.pids?.limit).flatMap { $0 > 0 ? $0 : nil }
        cpuShares = resources.cpu?.shares
        cpuQuota = resources.cpu?.quota
        cpuPeriod = resources.cpu?.period
        cpus = resources.cpu?.cpus
        memoryNodes = resources.cpu?.mems
    }
}

extension CgroupPlan {
    /// What every container may use: the default devices, its terminals, and mknod(2) of nodes that it then cannot open.
    ///
    /// Source: OCI runtime specification, config-linux.md, "Default Devices"; runc adds the same behind the spec's rules.
    static let defaultDevices: [DeviceRule] =
        [
            DeviceRule(allow: true, kind: .character, access: "m"), DeviceRule(allow: true, kind: .block, access: "m"),
            DeviceRule(allow: true, kind: .character, major: 136),
            DeviceRule(allow: true, kind: .character, major: 5, minor: 2),
        ]
        + [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0)].map {
            DeviceRule(allow: true, kind: .character, major: $0, minor: $1)
        }
}

extension CgroupPlan.DeviceRule {
    init(spec: ResourcesSpec.DeviceRule, field: String) throws(LaunchError) {
        guard let kind = Kind(rawValue: spec.type ?? "a") else {
            throw LaunchPlan.wrong("\(field).type", "\(spec.type ?? "") is none of a, b, c")
        }
        let access = spec.access ?? "rwm"
        guard !access.isEmpty, access.allSatisfy({ "rwm".contains($0) }) else {
            throw LaunchPlan.wrong("\(field).access", "\(access) is not a part of rwm")
        }
        let major = try Self.number(spec.major, "\(field).major")
        let minor = try Self.number(spec.minor, "\(field).minor")
        // devices.allow of v1 takes `a` for everything, whatever else the line says.
        guard kind != .all || (major == nil && minor == nil && Set(access) == Set("rwm")) else {
            throw LaunchPlan.wrong(field, "a rule for all devices has no numbers, and access rwm")
        }
        self.init(allow: spec.allow, kind: kind, major: major, minor: minor, access: access)
    }

    /// Any when nil or -1.
    private static func number(_ number: Int64?, _ field: String) throws(LaunchError) -> UInt32? {
        guard let number, number != -1 else { return nil }
        guard let value = Int32(exactly: number), value >= 0 else {
            throw LaunchPlan.wrong(field, "\(number) is no device number")
        }
        return UInt32(value)
    }
}
