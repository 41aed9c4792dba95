// SPDX-License-Identifier: Apache-2.0

/// An object of one of the kinds that one machine acts on.
package enum KubernetesObject: Hashable, Sendable {
    case pod(Pod)
    case persistentVolumeClaim(PersistentVolumeClaim)
    case persistentVolume(PersistentVolume)
    case configMap(ConfigMap)
    case secret(Secret)
}

extension KubernetesObject {
    package var kind: String {
        switch self {
        case .pod: "Pod"
        case .persistentVolumeClaim: "PersistentVolumeClaim"
        case .persistentVolume: "PersistentVolume"
        case .configMap: "ConfigMap"
        case .secret: "Secret"
        }
    }

    package var metadata: ObjectMeta {
        get {
            switch self {
            case .pod(let object): object.metadata
            case .persistentVolumeClaim(let object): object.metadata
            case .persistentVolume(let object): object.metadata
            case .configMap(let object): object.metadata
            case .secret(let object): object.metadata
            }
        }
        set {
            switch self {
            case .pod(var object):
                object.metadata = newValue
                self = .pod(object)
            case .persistentVolumeClaim(var object):
                object.metadata = newValue
                self = .persistentVolumeClaim(object)
            case .persistentVolume(var object):
                object.metadata = newValue
                self = .persistentVolume(object)
            case .configMap(var object):
                object.metadata = newValue
                self = .configMap(object)
            case .secret(var object):
                object.metadata = newValue
                self = .secret(object)
            }
        }
    }

    /// Whether objects of this kind live in a namespace; a PersistentVolume does not.
    package var isNamespaced: Bool { if case .persistentVolume = self { false } else { true } }
}
