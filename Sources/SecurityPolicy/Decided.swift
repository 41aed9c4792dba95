// SPDX-License-Identifier: Apache-2.0

/// A value of the effective security context and where it comes from.
package struct Decided<Value: Hashable & Sendable>: Hashable, Sendable {
    package let value: Value
    package let origin: Origin

    package init(_ value: Value, from origin: Origin) {
        self.value = value
        self.origin = origin
    }

    /// Another value that follows from this one, with the same origin.
    func map<Other>(_ transform: (Value) -> Other) -> Decided<Other> {
        Decided<Other>(transform(value), from: origin)
    }
}

/// What decided a value.
package enum Origin: Hashable, Sendable {
    /// A field of the container, as its path in the manifest: `spec.containers[0].securityContext.runAsUser`.
    case container(field: String)
    /// A field of the pod: `spec.securityContext.runAsUser`.
    case pod(field: String)
    /// A field of the image's configuration: `config.User`.
    case image(field: String)
    /// The image's `/etc/passwd`.
    case imagePasswd
    /// The image's `/etc/group`.
    case imageGroup
    /// Nothing yet: the image decides, and it is not known. The value stands in for one.
    case unknownImage
    /// The node: its runtime's defaults, or what its kernel has.
    case node
    /// What Kubernetes does when nobody says anything.
    case kubernetes

    /// The path in the manifest, where it was written there.
    package var manifestField: String? {
        switch self {
        case .container(let field), .pod(let field): field
        case .image, .imagePasswd, .imageGroup, .unknownImage, .node, .kubernetes: nil
        }
    }
}
