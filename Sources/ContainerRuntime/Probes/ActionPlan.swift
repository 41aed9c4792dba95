// SPDX-License-Identifier: Apache-2.0

/// One way to ask or to tell a container something: of a probe or of a hook.
package enum ActionPlan: Codable, Hashable, Sendable {
    /// In the container, with its own context, without a shell.
    case exec(command: [String])
    case http(HTTPAction)
    /// A nil host is the pod's own address.
    case connect(host: String?, port: UInt16)
    /// The health protocol of gRPC; always of the pod's own address.
    case grpc(port: UInt16, service: String)
    case sleep(seconds: Int64)
    /// A node finds out when it acts that it cannot: a port that is not named, a handler that it does not have.
    case impossible(reason: String)
}

/// A GET request.
package struct HTTPAction: Codable, Hashable, Sendable {
    package struct Header: Codable, Hashable, Sendable {
        package var name: String
        package var value: String
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
    /// HTTPS, whose certificate is not verified.
    package var isSecure: Bool
    /// Nil: the pod's own address.
    package var host: String?
    package var port: UInt16
    /// As the manifest has it, with a query.
    package var path: String
    package var headers: [Header]
    /// What `User-Agent` says unless ``headers`` do.
    package var userAgent: String

    package init(
        isSecure: Bool = false, host: String? = nil, port: UInt16, path: String, headers: [Header] = [],
        userAgent: String
    ) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
        self.headers = headers
        self.userAgent = userAgent
    }
}

/// One of a container's probes; times in seconds.
package struct ProbePlan: Codable, Hashable, Sendable {
    package var action: ActionPlan
    package var initialDelay: Int64
    package var period: Int64
    package var timeout: Int64
    package var successThreshold: Int
    package var failureThreshold: Int
    /// In place of the pod's, when the probe's failure ends the container.
    package var terminationGracePeriod: Int64?

    package init(
        action: ActionPlan, initialDelay: Int64 = 0, period: Int64 = 10, timeout: Int64 = 1, successThreshold: Int = 1,
        failureThreshold: Int = 3, terminationGracePeriod: Int64? = nil
    ) {
        self.action = action
        self.initialDelay = initialDelay
        self.period = period
        self.timeout = timeout
        self.successThreshold = successThreshold
        self.failureThreshold = failureThreshold
        self.terminationGracePeriod = terminationGracePeriod
    }
}

/// A container's probes and hooks.
package struct LifecyclePlan: Codable, Hashable, Sendable {
    package var startup: ProbePlan?
    package var readiness: ProbePlan?
    package var liveness: ProbePlan?
    package var postStart: ActionPlan?
    package var preStop: ActionPlan?
    package init() {}
}

/// What an action came to.
package enum ActionOutcome: Hashable, Sendable {
    case success
    /// A success with something to say.
    case warning(String)
    case failure(String)
    /// Nobody can tell: it counts neither way.
    case unknown(String)
}
