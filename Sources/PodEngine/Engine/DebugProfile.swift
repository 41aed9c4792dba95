// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// What a debug container gets as its security context.
///
/// Source: kubectl debug, `--profile`, for a container that is added to a pod.
package enum DebugProfile: String, CaseIterable, Sendable {
    /// As the pod says.
    case legacy
    /// With `SYS_PTRACE`.
    case general
    /// As the pod says: within the Baseline Pod Security Standard.
    case baseline
    /// Within the Restricted Pod Security Standard.
    case restricted
    /// With `NET_ADMIN` and `NET_RAW`.
    case netadmin
    case sysadmin

    package func apply(to container: inout Container) {
        var context = SecurityContext()
        switch self {
        case .legacy, .baseline: return
        case .general: context.capabilities = Capabilities(add: ["SYS_PTRACE"])
        case .restricted:
            context.runAsNonRoot = true
            context.capabilities = Capabilities(drop: ["ALL"])
            context.allowPrivilegeEscalation = false
            context.seccompProfile = SeccompProfile(type: "RuntimeDefault")
        case .netadmin: context.capabilities = Capabilities(add: ["NET_ADMIN", "NET_RAW"])
        case .sysadmin: context.privileged = true
        }
        container.securityContext = context
    }
}
