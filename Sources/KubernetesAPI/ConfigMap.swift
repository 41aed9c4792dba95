// SPDX-License-Identifier: Apache-2.0

/// Configuration by key.
package struct ConfigMap: Codable, Hashable, Sendable {
    package var apiVersion = "v1"
    package var kind = "ConfigMap"
    package var metadata = ObjectMeta()
    package var immutable: Bool?
    package var data: [String: String]?
    /// Base64.
    package var binaryData: [String: String]?

    package init(
        metadata: ObjectMeta = ObjectMeta(), immutable: Bool? = nil, data: [String: String]? = nil,
        binaryData: [String: String]? = nil
    ) {
        self.metadata = metadata
        self.immutable = immutable
        self.data = data
        self.binaryData = binaryData
    }
}
