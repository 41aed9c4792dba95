// SPDX-License-Identifier: Apache-2.0

/// The kinds of objects that are stored beside pods.
package enum Resource: String, CaseIterable, Hashable, Sendable {
    case pod = "pods"
    case claim = "persistentvolumeclaims"
    case volume = "persistentvolumes"
    case configMap = "configmaps"
    case secret = "secrets"
    case event = "events"

    /// As manifests write it.
    package var kind: String {
        switch self {
        case .pod: "Pod"
        case .claim: "PersistentVolumeClaim"
        case .volume: "PersistentVolume"
        case .configMap: "ConfigMap"
        case .secret: "Secret"
        case .event: "Event"
        }
    }
    /// As kubectl writes it before a name: `pod/web`.
    package var singular: String { kind.lowercased() }
    package var isNamespaced: Bool { self != .volume }

    private var shortNames: [String] {
        switch self {
        case .pod: ["po"]
        case .claim: ["pvc"]
        case .volume: ["pv"]
        case .configMap: ["cm"]
        case .secret: []
        case .event: ["ev"]
        }
    }

    /// The kind with this name, as kubectl takes it: plural, singular or short, in any case.
    package init?(named name: String) {
        let name = name.lowercased()
        guard
            let found = Self.allCases.first(where: {
                $0.rawValue == name || $0.singular == name || $0.shortNames.contains(name)
            })
        else { return nil }
        self = found
    }

    package init?(kind: String) {
        guard let found = Self.allCases.first(where: { $0.kind == kind }) else { return nil }
        self = found
    }
}

/// What names an object.
package struct ObjectName: Hashable, Sendable, Comparable {
    /// Empty for kinds without one.
    package let namespace: String
    package let name: String
    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }
    package static func < (left: Self, right: Self) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }

    /// Whether both parts can be parts of a path: names of other objects than pods may hold dots, none a slash.
    ///
    /// What a manifest holds was validated before; what a person types was not. `_` separates the parts in file names.
    var isSafe: Bool {
        [namespace, name].allSatisfy { part in
            part != "." && part != ".." && part.utf8.count <= 253
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"), UInt8(ascii: "."):
                        true
                    default: false
                    }
                }
        } && !name.isEmpty
    }
}
