// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No seccomp profile but the default and the node's own: by annotation, and since 1.19 by field.
    static let seccompProfileBaseline = Self(
        "seccompProfile_baseline", .baseline, Form(since: 0, findSeccompAnnotations),
        Form(since: 19) { _, spec in
            var profiles = SeccompProfiles()
            profiles.visit(spec)
            return profiles.forbidden
        })

    private static let podAnnotation = "seccomp.security.alpha.kubernetes.io/pod"
    private static let containerAnnotationPrefix = "container.seccomp.security.alpha.kubernetes.io/"

    private static func findSeccompAnnotations(_ metadata: ObjectMeta, _ spec: PodSpec) -> Finding? {
        guard let annotations = metadata.annotations else { return nil }
        var texts: [String] = []
        var keys: [String] = []
        func look(_ key: String) {
            guard let value = annotations[key],
                value != "runtime/default", value != "docker/default", !value.hasBytes("localhost/")
            else { return }
            texts.append("\(key)=\(GoText.quoted(value))")
            keys.append(key)
        }
        look(podAnnotation)
        spec.visitContainers { container, _ in look(containerAnnotationPrefix + container.name) }
        guard !texts.isEmpty else { return nil }
        texts = texts.sortedOnce
        let noun = texts.count == 1 ? "annotation" : "annotations"
        return Finding(
            reason: "seccompProfile", detail: "forbidden \(noun) \(texts.joined(separator: ", "))",
            fields: keys.sortedOnce.map { FieldPath([.field("metadata"), .field("annotations"), .key($0)]) })
    }
}

/// What a pod's fields say of seccomp.
struct SeccompProfiles {
    private var offenders = Offenders()
    /// The forbidden types.
    private var types: [String] = []
    /// Containers without a profile, where the pod has none that is allowed.
    private(set) var without = Offenders()

    mutating func visit(_ spec: PodSpec) {
        let podType = spec.securityContext?.seccompProfile?.type
        if let podType, !Self.isAllowed(podType) {
            offenders.addPod("securityContext", "seccompProfile", "type")
            types.append(podType)
        }
        let isCovered = podType.map(Self.isAllowed) ?? false
        spec.visitContainers { container, position in
            guard let type = container.securityContext?.seccompProfile?.type else {
                if !isCovered { without.add(container, position.contextField()) }
                return
            }
            guard !Self.isAllowed(type) else { return }
            offenders.add(container, position.contextField("seccompProfile", "type"))
            types.append(type)
        }
    }

    private static func isAllowed(_ type: String) -> Bool { type == "RuntimeDefault" || type == "Localhost" }

    /// Of the profiles that are set.
    var forbidden: PodSecurityCheck.Finding? {
        guard !offenders.isEmpty else { return nil }
        return PodSecurityCheck.Finding(
            reason: "seccompProfile",
            detail: "\(offenders.setters) must not set securityContext.seccompProfile.type "
                + "to \(types.sortedOnce.quotedList)",
            fields: offenders.fields)
    }
}
