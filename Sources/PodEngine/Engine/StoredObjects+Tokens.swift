// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import SecurityPolicy

/// What of a pod's files is made and not stored.
extension StoredObjects {
    func resource(_ reference: ResourceFieldSelector, of pod: Pod) throws -> String {
        let node = try Node.ofThisMachine()
        return try ResourceValue(pod: pod, processors: node.possibleCPUs.count, memory: node.memory).text(reference)
    }

    func serviceAccountToken(
        _ projection: ServiceAccountTokenProjection, of pod: Pod, current: String?
    ) throws -> String {
        let key = try SigningKey.of(root)
        let token = ServiceAccountToken(
            pod: pod, nodeName: try Machine.hostname().lowercased(), projection: projection)
        let now = Clock.realtime / 1_000_000_000
        if let current, token.isServed(by: current, of: key, now: now) { return current }
        return try token.signed(with: key, now: now)
    }
}
