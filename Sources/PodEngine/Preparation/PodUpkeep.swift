// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

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
        guard let least = renewals.min() else { return nil }
        seconds = min(least, 3600)
    }
}
