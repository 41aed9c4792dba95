// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No probe and no hook that is sent to another host than the pod.
    static let hostProbesAndHostLifecycle = Self(
        "hostProbesAndHostLifecycle", .baseline, Form(since: 34, findHosts))

    private static func findHosts(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        // The library sorts the containers' names here, and here alone.
        var containers: [String] = []
        var hosts: [String] = []
        var fields: [FieldPath] = []
        spec.visitContainers { container, position in
            func take(_ http: HTTPGetAction?, _ tcp: TCPSocketAction?, _ field: () -> FieldPath) {
                for (host, action) in [(http?.host, "httpGet"), (tcp?.host, "tcpSocket")] {
                    guard let host, !host.isEmpty else { continue }
                    containers.append(container.name)
                    hosts.append(host)
                    fields.append(FieldPath(field().elements + [.field(action), .field("host")]))
                }
            }
            if let probe = container.livenessProbe {
                take(probe.httpGet, probe.tcpSocket) { position.field("livenessProbe") }
            }
            if let probe = container.readinessProbe {
                take(probe.httpGet, probe.tcpSocket) { position.field("readinessProbe") }
            }
            if let probe = container.startupProbe {
                take(probe.httpGet, probe.tcpSocket) { position.field("startupProbe") }
            }
            if let hook = container.lifecycle?.postStart {
                take(hook.httpGet, hook.tcpSocket) { position.field("lifecycle", "postStart") }
            }
            if let hook = container.lifecycle?.preStop {
                take(hook.httpGet, hook.tcpSocket) { position.field("lifecycle", "preStop") }
            }
        }
        guard !containers.isEmpty else { return nil }
        containers = containers.sortedOnce
        let verb = containers.count == 1 ? "uses" : "use"
        return Finding(
            reason: "probe or lifecycle host",
            detail: "\(containers.quotedList(after: "container")) \(verb) "
                + hosts.sortedOnce.quotedList(after: "probe or lifecycle host"),
            fields: fields)
    }
}
