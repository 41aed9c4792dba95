// SPDX-License-Identifier: Apache-2.0

/// The ways to act on a container, of a probe or of a hook.
private struct Handler {
    var exec: ExecAction?
    var httpGet: HTTPGetAction?
    var tcpSocket: TCPSocketAction?
    var grpc: GRPCAction?
    var sleep: SleepAction?

    init(_ probe: Probe) {
        exec = probe.exec
        httpGet = probe.httpGet
        tcpSocket = probe.tcpSocket
        grpc = probe.grpc
    }

    init(_ hook: LifecycleHandler) {
        exec = hook.exec
        httpGet = hook.httpGet
        tcpSocket = hook.tcpSocket
        sleep = hook.sleep
    }
}

extension Validation {
    /// One of the three probes, within the pod's `terminationGracePeriodSeconds`.
    mutating func probe(_ field: String, _ probe: Probe?, grace: Int64?) {
        guard let probe else { return }
        within(field) { validation in
            validation.handler(Handler(probe), grace: grace)
            validation.notNegative("initialDelaySeconds", probe.initialDelaySeconds)
            validation.notNegative("timeoutSeconds", probe.timeoutSeconds)
            validation.notNegative("periodSeconds", probe.periodSeconds)
            validation.notNegative("successThreshold", probe.successThreshold)
            validation.notNegative("failureThreshold", probe.failureThreshold)
            if let own = probe.terminationGracePeriodSeconds, own <= 0 {
                validation.invalid("terminationGracePeriodSeconds", .int(own), "must be greater than 0")
            }
            if field == "readinessProbe" {
                if let own = probe.terminationGracePeriodSeconds {
                    let problem = "must not be set for readinessProbes"
                    validation.invalid("terminationGracePeriodSeconds", .int(own), problem)
                }
            } else if probe.successThreshold ?? 1 != 1 {
                validation.invalid("successThreshold", .int(Int64(probe.successThreshold ?? 0)), "must be 1")
            }
        }
    }

    private mutating func notNegative(_ field: String, _ value: Int32?) {
        guard let value, value < 0 else { return }
        invalid(field, .int(Int64(value)), "must be greater than or equal to 0")
    }

    mutating func lifecycle(_ lifecycle: Lifecycle, grace: Int64?) {
        within("lifecycle") { validation in
            if let hook = lifecycle.postStart {
                validation.within("postStart") { $0.handler(Handler(hook), grace: grace) }
            }
            if let hook = lifecycle.preStop {
                validation.within("preStop") { $0.handler(Handler(hook), grace: grace) }
            }
        }
    }

    private mutating func handler(_ handler: Handler, grace: Int64?) {
        var isFirst = true
        func one(_ field: String, _ rules: (inout Validation) -> Void) {
            if isFirst {
                isFirst = false
                within(field, rules)
            } else {
                forbidden(field, "may not specify more than 1 handler type")
            }
        }
        if let exec = handler.exec {
            one("exec") { if (exec.command ?? []).isEmpty { $0.required("command") } }
        }
        if let request = handler.httpGet { one("httpGet") { $0.request(request) } }
        if let socket = handler.tcpSocket { one("tcpSocket") { $0.port("port", socket.port) } }
        if let call = handler.grpc { one("grpc") { $0.portNumber("port", call.port) } }
        if let sleep = handler.sleep {
            one("sleep") { validation in
                guard let grace, !(0...max(grace, 0)).contains(sleep.seconds) || grace < 0 else { return }
                let problem = "must be non-negative and less than terminationGracePeriodSeconds (\(grace))"
                validation.invalid(.int(sleep.seconds), problem)
            }
        }
        if isFirst { required(nil, "must specify a handler type") }
    }

    private mutating func request(_ request: HTTPGetAction) {
        if (request.path ?? "").isEmpty { required("path") }
        port("port", request.port)
        let scheme = request.scheme ?? ""
        if !["HTTP", "HTTPS"].contains(scheme) { unsupported("scheme", scheme, supported: ["HTTP", "HTTPS"]) }
        for header in request.httpHeaders ?? [] {
            invalid("httpHeaders", header.name, each: NameRules.headerName(header.name))
        }
    }
}
