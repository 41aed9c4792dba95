// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension Engine {
    /// An object of a file, ready to be taken: with defaults and namespace, and valid.
    struct ManifestObject: Sendable {
        let file: String
        let object: KubernetesObject

        var resource: Resource {
            switch object {
            case .pod: .pod
            case .persistentVolumeClaim: .claim
            case .persistentVolume: .volume
            case .configMap: .configMap
            case .secret: .secret
            }
        }
        var name: ObjectName {
            ObjectName(namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "")
        }
    }

    /// Reads the objects of files; none is taken when one of them is wrong.
    ///
    /// The namespace is the one that was asked for by name; nil: each object's own, or `default`.
    /// What the API server would warn about goes to `warned`.
    func objects(
        of files: [ManifestFile], namespace: String?, warned: (String) throws(EngineError) -> Void
    ) throws(EngineError) -> [ManifestObject] {
        var found: [ManifestObject] = []
        for file in files {
            let manifests: [Manifest]
            do { manifests = try decodeManifests(file.bytes, file: file.name) } catch {
                throw .failed(error.description)
            }
            for manifest in manifests {
                var object = manifest.object
                try Self.place(&object, in: namespace)
                let review = object.reviewed()
                if let message = review.message {
                    let field = review.errors.first.map { $0.field.description } ?? ""
                    throw .invalid("\(file.name):\(manifest.nearestPosition(of: field)): \(message)")
                }
                if let prefix = object.metadata.generateName, object.metadata.name?.isEmpty != false {
                    throw .failed(
                        "\(file.name):\(manifest.nearestPosition(of: "metadata.generateName")): from \(prefix): "
                            + "cannot use generate name with apply; write metadata.name")
                }
                if case .pod(let pod) = review.object, let name = pod.spec.runtimeClassName, !name.isEmpty {
                    throw .forbidden(
                        "error when creating \"\(file.name)\": pods \"\(pod.metadata.name ?? "")\" is forbidden: "
                            + "pod rejected: RuntimeClass \"\(name)\" not found")
                }
                for warning in review.warnings { try warned(warning) }
                found.append(ManifestObject(file: file.name, object: review.object))
            }
        }
        return found
    }

    private static func place(_ object: inout KubernetesObject, in namespace: String?) throws(EngineError) {
        guard object.isNamespaced else {
            object.metadata.namespace = nil
            return
        }
        if let own = object.metadata.namespace, !own.isEmpty {
            guard let namespace, namespace != own else { return }
            throw .failed(
                "the namespace from the provided object \"\(own)\" does not match the namespace \"\(namespace)\". "
                    + "You must pass '--namespace=\(own)' to perform this operation.")
        }
        object.metadata.namespace = namespace ?? "default"
    }
}
