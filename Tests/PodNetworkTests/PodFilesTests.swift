// SPDX-License-Identifier: Apache-2.0
import PodNetwork
import Testing

@Suite("A pod's network files")
struct PodFilesTests {
    private let head = """
        # Kubernetes-managed hosts file.
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::0\tip6-localnet
        fe00::0\tip6-mcastprefix
        fe00::1\tip6-allnodes
        fe00::2\tip6-allrouters

        """

    @Test("/etc/hosts gives each of the pod's addresses its name")
    func hosts() throws {
        let name = try PodHostname(podName: "web", namespace: "default")
        #expect(HostsFile.text(addresses: [], hostname: name) == head)
        #expect(HostsFile.text(addresses: ["10.1.2.3"], hostname: name) == head + "10.1.2.3\tweb\n")
        let domain = try PodHostname(podName: "web", namespace: "shop", hostname: "a", subdomain: "b")
        #expect(
            HostsFile.text(addresses: ["10.1.2.3", "fd00::3"], hostname: domain)
                == head + "10.1.2.3\ta.b.shop.svc.cluster.local\ta\nfd00::3\ta.b.shop.svc.cluster.local\ta\n")
    }

    @Test("host aliases stand at the end, one line an address, with and without the host's network")
    func aliases() throws {
        let aliases = [
            HostsEntry(address: "127.0.0.1", names: ["foo.local", "bar.local"]),
            HostsEntry(address: "10.1.2.3", names: ["foo.remote"]),
        ]
        let tail = "\n# Entries added by HostAliases.\n127.0.0.1\tfoo.local\tbar.local\n10.1.2.3\tfoo.remote\n"
        let name = try PodHostname(podName: "web", namespace: "default")
        #expect(
            HostsFile.text(addresses: ["10.9.9.9"], hostname: name, aliases: aliases)
                == head + "10.9.9.9\tweb\n" + tail)
        #expect(
            HostsFile.hostNetworkText(node: "127.0.0.1 localhost machine\n", aliases: aliases)
                == "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost machine\n" + tail)
    }

    @Test(
        "the hostname is the pod's or spec.hostname, cut to 63 characters and no dash or dot at its end",
        arguments: [
            ("web", nil, "web"), ("web", "", "web"), ("web", "db", "db"),
            (String(repeating: "a", count: 63), nil, String(repeating: "a", count: 63)),
            (String(repeating: "a", count: 70), nil, String(repeating: "a", count: 63)),
            (String(repeating: "a", count: 60) + "-.-bcd", nil, String(repeating: "a", count: 60)),
        ] as [(String, String?, String)])
    func hostname(pod: String, hostname: String?, expected: String) throws {
        let name = try PodHostname(podName: pod, namespace: "default", hostname: hostname)
        #expect(name.name == expected && name.systemName == expected && name.fileText == expected + "\n")
    }

    @Test("setHostnameAsFQDN makes the whole name the hostname, and refuses one that the kernel does not take")
    func wholeName() throws {
        let name = try PodHostname(podName: "web", namespace: "shop", subdomain: "front", setHostnameAsFQDN: true)
        #expect(name.systemName == "web.front.shop.svc.cluster.local")
        #expect(try PodHostname(podName: "web", namespace: "shop", setHostnameAsFQDN: true).systemName == "web")
        let error = try #require(throws: NetworkError.self) {
            try PodHostname(
                podName: String(repeating: "a", count: 50), namespace: "shop", subdomain: "front",
                setHostnameAsFQDN: true)
        }
        #expect(error.description.hasPrefix("spec.setHostnameAsFQDN: aaa"))
        #expect(error.description.hasSuffix("is too long (64 characters is the max, 79 characters requested)"))
    }

    @Test("hostnameOverride takes the place of everything")
    func override() throws {
        let name = try PodHostname(
            podName: "web", namespace: "shop", hostname: "a", subdomain: "b", override: "own.example.org")
        #expect(name.systemName == "own.example.org" && name.domain == nil && name.name == "own.example.org")
    }
}

@Suite("A pod's resolver")
struct ResolverTests {
    private static let node = ResolverConfiguration(
        nameservers: ["192.0.2.1"], searches: ["example.org"], options: ["ndots:2", "edns0"])

    @Test("a file is read and written as resolv.conf(5) says")
    func parsing() {
        let read = ResolverConfiguration(
            parsing: """
                # a comment
                nameserver 192.0.2.1
                search gone.example
                \tsearch example.org. sub.example.org .
                nameserver 2001:db8::1 trailing
                options ndots:2 edns0
                options ndots:3
                nameserver
                """)
        #expect(read.nameservers == ["192.0.2.1", "2001:db8::1"])
        #expect(read.searches == ["example.org", "sub.example.org", "."])
        #expect(read.options == ["ndots:3", "edns0"])
        #expect(
            read.text
                == "search example.org sub.example.org .\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n"
                + "options ndots:3 edns0\n")
        #expect(ResolverConfiguration().text == "")
    }

    @Test(
        "each policy gives what Kubernetes gives",
        arguments: [
            (.default, false, "search example.org\nnameserver 192.0.2.1\noptions ndots:2 edns0\n"),
            (.none, false, ""),
            (
                .clusterFirst, false,
                "search shop.svc.cluster.local svc.cluster.local cluster.local example.org\nnameserver 10.96.0.10\n"
                    + "options ndots:5\n"
            ),
            (.clusterFirst, true, "search example.org\nnameserver 192.0.2.1\noptions ndots:2 edns0\n"),
            (
                .clusterFirstWithHostNet, true,
                "search shop.svc.cluster.local svc.cluster.local cluster.local example.org\nnameserver 10.96.0.10\n"
                    + "options ndots:5\n"
            ),
        ] as [(ResolverConfiguration.Policy, Bool, String)])
    func policies(policy: ResolverConfiguration.Policy, hostNetwork: Bool, expected: String) {
        let (configuration, notes) = ResolverConfiguration.pod(
            policy: policy, namespace: "shop", hostNetwork: hostNetwork, node: Self.node,
            cluster: .init(nameservers: ["10.96.0.10"]))
        #expect(configuration.text == expected)
        #expect(notes.isEmpty)
    }

    @Test("without cluster DNS, ClusterFirst is the node's resolver, and a note says so")
    func noCluster() throws {
        let (configuration, notes) = ResolverConfiguration.pod(
            policy: .clusterFirst, namespace: "shop", hostNetwork: false, node: Self.node)
        #expect(configuration == Self.node)
        let note = try #require(notes.first)
        #expect(note.reason == "MissingClusterDNS" && note.message.contains("Falling back to \"Default\" policy."))
    }

    @Test("dnsConfig adds servers and suffixes once each, and its options win")
    func additions() {
        let (configuration, _) = ResolverConfiguration.pod(
            policy: .default,
            additions: ResolverConfiguration(
                nameservers: ["192.0.2.1", "192.0.2.2"], searches: ["more.example", "example.org"],
                options: ["ndots:7", "use-vc"]),
            namespace: "shop", hostNetwork: false, node: Self.node)
        #expect(
            configuration
                == ResolverConfiguration(
                    nameservers: ["192.0.2.1", "192.0.2.2"], searches: ["example.org", "more.example"],
                    options: ["ndots:7", "edns0", "use-vc"]))
    }

    @Test("what is more than resolvers take is left out, and a note says what is left")
    func limits() {
        let (configuration, notes) = ResolverConfiguration.pod(
            policy: .none,
            additions: ResolverConfiguration(
                nameservers: (1...5).map { "192.0.2.\($0)" }, searches: (1...40).map { "s\($0).example" }),
            namespace: "shop", hostNetwork: false, node: Self.node)
        #expect(configuration.nameservers == ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        #expect(configuration.searches.count == 32)
        #expect(notes.map(\.reason) == ["DNSConfigForming", "DNSConfigForming"])
        #expect(notes[0].message.hasSuffix("is: 192.0.2.1 192.0.2.2 192.0.2.3"))
    }
}
