// SPDX-License-Identifier: Apache-2.0

/// Why a container of an admitted pod does not start.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// `state.waiting.reason`.
    package enum Reason: String, Hashable, Sendable {
        /// The kubelet cannot say how to run it.
        case containerConfig = "CreateContainerConfigError"
        /// The runtime will not create it.
        case container = "CreateContainerError"
    }
    package let reason: Reason
    package let message: String
    /// The path of the field in the manifest: `spec.containers[0].securityContext.runAsNonRoot`.
    package let field: String
    /// Whether it passes once something comes that the pod waits for: a config map that is not there yet.
    package let isTransient: Bool

    package init(_ reason: Reason, field: String, message: String, isTransient: Bool = false) {
        self.reason = reason
        self.field = field
        self.message = message
        self.isTransient = isTransient
    }

    package var description: String { message }
}

/// Why a node does not take a pod: `status.reason`, and what follows `Pod was rejected: ` in `status.message`.
package struct Rejection: Hashable, Sendable {
    package let reason: String
    package let message: String

    package init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }
}
