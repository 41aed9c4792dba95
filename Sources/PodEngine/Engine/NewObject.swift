// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import KubernetesAPI
import LinuxKernel

/// What an object gets when it is taken for the first time.
enum NewObject {
    /// A random one, in Kubernetes' spelling.
    static func uid() -> String { UUID().uuidString.lowercased() }

    /// Fills in uid and time.
    static func complete(_ metadata: inout ObjectMeta) {
        metadata.uid = uid()
        metadata.creationTimestamp = Timestamp(nanoseconds: Clock.realtime).rfc3339
    }

    /// The class that decides who goes first when memory runs out.
    ///
    /// Source: Kubernetes, "Pod Quality of Service Classes": cpu and memory count, requests default to limits.
    static func qosClass(of pod: Pod) -> String {
        var all = (pod.spec.initContainers ?? []) + pod.spec.containers
        if let resources = pod.spec.resources, resources.limits != nil || resources.requests != nil {
            // What is asked for the pod as a whole decides alone.
            all = [Container(name: "", resources: resources)]
        }
        var isBestEffort = true
        var isGuaranteed = true
        for container in all {
            for resource in ["cpu", "memory"] {
                let limit = container.resources.limits?[resource].flatMap { $0.isZero ? nil : $0 }
                let request = (container.resources.requests?[resource] ?? limit).flatMap { $0.isZero ? nil : $0 }
                if limit != nil || request != nil { isBestEffort = false }
                if limit == nil || request != limit { isGuaranteed = false }
            }
        }
        return isBestEffort ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable"
    }
}
