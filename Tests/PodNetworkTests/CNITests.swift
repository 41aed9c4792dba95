// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import LinuxTypes
import PodNetwork
import Testing

/// A folder of its own for one test, removed after it.
private final class Scratch {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "holdfast-network-" + UUID().uuidString
        try File.makeFolders(path)
    }
    deinit { try? File.removeTree(path) }

    func write(_ name: String, _ text: String) throws {
        try File.replace("\(path)/\(name)", with: Array(text.utf8), mode: 0o644)
    }

    /// By a program of its own: a fork elsewhere in the tests would keep a copy that is open for writing, and execve(2) of it
    /// would be ETXTBSY.
    func writeProgram(_ name: String, _ text: String) throws {
        try write("\(name).text", text)
        let files = ["\(path)/\(name).text", "\(path)/\(name)"]
        let copy = try Command("/usr/bin/install", ["-m", "755"] + files, environment: [:]).run()
        try #require(copy.status == .exited(code: 0))
    }
}

@Suite("CNI configurations")
struct CNIConfigurationTests {
    private let list = #"{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"bridge"}]}"#

    @Test("the first file by name counts, and only those that are configurations")
    func first() throws {
        let scratch = try Scratch()
        #expect(try CNIConfiguration.first(in: scratch.path) == nil)
        #expect(try CNIConfiguration.first(in: scratch.path + "/absent") == nil)
        try scratch.write("00-readme.txt", "not one")
        try scratch.write("99-last.conflist", list.replacing("net", with: "last"))
        try scratch.write("10-first.conf", #"{"name":"first","type":"bridge"}"#)
        try scratch.write("10-second.json", #"{"name":"second","type":"bridge"}"#)
        let found = try #require(try CNIConfiguration.first(in: scratch.path))
        #expect(found.name == "first" && found.version == "0.1.0" && found.file == "\(scratch.path)/10-first.conf")
    }

    @Test(
        "a file that is no configuration is an error that names it, and is not passed over",
        arguments: [
            ("{", "is not valid JSON"), ("[]", "is not a JSON object"),
            (#"{"plugins":[{"type":"x"}]}"#, "name is missing"),
            (#"{"name":"../up","plugins":[{"type":"x"}]}"#, "must be letters"),
            (#"{"name":"n","plugins":[]}"#, "plugins: at least one is needed"), (#"{"name":"n"}"#, "plugins: at least"),
            (#"{"name":"n","plugins":[{}]}"#, "plugins[0]: type is missing"),
            (#"{"name":"n","plugins":[{"type":"../../bin/sh"}]}"#, "must be a program's name, not a path"),
        ])
    func invalid(text: String, message: String) throws {
        let scratch = try Scratch()
        try scratch.write("10-a.conflist", text)
        try scratch.write("20-b.conflist", list)
        let error = try #require(throws: NetworkError.self) { try CNIConfiguration.first(in: scratch.path) }
        #expect(error.description.hasPrefix("\(scratch.path)/10-a.conflist"))
        #expect(error.description.contains(message))
        #expect(!error.description.contains("\n"))
    }
}

/// Debian's plugins, in network namespaces that each test makes: its process leaves the machine's own.
@Suite("CNI plugins", .serialized)
struct CNIPluginTests {
    private static let plugins = CNIPlugins(folders: ["/usr/lib/cni"])

    /// A bridge with addresses from a pool, then a plugin that changes the interface.
    private static func bridge(_ folder: String) -> String {
        """
        {"cniVersion": "1.0.0", "name": "test", "plugins": [
          {"type": "bridge", "bridge": "hf-test0", "isGateway": true,
           "ipam": {"type": "host-local", "dataDir": "\(folder)/addresses", "ranges": [[{"subnet": "10.88.7.0/24"}]],
                    "routes": [{"dst": "0.0.0.0/0"}]},
           "dns": {"nameservers": ["192.0.2.53"], "search": ["example.org"]}},
          {"type": "tuning", "mtu": 1400}
        ]}
        """
    }

    private static func pod(_ uid: String, _ namespace: String, ports: [CNIAttachment.PortMapping] = [])
        -> CNIAttachment.Pod
    {
        CNIAttachment.Pod(
            namespace: "default", name: "web", uid: uid, networkNamespace: namespace, portMappings: ports)
    }

    /// What a command says inside a process's network namespace.
    private static func inside(_ pid: Int32, _ arguments: String...) throws -> String {
        let result = try Command(
            "/usr/bin/nsenter", ["--net=/proc/\(pid)/ns/net", "--"] + arguments,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run()
        return String(decoding: result.output + result.errors, as: UTF8.self)
    }

    /// A process in a network namespace of its own that stands for a pod.
    private static func startPod() throws -> Command.Child {
        let child = try Command("/usr/bin/unshare", ["--net", "sleep", "600"], environment: ["PATH": "/usr/bin:/bin"])
            .start(descriptors: [])
        let own = try File.linkTarget("/proc/self/ns/net")
        while try File.linkTarget("/proc/\(child.id)/ns/net") == own { Clock.sleep(milliseconds: 5) }
        return child
    }

    @Test("bridge, host-local and tuning make an interface with address, route and mtu, check it, and take it away")
    func bridge() async {
        await #expect(processExitsWith: .success) {  // Its own process: it leaves the machine's network namespace.
            try Process.unshare([.network])
            let scratch = try Scratch()
            try scratch.write("10-test.conflist", Self.bridge(scratch.path))
            let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
            let child = try Self.startPod()
            defer { #expect(throws: Never.self) { try child.end() } }
            let pod = Self.pod("uid-1", "/proc/\(child.id)/ns/net")

            let made = try CNIAttachment.add(pod, to: configuration, plugins: Self.plugins)
            let result = try made.result()
            #expect(result.addresses == ["10.88.7.2"] && result.gateways == ["10.88.7.1"])
            #expect(result.resolver.nameservers == ["192.0.2.53"] && result.resolver.searches == ["example.org"])
            let link = try Self.inside(child.id, "ip", "-o", "addr", "show", "eth0")
            #expect(link.contains("inet 10.88.7.2/24"))
            #expect(try Self.inside(child.id, "ip", "link", "show", "eth0").contains("mtu 1400"))
            #expect(try Self.inside(child.id, "ip", "route").contains("default via 10.88.7.1 dev eth0"))
            #expect(try File.exists("\(scratch.path)/addresses/test/10.88.7.2"))
            try made.check(plugins: Self.plugins)

            // What the engine keeps between commands is enough to check and to leave.
            let kept = try JSONDecoder().decode(CNIAttachment.self, from: JSONEncoder().encode(made))
            #expect(try Self.inside(child.id, "ip", "link", "set", "eth0", "mtu", "1300") == "")
            let drift = try #require(throws: NetworkError.self) { try kept.check(plugins: Self.plugins) }
            #expect(drift.description.hasPrefix("CNI network test: CHECK with plugin tuning: "))
            try kept.delete(plugins: Self.plugins)
            #expect(try Self.inside(child.id, "ip", "link", "show", "eth0").contains("does not exist"))
            #expect(try !File.exists("\(scratch.path)/addresses/test/10.88.7.2"))
            try kept.delete(plugins: Self.plugins)
        }
    }

    @Test("a port of the machine leads to one of the pod, until the pod has left")
    func portMapping() async {
        await #expect(processExitsWith: .success) {
            try Process.unshare([.network])
            try NetworkInterface.up("lo")
            let scratch = try Scratch()
            try scratch.write(
                "10-test.conflist",
                """
                {"cniVersion": "1.0.0", "name": "test", "plugins": [
                  {"type": "bridge", "bridge": "hf-test0", "isGateway": true,
                   "ipam": {"type": "host-local", "dataDir": "\(scratch.path)/addresses",
                            "ranges": [[{"subnet": "10.88.7.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
                  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
                ]}
                """)
            let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
            let child = try Self.startPod()
            defer { #expect(throws: Never.self) { try child.end() } }
            let port = CNIAttachment.PortMapping(hostPort: 8081, containerPort: 80)
            let made = try CNIAttachment.add(
                Self.pod("uid-p", "/proc/\(child.id)/ns/net", ports: [port]), to: configuration,
                plugins: Self.plugins)
            let variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
            let server = try Command(
                "/usr/bin/nsenter",
                ["--net=/proc/\(child.id)/ns/net", "--", "busybox", "nc", "-l", "-p", "80", "-e", "echo", "reached"],
                environment: variables
            ).start(descriptors: [])
            defer { #expect(throws: Never.self) { try server.end() } }
            let ask = Command("/usr/bin/busybox", ["nc", "-w", "2", "127.0.0.1", "8081"], environment: variables)
            var answer = ""
            for _ in 0..<100 where answer.isEmpty {
                answer = String(decoding: try ask.run().output, as: UTF8.self)
                if answer.isEmpty { Clock.sleep(milliseconds: 20) }
            }
            #expect(answer == "reached\n")
            try made.delete(plugins: Self.plugins)
            let rules = try Command("/usr/sbin/iptables", ["-t", "nat", "-S"], environment: variables).run()
            #expect(!String(decoding: rules.output, as: UTF8.self).contains("8081"))
        }
    }

    @Test("an address comes back after the namespace has gone with its process")
    func namespaceGone() async {
        await #expect(processExitsWith: .success) {
            try Process.unshare([.network])
            let scratch = try Scratch()
            try scratch.write("10-test.conflist", Self.bridge(scratch.path))
            let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
            let child = try Self.startPod()
            let made = try CNIAttachment.add(
                Self.pod("uid-1", "/proc/\(child.id)/ns/net"), to: configuration, plugins: Self.plugins)
            try child.end()
            #expect(try File.exists("\(scratch.path)/addresses/test/10.88.7.2"))
            try made.delete(plugins: Self.plugins)
            #expect(try !File.exists("\(scratch.path)/addresses/test/10.88.7.2"))
        }
    }

    @Test("when a later plugin fails, the error has its own words, and what was made is given back")
    func failedAdd() async {
        await #expect(processExitsWith: .success) {
            try Process.unshare([.network])
            let scratch = try Scratch()
            try scratch.write(
                "10-test.conflist",
                Self.bridge(scratch.path).replacing("\"mtu\": 1400", with: "\"sysctl\": {\"kernel.shmmax\": \"1\"}"))
            let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
            let child = try Self.startPod()
            defer { #expect(throws: Never.self) { try child.end() } }
            let error = try #require(throws: NetworkError.self) {
                try CNIAttachment.add(
                    Self.pod("uid-1", "/proc/\(child.id)/ns/net"), to: configuration, plugins: Self.plugins)
            }
            #expect(error.description.hasPrefix("CNI network test: ADD with plugin tuning: "))
            #expect(error.description.contains("kernel"))
            #expect(!error.description.contains("\n"))
            #expect(try Self.inside(child.id, "ip", "link", "show", "eth0").contains("does not exist"))
            #expect(try !File.exists("\(scratch.path)/addresses/test/10.88.7.2"))
        }
    }

    @Test("the loopback plugin brings lo up")
    func loopback() async {
        await #expect(processExitsWith: .success) {
            try Process.unshare([.network])
            let scratch = try Scratch()
            try scratch.write("10-lo.conf", #"{"cniVersion":"0.4.0","name":"lo","type":"loopback"}"#)
            let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
            let child = try Self.startPod()
            defer { #expect(throws: Never.self) { try child.end() } }
            #expect(try !Self.inside(child.id, "ip", "link", "show", "lo").contains("LOOPBACK,UP"))
            let made = try CNIAttachment.add(
                Self.pod("uid-1", "/proc/\(child.id)/ns/net"), to: configuration, plugins: Self.plugins)
            #expect(try made.result().addresses == ["127.0.0.1", "::1"])
            #expect(try Self.inside(child.id, "ip", "link", "show", "lo").contains("LOOPBACK,UP"))
        }
    }

    @Test("a plugin gets the pod's identity, the capabilities that it asks for and the result before its own")
    func arguments() throws {
        let scratch = try Scratch()
        let script = """
            #!/bin/sh
            { env | grep ^CNI_ | sort; cat; echo; } >> \(scratch.path)/said
            if [ "$CNI_COMMAND" = ADD ]; then echo '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.9/8"}]}'; fi
            """
        try scratch.writeProgram("one", script)
        try scratch.writeProgram("two", script)
        try scratch.write(
            "10-test.conflist",
            """
            {"cniVersion": "1.0.0", "name": "test", "plugins": [
              {"type": "one", "key": {"deep": [1, 2.5, true, null]}},
              {"type": "two", "capabilities": {"portMappings": true, "bandwidth": false}}]}
            """)
        let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
        let plugins = CNIPlugins(folders: ["/absent", scratch.path])
        let ports = [CNIAttachment.PortMapping(hostPort: 8080, containerPort: 80, hostIP: "127.0.0.1")]
        let made = try CNIAttachment.add(
            Self.pod("uid-1", "/proc/self/ns/net", ports: ports), to: configuration, plugins: plugins)
        #expect(try made.result().addresses == ["10.0.0.9"])
        try made.delete(plugins: plugins)
        let said = try File.readText("\(scratch.path)/said")
        let identity = """
            CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=uid-1;\
            K8S_POD_UID=uid-1
            """
        func call(_ verb: String, _ input: String) -> String {
            """
            \(identity)
            CNI_COMMAND=\(verb)
            CNI_CONTAINERID=uid-1
            CNI_IFNAME=eth0
            CNI_NETNS=/proc/self/ns/net
            CNI_PATH=/absent:\(scratch.path)
            \(input)

            """
        }
        let result = #""prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.9/8"}]}"#
        let runtime =
            #""runtimeConfig":{"portMappings":[{"containerPort":80,"hostIP":"127.0.0.1","hostPort":8080,"protocol":"tcp"}]}"#
        let head = #"{"cniVersion":"1.0.0""#
        let key = #""key":{"deep":[1,2.5,true,null]}"#
        #expect(
            said == call("ADD", #"\#(head),\#(key),"name":"test","type":"one"}"#)
                + call("ADD", #"\#(head),"name":"test",\#(result),\#(runtime),"type":"two"}"#)
                + call("DEL", #"\#(head),"name":"test",\#(result),\#(runtime),"type":"two"}"#)
                + call("DEL", #"\#(head),\#(key),"name":"test",\#(result),"type":"one"}"#))
    }

    @Test(
        "a plugin that misbehaves is one line that names it",
        arguments: [
            ("echo oops >&2; exit 7", "oops (exit code 7)"), ("exit 7", "exit code 7"),
            (#"printf '%s' '{"code": 11, "msg": "no\nroom", "details": "none"}'; exit 1"#, "no room (none)"),
            ("kill -9 $$", "killed by signal 9"), ("echo nonsense", "its result is not valid JSON"),
            (#"echo '{"ips": [{}]}'"#, "the result has an entry without an address"),
            ("sleep 60", "did not end within 1 s"),
        ])
    func misbehaving(script: String, message: String) throws {
        let scratch = try Scratch()
        // Only what joins misbehaves: leaving is quiet.
        try scratch.writeProgram("bad", "#!/bin/sh\n[ $CNI_COMMAND = ADD ] || exit 0\n\(script)\n")
        try scratch.write("10-test.conflist", #"{"cniVersion":"1.0.0","name":"test","plugins":[{"type":"bad"}]}"#)
        let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
        let error = try #require(throws: NetworkError.self) {
            try CNIAttachment.add(
                Self.pod("uid-1", "/proc/self/ns/net"), to: configuration,
                plugins: CNIPlugins(folders: [scratch.path], timeout: .seconds(1)))
        }
        #expect(error.description.hasPrefix("CNI network test"))
        #expect(error.description.contains(message))
        #expect(!error.description.contains("\n"))
    }

    @Test("a plugin that is not there, and a hostPort that no plugin maps, are refused by name")
    func missing() throws {
        let scratch = try Scratch()
        try scratch.write("10-test.conflist", #"{"cniVersion":"1.0.0","name":"test","plugins":[{"type":"gone"}]}"#)
        let configuration = try #require(try CNIConfiguration.first(in: scratch.path))
        let plugins = CNIPlugins(folders: [scratch.path, "/absent"])
        let error = try #require(throws: NetworkError.self) {
            try CNIAttachment.add(Self.pod("uid-1", "/proc/self/ns/net"), to: configuration, plugins: plugins)
        }
        #expect(
            error.description.hasPrefix(
                "CNI network test: ADD with plugin gone: no such program in \(scratch.path), /absent"))
        let unmapped = try #require(throws: NetworkError.self) {
            try CNIAttachment.add(
                Self.pod(
                    "uid-1", "/proc/self/ns/net",
                    ports: [CNIAttachment.PortMapping(hostPort: 8080, containerPort: 80)]),
                to: configuration, plugins: plugins)
        }
        #expect(unmapped.description.hasPrefix("hostPort 8080 needs a plugin with the portMappings capability"))
    }
}
