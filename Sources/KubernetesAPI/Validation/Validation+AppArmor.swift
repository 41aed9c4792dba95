// SPDX-License-Identifier: Apache-2.0

/// The annotation that named a container's AppArmor profile before there was a field.
package enum AppArmorAnnotation {
    package static let prefix = "container.apparmor.security.beta.kubernetes.io/"

    /// The profile that the annotation's value means; nil for a value that means none.
    package static func profile(_ value: String) -> AppArmorProfile? {
        switch value {
        case "unconfined": return AppArmorProfile(type: "Unconfined")
        case "runtime/default": return AppArmorProfile(type: "RuntimeDefault")
        default:
            guard value.hasPrefix("localhost/"), value != "localhost/" else { return nil }
            let name = String(value.dropFirst("localhost/".count))
            return AppArmorProfile(type: "Localhost", localhostProfile: name)
        }
    }
}

extension Validation {
    private static let longestProfile = 4095

    mutating func appArmorProfile(_ profile: AppArmorProfile?) {
        guard let profile else { return }
        within("appArmorProfile") { validation in
            switch profile.type {
            case "Localhost": validation.localhostProfile(profile.localhostProfile)
            case "RuntimeDefault", "Unconfined":
                if let name = profile.localhostProfile {
                    let problem = "can only be set when AppArmor type is Localhost"
                    validation.invalid("localhostProfile", .string(name), problem)
                }
            case "": validation.required("type", "type is required when appArmorProfile is set")
            default:
                validation.unsupported("type", profile.type, supported: ["Localhost", "RuntimeDefault", "Unconfined"])
            }
        }
    }

    private mutating func localhostProfile(_ name: String?) {
        let absent = "must be set when AppArmor type is Localhost"
        guard let name else { return required("localhostProfile", absent) }
        if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
            invalid("localhostProfile", .string(name), "must not be padded with whitespace")
        } else if name.isEmpty {
            required("localhostProfile", absent)
        }
        if name.utf8.count > Self.longestProfile { tooLong("localhostProfile", bytes: Self.longestProfile) }
    }

    mutating func appArmorAnnotations(_ annotations: [String: String], _ spec: PodSpec) {
        for (key, value) in sorted(annotations) where key.hasPrefix(AppArmorAnnotation.prefix) {
            let name = String(key.dropFirst(AppArmorAnnotation.prefix.count))
            within(key: key) { validation in
                if !spec.allContainers.contains(where: { $0.name == name }) {
                    validation.invalid(.string(name), "container not found")
                }
                let isKnown =
                    ["", "runtime/default", "unconfined"].contains(value) || value.hasPrefix("localhost/")
                if !isKnown {
                    validation.invalid(.string(value), "invalid AppArmor profile name: \(GoText.quoted(value))")
                }
            }
        }
    }

    /// Where both annotation and field are there, they say the same.
    mutating func appArmorAnnotationsMatch(_ pod: Pod) {
        guard let annotations = pod.metadata.annotations, pod.spec.os?.name != "windows" else { return }
        let inherited = pod.spec.securityContext?.appArmorProfile
        eachContainer(pod.spec) { validation, container in
            guard let profile = container.securityContext?.appArmorProfile ?? inherited,
                let value = annotations[AppArmorAnnotation.prefix + container.name]
            else { return }
            validation.within("securityContext") { $0.matches(value, profile) }
        }
    }

    private mutating func matches(_ annotation: String, _ profile: AppArmorProfile) {
        within("appArmorProfile") { validation in
            let typeMatches: Bool
            switch profile.type {
            case "Unconfined": typeMatches = annotation == "unconfined"
            case "RuntimeDefault": typeMatches = annotation == "runtime/default"
            case "Localhost": typeMatches = annotation.hasPrefix("localhost/")
            default: return
            }
            if !typeMatches {
                validation.forbidden("type", "apparmor type in annotation and field must match")
            } else if profile.type == "Localhost", "localhost/" + (profile.localhostProfile ?? "\0") != annotation {
                validation.forbidden("localhostProfile", "apparmor profile in annotation and field must match")
            }
        }
    }
}

extension PodSpec {
    /// Init, regular and ephemeral containers, in the order in which the API server visits them.
    package var allContainers: [Container] {
        (initContainers ?? []) + containers + (ephemeralContainers ?? [])
    }
}
