// SPDX-License-Identifier: Apache-2.0

/// How the container's health is asked; times in seconds.
package struct Probe: Codable, Hashable, Sendable {
    package var exec: ExecAction?
    package var httpGet: HTTPGetAction?
    package var tcpSocket: TCPSocketAction?
    package var grpc: GRPCAction?
    package var initialDelaySeconds: Int32?
    /// 1 when nil.
    package var timeoutSeconds: Int32?
    /// 10 when nil.
    package var periodSeconds: Int32?
    /// 1 when nil.
    package var successThreshold: Int32?
    /// 3 when nil.
    package var failureThreshold: Int32?
    package var terminationGracePeriodSeconds: Int64?

    package init() {}
}

/// A command that is executed in the container, without a shell.
package struct ExecAction: Codable, Hashable, Sendable {
    package var command: [String]?

    package init(command: [String]? = nil) {
        self.command = command
    }
}

/// A GET request to the container.
package struct HTTPGetAction: Codable, Hashable, Sendable {
    package var path: String?
    package var port: IntOrString = .int(0)
    package var host: String?
    /// `HTTP` or `HTTPS`.
    package var scheme: String?
    package var httpHeaders: [HTTPHeader]?

    package init(
        path: String? = nil, port: IntOrString = .int(0), host: String? = nil, scheme: String? = nil,
        httpHeaders: [HTTPHeader]? = nil
    ) {
        self.path = path
        self.port = port
        self.host = host
        self.scheme = scheme
        self.httpHeaders = httpHeaders
    }
}

/// A header of a probe's request.
package struct HTTPHeader: Codable, Hashable, Sendable {
    package var name = ""
    package var value = ""

    package init(name: String = "", value: String = "") {
        self.name = name
        self.value = value
    }
}

/// A connection to the container.
package struct TCPSocketAction: Codable, Hashable, Sendable {
    package var port: IntOrString = .int(0)
    package var host: String?

    package init(port: IntOrString = .int(0), host: String? = nil) {
        self.port = port
        self.host = host
    }
}

/// A call of the gRPC health protocol.
package struct GRPCAction: Codable, Hashable, Sendable {
    package var port: Int32 = 0
    package var service: String?

    package init(port: Int32 = 0, service: String? = nil) {
        self.port = port
        self.service = service
    }
}

/// A pause before the container is ended.
package struct SleepAction: Codable, Hashable, Sendable {
    package var seconds: Int64 = 0

    package init(seconds: Int64 = 0) {
        self.seconds = seconds
    }
}

/// What is done just after the container starts and just before it is ended.
package struct Lifecycle: Codable, Hashable, Sendable {
    package var postStart: LifecycleHandler?
    package var preStop: LifecycleHandler?
    package var stopSignal: String?

    package init(postStart: LifecycleHandler? = nil, preStop: LifecycleHandler? = nil, stopSignal: String? = nil) {
        self.postStart = postStart
        self.preStop = preStop
        self.stopSignal = stopSignal
    }
}

/// One of the four ways to act.
package struct LifecycleHandler: Codable, Hashable, Sendable {
    package var exec: ExecAction?
    package var httpGet: HTTPGetAction?
    package var tcpSocket: TCPSocketAction?
    package var sleep: SleepAction?

    package init(
        exec: ExecAction? = nil, httpGet: HTTPGetAction? = nil, tcpSocket: TCPSocketAction? = nil,
        sleep: SleepAction? = nil
    ) {
        self.exec = exec
        self.httpGet = httpGet
        self.tcpSocket = tcpSocket
        self.sleep = sleep
    }
}
