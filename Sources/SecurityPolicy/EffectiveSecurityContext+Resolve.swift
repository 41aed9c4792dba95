// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import LinuxTypes

extension EffectiveSecurityContext {
    /// Decides every field of a container's security context, as the kubelet and then the container runtime do.
    ///
    /// The pod is validated, and admitted by ``Node/admit(_:)``. The kubelet's refusals come first, then the runtime's, so
    /// that the message is the one that a node gives. A ``Refusal`` concerns this container; its neighbours may start.
    package static func resolve(
        pod: Pod, container: PodContainer, image: ImageIdentity, node: Node
    ) throws(Refusal) -> Self {
        let fields = ContextFields(pod: pod, container: container)
        let runAsUser = try fields.runAsUser()
        let runAsNonRoot = fields.decide(\.runAsNonRoot, \.runAsNonRoot, "runAsNonRoot", else: false)
        try fields.verifyRunAsNonRoot(runAsNonRoot, user: runAsUser, image: image)
        let seccomp = try fields.seccomp(node)
        let appArmor = try fields.appArmor(node)
        let policy = try fields.groupsPolicy()

        let user = try fields.user(runAsUser, image: image)
        let gid = try fields.gid(of: user.entry, image: image)
        let privileged = fields.decide(\.privileged, "privileged", else: false)
        let procMount = try fields.procMount()
        let masks = fields.masks(procMount, privileged: privileged, node: node)
        return Self(
            uid: user.uid, gid: gid,
            supplementalGroups: try fields.groups(
                gid: gid, userName: user.name, policy: policy.value, database: image.database),
            supplementalGroupsPolicy: policy, runAsNonRoot: runAsNonRoot, privileged: privileged,
            capabilities: try fields.capabilities(privileged: privileged, node: node),
            capabilitiesAreAmbient: privileged.value && node.defaults.privilegedIsAmbient
                ? Decided(true, from: .node) : Decided(false, from: .kubernetes),
            noNewPrivileges: fields.decide(\.allowPrivilegeEscalation, "allowPrivilegeEscalation", else: true)
                .map { !$0 },
            readOnlyRootFilesystem: fields.decide(\.readOnlyRootFilesystem, "readOnlyRootFilesystem", else: false),
            seccomp: privileged.value ? privileged.map { _ in .unconfined } : seccomp,
            procMount: procMount, maskedPaths: masks.masked, readOnlyPaths: masks.readOnly,
            appArmor: fields.confine(appArmor, privileged: privileged, node: node),
            seLinux: try fields.seLinux(privileged: privileged, node: node),
            namespaces: fields.namespaces(privileged: privileged, node: node),
            sysctls: node.sysctls(of: pod),
            oomScoreAdjustment: fields.oomScoreAdjustment(node), resources: fields.resources())
    }
}

/// The security fields of a container and its pod, with the paths at which they stand.
///
/// A container's value replaces the pod's whole value; there is no merging below a field.
struct ContextFields {
    let pod: Pod
    let container: PodContainer

    var podContext: PodSecurityContext? { pod.spec.securityContext }
    var context: SecurityContext? { container.container.securityContext }
    static let podPath = "spec.securityContext"
    var path: String { "\(container.path).securityContext" }

    func ofContainer(_ name: String) -> Origin { .container(field: "\(path).\(name)") }
    func ofPod(_ name: String) -> Origin { .pod(field: "\(Self.podPath).\(name)") }

    /// The container's value, or else the pod's.
    func written<Value>(
        _ own: (SecurityContext) -> Value?, _ pods: (PodSecurityContext) -> Value?, _ name: String
    ) -> Decided<Value>? {
        if let value = context.flatMap(own) { return Decided(value, from: ofContainer(name)) }
        if let value = podContext.flatMap(pods) { return Decided(value, from: ofPod(name)) }
        return nil
    }

    func decide(
        _ own: (SecurityContext) -> Bool?, _ pods: (PodSecurityContext) -> Bool?, _ name: String, else value: Bool
    ) -> Decided<Bool> {
        written(own, pods, name) ?? Decided(value, from: .kubernetes)
    }

    func decide(_ own: (SecurityContext) -> Bool?, _ name: String, else value: Bool) -> Decided<Bool> {
        decide(own, { _ in nil }, name, else: value)
    }
}
