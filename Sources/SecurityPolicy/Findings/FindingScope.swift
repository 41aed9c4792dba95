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
    package func findings() throws -> [(rule: FindingRule, finding: Finding)] {
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

/// One container of a scope; a class, since each rule takes it in its hands.
package final class ContainerScope: Sendable {
    package let place: PodContainer
    /// Nil where the image is not here.
    package let image: ImageFacts?
    /// Everything decided, or why it is refused.
    package let decided: Result<EffectiveSecurityContext, Refusal>
    /// What it says of `runAsNonRoot`, or else its pod.
    let isToRunAsNonRoot: Bool

    init(pod: Pod, container: PodContainer, image: ImageFacts?, node: Node) {
        place = container
        self.image = image
        isToRunAsNonRoot =
            container.container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot ?? false
        do throws(Refusal) {
            decided = .success(
                try EffectiveSecurityContext.resolve(
                    pod: pod, container: container, image: image?.identity ?? .unknown, node: node))
        } catch {
            decided = .failure(error)
        }
    }

    var context: SecurityContext? { place.container.securityContext }
    var name: String { place.container.name }
    /// `spec.containers[0].securityContext`.
    var path: String { "\(place.path).securityContext" }
    var effective: EffectiveSecurityContext? { try? decided.get() }

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

    var isPrivileged: Bool { context?.privileged == true }
    var grantsNewPrivileges: Bool { context?.allowPrivilegeEscalation != false }
}
