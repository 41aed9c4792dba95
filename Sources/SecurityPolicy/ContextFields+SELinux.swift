// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// What a pod asks of SELinux: the container's options replace the pod's as a whole.
extension ContextFields {
    func seLinux(privileged: Decided<Bool>, node: Node) throws(Refusal) -> Decided<Context.SELinuxConfinement> {
        let written = written(\.seLinuxOptions, \.seLinuxOptions, "seLinuxOptions")
        let options = written?.map(SELinuxLabel.init(options:))
        if let options, !options.value.level.isEmpty, !SELinuxLabel.isLevel(options.value.level) {
            let field = "\(options.origin.manifestField ?? path).level"
            throw Refusal(
                .container, field: field,
                message: "\(field): the format of 'level' \"\(options.value.level)\" is not correct")
        }
        guard node.hasSELinux else {
            return options?.map { .ignored($0) } ?? Decided(.unspecified, from: .kubernetes)
        }
        if privileged.value { return privileged.map { _ in .unconfined } }
        guard let defaults = node.seLinuxDefaults else {
            guard let options else { return Decided(.unspecified, from: .node) }
            let field = options.origin.manifestField ?? path
            throw Refusal(
                .container, field: field,
                message: "\(field): this machine's SELinux policy has no types for containers (lxc_contexts)")
        }
        let labels = defaults.labels(for: options?.value)
        return Decided(.labels(process: labels.process, file: labels.file), from: options?.origin ?? .node)
    }
}

extension SELinuxLabel {
    package init(options: SELinuxOptions) {
        self.init(
            user: options.user ?? "", role: options.role ?? "", type: options.type ?? "", level: options.level ?? "")
    }
}
