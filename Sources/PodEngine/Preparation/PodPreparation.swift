// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import SecurityPolicy

/// Makes everything ready that a pod's containers need before they start: images, volumes, files, runtime specs.
///
/// It may be done any number of times for one pod: what is there and right is kept.
package struct PodPreparation: Sendable {
    package enum Mode: Hashable, Sendable {
        /// For `apply`: nothing that takes long; what is not at hand becomes `pending`.
        case quick
        /// For the prepare command, which the shim calls while something is pending: pulls images.
        case full
    }

    /// Validated, with defaults, `metadata.namespace` and `metadata.uid`, and admitted by ``node``.
    package let pod: Pod
    package let root: StateRoot
    package let node: Node
    package let objects: any PodObjects
    /// What the shim calls while something is pending.
    package let prepareCommand: [String]

    package init(pod: Pod, root: StateRoot, node: Node, objects: any PodObjects, prepareCommand: [String]) {
        self.pod = pod
        self.root = root
        self.node = node
        self.objects = objects
        self.prepareCommand = prepareCommand
    }

    /// Prepares what can be prepared, and says of each container whether it is ready, refused or pending.
    ///
    /// An error is one of the machine's (a full disk); what is wrong with the pod is said in the plan.
    package func prepare(_ mode: Mode) throws(PreparationError) -> PreparedPod {
        throw PreparationError("pods cannot be prepared yet")
    }
}
