// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A container with its place in the pod's manifest.
package struct PodContainer: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Runs to its end before the next one starts.
        case `init`
        /// An init container with `restartPolicy: Always`.
        case sidecar
        case main
        /// Added to the running pod, to look into it.
        case ephemeral
    }
    package let kind: Kind
    /// Its path in the manifest: `spec.initContainers[0]`.
    package let path: String
    package let container: Container
}

extension Pod {
    /// Every container in the order in which they start: init containers and sidecars, then the containers.
    package var podContainers: [PodContainer] {
        let first = (spec.initContainers ?? []).enumerated().map { index, container in
            PodContainer(
                kind: container.restartPolicy == "Always" ? .sidecar : .`init`, path: "spec.initContainers[\(index)]",
                container: container)
        }
        let rest = spec.containers.enumerated().map { index, container in
            PodContainer(kind: .main, path: "spec.containers[\(index)]", container: container)
        }
        return first + rest
    }

    /// Those that were added to the running pod; for what the pod is as a whole they do not count.
    package var ephemeralContainers: [PodContainer] {
        (spec.ephemeralContainers ?? []).enumerated().map { index, container in
            PodContainer(kind: .ephemeral, path: "spec.ephemeralContainers[\(index)]", container: container)
        }
    }

    /// The pod as the kubelet writes it in its messages: `name_namespace(uid)`.
    var kubeletName: String {
        "\(metadata.name ?? "")_\(metadata.namespace ?? "")(\(metadata.uid ?? ""))"
    }
}
