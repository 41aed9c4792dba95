// SPDX-License-Identifier: Apache-2.0

/// A pod: what is asked (`spec`) and what is (`status`).
package struct Pod: Codable, Hashable, Sendable {
    package var apiVersion = "v1"
    package var kind = "Pod"
    package var metadata = ObjectMeta()
    package var spec = PodSpec()
    package var status: PodStatus?

    package init(metadata: ObjectMeta = ObjectMeta(), spec: PodSpec = PodSpec(), status: PodStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}
