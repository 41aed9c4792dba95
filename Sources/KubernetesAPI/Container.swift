// SPDX-License-Identifier: Apache-2.0

/// A container: regular, init (`initContainers`) or ephemeral (`ephemeralContainers`).
package struct Container: Codable, Hashable, Sendable {
    package var name = ""
    package var image: String?
    package var command: [String]?
    package var args: [String]?
    package var workingDir: String?
    package var ports: [ContainerPort]?
    package var envFrom: [EnvFromSource]?
    package var env: [EnvVar]?
    package var resources = ResourceRequirements()
    package var resizePolicy: [JSONValue]?
    /// `Always` in `initContainers` makes a sidecar.
    package var restartPolicy: String?
    package var restartPolicyRules: [ContainerRestartRule]?
    package var volumeMounts: [VolumeMount]?
    package var volumeDevices: [VolumeDevice]?
    package var livenessProbe: Probe?
    package var readinessProbe: Probe?
    package var startupProbe: Probe?
    package var lifecycle: Lifecycle?
    package var terminationMessagePath: String?
    /// `File` or `FallbackToLogsOnError`.
    package var terminationMessagePolicy: String?
    /// `Always`, `IfNotPresent` or `Never`.
    package var imagePullPolicy: String?
    package var securityContext: SecurityContext?
    package var stdin: Bool?
    package var stdinOnce: Bool?
    package var tty: Bool?
    /// Of an ephemeral container alone: the container whose processes it sees.
    package var targetContainerName: String?

    package init(name: String = "", resources: ResourceRequirements = ResourceRequirements()) {
        self.name = name
        self.resources = resources
    }
}

/// A port that the container listens on.
package struct ContainerPort: Codable, Hashable, Sendable {
    package var name: String?
    package var hostPort: Int32?
    package var containerPort: Int32 = 0
    /// `TCP`, `UDP` or `SCTP`.
    package var `protocol`: String?
    package var hostIP: String?

    package init(
        name: String? = nil, hostPort: Int32? = nil, containerPort: Int32 = 0, protocol: String? = nil,
        hostIP: String? = nil
    ) {
        self.name = name
        self.hostPort = hostPort
        self.containerPort = containerPort
        self.protocol = `protocol`
        self.hostIP = hostIP
    }
}

/// What is done when the container ends with one of these exit codes.
package struct ContainerRestartRule: Codable, Hashable, Sendable {
    /// `Restart`, or `RestartAllContainers`.
    package var action = ""
    package var exitCodes: ContainerRestartRuleOnExitCodes?

    package init(action: String = "", exitCodes: ContainerRestartRuleOnExitCodes? = nil) {
        self.action = action
        self.exitCodes = exitCodes
    }
}

/// The exit codes that a restart rule is about.
package struct ContainerRestartRuleOnExitCodes: Codable, Hashable, Sendable {
    /// `In` or `NotIn`.
    package var `operator` = ""
    package var values: [Int32]?

    package init(operator: String = "", values: [Int32]? = nil) {
        self.operator = `operator`
        self.values = values
    }
}

/// What a container is promised (`requests`) and may use at most (`limits`).
package struct ResourceRequirements: Codable, Hashable, Sendable {
    package var limits: [String: Quantity]?
    package var requests: [String: Quantity]?
    package var claims: [ResourceClaim]?

    package init(
        limits: [String: Quantity]? = nil, requests: [String: Quantity]? = nil, claims: [ResourceClaim]? = nil
    ) {
        self.limits = limits
        self.requests = requests
        self.claims = claims
    }
}

/// A claim of the pod's `resourceClaims` that the container uses.
package struct ResourceClaim: Codable, Hashable, Sendable {
    package var name = ""
    package var request: String?

    package init(name: String = "", request: String? = nil) {
        self.name = name
        self.request = request
    }
}

/// Where a volume appears in a container.
package struct VolumeMount: Codable, Hashable, Sendable {
    package var name = ""
    package var readOnly: Bool?
    /// `Disabled`, `IfPossible` or `Enabled`.
    package var recursiveReadOnly: String?
    package var mountPath = ""
    package var subPath: String?
    /// `None`, `HostToContainer` or `Bidirectional`.
    package var mountPropagation: String?
    package var subPathExpr: String?

    package init(
        name: String = "", readOnly: Bool? = nil, recursiveReadOnly: String? = nil, mountPath: String = "",
        subPath: String? = nil, mountPropagation: String? = nil, subPathExpr: String? = nil
    ) {
        self.name = name
        self.readOnly = readOnly
        self.recursiveReadOnly = recursiveReadOnly
        self.mountPath = mountPath
        self.subPath = subPath
        self.mountPropagation = mountPropagation
        self.subPathExpr = subPathExpr
    }
}

/// Where a raw block volume appears in a container.
package struct VolumeDevice: Codable, Hashable, Sendable {
    package var name = ""
    package var devicePath = ""

    package init(name: String = "", devicePath: String = "") {
        self.name = name
        self.devicePath = devicePath
    }
}
