// SPDX-License-Identifier: Apache-2.0

/// The API server's answer to an object that is created.
package struct Review: Hashable, Sendable {
    /// The object with what the server fills in.
    package let object: KubernetesObject
    /// In the order in which the server finds them; empty if it takes the object.
    package let errors: [FieldError]
    /// The answer's `Warning` headers.
    package let warnings: [String]

    package var isValid: Bool { errors.isEmpty }

    /// The server's whole message, `Pod "x" is invalid: …`; nil if it takes the object.
    package var message: String? {
        invalidMessage(kind: object.kind, name: object.metadata.name ?? "", errors)
    }
}

extension KubernetesObject {
    /// Fills in the defaults, with `namespace` for an object that names none, and validates.
    package func reviewed(namespace: String = "default") -> Review {
        var object = self
        var warnings: [String] = []
        if case .pod(var pod) = object {
            // The server tells these even about an object that it refuses.
            let text = #"deprecated since v1.30; use the "appArmorProfile" field instead"#
            warnings = pod.applyAppArmorAnnotations().map { "metadata.annotations[\($0)]: \(text)" }
            object = .pod(pod)
        }
        object.applyDefaults(namespace: namespace)
        let errors = object.validated()
        if errors.isEmpty, case .pod(let pod) = object { warnings += Warnings.texts(pod) }
        return Review(object: object, errors: errors, warnings: warnings)
    }

    private func validated() -> [FieldError] {
        switch self {
        case .pod(let object): validate(object)
        case .persistentVolumeClaim(let object): validate(object)
        case .persistentVolume(let object): validate(object)
        case .configMap(let object): validate(object)
        case .secret(let object): validate(object)
        }
    }
}
