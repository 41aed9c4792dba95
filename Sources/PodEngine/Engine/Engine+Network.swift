// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel
import PodNetwork
import SecurityPolicy

/// What the shim calls to make and to give back a pod's network.
extension Engine {
    /// Joins the machine's CNI network, and writes the pod's hosts file anew with the addresses that it got.
    ///
    /// Returns the addresses, the first one the pod's own.
    package func addNetwork(podFolder: String, namespace: String) throws(EngineError) -> [String] {
        let place = try place(ofFolder: podFolder)
        let pod = try pods.readTyped(place)
        do {
            guard let configuration = try CNIConfiguration.first() else {
                throw EngineError.failed("\(CNIConfiguration.folder) has no network any more")
            }
            let attachment = try CNIAttachment.add(
                CNIAttachment.Pod(
                    namespace: place.name.namespace, name: place.name.name, uid: place.uid, networkNamespace: namespace,
                    portMappings: portMappings(of: pod)), to: configuration)
            do {
                try JSONFile.write(attachment, to: place.network)
                let addresses = try attachment.result().addresses
                let node = try Node.ofThisMachine()
                try preparation(of: pod, place, node).writeHosts(addresses: addresses)
                return addresses
            } catch {
                // What is not written down could not be given back later.
                try attachment.delete()
                throw error
            }
        } catch let error as EngineError {
            throw error
        } catch { throw .failed("\(error)") }
    }

    /// Leaves the network that the pod joined, if it joined one.
    package func removeNetwork(podFolder: String) throws(EngineError) {
        let place = try place(ofFolder: podFolder)
        guard let attachment = try PodRecord.readJSON(CNIAttachment.self, place.network) else { return }
        do { try attachment.delete() } catch { throw .failed("\(error)") }
        try doing("cannot forget the network of pod \(place.name.name)") { () throws(SyscallError) in
            try File.remove(place.network)
        }
    }

    private func portMappings(of pod: Pod) -> [CNIAttachment.PortMapping] {
        ((pod.spec.initContainers ?? []) + pod.spec.containers).flatMap { $0.ports ?? [] }.compactMap { port in
            guard let host = port.hostPort, host > 0 else { return nil }
            return CNIAttachment.PortMapping(
                hostPort: UInt16(clamping: host), containerPort: UInt16(clamping: port.containerPort),
                transport: port.protocol ?? "TCP", hostIP: port.hostIP)
        }
    }
}
