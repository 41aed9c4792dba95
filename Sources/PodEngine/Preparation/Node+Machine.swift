// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import LinuxTypes
package import SecurityPolicy

extension Node {
    /// This machine as a node, read from its kernel.
    ///
    /// User namespaces are answered as by a node without them where the kernel's overlays cannot serve one. With `forRoot`
    /// the capabilities are those that root has here, whoever asks: for what is said and not done.
    package static func ofThisMachine(
        defaults: NodeDefaults = .containerd, seccompDefault: Bool = false, forRoot: Bool = false
    ) throws(PreparationError) -> Self {
        do { return try read(defaults: defaults, seccompDefault: seccompDefault, forRoot: forRoot) } catch let error
            as SyscallError
        {
            throw PreparationError("reading what this machine has: \(error)")
        } catch let error as PreparationError {
            throw error
        } catch {
            throw PreparationError("reading what this machine has: \(error)")
        }
    }

    private static func read(defaults: NodeDefaults, seccompDefault: Bool, forRoot: Bool) throws -> Self {
        let release = try line("/proc/sys/kernel/osrelease")
        guard let kernel = KernelVersion(release: release) else {
            throw PreparationError("/proc/sys/kernel/osrelease: \(release) is no kernel release")
        }
        let bounding = BoundingSet.current()
        let held = forRoot ? bounding : try ThreadCapabilities.current().permitted.intersection(bounding)
        let possible = try line("/sys/devices/system/cpu/possible")
        guard let processors = CPUList.parse(possible) else {
            throw PreparationError("/sys/devices/system/cpu/possible: \(possible) is no list of CPUs")
        }
        var node = Node(
            defaults: defaults, capabilities: held, kernel: kernel, possibleCPUs: processors, memory: try memory())
        node.seccompDefault = seccompDefault
        // Overlays take detached, idmapped layers.
        node.hasUserNamespaces = kernel >= KernelVersion(6, 15)
        node.hasAppArmor = try hasAppArmor()
        node.hasSELinux = try File.exists("/sys/fs/selinux/enforce")
        if node.hasSELinux { node.seLinuxDefaults = try seLinuxDefaults() }
        node.hasUnifiedCgroups = try CgroupLayout.current().hierarchies.isEmpty
        for processor in processors {
            let path = "/sys/devices/system/cpu/cpu\(processor)/thermal_throttle"
            if try File.exists(path) { node.thermalThrottles.insert(path) }
        }
        if !held.contains(CapabilitySet(number: 24)) {  // CAP_SYS_RESOURCE
            node.lowestScoreAdjustment = Int(try line("/proc/self/oom_score_adj"))
        }
        return node
    }

    /// Source: the kernel's admin-guide/LSM/apparmor; the parameter is `Y` where the module is active.
    private static func hasAppArmor() throws(SyscallError) -> Bool {
        let parameter = "/sys/module/apparmor/parameters/enabled"
        guard try File.exists("/sys/kernel/security/apparmor"), try File.exists(parameter) else { return false }
        return try line(parameter).hasPrefix("Y")
    }

    /// The contexts that the loaded policy's packages give to containers; nil where they name none.
    ///
    /// Source: selinux_config(5), `SELINUXTYPE`.
    private static func seLinuxDefaults() throws(SyscallError) -> SELinuxDefaults? {
        func text(_ path: String) throws(SyscallError) -> String? {
            do { return try File.readText(path) } catch  where error.errno == .noEntry { return nil }
        }
        let lines = try text("/etc/selinux/config")?.split(whereSeparator: \.isNewline) ?? []
        guard let line = lines.last(where: { $0.hasPrefix("SELINUXTYPE=") }) else { return nil }
        let policy = line.dropFirst("SELINUXTYPE=".count).prefix { !$0.isWhitespace }
        let contexts = try text("/etc/selinux/\(policy)/contexts/lxc_contexts")
        guard let defaults = contexts.flatMap(SELinuxDefaults.init(contexts:)) else { return nil }
        // Debian's has the file, and no such types.
        guard try isInPolicy(defaults.process) else { return nil }
        return try isInPolicy(defaults.file) ? defaults : nil
    }

    /// Source: security_check_context(3), whose file in selinuxfs this is.
    private static func isInPolicy(_ label: SELinuxLabel) throws(SyscallError) -> Bool {
        do {
            try File.writeValue(label.text, to: "/sys/fs/selinux/context")
            return true
        } catch  where error.errno == .invalid {
            return false
        }
    }

    private static func line(_ path: String) throws(SyscallError) -> String {
        String(try File.readText(path).prefix { !$0.isNewline })
    }

    /// `MemTotal` of proc(5), which is in KiB.
    private static func memory() throws -> Bytes {
        for line in try File.readText("/proc/meminfo").split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == "MemTotal:", let kibibytes = Int64(words[1]) {
                return .kibibytes(kibibytes)
            }
        }
        throw PreparationError("/proc/meminfo: no MemTotal")
    }
}
