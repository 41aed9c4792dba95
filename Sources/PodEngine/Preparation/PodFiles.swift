// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import PodNetwork

/// The files of a pod that all of its containers see in `/etc`: `files/` in its folder.
struct PodFiles {
    let pod: Pod
    let folder: String

    var hosts: String { "\(folder)/files/hosts" }
    var hostname: String { "\(folder)/files/hostname" }
    var resolverConfiguration: String { "\(folder)/files/resolv.conf" }
    /// A folder, upon which the shim mounts the pod's `/dev/shm`.
    var sharedMemory: String { "\(folder)/shm" }

    private var isOnHostNetwork: Bool { pod.spec.hostNetwork == true }

    static func machineName() throws(PreparationError) -> String {
        try preparing("reading the machine's name") {
            String(try File.readText("/proc/sys/kernel/hostname").prefix { !$0.isNewline })
        }
    }

    /// The pod's name in its own UTS namespace; a ``NetworkError`` when it is none.
    func name() throws(NetworkError) -> PodHostname {
        try PodHostname(
            podName: pod.metadata.name ?? "", namespace: pod.metadata.namespace ?? "", hostname: pod.spec.hostname,
            subdomain: pod.spec.subdomain, override: pod.spec.hostnameOverride,
            setHostnameAsFQDN: pod.spec.setHostnameAsFQDN == true)
    }

    /// Writes all of them; notes are for the pod's user.
    func write(hostname name: String, addresses: [String]) throws(PreparationError) -> [ResolverConfiguration.Note] {
        try preparing("making the pod's files") {
            for path in ["\(folder)/files", sharedMemory] { try File.makeFolders(path, mode: 0o700) }
        }
        try writeHosts(addresses: addresses)
        try write(name + "\n", to: hostname)
        let (configuration, notes) = try resolver()
        try write(configuration.text, to: resolverConfiguration)
        return notes
    }

    func writeHosts(addresses: [String]) throws(PreparationError) {
        let aliases = (pod.spec.hostAliases ?? []).map { HostsEntry(address: $0.ip, names: $0.hostnames ?? []) }
        let text: String
        if isOnHostNetwork {
            let own = try preparing("reading the machine's /etc/hosts") {
                do { return try File.readText("/etc/hosts") } catch let error as SyscallError
                    where error.errno == .noEntry
                {
                    return ""
                }
            }
            text = HostsFile.hostNetworkText(node: own, aliases: aliases)
        } else {
            text = HostsFile.text(
                addresses: addresses, hostname: try preparing("naming the pod") { try name() }, aliases: aliases)
        }
        try write(text, to: hosts)
    }

    private func resolver() throws(PreparationError) -> (ResolverConfiguration, [ResolverConfiguration.Note]) {
        let written = pod.spec.dnsPolicy ?? ResolverConfiguration.Policy.clusterFirst.rawValue
        guard let policy = ResolverConfiguration.Policy(rawValue: written) else {
            throw PreparationError("spec.dnsPolicy: \"\(written)\" is unknown")
        }
        let asked = pod.spec.dnsConfig
        let options = (asked?.options ?? []).compactMap { option in
            option.name.map { name in option.value.map { "\(name):\($0)" } ?? name }
        }
        let node = try preparing("reading the machine's resolv.conf") { try ResolverConfiguration.node() }
        let result = ResolverConfiguration.pod(
            policy: policy,
            additions: ResolverConfiguration(
                nameservers: asked?.nameservers ?? [], searches: asked?.searches ?? [], options: options),
            namespace: pod.metadata.namespace ?? "", hostNetwork: isOnHostNetwork, node: node)
        return (result.configuration, result.notes)
    }

    /// Readable by every user of the container, as on a node; the folder above is root's alone.
    private func write(_ text: String, to path: String) throws(PreparationError) {
        try preparing("writing \(path)") {
            try File.replace(path, with: Array(text.utf8), mode: 0o644, durable: false)
        }
    }
}
