// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import Foundation
import LinuxKernel
import LinuxTypes
import OCISpec
import Testing

/// What containers have done to other runtimes, by the number of its advisory.
@Suite("Advisories of other runtimes")
struct AdvisoryTests {
    @Test("CVE-2024-21626: a working folder that is a descriptor of the machine's leads nowhere", arguments: 0...9)
    func workingFolder(descriptor: Int) throws {
        let bundle = try Bundle()
        bundle.spec.process?.cwd = "/proc/self/fd/\(descriptor)"
        let result = try Self.runWithFolders(bundle, "ls; ls ..; ls ../../..; pwd")
        // Refused, or somewhere in the container: never in a folder of the machine.
        #expect(!result.output.contains("of-the-machine"), "\(result.output)")
        #expect(result.status != .exited(code: 0) || result.output.hasSuffix("/\n"), "\(result.output)")
    }

    @Test("CVE-2024-21626: an exec's working folder neither", arguments: 3...9)
    func workingFolderOfExec(descriptor: Int) throws {
        let bundle = try Bundle()
        bundle.spec.process?.args = ["sleep", "60"]
        try bundle.write()
        try #require(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        try #require(try bundle.runtime("start", bundle.name).code == 0)
        let result = try Self.runWithFolders(
            bundle,
            ["exec", "--cwd", "/proc/self/fd/\(descriptor)", bundle.name, "--", "sh", "-c", "ls; ls ..; ls ../../.."])
        #expect(!result.output.contains("of-the-machine"), "\(result.output)")
        #expect(result.status != .exited(code: 0))
    }

    @Test(
        "CVE-2025-31133: a masked or read-only path that the image made a link is refused, and not what it names",
        arguments: ["masked", "readonly"])
    func linkAtMask(list: String) throws {
        let bundle = try Bundle()
        try File.replace(bundle.path + "/rootfs/etc/secret", with: Array("secret\n".utf8))
        try File.makeLink(bundle.path + "/rootfs/etc/hidden", to: "secret")
        if list == "masked" { bundle.spec.linux?.maskedPaths?.append("/etc/hidden") }
        if list == "readonly" { bundle.spec.linux?.readonlyPaths?.append("/etc/hidden") }
        let result = try bundle.run("touch /ran")
        #expect(result.code == 1)
        #expect(result.errors.contains("linux.\(list)Paths is not enforced"), "\(result.errors)")
        #expect(try !File.exists(bundle.path + "/rootfs/ran"))
    }

    @Test("CVE-2025-31133: /dev/null of the image, whatever it is, masks nothing and uncovers nothing")
    func imagesNull() throws {
        let bundle = try Bundle()
        bundle.spec.mounts?.removeAll { $0.destination.hasPrefix("/dev") }
        try File.makeLink(bundle.path + "/rootfs/dev/null", to: "/proc/sys/kernel/core_pattern")
        let result = try bundle.run("touch /ran")
        #expect(result.code == 1)
        #expect(result.errors.contains("linux.devices is not enforced (devices)"), "\(result.errors)")
        #expect(try !File.exists(bundle.path + "/rootfs/ran"))
    }

    @Test(
        "CVE-2021-30465, CVE-2019-19921, CVE-2024-45310: a mount point that is swapped for a link while containers start",
        arguments: ["/data", "/proc"])
    func swappedMountPoint(destination: String) throws {
        let bundle = try Bundle()
        let outside = bundle.path + "/outside"
        try File.makeFolders(outside)
        let rootfs = bundle.path + "/rootfs"
        if destination == "/data" {
            try File.makeFolders(rootfs + "/data")
            try File.makeFolders(bundle.path + "/volume")
            bundle.spec.mounts?.append(
                MountSpec(
                    destination: "/data/new", type: "bind", source: bundle.path + "/volume", options: ["rbind", "rw"]))
        }
        bundle.spec.process?.args = ["true"]
        try bundle.write()
        // Two names change places as fast as they can, one of them a link that leads to the machine by an absolute path.
        let other = rootfs + "/other"
        try File.makeLink(other, to: outside)
        let swapper = try Command(
            "/usr/bin/python3", ["-c", Self.swap, rootfs + destination, other], environment: ["PATH": "/usr/bin"]
        ).start(descriptors: [])
        defer { try? swapper.end() }
        for attempt in 0..<40 { _ = try bundle.runtime("run", "--bundle", bundle.path, "\(bundle.name)-\(attempt)") }
        // Nothing was made on the machine, and nothing is mounted there.
        #expect(try File.names(in: outside) == [])
        #expect(try !File.readText("/proc/self/mountinfo").contains(outside))
    }

    /// renameat2(2) with `RENAME_EXCHANGE`, over and over.
    private static let swap = """
        import ctypes, sys
        libc = ctypes.CDLL(None)
        a, b = (word.encode() for word in sys.argv[1:3])
        while True: libc.renameat2(-100, a, -100, b, 2)
        """

    @Test("CVE-2022-24769, CVE-2022-29162: no process of a container has inheritable capabilities, of an exec either")
    func inheritable() throws {
        let bundle = try Bundle()
        let names = ["CAP_CHOWN", "CAP_NET_RAW"]
        bundle.spec.process?.capabilities = .init(bounding: names, effective: names, permitted: names)
        bundle.spec.process?.args = ["sh", "-c", "grep ^CapInh /proc/self/status > /tmp/first; sleep 60"]
        try bundle.write()
        try #require(try bundle.runtime("create", "--bundle", bundle.path, bundle.name).code == 0)
        try #require(try bundle.runtime("start", bundle.name).code == 0)
        let entered = try bundle.runtime(
            "exec", bundle.name, "--", "sh", "-c", "cat /tmp/first; grep ^CapInh /proc/self/status")
        let line = "CapInh:\t0000000000000000\n"
        #expect(entered.output == line + line, "\(entered.errors)")
    }

    @Test("a container does not possess the session keyring of the runtime's caller")
    func keyring() async {
        await #expect(processExitsWith: .success) {
            try Process.startSessionKeyring()
            let own = try Self.keyrings(File.readText("/proc/keys"))
            try #require(!own.isEmpty)
            let bundle = try Bundle()
            // Root sees the keyrings of root; another user only what it possesses.
            bundle.spec.process?.user = .init(uid: 4242, gid: 4242, umask: nil, additionalGids: [])
            bundle.spec.linux?.maskedPaths = []
            let seen = try bundle.run("cat /proc/keys")
            #expect(seen.code == 0, "\(seen.errors)")
            #expect(Self.keyrings(seen.output).isDisjoint(with: own), "\(seen.output)")
            #expect(!Self.keyrings(seen.output).isEmpty)
        }
    }

    private static func keyrings(_ text: String) -> Set<Substring> {
        Set(
            text.split(separator: "\n").filter { $0.contains("keyring   _ses") }
                .compactMap { $0.split(separator: " ").first })
    }

    // MARK: how

    private static func runWithFolders(
        _ bundle: Bundle, _ script: String
    ) throws -> (status: LinuxKernel.ExitStatus, output: String) {
        bundle.spec.process?.args = ["sh", "-c", script]
        try bundle.write()
        return try runWithFolders(bundle, ["run", "--bundle", bundle.path, bundle.name])
    }

    /// Runs the runtime with a folder of the machine in each of its descriptors from 3 to 9.
    private static func runWithFolders(
        _ bundle: Bundle, _ arguments: [String]
    ) throws -> (status: LinuxKernel.ExitStatus, output: String) {
        let null = try File.open("/dev/null", [.readWrite])
        let output = try File.open(bundle.path + "/output", [.readWrite, .create], mode: 0o600)
        try File.makeFolders(bundle.path + "/machine/of-the-machine")
        let folder = try File.open(bundle.path + "/machine", [.directory])
        let command = Command(
            try Bundle.executable(), ["--root", bundle.path + "/state"] + arguments,
            environment: ["PATH": "/usr/bin:/bin"])
        let child = try command.start(
            descriptors: [null.raw, output.raw, null.raw] + [Int32](repeating: folder.raw, count: 7))
        return (try child.wait(), try File.readText(bundle.path + "/output"))
    }
}
