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
}
