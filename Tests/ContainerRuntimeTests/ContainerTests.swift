// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import LinuxTypes
import OCISpec
import Testing

@Suite("Containers from OCI bundles, as the kernel shows them")
struct ContainerTests {
    @Test("the first process is process 1, has no capability, no new privileges and three descriptors")
    func confined() throws {
        let result = try Bundle().run("echo pid $$; grep -E '^(Cap|NoNew)' /proc/self/status; ls /proc/$$/fd; true")
        #expect(result.code == 0, "\(result.errors)")
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "pid 1")
        let sets = lines.filter { $0.hasPrefix("Cap") }
        #expect(sets.count == 5)
        for set in sets { #expect(set.hasSuffix("\t0000000000000000")) }
        #expect(lines.contains("NoNewPrivs:\t1"))
        #expect(lines.suffix(3) == ["0", "1", "2"])
    }

    @Test("user, group and supplementary groups are those of the spec, and none of the caller's stays")
    func identity() throws {
        let bundle = try Bundle()
        bundle.spec.process?.user = .init(uid: 1000, gid: 3000, umask: 0o027, additionalGids: [2000, 4000])
        let result = try bundle.run("grep -E '^(Uid|Gid|Groups)' /proc/self/status; umask")
        #expect(
            result.output == """
                Uid:\t1000\t1000\t1000\t1000
                Gid:\t3000\t3000\t3000\t3000
                Groups:\t2000 4000\u{20}
                0027

                """)
    }

    @Test(
        "a capability set becomes bounding, permitted and effective; nothing is inheritable or ambient",
        arguments: [(["CAP_NET_RAW"], "2000"), (["CAP_BPF", "CAP_CHOWN"], "8000000001"), ([], "0")])
    func capabilities(names: [String], mask: String) throws {
        let bundle = try Bundle()
        bundle.spec.process?.capabilities = .init(bounding: names, effective: names, permitted: names)
        let result = try bundle.run("grep ^Cap /proc/self/status")
        let expected = String(repeating: "0", count: 16 - mask.count) + mask
        let zero = String(repeating: "0", count: 16)
        #expect(
            result.output == """
                CapInh:\t\(zero)
                CapPrm:\t\(expected)
                CapEff:\t\(expected)
                CapBnd:\t\(expected)
                CapAmb:\t\(zero)

                """, "\(result.errors)")
    }

    @Test("a root that is not root keeps the bounding set and nothing else")
    func userWithoutCapabilities() throws {
        let bundle = try Bundle()
        bundle.spec.process?.user = .init(uid: 1000, gid: 1000, umask: nil, additionalGids: [])
        bundle.spec.process?.noNewPrivileges = false
        bundle.spec.process?.capabilities = .init(
            bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"])
        let result = try bundle.run("grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status")
        #expect(
            result.output == """
                CapPrm:\t0000000000000000
                CapEff:\t0000000000000000
                CapBnd:\t0000000000000020

                """, "\(result.errors)")
    }

    @Test("a read-only root cannot be written, /dev can")
    func readOnlyRoot() throws {
        let bundle = try Bundle()
        bundle.spec.root?.readonly = true
        let result = try bundle.run("touch /x; touch /dev/x && echo dev")
        #expect(result.output == "dev\n")
        #expect(result.errors.contains("Read-only file system"))
    }

    @Test("a filter answers, with and without no_new_privs", arguments: [true, false])
    func seccomp(noNewPrivileges: Bool) throws {
        let bundle = try Bundle()
        bundle.spec.process?.noNewPrivileges = noNewPrivileges
        bundle.spec.process?.user = .init(uid: 1000, gid: 1000, umask: nil, additionalGids: [])
        bundle.spec.linux?.seccomp = SeccompSpec(
            defaultAction: .allow, architectures: [],
            syscalls: [.init(names: ["mkdir", "mkdirat"], action: .errno, errnoRet: 38)])
        let result = try bundle.run("grep -E '^Seccomp:' /proc/self/status; busybox mkdir /tmp/x")
        #expect(result.output == "Seccomp:\t2\n")
        #expect(result.errors.contains("Function not implemented"), "\(result.errors)")
    }

    @Test("masked files read empty, masked folders list empty, read-only paths refuse a write")
    func masks() throws {
        let bundle = try Bundle()
        bundle.spec.linux?.maskedPaths = ["/proc/keys", "/proc/acpi", "/proc/no-such-path", "/sys/firmware"]
        let result = try bundle.run(
            "cat /proc/keys; ls /proc/acpi /sys/firmware | grep -v '^/' | grep .; echo 1 > /proc/sys/kernel/msgmax")
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("Read-only file system"))
    }

    @Test("a device that no rule allows can be made and not opened")
    func devices() throws {
        let bundle = try Bundle()
        let names = ["CAP_MKNOD"]
        bundle.spec.process?.capabilities = .init(bounding: names, effective: names, permitted: names)
        let result = try bundle.run("mknod /tmp/loop b 7 0 && mknod /tmp/null c 1 3 && cat /tmp/null && cat /tmp/loop")
        #expect(result.code == 1)
        #expect(result.errors.contains("can't open '/tmp/loop': Operation not permitted"))
    }

    @Test(
        "exit codes are passed on, and a signal is 128 and its number",
        arguments: [("exit 7", 7), ("kill -9 $$; sleep 1", 137)])
    func exitCodes(script: String, code: Int32) throws {
        let bundle = try Bundle()
        // Process 1 ignores signals of its own namespace; its child does not.
        #expect(try bundle.run(code == 137 ? "sh -c '\(script)'; exit $?" : script).code == code)
    }

    @Test("a container is created, started, entered, killed and deleted, and leaves no cgroup")
    func life() throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["sleep", "60"]
        try bundle.write()
        #expect(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        #expect(try bundle.runtime("state", bundle.name).output.contains("\"status\":\"created\""))
        #expect(try bundle.runtime("start", bundle.name).code == 0)
        #expect(try bundle.runtime("state", bundle.name).output.contains("\"status\":\"running\""))
        let entered = try bundle.runtime(
            "exec", bundle.name, "--", "sh", "-c", "grep -E '^(CapBnd|NoNew)' /proc/self/status; exit 4")
        #expect(entered.output == "CapBnd:\t0000000000000000\nNoNewPrivs:\t1\n", "\(entered.errors)")
        #expect(entered.code == 4)
        #expect(try bundle.runtime("delete", bundle.name).code == 1)
        #expect(try bundle.runtime("kill", bundle.name, "KILL").code == 0)
        #expect(try bundle.runtime("delete", "--force", bundle.name).code == 0)
        #expect(try bundle.runtime("state", bundle.name).code == 1)
        #expect(try !File.exists("/sys/fs/cgroup/unified/holdfast/\(bundle.name)"))
        #expect(try !File.exists("\(bundle.path)/state/\(bundle.name)"))
    }

    @Test("a file that is an exec's standard input stays its owner's")
    func inputFile() throws {
        let bundle = try Bundle()
        bundle.spec.process?.user = .init(uid: 1000, gid: 1000, umask: nil, additionalGids: [])
        bundle.spec.process?.args = ["sleep", "60"]
        try bundle.write()
        try #require(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        try #require(try bundle.runtime("start", bundle.name).code == 0)
        let secret = bundle.path + "/secret"
        try File.replace(secret, with: Array("secret\n".utf8), mode: 0o600)
        let input = try File.open(secret, [.readOnly])
        let null = try File.open("/dev/null", [.readWrite])
        let command = Command(
            try Bundle.executable(), ["--root", bundle.path + "/state", "exec", bundle.name, "--", "cat"],
            environment: ["PATH": "/bin"])
        let child = try command.start(descriptors: [input.raw, null.raw, null.raw])
        #expect(try child.wait() == .exited(code: 0))
        #expect(try File.status(secret).uid == 0)
    }

    @Test("a process that enters a container is confined before anybody in it can see it")
    func birth() throws {
        let bundle = try Bundle()
        let names = ["CAP_SYS_PTRACE", "CAP_KILL"]
        bundle.spec.process?.capabilities = .init(bounding: names, effective: names, permitted: names)
        // It stops whatever appears beside it, and shows what it has then.
        bundle.spec.process?.args = [
            "sh", "-c",
            "while true; do for p in /proc/[0-9]*; do n=${p#/proc/}; [ $n = 1 ] && continue; kill -STOP $n 2>/dev/null && "
                + "grep -E '^(CapPrm|CapBnd)' $p/status >> /tmp/seen 2>/dev/null; ls $p/root/rootfs > /tmp/host 2>/dev/null; "
                + "kill -CONT $n; done; done",
        ]
        try bundle.write()
        try #require(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        try #require(try bundle.runtime("start", bundle.name).code == 0)
        for _ in 0..<20 { _ = try bundle.runtime("exec", bundle.name, "--", "true") }
        // At least this one is seen.
        _ = try bundle.runtime("exec", bundle.name, "--", "sleep", "1")
        let seen = try File.readText("\(bundle.path)/rootfs/tmp/seen").split(separator: "\n")
        #expect(!seen.isEmpty)
        for line in seen { #expect(line.hasSuffix("\t0000000000080020"), "\(line)") }
    }

    @Test("the runtime executes from a read-only mount, so that a container cannot overwrite it")
    func sealed() throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["sleep", "60"]
        bundle.spec.linux?.namespaces = [.init(type: .mount), .init(type: .pid)]
        bundle.spec.hostname = nil
        try bundle.write()
        #expect(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        let report = try JSONFile.decode(
            StateReport.self, from: Array(try bundle.runtime("state", bundle.name).output.utf8), subject: "state")
        let program = try File.open("/proc/\(report.pid)/exe", [.path])
        #expect(try File.isOnReadOnlyMount(program.raw))
        #expect(throws: SyscallError.self) { _ = try File.open("/proc/\(report.pid)/exe", [.writeOnly]) }
    }
}
