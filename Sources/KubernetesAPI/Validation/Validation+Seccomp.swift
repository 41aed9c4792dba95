// SPDX-License-Identifier: Apache-2.0

/// The annotations that named seccomp profiles before there were fields; the kubelet ignores them.
enum SeccompAnnotation {
    static let pod = "seccomp.security.alpha.kubernetes.io/pod"
    static let containerPrefix = "container.seccomp.security.alpha.kubernetes.io/"
}

extension Validation {
    mutating func seccompProfile(_ profile: SeccompProfile?) {
        guard let profile else { return }
        within("seccompProfile") { validation in
            switch profile.type {
            case "Localhost", "RuntimeDefault", "Unconfined": break
            case "": validation.required("type", "type is required when seccompProfile is set")
            default:
                validation.unsupported("type", profile.type, supported: ["Localhost", "RuntimeDefault", "Unconfined"])
            }
            switch (profile.type, profile.localhostProfile) {
            case ("Localhost", nil):
                validation.required("localhostProfile", "must be set when seccomp type is Localhost")
            case ("Localhost", .some(let path)): validation.descendingPath("localhostProfile", path)
            case (_, .some):
                let value = FieldError.Value.json(GoText.json(profile))
                validation.invalid("localhostProfile", value, "can only be set when seccomp type is Localhost")
            default: break
            }
        }
    }

    mutating func seccompAnnotations(_ annotations: [String: String]) {
        if let value = annotations[SeccompAnnotation.pod] { seccompAnnotation(SeccompAnnotation.pod, value) }
        for (key, value) in sorted(annotations) where key.hasPrefix(SeccompAnnotation.containerPrefix) {
            seccompAnnotation(key, value)
        }
    }

    /// The server writes the key behind a dot, not in brackets.
    private mutating func seccompAnnotation(_ key: String, _ value: String) {
        switch value {
        case "runtime/default", "docker/default", "unconfined": return
        default:
            within(key) { validation in
                if value.hasPrefix("localhost/") {
                    validation.descendingPath(nil, String(value.dropFirst("localhost/".count)))
                } else {
                    validation.invalid(.string(value), "must be a valid seccomp profile")
                }
            }
        }
    }

    /// Where both annotation and field are there, they say the same.
    mutating func seccompAnnotationsMatch(_ pod: Pod) {
        guard let annotations = pod.metadata.annotations else { return }
        if let profile = pod.spec.securityContext?.seccompProfile, let value = annotations[SeccompAnnotation.pod] {
            within("securityContext") { $0.matches(value, profile) }
        }
        eachContainer(pod.spec) { validation, container in
            guard let profile = container.securityContext?.seccompProfile,
                let value = annotations[SeccompAnnotation.containerPrefix + container.name]
            else { return }
            validation.within("securityContext") { $0.matches(value, profile) }
        }
    }

    private mutating func matches(_ annotation: String, _ profile: SeccompProfile) {
        within("seccompProfile") { validation in
            let typeMatches: Bool
            switch profile.type {
            case "Unconfined": typeMatches = annotation == "unconfined"
            case "RuntimeDefault": typeMatches = annotation == "runtime/default" || annotation == "docker/default"
            case "Localhost": typeMatches = annotation.hasPrefix("localhost/")
            default: return
            }
            if !typeMatches {
                validation.forbidden("type", "seccomp type in annotation and field must match")
            } else if profile.type == "Localhost", "localhost/" + (profile.localhostProfile ?? "\0") != annotation {
                validation.forbidden("localhostProfile", "seccomp profile in annotation and field must match")
            }
        }
    }

    /// All containers with their paths, in the order in which the server visits them.
    mutating func eachContainer(_ spec: PodSpec, _ rules: (inout Self, Container) -> Void) {
        each("initContainers", spec.initContainers, rules)
        each("containers", spec.containers, rules)
        each("ephemeralContainers", spec.ephemeralContainers, rules)
    }
}
