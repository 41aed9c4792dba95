// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel

/// One pod's place in one network: made by ``add(_:to:plugins:)``, kept by the caller, given back by ``delete(plugins:)``.
///
/// It carries the configuration that it was made with, so that a pod leaves the network that it joined even when the
/// machine's files have changed meanwhile.
package struct CNIAttachment: Codable, Hashable, Sendable {
    /// Whom a network is joined for.
    package struct Pod: Codable, Hashable, Sendable {
        package var namespace: String
        package var name: String
        package var uid: String
        /// The pod's network namespace, such as `/proc/PID/fd/N`.
        package var networkNamespace: String
        package var portMappings: [PortMapping]
        package init(
            namespace: String, name: String, uid: String, networkNamespace: String, portMappings: [PortMapping] = []
        ) {
            self.namespace = namespace
            self.name = name
            self.uid = uid
            self.networkNamespace = networkNamespace
            self.portMappings = portMappings
        }
    }

    /// A port of the machine that leads to one of the pod: `spec.containers[].ports[]` with a `hostPort`.
    package struct PortMapping: Codable, Hashable, Sendable {
        package var hostPort: UInt16
        package var containerPort: UInt16
        /// `TCP`, `UDP` or `SCTP`.
        package var transport: String
        package var hostIP: String?
        package init(hostPort: UInt16, containerPort: UInt16, transport: String = "TCP", hostIP: String? = nil) {
            self.hostPort = hostPort
            self.containerPort = containerPort
            self.transport = transport
            self.hostIP = hostIP
        }

        /// As the `portMappings` capability has it.
        fileprivate var value: JSONValue {
            var members: [String: JSONValue] = [
                "hostPort": .integer(Int64(hostPort)), "containerPort": .integer(Int64(containerPort)),
                "protocol": .string(transport.lowercased()),
            ]
            members["hostIP"] = hostIP.map { .string($0) }
            return .object(members)
        }
    }

    /// The interface's name in the pod.
    package static let interface = "eth0"

    private let configuration: CNIConfiguration
    private var pod: Pod
    /// The last plugin's result, as it wrote it.
    private let raw: JSONValue
}

extension CNIAttachment {
    /// Joins a network: runs its plugins in order, each with the result of the one before.
    ///
    /// When a plugin fails, what the ones before it made is given back.
    ///
    /// - Throws: which plugin failed and what it said, or that a `hostPort` is asked of a network that maps none.
    package static func add(
        _ pod: Pod, to configuration: CNIConfiguration, plugins: CNIPlugins = .machine
    ) throws(NetworkError) -> Self {
        if let port = pod.portMappings.first,
            !configuration.plugins.contains(where: { $0.capabilities.contains("portMappings") })
        {
            throw NetworkError(
                "hostPort \(port.hostPort) needs a plugin with the portMappings capability, and "
                    + "\(configuration.file) has none")
        }
        var attachment = Self(configuration: configuration, pod: pod, raw: .null)
        do {
            for plugin in configuration.plugins {
                let output = try attachment.call(.add, plugin, plugins)
                attachment = Self(configuration: configuration, pod: pod, raw: output)
            }
            _ = try attachment.result()
        } catch {
            do { try attachment.delete(plugins: plugins) } catch let second {
                throw NetworkError("\(error); \(second)")
            }
            throw error
        }
        return attachment
    }

    /// What the network gave the pod.
    package func result() throws(NetworkError) -> CNIResult {
        try CNIResult(raw, from: "CNI network \(configuration.name)")
    }

    /// Asks the plugins whether all is as they made it; networks before 0.4.0 cannot be asked.
    package func check(plugins: CNIPlugins = .machine) throws(NetworkError) {
        guard knowsCheck, !configuration.disableCheck else { return }
        for plugin in configuration.plugins { _ = try call(.check, plugin, plugins) }
    }

    /// Leaves the network: runs its plugins in reverse.
    ///
    /// It can be called again, and after the network namespace has gone. A plugin that fails does not keep the others from
    /// giving back what they hold; the first error is thrown.
    package func delete(plugins: CNIPlugins = .machine) throws(NetworkError) {
        var leaving = self
        let isThere: Bool
        do {
            // What a link of /proc names is asked for, and a namespace may have gone with its process.
            _ = try File.followedStatus(pod.networkNamespace)
            isThere = true
        } catch { isThere = false }
        if !isThere { leaving.pod.networkNamespace = "" }
        var failure: NetworkError?
        for plugin in configuration.plugins.reversed() {
            do { _ = try leaving.call(.delete, plugin, plugins) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private enum Verb: String {
        case add = "ADD"
        case check = "CHECK"
        case delete = "DEL"
    }

    private var knowsCheck: Bool {
        let parts = configuration.version.split(separator: ".").compactMap { Int($0) }
        return (parts.first ?? 0, parts.dropFirst().first ?? 0) >= (0, 4)
    }

    private func call(
        _ verb: Verb, _ plugin: CNIConfiguration.Plugin, _ plugins: CNIPlugins
    ) throws(NetworkError) -> JSONValue {
        var input = plugin.configuration
        input["name"] = .string(configuration.name)
        input["cniVersion"] = .string(configuration.version)
        // The names are for whoever writes the list: a plugin gets the values.
        input["capabilities"] = nil
        if plugin.capabilities.contains("portMappings"), !pod.portMappings.isEmpty {
            input["runtimeConfig"] = .object(["portMappings": .array(pod.portMappings.map(\.value))])
        }
        if raw != .null, verb != .delete || knowsCheck { input["prevResult"] = raw }
        let identity = [
            "IgnoreUnknown=1", "K8S_POD_NAMESPACE=\(pod.namespace)", "K8S_POD_NAME=\(pod.name)",
            "K8S_POD_INFRA_CONTAINER_ID=\(pod.uid)", "K8S_POD_UID=\(pod.uid)",
        ]
        return try plugins.run(
            plugin.type, network: configuration.name,
            environment: [
                "CNI_COMMAND": verb.rawValue, "CNI_CONTAINERID": pod.uid, "CNI_NETNS": pod.networkNamespace,
                "CNI_IFNAME": Self.interface, "CNI_ARGS": identity.joined(separator: ";"),
            ], input: .object(input))
    }
}
