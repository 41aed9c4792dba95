// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Where a container stands in its pod.
struct ContainerPosition {
    /// `initContainers`, `containers` or `ephemeralContainers`.
    let list: String
    let index: Int

    /// A field below the container.
    func field(_ names: String...) -> FieldPath {
        FieldPath([.field("spec"), .field(list), .index(index)] + names.map { .field($0) })
    }

    /// A field below the container's security context, or that context.
    func contextField(_ names: String...) -> FieldPath {
        FieldPath(
            [.field("spec"), .field(list), .index(index), .field("securityContext")] + names.map { .field($0) })
    }
}

extension PodSpec {
    /// Every container, in the admission library's order: init, regular, ephemeral.
    func visitContainers(_ visit: (Container, ContainerPosition) -> Void) {
        if let initContainers { Self.visit(initContainers, "initContainers", visit) }
        Self.visit(containers, "containers", visit)
        if let ephemeralContainers { Self.visit(ephemeralContainers, "ephemeralContainers", visit) }
    }

    private static func visit(_ list: [Container], _ name: String, _ visit: (Container, ContainerPosition) -> Void) {
        for index in list.indices { visit(list[index], ContainerPosition(list: name, index: index)) }
    }

    var isWindows: Bool { os?.name == "windows" }

    /// Whether the pod asks for a user namespace of its own, in which its root is none of the machine's.
    var hasOwnUserNamespace: Bool { hostUsers == false }
}
