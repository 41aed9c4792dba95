// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import SecurityPolicy
import Volumes

/// What is made for a pod when it is asked for.
extension StoredObjects {
    func ephemeralClaim(for volume: Volume, of pod: Pod) throws -> PersistentVolumeClaim {
        let name = ObjectName(namespace: pod.metadata.namespace ?? "", name: pod.claimName(ofEphemeral: volume))
        return try NameLock.holding(.claim, name, in: root) { () throws(EngineError) in
            if let stored = try objects.read(PersistentVolumeClaim.self, .claim, name) { return stored }
            let template = volume.ephemeral?.volumeClaimTemplate ?? PersistentVolumeClaimTemplate()
            var claim = PersistentVolumeClaim(
                metadata: ObjectMeta(name: name.name, namespace: name.namespace), spec: template.spec,
                status: PersistentVolumeClaimStatus(phase: "Pending"))
            claim.metadata.labels = template.metadata?.labels
            claim.metadata.annotations = template.metadata?.annotations
            claim.metadata.ownerReferences = [
                OwnerReference(
                    apiVersion: "v1", kind: "Pod", name: pod.metadata.name ?? "", uid: pod.metadata.uid ?? "",
                    controller: true, blockOwnerDeletion: true)
            ]
            NewObject.complete(&claim.metadata)
            try objects.write(.claim, name, claim)
            return claim
        }
    }

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
