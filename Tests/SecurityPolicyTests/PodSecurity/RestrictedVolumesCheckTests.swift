// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check restrictedVolumes")
struct RestrictedVolumesCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes(
            "v1.0",
            volumes("configMap: {}", "csi: {driver: d}", "downwardAPI: {}", "emptyDir: {}", "ephemeral: {}")),
        .passes(
            "latest",
            volumes("image: {}", "persistentVolumeClaim: {claimName: c}", "projected: {}", "secret: {}")),
        .fails(
            "v1.0", volumes("emptyDir: {}", "hostPath: {path: /}"), "restricted volume types",
            #"volume "v1" uses restricted volume type "hostPath""#, "spec.volumes[1].hostPath"),
        .fails(
            "latest", volumes("nfs: {server: s}", "emptyDir: {}", "iscsi: {iqn: i}", "nfs: {server: s}"),
            "restricted volume types",
            #"volumes "v0", "v2", "v3" use restricted volume types "iscsi", "nfs""#, "spec.volumes[0].nfs",
            "spec.volumes[2].iscsi", "spec.volumes[3].nfs"),
        .fails(
            "latest", volumes("nfs: {server: s}", "nfs: {server: s}"), "restricted volume types",
            #"volumes "v0", "v1" use restricted volume type "nfs""#, "spec.volumes[0].nfs", "spec.volumes[1].nfs"),
        .fails(
            "latest", "{containers: [{name: a}], volumes: [{name: v}]}", "restricted volume types",
            #"volume "v" uses restricted volume type "unknown""#, "spec.volumes[0]"),
    ]

    static func volumes(_ sources: String...) -> String {
        let list = sources.enumerated().map { "{name: v\($0), \($1)}" }.joined(separator: ", ")
        return "{containers: [{name: a}], volumes: [\(list)]}"
    }

    @Test(
        "a volume of a restricted type is found; volumes stay in order, types are sorted and told once", arguments: rows
    )
    func verdict(row: Row) throws { try row.verify("restrictedVolumes", .restricted) }

    @Test(
        "every other source is restricted",
        arguments: [
            "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd",
            "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk",
            "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos",
        ])
    func restricted(source: String) throws {
        let row = Row.fails(
            "latest", Self.volumes("\(source): {}"), "restricted volume types",
            "volume \"v0\" uses restricted volume type \"\(source)\"", "spec.volumes[0].\(source)")
        try row.verify("restrictedVolumes", .restricted)
    }
}
