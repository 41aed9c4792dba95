// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import LinuxTypes

/// What the rules look at: one pod, decided for a node, with the images that are here.
package struct FindingScope: Sendable {
    package let pod: Pod
    package let node: Node
    package let containers: [ContainerScope]
    /// By name.
    let volumes: [String: Volume]

    /// Decides the containers of a pod that has its defaults; an image that is not in `images`, by its reference, is unknown.
    package init(pod: Pod, node: Node, images: [String: ImageFacts] = [:]) {
        self.pod = pod
        self.node = node
        containers = (pod.podContainers + pod.ephemeralContainers).map { container in
            ContainerScope(
                pod: pod, container: container, image: container.container.image.flatMap { images[$0] }, node: node)
        }
        volumes = Dictionary((pod.spec.volumes ?? []).map { ($0.name, $0) }) { first, _ in first }
    }

    /// What the rules find, in their order.
    ///
    /// None in a pod for Windows: the rules are Linux's.
    package func findings() throws -> [(rule: FindingRule, finding: Finding)] {
        guard pod.spec.os?.name != "windows" else { return [] }
        var found: [(FindingRule, Finding)] = []
        for rule in FindingRule.all {
            for finding in try rule.look(self) { found.append((rule, finding)) }
        }
        return found
    }

    /// Of each container that a rule is about.
    func each(
        _ look: (ContainerScope) throws -> [Finding]
    ) rethrows -> [Finding] {
        var found: [Finding] = []
        for container in containers { found += try look(container) }
        return found
    }

    /// The author thinks of who may do what: something in the pod restricts it.
    var isRestricted: Bool {
        pod.spec.securityContext?.runAsNonRoot == true
            || containers.contains { scope in
                let context = scope.context
                return context?.runAsNonRoot == true || context?.allowPrivilegeEscalation == false
                    || context?.capabilities?.drop?.contains { $0.uppercased() == "ALL" } == true
            }
    }
}

/// One container of a scope.
///
/// A class, since every rule is handed every container: a copy of all that a container has takes longer than a rule.
package final class ContainerScope: Sendable {
    package let place: PodContainer
    /// Nil where the image is not here.
    package let image: ImageFacts?
    /// Everything decided, or why it is refused.
    package let decided: Result<EffectiveSecurityContext, Refusal>
    /// What the rules go by; nil where it is refused.
    ///
    /// A capability that no kernel has is left out of it: containerd passes over such a name and starts the container, and
    /// what else is wrong is not to come to light only when the name is mended.
    let effective: EffectiveSecurityContext?
    /// What it says of `runAsNonRoot`, or else its pod.
    let isToRunAsNonRoot: Bool

    init(pod: Pod, container: PodContainer, image: ImageFacts?, node: Node) {
        place = container
        path = "\(container.path).securityContext"
        self.image = image
        isToRunAsNonRoot =
            container.container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot ?? false
        runAsUser = container.container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser
        let identity = image?.identity ?? .unknown
        do throws(Refusal) {
            let context = try EffectiveSecurityContext.resolve(
                pod: pod, container: container, image: identity, node: node)
            decided = .success(context)
            effective = context
        } catch {
            decided = .failure(error)
            let known =
                error.field.hasPrefix("\(container.path).securityContext.capabilities.")
                ? container.withoutUnknownCapabilities : nil
            effective = known.flatMap {
                try? EffectiveSecurityContext.resolve(pod: pod, container: $0, image: identity, node: node)
            }
        }
    }

    var context: SecurityContext? { place.container.securityContext }
    var name: String { place.container.name }
    /// `spec.containers[0].securityContext`.
    let path: String
    /// Why it does not start.
    var refusal: Refusal? {
        guard case .failure(let refusal) = decided else { return nil }
        return refusal
    }
    /// Its `runAsUser`, or else its pod's.
    let runAsUser: Int64?

    /// Nil where only an image that is not here can tell.
    var uid: Decided<UInt32>? {
        guard let uid = effective?.uid, uid.origin != .unknownImage else { return nil }
        return uid
    }

    /// The user, where it is known not to be root.
    var nonRootUser: UInt32? {
        guard let uid = uid?.value, uid != 0 else { return nil }
        return uid
    }

    /// The ids of all groups, as far as they are known.
    var groups: [UInt32] {
        guard let effective else { return [] }
        return ([effective.gid] + effective.supplementalGroups).filter { $0.origin != .unknownImage }.map(\.value)
    }

    /// The user, where it is known to be bound by permission bits: not root, and without the capability to pass over them.
    var boundUser: UInt32? {
        effective?.capabilitySets.effective.contains(.dacOverride) == true ? nil : nonRootUser
    }

    /// Whether the process is in a group; nil where only an image that is not here can tell.
    func isInGroup(_ group: UInt32) -> Bool? {
        guard let effective else { return nil }
        if groups.contains(group) { return true }
        return effective.gid.origin == .unknownImage ? nil : false
    }

    var isPrivileged: Bool { context?.privileged == true }
}

extension PodContainer {
    fileprivate var withoutUnknownCapabilities: Self {
        var known = container
        for list in [\Capabilities.add, \Capabilities.drop] {
            known.securityContext?.capabilities?[keyPath: list]?.removeAll { !CapabilitySet.isKnown($0) }
        }
        return Self(kind: kind, path: path, container: known)
    }
}

extension CapabilitySet {
    /// Whether a name is ALL or a capability's.
    static func isKnown(_ name: String) -> Bool { canonical(name) == "ALL" || (try? Self(named: name)) != nil }
}
