// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import SecurityPolicy
import Testing

@Suite("What a container may use")
struct ResourcesTests {
    static func quantities(_ values: [String: String]) throws -> [String: Quantity] {
        try values.mapValues { try Quantity($0) }
    }

    static func scene(limits: [String: String] = [:], requests: [String: String] = [:]) throws -> Scene {
        let resources = ResourceRequirements(limits: try quantities(limits), requests: try quantities(requests))
        return Scene(pod: { $0.containers[0].resources = resources })
    }

    struct CPURow: Sendable {
        let request: String?
        let limit: String?
        let shares: UInt64
        let quota: Int64?
    }

    @Test(
        "cpu becomes the weight and the quota that the kubelet computes",
        arguments: [
            CPURow(request: nil, limit: nil, shares: 2, quota: nil),
            CPURow(request: "500m", limit: nil, shares: 512, quota: nil),
            CPURow(request: nil, limit: "2", shares: 2048, quota: 200_000),
            CPURow(request: "1m", limit: "5m", shares: 2, quota: 1000),
            CPURow(request: "0", limit: "0", shares: 2, quota: nil),
            CPURow(request: "1000000", limit: nil, shares: 262_144, quota: nil),
            CPURow(request: "9E", limit: "9E", shares: 262_144, quota: .max),
        ])
    func cpu(row: CPURow) throws {
        let scene = try Self.scene(
            limits: row.limit.map { ["cpu": $0] } ?? [:], requests: row.request.map { ["cpu": $0] } ?? [:])
        let resources = try scene.resolve().resources
        #expect(resources.cpuShares.value == row.shares)
        #expect(resources.cpuQuota.value == row.quota)
    }

    @Test("a container without a limit has that of the pod as a whole")
    func whole() throws {
        let limits = try Self.quantities(["cpu": "2", "memory": "64Mi"])
        let resources = try Scene(pod: {
            $0.resources = ResourceRequirements(limits: limits)
            $0.containers[0].resources.limits = ["cpu": Quantity(1)]
        }).resolve().resources
        #expect(
            resources.memoryLimit == Decided(.mebibytes(64), from: .pod(field: "spec.resources.limits[memory]")))
        #expect(
            resources.cpuQuota
                == Decided(100_000, from: .container(field: "spec.containers[0].resources.limits[cpu]")))
        let pod = Scene(pod: { $0.resources = ResourceRequirements(limits: limits) }).pod
        #expect(pod.resourcesOfWhole?.memoryLimit.value == .mebibytes(64))
        #expect(pod.resourcesOfWhole?.cpuQuota.value == 200_000)
        #expect(Scene().pod.resourcesOfWhole == nil)
    }

    @Test(
        "what is asked for the pod as a whole decides its class alone",
        arguments: [
            (["cpu": "1", "memory": "1Gi"], ["cpu": "1", "memory": "1Gi"], QualityOfService.guaranteed),
            (["cpu": "1"], ["cpu": "1"], .burstable), ([:], ["memory": "1"], .burstable),
        ])
    func wholeQuality(limits: [String: String], requests: [String: String], expected: QualityOfService) throws {
        let own = ResourceRequirements(
            limits: try Self.quantities(limits), requests: try Self.quantities(requests))
        #expect(Scene(pod: { $0.resources = own }).pod.qualityOfService == expected)
    }

    @Test("a memory limit is in bytes, and 0 is none")
    func memory() throws {
        let limit = try Self.scene(limits: ["memory": "64Mi"]).resolve().resources.memoryLimit
        #expect(
            limit == Decided(.mebibytes(64), from: .container(field: "spec.containers[0].resources.limits[memory]")))
        #expect(try Self.scene(limits: ["memory": "0"]).resolve().resources.memoryLimit.value == nil)
    }

    struct ScoreRow: Sendable {
        let limits: [String: String]
        let requests: [String: String]
        let quality: QualityOfService
        let score: Int
    }

    @Test(
        "the score follows from the class and the memory asked for, on 16 GiB",
        arguments: [
            ScoreRow(limits: [:], requests: [:], quality: .bestEffort, score: 1000),
            ScoreRow(limits: ["cpu": "1", "memory": "1Gi"], requests: [:], quality: .guaranteed, score: -997),
            ScoreRow(
                limits: ["cpu": "1", "memory": "1Gi"], requests: ["cpu": "1000m", "memory": "1024Mi"],
                quality: .guaranteed, score: -997),
            ScoreRow(limits: [:], requests: ["memory": "4Gi"], quality: .burstable, score: 750),
            ScoreRow(limits: [:], requests: ["cpu": "1"], quality: .burstable, score: 999),
            ScoreRow(limits: [:], requests: ["memory": "16Gi"], quality: .burstable, score: 3),
            ScoreRow(limits: ["memory": "1Gi"], requests: [:], quality: .burstable, score: 938),
            ScoreRow(limits: ["cpu": "0"], requests: ["memory": "0"], quality: .bestEffort, score: 1000),
        ])
    func score(row: ScoreRow) throws {
        let scene = try Self.scene(limits: row.limits, requests: row.requests)
        #expect(scene.pod.qualityOfService == row.quality)
        #expect(try scene.resolve().oomScoreAdjustment.value == row.score)
    }

    @Test("a sidecar is not ended before the containers that it serves")
    func sidecar() throws {
        var scene = try Self.scene(requests: ["memory": "8Gi"])
        var sidecar = Container(name: "proxy")
        sidecar.restartPolicy = "Always"
        scene.pod.spec.initContainers = [sidecar]
        #expect(scene.pod.podContainers.map(\.path) == ["spec.initContainers[0]", "spec.containers[0]"])
        #expect(try scene.resolve(0).oomScoreAdjustment.value == 500)
        scene.pod.spec.initContainers?[0].restartPolicy = nil
        #expect(try scene.resolve(0).oomScoreAdjustment.value == 999)
    }

    @Test("without CAP_SYS_RESOURCE the score does not go below the machine's own")
    func restricted() throws {
        var scene = try Self.scene(limits: ["cpu": "1", "memory": "1Gi"])
        scene.node.lowestScoreAdjustment = 0
        #expect(try scene.resolve().oomScoreAdjustment == Decided(0, from: .node))
        scene.pod.spec.priorityClassName = "system-node-critical"
        #expect(try scene.resolve().oomScoreAdjustment.value == 0)
    }
}
