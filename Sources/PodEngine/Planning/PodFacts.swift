// SPDX-License-Identifier: Apache-2.0

/// What of a pod is known only where it runs.
package struct PodFacts: Hashable, Sendable {
    package var nodeName: String
    package var hostIPs: [String]
    /// Empty while the pod has no address.
    package var podIPs: [String]
    package init(nodeName: String, hostIPs: [String] = [], podIPs: [String] = []) {
        self.nodeName = nodeName
        self.hostIPs = hostIPs
        self.podIPs = podIPs
    }
}
