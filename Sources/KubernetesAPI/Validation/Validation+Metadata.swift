// SPDX-License-Identifier: Apache-2.0

/// What the API server refuses about a namespace that is created; nothing if it takes it.
package func validateNamespace(_ metadata: ObjectMeta) -> [FieldError] {
    var validation = Validation()
    validation.metadata(metadata, isNamespaced: false, name: NameRules.label)
    return validation.errors
}

extension Validation {
    /// The most bytes that all annotations of an object may have together, keys included.
    private static let largestAnnotations = 256 << 10

    /// What holds for every object's `metadata`.
    mutating func metadata(_ metadata: ObjectMeta, isNamespaced: Bool, name rule: (String) -> [String]) {
        within("metadata") { validation in
            validation.name(metadata, rule)
            validation.namespace(metadata, isNamespaced: isNamespaced)
            validation.labels("labels", metadata.labels)
            validation.annotations(metadata.annotations)
            validation.owners(metadata.ownerReferences)
            for finalizer in metadata.finalizers ?? [] {
                validation.invalid("finalizers", finalizer, each: NameRules.qualifiedName(finalizer))
            }
        }
    }

    private mutating func name(_ metadata: ObjectMeta, _ rule: (String) -> [String]) {
        let prefix = metadata.generateName ?? ""
        if !prefix.isEmpty {
            // A name begins with it, so that its last character may be a dash.
            let probe = prefix.hasSuffix("-") ? prefix.dropLast() + "a" : prefix[...]
            invalid("generateName", prefix, each: rule(String(probe)))
        }
        if let name = metadata.name, !name.isEmpty {
            invalid("name", name, each: rule(name))
        } else if prefix.isEmpty {
            required("name", "name or generateName is required")
        }
    }

    private mutating func namespace(_ metadata: ObjectMeta, isNamespaced: Bool) {
        let namespace = metadata.namespace ?? ""
        if isNamespaced {
            if namespace.isEmpty {
                required("namespace")
            } else {
                invalid("namespace", namespace, each: NameRules.label(namespace))
            }
        } else if !namespace.isEmpty {
            forbidden("namespace", "not allowed on this type")
        }
    }

    /// Labels, and the selectors that look like them.
    mutating func labels(_ field: String, _ labels: [String: String]?) {
        for (key, value) in sorted(labels) {
            invalid(field, key, each: NameRules.qualifiedName(key))
            invalid(field, value, each: NameRules.labelValue(value))
        }
    }

    mutating func annotations(_ annotations: [String: String]?) {
        var size = 0
        for (key, value) in sorted(annotations) {
            invalid("annotations", key, each: NameRules.qualifiedName(key.lowercased()))
            size += key.utf8.count + value.utf8.count
        }
        if size > Self.largestAnnotations { tooLong("annotations", bytes: Self.largestAnnotations) }
    }

    private mutating func owners(_ owners: [OwnerReference]?) {
        each("ownerReferences", owners) { validation, owner in
            if owner.apiVersion.isEmpty { validation.invalid("apiVersion", .string(""), "version must not be empty") }
            if owner.kind.isEmpty { validation.invalid("kind", .string(""), "must not be empty") }
            if owner.name.isEmpty { validation.invalid("name", .string(""), "must not be empty") }
            if owner.uid.isEmpty { validation.invalid("uid", .string(""), "must not be empty") }
        }
    }

    /// By key: Go walks maps in no order, so that any is as good.
    func sorted<Value>(_ map: [String: Value]?) -> [(key: String, value: Value)] {
        guard let map, !map.isEmpty else { return [] }
        return map.sorted { $0.key < $1.key }
    }
}
