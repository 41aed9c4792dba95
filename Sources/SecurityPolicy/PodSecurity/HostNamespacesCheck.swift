// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// None of the machine's namespaces.
    static let hostNamespaces = Self("hostNamespaces", .baseline, Form(since: 0, findHostNamespaces))

    private static func findHostNamespaces(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        var names: [String] = []
        if spec.hostNetwork == true { names.append("hostNetwork") }
        if spec.hostPID == true { names.append("hostPID") }
        if spec.hostIPC == true { names.append("hostIPC") }
        guard !names.isEmpty else { return nil }
        return Finding(
            reason: "host namespaces", detail: names.map { "\($0)=true" }.joined(separator: ", "),
            fields: names.map { FieldPath([.field("spec"), .field($0)]) })
    }
}
