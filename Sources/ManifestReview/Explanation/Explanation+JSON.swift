// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
package import KubernetesAPI
import SecurityPolicy

extension JSONValue {
    /// `explain -o json`: `{"pods": [...]}`.
    package init(explanations: [PodExplanation]) {
        self = ["pods": .array(explanations.map(Self.init(explanation:)))]
    }

    private init(explanation pod: PodExplanation) {
        self = [
            "file": .string(pod.file), "kind": .string(pod.kind), "name": .string(pod.name),
            "namespace": .string(pod.namespace), "node": .string(pod.node), "refusal": .text(pod.refusal),
            "fields": .array(pod.fields.map(Self.init(field:))),
            "volumes": .array(pod.volumes.map(Self.init(volume:))),
            "containers": .array(pod.containers.map(Self.init(container:))),
        ]
        place(pod.position)
    }

    private init(container: ContainerExplanation) {
        self = [
            "name": .string(container.name), "kind": .string(container.kind), "image": .string(container.image),
            "imageIsHere": .bool(container.isImageHere), "refusal": .text(container.refusal),
            "fields": .array(container.fields.map(Self.init(field:))),
            "kernel": container.kernel.map(Self.init(kernel:)) ?? .null,
            "findings": .array(
                container.findings.map { problem in
                    var finding: JSONValue = [
                        "id": .string(problem.id), "severity": .string(problem.severity.rawValue),
                    ]
                    finding["field"] = .string(problem.path)
                    finding["message"] = .string(problem.message)
                    finding["remedy"] = .text(problem.remedy)
                    finding.place(problem.position)
                    return finding
                }),
        ]
        place(container.position)
    }

    private init(field: PodExplanation.Field) {
        self = [
            "name": .string(field.name), "value": field.value, "text": .string(field.text),
            "source": .string(field.source.kind.rawValue),
        ]
        if let path = field.source.field { self["field"] = .string(path) }
        if let unknown = field.unknown { self["unknown"] = .string(unknown) }
        place(field.source.position)
    }

    private init(volume: PodExplanation.VolumeRow) {
        self = [
            "name": .string(volume.name), "kind": .string(volume.kind), "followsFSGroup": .bool(volume.followsGroup),
            "uid": .number(volume.uid), "gid": .number(volume.gid), "mode": .octal(volume.mode),
            "fileMode": .octal(volume.fileMode), "note": .text(volume.note),
        ]
        place(volume.position)
    }

    private init(kernel: KernelPrediction) {
        let sets = [
            ("inheritable", kernel.inheritable), ("permitted", kernel.permitted), ("effective", kernel.effective),
            ("bounding", kernel.bounding), ("ambient", kernel.ambient),
        ]
        var seccomp: JSONValue = ["mode": .int(kernel.hasFilter ? 2 : 0), "text": .string(kernel.systemCalls.text)]
        switch kernel.systemCalls {
        case .allowed(let count): seccomp["allowed"] = .int(Int64(count))
        case .denied(let count): seccomp["denied"] = .int(Int64(count))
        case .all, .unknown: break
        }
        self = [
            "uid": .number(kernel.uid), "gid": .number(kernel.gid),
            "effectiveUID": .number(kernel.effectiveUID ?? kernel.uid),
            "effectiveGID": .number(kernel.effectiveGID ?? kernel.gid),
            "groups": kernel.groups.map { .array($0.map { .int(Int64($0)) }) } ?? .null,
            "capabilities": .object(
                Dictionary(uniqueKeysWithValues: sets.map { ($0, $1.map(JSONValue.texts) ?? .null) })),
            "noNewPrivileges": .bool(kernel.noNewPrivileges), "seccomp": seccomp,
            "maskedPaths": .texts(kernel.maskedPaths), "readOnlyPaths": .texts(kernel.readOnlyPaths),
            "mounts": .array(kernel.mounts.map(Self.init(mount:))),
        ]
    }

    private init(mount: KernelPrediction.MountRow) {
        self = [
            "path": .string(mount.path), "type": .string(mount.type), "flags": .texts(mount.flags),
            "propagation": .string(mount.propagation), "what": .string(mount.what),
            "writable": .bool(mount.isWritable), "writers": .string(mount.writers),
        ]
    }

    private static func texts(_ texts: [String]) -> Self { .array(texts.map { .string($0) }) }
    private static func text(_ text: String?) -> Self { text.map { .string($0) } ?? .null }
    private static func number(_ number: UInt32?) -> Self { number.map { .int(Int64($0)) } ?? .null }
    /// As a string, since JSON has no octal numbers: `"02777"`.
    private static func octal(_ mode: UInt32?) -> Self { mode.map { .string(FileMode.octal($0)) } ?? .null }

    private mutating func place(_ position: Position?) {
        guard let position else { return }
        self["line"] = .int(Int64(position.line))
        self["column"] = .int(Int64(position.column))
    }
}
