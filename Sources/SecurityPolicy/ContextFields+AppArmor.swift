// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// What a pod asks of AppArmor: the container's field, its old annotation, then the pod's field.
extension ContextFields {
    /// As asked for; the machine's answer is ``confine(_:privileged:node:)``'s.
    enum AppArmorRequest: Hashable, Sendable {
        case unconfined, runtimeDefault
        case localhost(String)
    }

    private var annotationKey: String {
        "container.apparmor.security.beta.kubernetes.io/\(container.container.name)"
    }

    func appArmor(_ node: Node) throws(Refusal) -> Decided<AppArmorRequest>? {
        if let profile = context?.appArmorProfile {
            return Decided(
                try Self.request(profile, field: "\(path).appArmorProfile"), from: ofContainer("appArmorProfile"))
        }
        if let annotation = pod.metadata.annotations?[annotationKey], !annotation.isEmpty {
            let field = "metadata.annotations[\(annotationKey)]"
            return Decided(try Self.request(annotation: annotation, field: field), from: .container(field: field))
        }
        if let profile = podContext?.appArmorProfile {
            return Decided(
                try Self.request(profile, field: "\(Self.podPath).appArmorProfile"), from: ofPod("appArmorProfile"))
        }
        return nil
    }

    private static func request(_ profile: AppArmorProfile, field: String) throws(Refusal) -> AppArmorRequest {
        switch profile.type {
        case "Unconfined": return .unconfined
        case "RuntimeDefault": return .runtimeDefault
        case "Localhost":
            guard let name = profile.localhostProfile, !name.isEmpty else {
                throw Refusal(
                    .containerConfig, field: "\(field).localhostProfile",
                    message: "missing localhost apparmor profile name")
            }
            return .localhost(name)
        default:
            throw Refusal(
                .containerConfig, field: "\(field).type",
                message: "unknown apparmor profile type: \"\(profile.type)\"")
        }
    }

    private static func request(annotation: String, field: String) throws(Refusal) -> AppArmorRequest {
        switch annotation {
        case "unconfined": return .unconfined
        case "runtime/default": return .runtimeDefault
        default:
            let prefix = "localhost/"
            guard annotation.hasPrefix(prefix), annotation.count > prefix.count else {
                throw Refusal(
                    .containerConfig, field: field, message: "invalid AppArmor profile name: \"\(annotation)\"")
            }
            return .localhost(String(annotation.dropFirst(prefix.count)))
        }
    }

    func confine(
        _ request: Decided<AppArmorRequest>?, privileged: Decided<Bool>, node: Node
    ) -> Decided<Context.AppArmorConfinement> {
        guard node.hasAppArmor else { return Decided(.unavailable, from: .node) }
        let isDefault = request == nil || request?.value == .runtimeDefault
        if privileged.value, isDefault || !node.defaults.appArmorConfinesPrivileged {
            return privileged.map { _ in .unconfined }
        }
        guard let request else { return Decided(.profile(node.defaults.appArmorProfile), from: .node) }
        return request.map { asked in
            switch asked {
            case .unconfined: .unconfined
            case .runtimeDefault: .profile(node.defaults.appArmorProfile)
            case .localhost(let name): .profile(name)
            }
        }
    }
}
