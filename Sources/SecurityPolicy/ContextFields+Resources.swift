// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes

/// What a container may use, and how willingly the kernel ends it when memory runs out.
extension ContextFields {
    /// Limits as the kubelet computes them; a request that is not written is the limit.
    ///
    /// Source: kubelet, `MilliCPUToShares` and `MilliCPUToQuota`.
    func resources() -> Context.Resources {
        let memory = limit("memory").map { ($0.value.value, $0.origin) }
        let limit = limit("cpu").map { ($0.value.milliValue, $0.origin) }
        let request =
            container.container.resources.requests?["cpu"].map {
                ($0.milliValue, Origin.container(field: "\(container.path).resources.requests[cpu]"))
            } ?? limit
        return Context.Resources(
            memoryLimit: decided(memory) { $0 > 0 ? Bytes($0) : nil } ?? Decided(nil, from: .kubernetes),
            cpuShares: decided(request, Self.shares) ?? Decided(Self.shares(0), from: .kubernetes),
            cpuQuota: decided(limit, Self.quota) ?? Decided(nil, from: .kubernetes))
    }

    /// The container's own, or the one of the pod as a whole.
    private func limit(_ resource: String) -> Decided<Quantity>? {
        if let own = container.container.resources.limits?[resource] {
            return Decided(own, from: .container(field: "\(container.path).resources.limits[\(resource)]"))
        }
        return pod.spec.resources?.limits?[resource].map {
            Decided($0, from: .pod(field: "spec.resources.limits[\(resource)]"))
        }
    }

    private func decided<Value>(_ written: (Int64, Origin)?, _ value: (Int64) -> Value) -> Decided<Value>? {
        written.map { Decided(value($0.0), from: $0.1) }
    }

    /// The weight for so many thousandths of a CPU.
    private static func shares(_ milli: Int64) -> UInt64 {
        UInt64(min(max(Int128(milli) * 1024 / 1000, 2), 262_144))
    }

    /// Microseconds of each 100 milliseconds; the kernel takes no less than 1 ms.
    private static func quota(_ milli: Int64) -> Int64? {
        milli <= 0 ? nil : Int64(clamping: max(Int128(milli) * Int128(Context.Resources.cpuPeriod) / 1000, 1000))
    }

    /// Source: kubelet, `GetContainerOOMScoreAdjust`.
    func oomScoreAdjustment(_ node: Node) -> Decided<Int> {
        let score = score(node)
        // Lowering a score below one's own needs CAP_SYS_RESOURCE.
        guard let lowest = node.lowestScoreAdjustment, score.value < lowest else { return score }
        return Decided(lowest, from: .node)
    }

    private func score(_ node: Node) -> Decided<Int> {
        if pod.spec.priorityClassName == "system-node-critical" {
            return Decided(-997, from: .pod(field: "spec.priorityClassName"))
        }
        switch pod.qualityOfService {
        case .guaranteed: return Decided(-997, from: .kubernetes)
        case .bestEffort: return Decided(1000, from: .kubernetes)
        case .burstable: break
        }
        func score(request: Int64) -> Int64 {
            node.memory.count > 0 ? Int64(clamping: 1000 - Int128(request) * 1000 / Int128(node.memory.count)) : 1000
        }
        let share = pod.unassignedMemoryShare
        var value = score(request: (container.container.request("memory")?.value ?? 0) + share)
        if container.kind == .sidecar {
            let smallest = pod.spec.containers.map { $0.request("memory")?.value ?? 0 }.min() ?? 0
            value = min(value, score(request: smallest + share))
        }
        return Decided(Int(min(max(value, 3), 999)), from: .kubernetes)
    }
}

/// The class of a pod by what its containers ask for.
package enum QualityOfService: String, Hashable, Sendable {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"
}

extension Pod {
    /// Guaranteed when every container limits cpu and memory and asks for no less; BestEffort when none asks for either.
    package var qualityOfService: QualityOfService {
        let resources = ["cpu", "memory"]
        var containers = podContainers.map(\.container)
        if let own = spec.resources, own.limits?.isEmpty == false || own.requests?.isEmpty == false {
            // What is asked for the pod as a whole decides alone.
            containers = [Container(resources: own)]
        }
        func isPositive(_ quantity: Quantity?) -> Bool { quantity.map { !$0.isZero && !$0.isNegative } ?? false }
        let asks = containers.contains { container in
            resources.contains { isPositive(container.request($0)) || isPositive(container.resources.limits?[$0]) }
        }
        guard asks else { return .bestEffort }
        let isGuaranteed = containers.allSatisfy { container in
            resources.allSatisfy { name in
                let limit = container.resources.limits?[name]
                return isPositive(limit) && container.request(name) == limit
            }
        }
        return isGuaranteed ? .guaranteed : .burstable
    }

    /// What the pod as a whole asks of memory and its containers do not, shared by them equally, in bytes.
    ///
    /// Source: kubelet, `GetContainerOOMScoreAdjust`.
    fileprivate var unassignedMemoryShare: Int64 {
        guard let asked = spec.resources?.requests?["memory"]?.value else { return 0 }
        let sharing = podContainers.filter { $0.kind != .`init` }.map { $0.container.request("memory")?.value ?? 0 }
        let rest = sharing.reduce(Int128(asked)) { $0 - Int128($1) }
        return sharing.isEmpty ? 0 : Int64(clamping: max(rest, 0) / Int128(sharing.count))
    }

    /// What the pod's containers may use together; nil where the pod as a whole has no limit.
    package var resourcesOfWhole: EffectiveSecurityContext.Resources? {
        guard let own = spec.resources else { return nil }
        var whole = self
        whole.spec.resources = nil
        let container = PodContainer(kind: .main, path: "spec", container: Container(resources: own))
        return ContextFields(pod: whole, container: container).resources()
    }
}
