// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No file or folder of the machine as a volume.
    static let hostPathVolumes = Self("hostPathVolumes", .baseline, Form(since: 0, findHostPathVolumes))

    private static func findHostPathVolumes(_: ObjectMeta, _ spec: PodSpec) -> Finding? {
        guard let volumes = spec.volumes else { return nil }
        let indices = volumes.indices.filter { volumes[$0].hostPath != nil }
        guard !indices.isEmpty else { return nil }
        return Finding(
            reason: "hostPath volumes", detail: indices.map { volumes[$0].name }.quotedList(after: "volume"),
            fields: indices.map { FieldPath([.field("spec"), .field("volumes"), .index($0), .field("hostPath")]) })
    }
}
