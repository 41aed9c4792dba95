// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes

/// What a container is kept from.
extension ContextFields {
    typealias Context = EffectiveSecurityContext

    func capabilities(privileged: Decided<Bool>, node: Node) throws(Refusal) -> Decided<CapabilitySet> {
        let written = context?.capabilities
        let request = try CapabilityRequest(
            add: written?.add ?? [], drop: written?.drop ?? [], field: "\(path).capabilities")
        // Privileged means all; what add and drop say has no effect, but a name in them that is none is still refused.
        if privileged.value { return privileged.map { _ in node.capabilities } }
        let granted = request.resolve(defaults: node.defaults.capabilities, available: node.capabilities)
        let missing = granted.subtracting(node.capabilities)
        guard missing.isEmpty else {
            let field = "\(path).capabilities.add"
            throw Refusal(
                .container, field: field,
                message: "\(field): this machine cannot grant \(missing.ociNames.joined(separator: ", "))")
        }
        return Decided(granted, from: written == nil ? .node : ofContainer("capabilities"))
    }

    func seccomp(_ node: Node) throws(Refusal) -> Decided<Context.Seccomp> {
        guard let profile = written(\.seccompProfile, \.seccompProfile, "seccompProfile") else {
            return node.seccompDefault ? Decided(.runtimeDefault, from: .node) : Decided(.unconfined, from: .kubernetes)
        }
        let field = profile.origin.manifestField ?? path
        switch profile.value.type {
        case "Unconfined": return profile.map { _ in .unconfined }
        case "RuntimeDefault": return profile.map { _ in .runtimeDefault }
        case "Localhost":
            // An empty name ran unconfined once: CVE-2023-2431.
            guard let name = profile.value.localhostProfile, !name.isEmpty else {
                throw Refusal(
                    .containerConfig, field: "\(field).localhostProfile",
                    message: "localhostProfile must be set if seccompProfile type is Localhost.")
            }
            return profile.map { _ in .localhost(path: "\(node.seccompRoot)/\(name)") }
        default:
            throw Refusal(
                .containerConfig, field: "\(field).type",
                message: "\(field).type: unknown seccomp profile type: \"\(profile.value.type)\"")
        }
    }

    func procMount() throws(Refusal) -> Decided<Context.ProcMount> {
        guard let written = context?.procMount else { return Decided(.masked, from: .kubernetes) }
        let field = "\(path).procMount"
        guard let value = Context.ProcMount(rawValue: written) else {
            throw Refusal(.containerConfig, field: field, message: "\(field): unknown procMount \"\(written)\"")
        }
        // Without a user namespace of its own, such a container could write the machine's /proc/sys.
        if value == .unmasked, pod.spec.hostUsers != false {
            throw Refusal(
                .containerConfig, field: field, message: "\(field): `hostUsers` must be false to use `Unmasked`")
        }
        return Decided(value, from: ofContainer("procMount"))
    }

    func masks(
        _ procMount: Decided<Context.ProcMount>, privileged: Decided<Bool>, node: Node
    ) -> (masked: Decided<[String]>, readOnly: Decided<[String]>) {
        if privileged.value { return (privileged.map { _ in [] }, privileged.map { _ in [] }) }
        if procMount.value == .unmasked { return (procMount.map { _ in [] }, procMount.map { _ in [] }) }
        return (procMount.map { _ in node.maskedPaths }, procMount.map { _ in MaskedPaths.readOnly })
    }

    func namespaces(privileged: Decided<Bool>, node: Node) -> Context.Namespaces {
        func own(_ field: String, _ isHost: Bool?) -> Decided<Context.Namespaces.Owner> {
            guard let isHost else { return Decided(.pod, from: .kubernetes) }
            return Decided(isHost ? .host : .pod, from: .pod(field: "spec.\(field)"))
        }
        let network = own("hostNetwork", pod.spec.hostNetwork)
        return Context.Namespaces(
            network: network, uts: network, ipc: own("hostIPC", pod.spec.hostIPC), pid: pidNamespace,
            user: pod.spec.hostUsers.map { Decided($0 ? .host : .pod, from: .pod(field: "spec.hostUsers")) }
                ?? Decided(.host, from: .kubernetes),
            cgroup: !node.hasUnifiedCgroups
                ? Decided(.host, from: .node)
                : privileged.value ? privileged.map { _ in .host } : Decided(.container, from: .node))
    }

    private var pidNamespace: Decided<Context.Namespaces.Owner> {
        if pod.spec.hostPID == true { return Decided(.host, from: .pod(field: "spec.hostPID")) }
        if pod.spec.shareProcessNamespace == true {
            return Decided(.pod, from: .pod(field: "spec.shareProcessNamespace"))
        }
        if container.kind == .ephemeral, !(container.container.targetContainerName ?? "").isEmpty {
            return Decided(.target, from: .container(field: "\(container.path).targetContainerName"))
        }
        return Decided(.container, from: .kubernetes)
    }
}
