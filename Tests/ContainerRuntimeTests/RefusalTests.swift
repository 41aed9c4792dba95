// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import LinuxTypes
import OCISpec
import Testing

@Suite("What is not enforced is not started")
struct RefusalTests {
    /// A bundle whose program leaves a mark when it runs all the same.
    private func refuse(
        _ change: (inout RuntimeSpec) -> Void, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["touch", "/ran"]
        change(&bundle.spec)
        let result = try bundle.run()
        #expect(result.code != 0, sourceLocation: sourceLocation)
        #expect(result.errors.contains(message), "\(result.errors)", sourceLocation: sourceLocation)
        #expect(result.errors.split(separator: "\n").count == 1, sourceLocation: sourceLocation)
        #expect(try !File.exists(bundle.path + "/rootfs/ran"), sourceLocation: sourceLocation)
        #expect(try !File.exists("/sys/fs/cgroup/unified/holdfast/\(bundle.name)"), sourceLocation: sourceLocation)
    }

    @Test("an unknown capability in any set", arguments: ["bounding", "permitted", "effective"])
    func unknownCapability(set: String) throws {
        try refuse(
            {
                $0.process?.capabilities = .init(
                    bounding: set == "bounding" ? ["CAP_NOPE"] : [], effective: set == "effective" ? ["CAP_NOPE"] : [],
                    permitted: set == "permitted" ? ["CAP_NOPE"] : [])
            }, "process.capabilities.\(set): unknown capability \"CAP_NOPE\"")
    }

    @Test("inheritable and ambient capabilities", arguments: ["inheritable", "ambient"])
    func inheritable(set: String) throws {
        try refuse(
            {
                if set == "ambient" { $0.process?.capabilities?.ambient = ["CAP_KILL"] }
                if set == "inheritable" { $0.process?.capabilities?.inheritable = ["CAP_KILL"] }
            }, "process.capabilities.\(set): must be empty")
    }

    @Test("a capability that the machine itself does not hold")
    func heldByNobody() throws {
        let held = BoundingSet.current()
        let missing = try #require((UInt32(0)...40).first { !held.contains(CapabilitySet(number: $0)) })
        let names = CapabilitySet(number: missing).ociNames
        try refuse(
            { $0.process?.capabilities = .init(bounding: names, effective: names, permitted: names) },
            "process.capabilities.bounding is not enforced (boundingSet)")
    }

    @Test("the id that setresuid(2) takes for no change, as user, as group and as supplementary group")
    func noChange() throws {
        let last = UInt32.max
        try refuse({ $0.process?.user = .init(uid: last, gid: 0, umask: nil, additionalGids: []) }, "process.user")
        try refuse({ $0.process?.user = .init(uid: 0, gid: last, umask: nil, additionalGids: []) }, "process.user")
        try refuse({ $0.process?.user = .init(uid: 0, gid: 0, umask: nil, additionalGids: [last]) }, "process.user")
    }

    @Test("fewer permitted or effective capabilities than bounding ones, which uid 0 would get all the same")
    func rootGetsBounding() throws {
        try refuse(
            { $0.process?.capabilities = .init(bounding: ["CAP_KILL"], effective: [], permitted: ["CAP_KILL"]) },
            "process.capabilities")
        try refuse(
            { $0.process?.capabilities = .init(bounding: ["CAP_KILL"], effective: [], permitted: []) },
            "process.capabilities")
    }

    @Test("a device rule whose number is none, and one for all devices that is not for all")
    func deviceRules() throws {
        typealias Rule = ResourcesSpec.DeviceRule
        try refuse(
            {
                $0.linux?.resources = ResourcesSpec(devices: [Rule(allow: true, type: "c", major: 1 << 32, access: "r")]
                )
            },
            "linux.resources.devices[0].major")
        try refuse(
            { $0.linux?.resources = ResourcesSpec(devices: [Rule(allow: true, type: "a", access: "r")]) },
            "linux.resources.devices[0]")
    }

    @Test(
        "an exec whose process asks for a label, or for what this runtime does not know",
        arguments: ["apparmorProfile", "nope"])
    func execProcess(field: String) throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["sleep", "60"]
        try bundle.write()
        try #require(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        try #require(try bundle.runtime("start", bundle.name).code == 0)
        let text = String(decoding: try JSONFile.encode(try #require(bundle.spec.process)), as: UTF8.self)
        try File.replace("\(bundle.path)/process.json", with: Array("{\"\(field)\":\"x\",\(text.dropFirst())".utf8))
        let answer = try bundle.runtime("exec", "--process", "\(bundle.path)/process.json", bundle.name)
        #expect(answer.code == 1)
        #expect(answer.errors.contains(field), "\(answer.errors)")
    }

    @Test(
        "an AppArmor profile that is not loaded, and an SELinux label that is none, with or without these in the kernel"
    )
    func labels() throws {
        try refuse({ $0.process?.apparmorProfile = "holdfast-no-such-profile" }, "process.apparmorProfile")
        try refuse({ $0.process?.selinuxLabel = "no-such-label" }, "process.selinuxLabel")
    }

    @Test("a label with a control character, of which the kernel would take a part for the whole")
    func labelsWithControlCharacters() throws {
        try refuse({ $0.process?.apparmorProfile = "unconfined\0mine" }, "process.apparmorProfile")
        try refuse({ $0.process?.selinuxLabel = "a:b:c:s0\n" }, "process.selinuxLabel")
        try refuse({ $0.linux?.mountLabel = "a:b:c:s0\0" }, "linux.mountLabel")
    }

    @Test("hooks, user namespaces, and a namespace that is not there")
    func namespaces() throws {
        try refuse(
            { $0.linux?.namespaces?.append(.init(type: .user)) }, "linux.uidMappings: a new user namespace needs")
        try refuse({ $0.linux?.namespaces?.append(.init(type: .time)) }, "linux.namespaces[5]")
        try refuse(
            { $0.linux?.namespaces?[1].path = "/no/such/namespace" }, "linux.namespaces[network] is not enforced")
        try refuse({ $0.linux?.namespaces?.removeAll { $0.type == .mount } }, "a new mount namespace is required")
    }

    @Test(
        "a sysctl that is the machine's",
        arguments: [
            ("kernel.panic", "not in a namespace"), ("kernel.hostname", "conflicts"),
            ("vm.swappiness", "not in a namespace"), ("net/../kernel/panic", "not in a namespace"),
            ("net.//.kernel.panic", "not in a namespace"), ("net/", "not in a namespace"),
        ])
    func sysctl(name: String, message: String) throws {
        try refuse({ $0.linux?.sysctl = [name: "1"] }, message)
    }

    @Test("a sysctl of a namespace that is the machine's")
    func sharedSysctl() throws {
        try refuse(
            {
                $0.linux?.sysctl = ["net.ipv4.ip_forward": "1"]
                $0.linux?.namespaces?.removeAll { $0.type == .network }
            }, "not allowed in the host's network namespace")
    }

    @Test("a mount inside /proc, and one whose source is not there")
    func mounts() throws {
        try refuse(
            {
                $0.mounts?.append(MountSpec(destination: "/proc/self", type: "bind", source: "/tmp", options: ["bind"]))
            },
            "mounts[4] is not enforced")
        try refuse(
            { $0.mounts?.append(MountSpec(destination: "/data", type: "bind", source: "/no/such", options: ["bind"])) },
            "mounts[4] is not enforced (mounts): open_tree(OPEN_TREE_CLONE) on /no/such: No such file or directory")
    }

    @Test("a filter with an unknown flag, an unknown architecture, or a notification")
    func seccomp() throws {
        try refuse(
            {
                $0.linux?.seccomp = SeccompSpec(defaultAction: .allow, architectures: [], syscalls: [])
                $0.linux?.seccomp?.flags = ["SECCOMP_FILTER_FLAG_NOPE"]
            }, "linux.seccomp.flags[0]")
        try refuse(
            { $0.linux?.seccomp = SeccompSpec(defaultAction: .allow, architectures: ["SCMP_ARCH_NOPE"], syscalls: []) },
            "linux.seccomp.architectures[0]")
        try refuse(
            { $0.linux?.seccomp = SeccompSpec(defaultAction: .notify, architectures: [], syscalls: []) },
            "linux.seccomp.defaultAction")
    }

    @Test("a filter that names a system call nobody knows, where skipping it would leave the call allowed")
    func unknownSystemCall() throws {
        try refuse(
            {
                $0.linux?.seccomp = SeccompSpec(
                    defaultAction: .allow, architectures: [], syscalls: [.init(names: ["no_such_call"], action: .errno)]
                )
            }, "unknown system call \"no_such_call\" would stay allowed")
    }

    @Test("a field that the runtime does not know")
    func unknownField() throws {
        let bundle = try Bundle()
        try bundle.write()
        let text = try File.readText(bundle.path + "/config.json")
        let changed = "{\"timeOffsets\":{\"monotonic\":{\"secs\":1}}," + text.dropFirst()
        try File.replace(bundle.path + "/config.json", with: Array(changed.utf8))
        let result = try bundle.runtime("run", "--bundle", bundle.path, bundle.name)
        #expect(result.code == 1)
        #expect(result.errors.contains("timeOffsets: this runtime does not know the field and refuses it"))
    }

    @Test(
        "a program that is not there is 127, one that cannot be executed is 126",
        arguments: [
            ("nope", 127, "executable file not found in $PATH"),
            ("/nope", 127, "stat /nope: no such file or directory"), ("/etc", 126, "is a directory"),
        ])
    func programs(name: String, code: Int32, message: String) throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = [name]
        let result = try bundle.run()
        #expect(result.code == code)
        #expect(result.errors.contains("exec: \"\(name)\": \(message)"), "\(result.errors)")
    }

    @Test("an image whose /dev or /proc is a link to a folder of the machine", arguments: ["dev", "proc", "sys"])
    func links(name: String) throws {
        let bundle = try Bundle()
        try File.removeFolder("\(bundle.path)/rootfs/\(name)")
        try File.makeLink("\(bundle.path)/rootfs/\(name)", to: "/tmp")
        let result = try bundle.run("touch /ran")
        #expect(result.code != 0, "\(result.errors)")
        #expect(try !File.exists(bundle.path + "/rootfs/ran"))
    }

    @Test(
        "a container's name that would leave the state folder is a wrong command line",
        arguments: ["../x", "a/b", "", ".", "..", "a b"])
    func names(id: String) throws {
        let bundle = try Bundle()
        try bundle.write()
        #expect(try bundle.runtime("create", "--bundle", bundle.path, id).code == 2)
    }
}
