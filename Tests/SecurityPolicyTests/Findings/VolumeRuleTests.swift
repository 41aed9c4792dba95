// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SecurityPolicy

@Suite("Findings about volumes")
struct VolumeRuleTests {
    static let name = "spec.containers[0].volumeMounts[0].name"

    /// A container with volume `v` at `/v`; the texts are the insides of its context, the pod's, the mount and the volume.
    static func at(
        _ own: String, pod: String = "", mount: String = "", _ volume: String, spec: String = ""
    ) -> String {
        .one(
            own, pod: pod, container: "volumeMounts: [{name: v, mountPath: /v, \(mount)}]",
            spec: "volumes: [{name: v, \(volume)}], \(spec)")
    }
    static func at(pod: String = "", mount: String = "", _ volume: String, spec: String = "") -> String {
        at("", pod: pod, mount: mount, volume, spec: spec)
    }
    static let claim = "persistentVolumeClaim: {claimName: c}"
    static let nfs = "nfs: {server: s, path: /}"
    static let data = "hostPath: {path: /data}"
    static func preparing(_ own: String, mount: String = "") -> String {
        "initContainers: [{name: d, image: j, securityContext: {\(own)}, volumeMounts: [{name: v, mountPath: /w, \(mount)}]}]"
    }

    private static func ignored(_ kind: String, _ part: String = "", path: String = name) -> Finding {
        Finding(path, "fsGroup 7 is not applied to volume \"v\": \(kind) keeps its owner\(part)")
    }

    static let ignoredRows: [FindingRow] = [
        .finds(at("runAsUser: 5", pod: "fsGroup: 7", data), ignored("hostPath")),
        .finds(at(pod: "fsGroup: 7", nfs), ignored("nfs")),
        .finds(
            at("runAsUser: 5", pod: "fsGroup: 7", mount: "subPath: a", data),
            ignored("hostPath", ", and a folder that subPath makes is root's")),
        .finds(
            at("runAsUser: 5", pod: "fsGroup: 7", nfs, spec: preparing("runAsUser: 6")),
            ignored("nfs", path: "spec.initContainers[0].volumeMounts[0].name"), ignored("nfs")),
        .quiet(at("runAsUser: 5", data)),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", claim)),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", "emptyDir: {}")),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", "image: {reference: r}")),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", mount: "readOnly: true", data)),
        .quiet(at("runAsUser: 0", pod: "fsGroup: 7", data)),
        .quiet(at(pod: "fsGroup: 7", data), image: .small()),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", data, spec: preparing(""))),
        // The node itself, and no data.
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", "hostPath: {path: /var/run/docker.sock}")),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", "hostPath: {path: /etc/localtime}")),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", "hostPath: {path: /dev/fuse, type: CharDevice}")),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", "hostPath: {path: /sys}")),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", "hostPath: {path: /}")),
    ]

    @Test("volumes that do not follow fsGroup are told of", arguments: ignoredRows)
    func ignored(row: FindingRow) throws { try row.verify("fs-group-ignored") }

    private static let unwritable = Finding(name, "volume \"v\" is root's as it is made: uid 5 cannot write to /v")
    private static let folder = Finding(
        name, "/data must let uid 5 write: a folder that the runtime makes there is root's")

    static let unwritableRows: [FindingRow] = [
        .finds(at("runAsUser: 5", claim), unwritable),
        .finds(
            at(
                "runAsUser: 5",
                "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}"
            ), unwritable),
        .finds(at("runAsUser: 5", mount: "subPath: a", claim), unwritable),
        // 0755 keeps root's group out as well.
        .finds(at("runAsUser: 5, runAsGroup: 0", pod: "supplementalGroups: [0]", claim), unwritable),
        .finds(at("runAsUser: 5", data), folder),
        .finds(at("runAsUser: 5", "hostPath: {path: /data, type: DirectoryOrCreate}"), folder),
        .finds(
            at("runAsUser: 5", claim, spec: preparing("runAsUser: 6")),
            Finding(
                "spec.initContainers[0].volumeMounts[0].name",
                "volume \"v\" is root's as it is made: uid 6 cannot write to /w"), unwritable),
        .finds(at("runAsUser: 5", claim, spec: preparing("", mount: "readOnly: true")), unwritable),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", claim)),
        .quiet(at("runAsUser: 5", pod: "fsGroup: 7", data)),
        .quiet(at("runAsUser: 5", mount: "readOnly: true", claim)),
        .quiet(at("runAsUser: 5", "persistentVolumeClaim: {claimName: c, readOnly: true}")),
        .quiet(at("runAsUser: 5", "emptyDir: {}")),
        .quiet(at("runAsUser: 5", "hostPath: {path: /data, type: Directory}")),
        .quiet(at("runAsUser: 5", "hostPath: {path: /data/x, type: File}")),
        .quiet(at("runAsUser: 0", claim)),
        .quiet(at("runAsUser: 0, capabilities: {drop: [ALL]}", claim)),
        .quiet(at(claim)),
        .quiet(at(claim), image: .small()),
        // An init container that may be root prepares it.
        .quiet(at("runAsUser: 5", claim, spec: preparing("runAsUser: 0"))),
        .quiet(at("runAsUser: 5", claim, spec: preparing(""))),
        // With all capabilities as ambient ones.
        .quiet(at("runAsUser: 5, privileged: true", claim), node: .reference(defaults: .crio)),
    ]

    @Test("a volume that is root's cannot be written by others", arguments: unwritableRows)
    func unwritable(row: FindingRow) throws { try row.verify("volume-unwritable") }

    private static func unreadable(_ mode: String, _ uid: Int = 5) -> Finding {
        Finding(name, "uid \(uid) cannot read files of volume \"v\": they are root's, mode \(mode)")
    }
    static let token = "serviceAccountToken: {path: token}"
    static let account = "serviceAccountName: a"

    static let unreadableRows: [FindingRow] = [
        .finds(at("runAsUser: 5, runAsGroup: 6", "secret: {secretName: s, defaultMode: 0400}"), unreadable("0400")),
        .finds(at("runAsUser: 5, runAsGroup: 6", "secret: {secretName: s, defaultMode: 0440}"), unreadable("0440")),
        .finds(at("runAsUser: 5", "secret: {secretName: s, defaultMode: 0400}"), unreadable("0400")),
        .finds(
            at(
                "runAsUser: 5, runAsGroup: 6",
                "configMap: {name: m, items: [{key: a, path: a}, {key: b, path: b, mode: 0600}]}"),
            unreadable("0600")),
        .finds(
            at(
                "runAsUser: 5, runAsGroup: 6", mount: "subPath: b",
                "secret: {secretName: s, items: [{key: b, path: b/c, mode: 0400}]}"),
            unreadable("0400")),
        .finds(
            at(
                "runAsUser: 5, runAsGroup: 6",
                "downwardAPI: {items: [{path: f, mode: 0400, fieldRef: {fieldPath: metadata.name}}]}"),
            unreadable("0400")),
        .finds(
            at("runAsUser: 5, runAsGroup: 6", "projected: {defaultMode: 0400, sources: [{secret: {name: s}}]}"),
            unreadable("0400")),
        .finds(
            at(
                "runAsUser: 5, runAsGroup: 6",
                "projected: {sources: [{configMap: {name: m, items: [{key: a, path: a, mode: 0400}]}}]}"),
            unreadable("0400")),
        .finds(
            at(
                "runAsUser: 5, runAsGroup: 6", "projected: {defaultMode: 0400, sources: [{\(token)}]}",
                spec: "\(account), initContainers: [{name: d, image: i, securityContext: {runAsUser: 6}}]"),
            unreadable("0400")),
        // An image's USER is not known to the kubelet.
        .finds(
            at("", "projected: {defaultMode: 0400, sources: [{\(token)}]}", spec: account), image: .small(user: "app"),
            unreadable("0400", 1000)),
        // The owner's and the others' bits do not count for the group.
        .finds(at("runAsUser: 5, runAsGroup: 0", "secret: {secretName: s, defaultMode: 0404}"), unreadable("0404")),
        .quiet(at("runAsUser: 5, runAsGroup: 0", "secret: {secretName: s, defaultMode: 0440}")),
        .quiet(at("runAsUser: 5", pod: "supplementalGroups: [0]", "secret: {secretName: s, defaultMode: 0440}")),
        // Without a group of its own it may be in root's.
        .quiet(at("runAsUser: 5", "secret: {secretName: s, defaultMode: 0440}")),
        .quiet(at("runAsUser: 5", "secret: {secretName: s, defaultMode: 0440}"), image: .small()),
        .quiet(at("runAsUser: 5, runAsGroup: 6", "secret: {secretName: s, defaultMode: 0444}")),
        .quiet(at("runAsUser: 5, runAsGroup: 6", "secret: {secretName: s}")),
        .quiet(at("runAsUser: 5, runAsGroup: 6", pod: "fsGroup: 7", "secret: {secretName: s, defaultMode: 0400}")),
        .quiet(at("runAsUser: 0", "secret: {secretName: s, defaultMode: 0400}")),
        .quiet(at("runAsUser: 0, capabilities: {drop: [ALL]}", "secret: {secretName: s, defaultMode: 0400}")),
        .quiet(at("", "secret: {secretName: s, defaultMode: 0400}")),
        // The part that is mounted has another mode.
        .quiet(
            at(
                "runAsUser: 5, runAsGroup: 6", mount: "subPath: a",
                "secret: {secretName: s, items: [{key: a, path: a}, {key: b, path: b, mode: 0400}]}")),
        .quiet(
            at("runAsUser: 5, runAsGroup: 6", mount: "subPathExpr: $(X)", "secret: {secretName: s, defaultMode: 0400}")),
        // The kubelet gives the token to the one user that all containers have.
        .quiet(
            at(
                "runAsGroup: 6", pod: "runAsUser: 5", "projected: {defaultMode: 0400, sources: [{\(token)}]}",
                spec: account)),
        .quiet(at("runAsUser: 5", "emptyDir: {}")),
    ]

    @Test("files that the user may not read are told of", arguments: unreadableRows)
    func unreadable(row: FindingRow) throws { try row.verify("files-unreadable") }

    private static func decimal(_ path: String, _ mode: Int, _ octal: String) -> Finding {
        Finding(
            "spec.volumes[0].\(path)", "\(mode) is the mode \(octal), not 0\(mode)",
            edit: .replace(path: "spec.volumes[0].\(path)", text: "0\(mode)"))
    }

    static let decimalRows: [FindingRow] = [
        .finds(at("secret: {secretName: s, defaultMode: 400}"), decimal("secret.defaultMode", 400, "0620")),
        .finds(
            at("configMap: {name: m, defaultMode: 444, items: [{key: a, path: a, mode: 440}]}"),
            decimal("configMap.defaultMode", 444, "0674"), decimal("configMap.items[0].mode", 440, "0670")),
        .finds(
            at("downwardAPI: {defaultMode: 500, items: [{path: f, mode: 400, fieldRef: {fieldPath: metadata.name}}]}"),
            decimal("downwardAPI.defaultMode", 500, "0764"), decimal("downwardAPI.items[0].mode", 400, "0620")),
        .finds(
            at(
                "projected: {defaultMode: 400, sources: [{secret: {name: s, items: [{key: a, path: a, mode: 440}]}}, "
                    + "{configMap: {name: m, items: [{key: b, path: b, mode: 444}]}}, "
                    + "{downwardAPI: {items: [{path: f, mode: 500, fieldRef: {fieldPath: metadata.name}}]}}]}"),
            decimal("projected.defaultMode", 400, "0620"),
            decimal("projected.sources[0].secret.items[0].mode", 440, "0670"),
            decimal("projected.sources[1].configMap.items[0].mode", 444, "0674"),
            decimal("projected.sources[2].downwardAPI.items[0].mode", 500, "0764")),
        .quiet(at("secret: {secretName: s, defaultMode: 0400}")),
        .quiet(at("secret: {secretName: s, defaultMode: 0o400}")),
        .quiet(at("secret: {secretName: s, defaultMode: 420}")),
        .quiet(at("secret: {secretName: s, defaultMode: 256, items: [{key: a, path: a, mode: 292}]}")),
        .quiet(at("secret: {secretName: s}")),
    ]

    @Test("a decimal mode that reads like an octal one is told of", arguments: decimalRows)
    func decimal(row: FindingRow) throws { try row.verify("mode-decimal") }

    private static func widened(_ new: String, _ old: String) -> Finding {
        Finding("spec.volumes[0]", "files of volume \"v\" get mode \(new) and group 7, not \(old)")
    }

    static let widenedRows: [FindingRow] = [
        .finds(at(pod: "fsGroup: 7", "secret: {secretName: s, defaultMode: 0400}"), widened("0440", "0400")),
        .finds(
            at(pod: "fsGroup: 7", "secret: {secretName: s, items: [{key: a, path: a, mode: 0600}]}"),
            widened("0640", "0600")),
        .quiet(at("secret: {secretName: s, defaultMode: 0400}")),
        .quiet(at(pod: "fsGroup: 7", "secret: {secretName: s, defaultMode: 0440}")),
        .quiet(at(pod: "fsGroup: 7", "secret: {secretName: s, defaultMode: 0404}")),
        .quiet(at(pod: "fsGroup: 7", "secret: {secretName: s}")),
        .quiet(at(pod: "fsGroup: 7", "emptyDir: {}")),
        .quiet(at(pod: "fsGroup: 7", "projected: {defaultMode: 0400, sources: [{\(token)}]}", spec: account)),
    ]

    @Test("a private file that a group may read is told of", arguments: widenedRows)
    func widened(row: FindingRow) throws { try row.verify("mode-widened") }

    static let page: ImageInMemory.Entry = .text("x", 0o644)
    static let full = ImageFacts.small(files: ["/v/a": page, "/v/b/c": page, "/tmp/x": page, "/run/lock/x": page])
    private static func hides(_ count: Int, _ names: String, _ path: String = "/v") -> Finding {
        Finding(
            "spec.containers[0].volumeMounts[0].mountPath",
            "hides \(count) of the image's files in \(path): \(names)")
    }

    static let hidingRows: [FindingRow] = [
        .finds(at("emptyDir: {}"), image: full, hides(2, "a, b")),
        .finds(at(claim), image: full, hides(2, "a, b")),
        .finds(
            at("emptyDir: {}"),
            image: .small(files: ["/v": .link("w"), "/w/1": page, "/w/2": page, "/w/3": page, "/w/4": page]),
            hides(4, "1, 2, 3, …")),
        // An init container that hides what it is to copy.
        .finds(
            .one(
                spec: "volumes: [{name: v, emptyDir: {}}], initContainers: [{name: d, image: i, "
                    + "volumeMounts: [{name: v, mountPath: /v}]}]"), image: full,
            Finding(
                "spec.initContainers[0].volumeMounts[0].mountPath", "hides 2 of the image's files in /v: a, b")),
        .quiet(at("emptyDir: {}"), image: .small()),
        .quiet(at("emptyDir: {}"), image: .small(files: ["/v": .folder(0o755)])),
        .quiet(at("emptyDir: {}")),
        .quiet(at("configMap: {name: m}"), image: full),
        .quiet(at(data), image: full),
        .quiet(at("emptyDir: {}", spec: preparing("runAsUser: 5")), image: full),
        .quiet(
            .one(container: "volumeMounts: [{name: v, mountPath: /tmp/}]", spec: "volumes: [{name: v, emptyDir: {}}]"),
            image: full),
        .quiet(
            .one(container: "volumeMounts: [{name: v, mountPath: /run}]", spec: "volumes: [{name: v, emptyDir: {}}]"),
            image: full),
    ]

    @Test("an empty volume over files of the image is told of", arguments: hidingRows)
    func hiding(row: FindingRow) throws { try row.verify("volume-hides-image") }

    private static func stale(_ field: String) -> Finding {
        Finding(
            "spec.containers[0].volumeMounts[0].\(field)", "volume \"v\" is not updated where a part of it is mounted")
    }

    static let staleRows: [FindingRow] = [
        .finds(at(mount: "subPath: a", "configMap: {name: m}"), stale("subPath")),
        .finds(at(mount: "subPathExpr: $(X)", "secret: {secretName: s}"), stale("subPathExpr")),
        .finds(at(mount: "subPath: token", "projected: {sources: [{\(token)}]}", spec: account), stale("subPath")),
        .quiet(at("configMap: {name: m}")),
        .quiet(at(mount: "subPath: ''", "configMap: {name: m}")),
        .quiet(at(mount: "subPath: a", claim)),
    ]

    @Test("a part of an object is never updated", arguments: staleRows)
    func stale(row: FindingRow) throws { try row.verify("sub-path-not-updated") }

    static let readOnly = "spec.containers[0].volumeMounts[0].readOnly"
    private static let always = Finding(readOnly, "volume \"v\" is mounted read-only all the same")

    static let alwaysRows: [FindingRow] = [
        .finds(at(mount: "readOnly: false", "configMap: {name: m}"), always),
        .finds(at(mount: "readOnly: false", "secret: {secretName: s}"), always),
        .quiet(at(mount: "readOnly: false", "emptyDir: {}")),
        .quiet(at(mount: "readOnly: true", "configMap: {name: m}")),
        .quiet(at("configMap: {name: m}")),
    ]

    @Test("files of objects are never writable", arguments: alwaysRows)
    func always(row: FindingRow) throws { try row.verify("volume-always-read-only") }

    static let policy = "spec.securityContext.fsGroupChangePolicy"

    static let policyRows: [FindingRow] = [
        .finds(.one(pod: "fsGroupChangePolicy: Always"), Finding(policy, "no effect without fsGroup")),
        .finds(
            at(pod: "fsGroup: 7, fsGroupChangePolicy: OnRootMismatch", "emptyDir: {}"),
            Finding(policy, "no effect: the pod has no claim")),
        .quiet(at(pod: "fsGroup: 7, fsGroupChangePolicy: OnRootMismatch", claim)),
        .quiet(at(pod: "fsGroup: 7, fsGroupChangePolicy: OnRootMismatch", "csi: {driver: d}")),
        .quiet(
            at(
                pod: "fsGroup: 7, fsGroupChangePolicy: OnRootMismatch",
                "iscsi: {targetPortal: a, iqn: 'iqn.2000-01.a:b', lun: 0}")),
        .quiet(at(pod: "fsGroup: 7", "emptyDir: {}")),
    ]

    @Test("a policy without a volume that it is about is told of", arguments: policyRows)
    func policy(row: FindingRow) throws { try row.verify("fs-group-policy-ignored") }

    private static let below = Finding(readOnly, "what is mounted below /data on the node stays writable")

    static let recursiveRows: [FindingRow] = [
        .finds(at(mount: "readOnly: true", data), below),
        .finds(at(mount: "readOnly: true, recursiveReadOnly: Disabled", data), below),
        .quiet(at(mount: "readOnly: true, recursiveReadOnly: Enabled", data)),
        .quiet(at(mount: "readOnly: true, recursiveReadOnly: IfPossible", data)),
        .quiet(at(data)),
        .quiet(at(mount: "readOnly: true", "hostPath: {path: /data/x, type: File}")),
        .quiet(at(mount: "readOnly: true", "hostPath: {path: /etc/localtime}")),
        .quiet(at(mount: "readOnly: true", claim)),
    ]

    @Test("a read-only folder of the node has mounts that are not", arguments: recursiveRows)
    func recursive(row: FindingRow) throws { try row.verify("read-only-not-recursive") }
}
