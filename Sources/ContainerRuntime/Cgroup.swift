// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// The cgroup of one container, by its path below each hierarchy's root.
package struct CgroupPlan: Hashable, Sendable {
    /// `/holdfast/ID`: absolute, below the mount point of each hierarchy.
    package var path: String
    /// Applied in order; the last one that matches an access decides.
    package var deviceRules: [DeviceRule]
    /// Bytes.
    package var memoryLimit: Int64?
    package var cpuShares: UInt64?
    /// Microseconds of each period; nil or negative: no limit.
    package var cpuQuota: Int64?
    /// Microseconds.
    package var cpuPeriod: UInt64?
    package var pidsLimit: Int64?
    package var cpus: String?
    package var memoryNodes: String?

    package init(path: String, deviceRules: [DeviceRule]) {
        self.path = path
        self.deviceRules = deviceRules
    }

    /// One rule of the device controller.
    package struct DeviceRule: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable {
            case all = "a"
            case block = "b"
            case character = "c"
        }
        package var allow: Bool
        package var kind: Kind
        /// Any when nil.
        package var major: UInt32?
        /// Any when nil.
        package var minor: UInt32?
        /// A subset of `rwm`.
        package var access: String

        package init(allow: Bool, kind: Kind, major: UInt32? = nil, minor: UInt32? = nil, access: String = "rwm") {
            self.allow = allow
            self.kind = kind
            self.major = major
            self.minor = minor
            self.access = access
        }

        /// As `devices.allow` and `devices.deny` take it: `c 136:* rwm`.
        var text: String {
            "\(kind.rawValue) \(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*") \(access)"
        }
    }
}

/// A container's cgroup on this machine: a folder in every hierarchy.
package struct Cgroup: Sendable {
    package let layout: CgroupLayout
    package let path: String

    package init(layout: CgroupLayout, path: String) {
        self.layout = layout
        self.path = path
    }

    private var unifiedFolder: String? { layout.unified.map { $0 + path } }
    private func folder(_ hierarchy: CgroupLayout.Hierarchy) -> String { hierarchy.mountPoint + path }

    /// Every folder that the cgroup may have.
    package var folders: [String] { layout.hierarchies.map(folder) + (unifiedFolder.map { [$0] } ?? []) }

    /// The v1 hierarchies in which the container has a folder of its own, by name.
    package func ownHierarchies() throws(SyscallError) -> [(name: String, folder: String)] {
        var own: [(name: String, folder: String)] = []
        for hierarchy in layout.hierarchies where try File.exists(folder(hierarchy)) {
            own.append((hierarchy.name, folder(hierarchy)))
        }
        return own
    }

    /// The v2 folder, when the machine has that hierarchy.
    package var ownUnified: String? { unifiedFolder }

    /// Makes the folders and sets the limits.
    ///
    /// What was made is taken away again when a step fails.
    package static func create(_ plan: CgroupPlan, layout: CgroupLayout) throws(SyscallError) -> Cgroup {
        let cgroup = Cgroup(layout: layout, path: plan.path)
        do {
            // Joining a v1 hierarchy costs milliseconds (it waits for an RCU grace period): only those that a setting
            // needs. Devices, membership and kill come with cgroup2 wherever it is mounted.
            let needed = plan.controllers.union(layout.unified == nil ? ["devices", "freezer"] : [])
            for hierarchy in layout.hierarchies where !needed.isDisjoint(with: hierarchy.controllers) {
                try cgroup.makeFolder(in: hierarchy)
            }
            if let unified = layout.unified { try cgroup.makeUnifiedFolder(below: unified, for: plan) }
            try cgroup.setDevices(plan.deviceRules)
            try cgroup.setLimits(plan)
        } catch {
            // The first error is the one to tell; what cannot be removed now goes with the pod.
            do { try cgroup.remove() } catch {}
            throw error
        }
        return cgroup
    }

    /// Makes the cgroup above those of a pod's containers, with limits for all of them together.
    ///
    /// A container without a limit of its own has the pod's, so that it is below this cgroup in each hierarchy that has one.
    package static func createPod(
        _ path: String, _ limits: SandboxPlan.Limits, layout: CgroupLayout
    ) throws(LaunchError) {
        var plan = CgroupPlan(path: path, deviceRules: [])
        plan.memoryLimit = limits.memory
        plan.cpuQuota = limits.cpuQuota
        plan.cpuPeriod = limits.cpuPeriod
        plan.cpuShares = limits.cpuShares
        let cgroup = Cgroup(layout: layout, path: path)
        do throws(SyscallError) {
            for hierarchy in layout.hierarchies where !plan.controllers.isDisjoint(with: hierarchy.controllers) {
                try cgroup.makeFolder(in: hierarchy)
            }
            if let unified = layout.unified { try cgroup.makeUnifiedFolder(below: unified, for: plan) }
            try cgroup.setLimits(plan)
        } catch { throw LaunchError(step: .cgroup, field: "spec.resources", message: error.description) }
    }

    private func makeFolder(in hierarchy: CgroupLayout.Hierarchy) throws(SyscallError) {
        try Self.makeFolders(folder(hierarchy))
        guard hierarchy.controllers.contains("cpuset") else { return }
        // cpuset(7): a new group has no processor and no memory node, and takes no process until it has.
        var place = hierarchy.mountPoint
        for part in path.split(separator: "/") {
            let above = place
            place += "/\(part)"
            for file in ["cpuset.cpus", "cpuset.mems"]
            where try File.readText("\(place)/\(file)").allSatisfy(\.isNewline) {
                try File.writeValue(try File.readText("\(above)/\(file)"), to: "\(place)/\(file)")
            }
        }
    }

    private func makeUnifiedFolder(below mountPoint: String, for plan: CgroupPlan) throws(SyscallError) {
        let available = try File.readText(mountPoint + "/cgroup.controllers").split(whereSeparator: \.isWhitespace)
        let wanted = available.filter { plan.controllers.contains(String($0)) }
        var place = mountPoint
        for part in path.split(separator: "/") {
            // cgroups(7): a controller reaches the folders below only when it is switched on here.
            for controller in wanted { try File.writeValue("+\(controller)", to: place + "/cgroup.subtree_control") }
            place += "/\(part)"
            try Self.makeFolders(place)
        }
    }

    /// Another command may remove the common folder above, empty for a moment, in between.
    private static func makeFolders(_ path: String) throws(SyscallError) {
        for _ in 0..<100 {
            do {
                return try File.makeFolders(path)
            } catch  where error.errno == .noEntry {}
        }
        try File.makeFolders(path)
    }

    private func setDevices(_ rules: [CgroupPlan.DeviceRule]) throws(SyscallError) {
        if let unifiedFolder {
            let folder = try File.open(unifiedFolder, [.readOnly, .directory])
            try DeviceProgram.attach(rules.map(\.programRule), to: folder.raw)
        } else if let hierarchy = layout.hierarchy(of: "devices") {
            let place = folder(hierarchy)
            for rule in rules {
                try File.writeValue(rule.text, to: "\(place)/devices.\(rule.allow ? "allow" : "deny")")
            }
        } else {
            throw SyscallError(
                call: "statfs", subject: "the devices controller", errno: .noEntry, detail: "no cgroup hierarchy has it"
            )
        }
    }

    private func setLimits(_ plan: CgroupPlan) throws(SyscallError) {
        if let bytes = plan.memoryLimit {
            try set("memory", v1: ("memory.limit_in_bytes", "\(bytes)"), v2: ("memory.max", "\(bytes)"))
        }
        if let count = plan.pidsLimit { try set("pids", v1: ("pids.max", "\(count)"), v2: ("pids.max", "\(count)")) }
        if let shares = plan.cpuShares {
            try set("cpu", v1: ("cpu.shares", "\(shares)"), v2: ("cpu.weight", "\(Self.weight(shares: shares))"))
        }
        if plan.cpuQuota != nil || plan.cpuPeriod != nil {
            let period = plan.cpuPeriod ?? 100_000
            let quota = plan.cpuQuota.map { $0 < 0 ? "-1" : "\($0)" } ?? "-1"
            try set(
                "cpu", v1: ("cpu.cfs_period_us", "\(period)"),
                v2: ("cpu.max", "\(quota == "-1" ? "max" : quota) \(period)"))
            if let hierarchy = layout.hierarchy(of: "cpu") {
                try File.writeValue(quota, to: folder(hierarchy) + "/cpu.cfs_quota_us")
            }
        }
        if let cpus = plan.cpus { try set("cpuset", v1: ("cpuset.cpus", cpus), v2: ("cpuset.cpus", cpus)) }
        if let nodes = plan.memoryNodes { try set("cpuset", v1: ("cpuset.mems", nodes), v2: ("cpuset.mems", nodes)) }
    }

    private func set(
        _ controller: String, v1: (file: String, value: String), v2: (file: String, value: String)
    ) throws(SyscallError) {
        if let hierarchy = layout.hierarchy(of: controller) {
            try File.writeValue(v1.value, to: "\(folder(hierarchy))/\(v1.file)")
        } else if let unifiedFolder {
            try File.writeValue(v2.value, to: "\(unifiedFolder)/\(v2.file)")
        } else {
            throw SyscallError(
                call: "open", subject: v2.file, errno: .noEntry,
                detail: "no cgroup hierarchy has the controller \(controller)")
        }
    }

    /// Shares 2…262144 of v1 as a weight 1…10000 of v2, as runc and crun convert them.
    static func weight(shares: UInt64) -> UInt64 {
        let bounded = min(max(shares, 2), 262_144)
        return 1 + (bounded - 2) * 9999 / 262_142
    }

    /// The descriptor of the v2 folder, for clone3(2)'s `CLONE_INTO_CGROUP`; nil without v2.
    package func openUnified() throws(SyscallError) -> OwnedDescriptor? {
        guard let unifiedFolder else { return nil }
        return try File.open(unifiedFolder, [.path, .directory])
    }

    /// Moves a process into the cgroup in every hierarchy; pid 0 is the caller.
    package func add(pid: Int32, unifiedToo: Bool = true) throws(SyscallError) {
        for hierarchy in try ownHierarchies() { try File.writeValue("\(pid)", to: hierarchy.folder + "/cgroup.procs") }
        if unifiedToo, let unifiedFolder { try File.writeValue("\(pid)", to: unifiedFolder + "/cgroup.procs") }
    }

    /// The processes in the cgroup; none when it is gone.
    package func processes() throws(SyscallError) -> [Int32] {
        guard let place = unifiedFolder ?? layout.hierarchy(of: "devices").map(folder) else { return [] }
        do {
            return try File.readText(place + "/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }.filter {
                $0 > 0
            }
        } catch  where error.errno == .noEntry {
            return []
        }
    }

    /// Whether the kernel has killed a process of it for want of memory.
    ///
    /// Source: cgroups(7); `memory.events` of v2, `memory.oom_control` of v1. Without a limit there is no such file.
    package func hasRunOutOfMemory() throws(SyscallError) -> Bool {
        let path: String
        if let hierarchy = layout.hierarchy(of: "memory") {
            path = folder(hierarchy) + "/memory.oom_control"
        } else if let unifiedFolder {
            path = unifiedFolder + "/memory.events"
        } else {
            return false
        }
        guard try File.exists(path) else { return false }
        return try File.readText(path).split(separator: "\n").contains { line in
            line.hasPrefix("oom_kill ") && line != "oom_kill 0"
        }
    }

    /// Sends a signal to all that is in the cgroup.
    package func signalAll(_ number: Int32) throws(SyscallError) {
        if number == Signal.kill { return try kill() }
        for pid in try processes() { try Process.signal(pid: pid, number) }
    }

    /// Sends SIGKILL to all that is in the cgroup.
    ///
    /// Source: cgroups(7), `cgroup.kill` (Linux 5.14).
    package func kill() throws(SyscallError) {
        if let unifiedFolder {
            do { try File.writeValue("1", to: unifiedFolder + "/cgroup.kill") } catch  where error.errno == .noEntry {}
            return
        }
        // v1 alone: frozen, the members cannot fork away from the walk.
        let frozen = layout.hierarchy(of: "freezer").map { folder($0) + "/freezer.state" }
        if let frozen, try File.exists(frozen) { try File.writeValue("FROZEN", to: frozen) }
        for pid in try processes() { try Process.signal(pid: pid, 9) }
        if let frozen, try File.exists(frozen) { try File.writeValue("THAWED", to: frozen) }
    }

    /// Kills what is left and removes the folders and those below them; a cgroup that is gone is fine.
    ///
    /// A killed process leaves its cgroup a moment later, and until then rmdir(2) answers EBUSY.
    package func remove() throws(SyscallError) {
        var pause: Int32 = 0
        for folder in folders {
            while true {
                do {
                    try Self.removeFolder(folder)
                    break
                } catch  where error.errno == .busy && pause < 200 {
                    try kill()
                    Clock.sleep(milliseconds: 1 + pause / 8)
                    pause += 1
                }
            }
        }
        try removeEmptyParents()
    }

    /// Removes the folders above that Holdfast alone makes, when nothing else is in them.
    private func removeEmptyParents() throws(SyscallError) {
        let parts = path.split(separator: "/")
        guard parts.first == "holdfast" else { return }
        for depth in stride(from: parts.count - 1, to: 0, by: -1) {
            let above = Cgroup(layout: layout, path: "/" + parts[..<depth].joined(separator: "/"))
            for folder in above.folders {
                do { try File.removeFolder(folder) } catch
                    where error.errno == .busy || error.errno == .noEntry || error.errno == .notEmpty
                {}
            }
        }
    }

    private static func removeFolder(_ path: String) throws(SyscallError) {
        do { try File.removeFolder(path) } catch  where error.errno == .noEntry {
            return
        } catch  where error.errno == .busy {
            // A folder below it, made by the container or by systemd in it.
            for name in try File.names(in: path) where try File.status("\(path)/\(name)").kind == .directory {
                try removeFolder("\(path)/\(name)")
            }
            try File.removeFolder(path)
        }
    }
}

extension CgroupPlan {
    /// The v2 controllers that the limits need.
    var controllers: Set<String> {
        var names: Set<String> = []
        if memoryLimit != nil { names.insert("memory") }
        if cpuShares != nil || cpuQuota != nil || cpuPeriod != nil { names.insert("cpu") }
        if pidsLimit != nil { names.insert("pids") }
        if cpus != nil || memoryNodes != nil { names.insert("cpuset") }
        return names
    }
}

extension CgroupPlan.DeviceRule {
    var programRule: DeviceProgram.Rule {
        let kind: DeviceProgram.Kind =
            switch self.kind {
            case .all: .all
            case .block: .block
            case .character: .character
            }
        return DeviceProgram.Rule(
            allow: allow, kind: kind, major: major, minor: minor, read: access.contains("r"),
            write: access.contains("w"), make: access.contains("m"))
    }
}
