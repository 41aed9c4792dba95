// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No AppArmor profile but the default and the node's own, by field or annotation.
    static let appArmorProfile = Self("appArmorProfile", .baseline, Form(since: 0, findAppArmorProfiles))

    private static let annotationPrefix = "container.apparmor.security.beta.kubernetes.io/"

    private static func findAppArmorProfiles(_ metadata: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var offenders = Offenders()
        var types: [String] = []
        if let type = forbidden(spec.securityContext?.appArmorProfile) {
            offenders.addPod("securityContext", "appArmorProfile", "type")
            types.append(type)
        }
        spec.visitContainers { container, position in
            guard let type = forbidden(container.securityContext?.appArmorProfile) else { return }
            offenders.add(container, position.contextField("appArmorProfile", "type"))
            types.append(type)
        }
        let annotations = forbiddenAnnotations(metadata)
        guard !offenders.isEmpty || !annotations.isEmpty else { return nil }
        var setters = offenders.isEmpty ? [] : [offenders.setters]
        if !annotations.isEmpty { setters.append(annotations.count == 1 ? "annotation" : "annotations") }
        let values = types.sortedOnce + annotations.map { "\($0.key)=\(GoText.quoted($0.value))" }
        return Finding(
            reason: values.count == 1 ? "forbidden AppArmor profile" : "forbidden AppArmor profiles",
            detail: "\(setters.joined(separator: " and ")) must not set AppArmor profile type to \(values.quotedList)",
            fields: offenders.fields
                + annotations.map { FieldPath([.field("metadata"), .field("annotations"), .key($0.key)]) })
    }

    private static func forbidden(_ profile: AppArmorProfile?) -> String? {
        guard let type = profile?.type, type != "RuntimeDefault", type != "Localhost" else { return nil }
        return type
    }

    private static func forbiddenAnnotations(_ metadata: ObjectMeta) -> [(key: String, value: String)] {
        guard let annotations = metadata.annotations else { return [] }
        return annotations.filter { key, value in
            key.hasBytes(annotationPrefix)
                && !(value.isEmpty || value == "runtime/default" || value.hasBytes("localhost/"))
        }
        // Keys differ and end before any value: their order is the order of the texts that the library sorts.
        .sorted { "\($0.key)=".utf8.lexicographicallyPrecedes("\($1.key)=".utf8) }
    }
}
