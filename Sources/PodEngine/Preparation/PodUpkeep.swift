// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension EmptyDirVolumeSource {
    /// What it may hold, where that is not memory, which has its size from the start.
    var limitOnDisk: Quantity? { (medium ?? "").isEmpty ? sizeLimit.flatMap { $0.isZero ? nil : $0 } : nil }
}

/// What is to be done again and again while a pod runs, by a command that its shim calls.
struct PodUpkeep {
    /// From the end of one call to the next.
    let seconds: Int64

    /// Nil: a pod that needs none.
    init?(of pod: Pod) {
        let volumes = pod.spec.volumes ?? []
        let tokens = volumes.flatMap { $0.projected?.sources ?? [] }.compactMap(\.serviceAccountToken)
        // Twice within the time that is left of a token when its renewal is due.
        let renewals = tokens.map { max(1, ($0.expirationSeconds ?? 3600) / 10) }
        // Source: kubelet, the interval at which its eviction manager looks.
        let looks: [Int64] = volumes.contains { $0.emptyDir?.limitOnDisk != nil } ? [10] : []
        guard let least = (renewals + looks).min() else { return nil }
        seconds = min(least, 3600)
    }
}
