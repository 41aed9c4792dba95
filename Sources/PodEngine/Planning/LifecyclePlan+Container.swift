// SPDX-License-Identifier: Apache-2.0
package import ContainerRuntime
import KubernetesAPI
import LinuxKernel
package import SecurityPolicy

extension LifecyclePlan {
    /// A container's probes and hooks as its shim runs them; nil where it has none.
    ///
    /// Source: the kubelet's prober and lifecycle handlers.
    package init?(_ container: PodContainer) throws(Refusal) {
        let spec = container.container
        self.init()
        startup = try Self.probe(spec.startupProbe, "startupProbe", container)
        readiness = try Self.probe(spec.readinessProbe, "readinessProbe", container)
        liveness = try Self.probe(spec.livenessProbe, "livenessProbe", container)
        postStart = try Self.hook(spec.lifecycle?.postStart, "lifecycle.postStart", container)
        preStop = try Self.hook(spec.lifecycle?.preStop, "lifecycle.preStop", container)
        if self == LifecyclePlan() { return nil }
    }

    private static func probe(
        _ probe: Probe?, _ field: String, _ container: PodContainer
    ) throws(Refusal) -> ProbePlan? {
        guard let probe else { return nil }
        let action: ActionPlan
        if let exec = probe.exec {
            // The variables that stand in the manifest, and no others.
            let values = Dictionary((container.container.env ?? []).map { ($0.name, $0.value ?? "") }) { $1 }
            action = .exec(command: (exec.command ?? []).map { VariableExpansion.expand($0, with: values) })
        } else if let get = probe.httpGet {
            action = try http(get, "\(container.path).\(field).httpGet", container, agent: "kube-probe/1.36")
        } else if let socket = probe.tcpSocket {
            let host = try host(socket.host, "\(container.path).\(field).tcpSocket.host")
            action = port(socket.port, container).map { .connect(host: host, port: $0) } ?? missing(socket.port)
        } else if let call = probe.grpc {
            action = .grpc(port: UInt16(clamping: call.port), service: call.service ?? "")
        } else {
            action = .impossible(reason: "missing probe handler for \(container.container.name)")
        }
        return ProbePlan(
            action: action, initialDelay: Int64(probe.initialDelaySeconds ?? 0),
            period: Int64(probe.periodSeconds ?? 10), timeout: Int64(probe.timeoutSeconds ?? 1),
            successThreshold: Int(probe.successThreshold ?? 1), failureThreshold: Int(probe.failureThreshold ?? 3),
            terminationGracePeriod: probe.terminationGracePeriodSeconds)
    }

    private static func hook(
        _ hook: LifecycleHandler?, _ field: String, _ container: PodContainer
    ) throws(Refusal) -> ActionPlan? {
        guard let hook else { return nil }
        if let exec = hook.exec { return .exec(command: exec.command ?? []) }
        if let get = hook.httpGet {
            return try http(get, "\(container.path).\(field).httpGet", container, agent: "kube-lifecycle/1.36")
        }
        if let sleep = hook.sleep { return .sleep(seconds: sleep.seconds) }
        // The API takes it and no node runs it: "lifecycle hooks will fail at runtime when it is specified".
        return .impossible(reason: "invalid handler: tcpSocket is not supported as a LifecycleHandler")
    }

    private static func http(
        _ get: HTTPGetAction, _ field: String, _ container: PodContainer, agent: String
    ) throws(Refusal) -> ActionPlan {
        let host = try host(get.host, "\(field).host")
        guard let port = port(get.port, container) else { return missing(get.port) }
        return .http(
            HTTPAction(
                isSecure: get.scheme == "HTTPS", host: host, port: port, path: get.path ?? "/",
                headers: (get.httpHeaders ?? []).map { HTTPAction.Header($0.name, $0.value) }, userAgent: agent))
    }

    /// Nil for the pod's own address.
    private static func host(_ host: String?, _ field: String) throws(Refusal) -> String? {
        guard let host, !host.isEmpty else { return nil }
        guard host == "localhost" || InternetAddress(host) != nil else {
            throw Refusal(
                .container, field: field,
                message: "\(field): \"\(host)\" is a name, and names are not looked up; give its address")
        }
        return host
    }

    /// Nil for a name that no port of the container has, and for what is no port's number.
    private static func port(_ port: IntOrString, _ container: PodContainer) -> UInt16? {
        let number: Int32?
        switch port {
        case .int(let value): number = value
        case .string(let name):
            number = container.container.ports?.first { $0.name == name }?.containerPort ?? Int32(name)
        }
        return number.flatMap { $0 > 0 ? UInt16(exactly: $0) : nil }
    }

    private static func missing(_ port: IntOrString) -> ActionPlan {
        .impossible(reason: "couldn't find port: \(port)")
    }
}
