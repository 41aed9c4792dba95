// SPDX-License-Identifier: Apache-2.0
package import ContainerRuntime
package import KubernetesAPI
package import SecurityPolicy
package import Volumes

/// Makes everything ready that a pod's containers need before they start: images, volumes, files, runtime specs.
///
/// It may be done any number of times for one pod: what is there and right is kept.
package struct PodPreparation: Sendable {
    package enum Mode: Hashable, Sendable {
        /// For `apply`: nothing that takes long; an image that is not here becomes `pending`.
        case quick
        /// For the prepare command, which the shim calls while something is pending: pulls images, and goes on from
        /// the plan that was written last.
        case full
    }

    /// The commands that make and remove a pod's network, where the machine has one to give.
    package struct Network: Hashable, Sendable {
        package var add: [String]
        package var remove: [String]
        package init(add: [String], remove: [String]) {
            self.add = add
            self.remove = remove
        }
    }

    /// Validated, with defaults, `metadata.namespace` and `metadata.uid`, and admitted by ``node``.
    package let pod: Pod
    package let root: StateRoot
    package let node: Node
    /// Claims, config maps and secrets.
    package let objects: any VolumeObjects
    /// What the shim calls while something is pending.
    package let prepareCommand: [String]
    /// What the shim calls from time to time while the pod runs, where it needs that.
    package let upkeepCommand: [String]
    /// Nil: a pod has loopback alone, or the machine's own network.
    package let network: Network?

    package init(
        pod: Pod, root: StateRoot, node: Node, objects: any VolumeObjects, prepareCommand: [String],
        upkeepCommand: [String] = [], network: Network? = nil
    ) {
        self.pod = pod
        self.root = root
        self.node = node
        self.objects = objects
        self.prepareCommand = prepareCommand
        self.upkeepCommand = upkeepCommand
        self.network = network
    }

    /// Prepares what can be prepared, and says of each container whether it is ready, refused or pending.
    ///
    /// The plan is to be written as `plan.json`; each container that is ready has its `config.json` by then. Events come as
    /// they happen, so that a pull is seen to have begun. An error is one of the machine's (a full disk): what is wrong with
    /// the pod is said in the plan.
    package func prepare(
        _ mode: Mode, onEvent: @escaping (PodEvent) -> Void = { _ in }
    ) throws(PreparationError) -> SandboxPlan {
        try PreparationRun(self, mode, onEvent).plan()
    }

    /// Writes the pod's `/etc/hosts` anew, once its network has given it addresses; no container may run yet.
    package func writeHosts(addresses: [String]) throws(PreparationError) {
        try PodFiles(pod: pod, folder: podFolder).writeHosts(addresses: addresses)
    }

    var podFolder: String {
        root.podFolder(
            namespace: pod.metadata.namespace ?? "", name: pod.metadata.name ?? "", uid: pod.metadata.uid ?? "")
    }
}

extension SandboxPlan {
    /// Whether the prepare command has work left: an image to pull, a volume or an object to wait for.
    package var isPending: Bool {
        waiting != nil
            || containers.contains { container in
                if case .pending = container.readiness { true } else { false }
            }
    }
}
