// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No port of the machine.
    static let hostPorts = Self("hostPorts", .baseline, Form(since: 0, findHostPorts))

    private static func findHostPorts(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        // Texts, since the library sorts them as such: 8080 is before 9.
        var used: [String] = []
        spec.visitContainers { container, position in
            guard let ports = container.ports else { return }
            let before = offenders.fields.count
            for index in ports.indices {
                guard let port = ports[index].hostPort, port != 0 else { continue }
                used.append(String(port))
                var field = position.field("ports")
                field.elements += [.index(index), .field("hostPort")]
                offenders.fields.append(field)
            }
            if offenders.fields.count > before { offenders.add(container) }
        }
        guard !offenders.isEmpty else { return nil }
        let ports = used.sortedOnce
        let verb = offenders.containers.count == 1 ? "uses" : "use"
        let noun = ports.count == 1 ? "hostPort" : "hostPorts"
        return Finding(
            reason: "hostPort", detail: "\(offenders.containerList) \(verb) \(noun) \(ports.joined(separator: ", "))",
            fields: offenders.fields)
    }
}
