// SPDX-License-Identifier: Apache-2.0

/// Confidential values by key.
package struct Secret: Codable, Hashable, Sendable {
    package var apiVersion = "v1"
    package var kind = "Secret"
    package var metadata = ObjectMeta()
    package var immutable: Bool?
    /// Base64.
    package var data: [String: String]?
    /// Plain text, which wins over `data`.
    ///
    /// The API server never shows it.
    package var stringData: [String: String]?
    /// `Opaque` when nil.
    package var type: String?

    package init(
        metadata: ObjectMeta = ObjectMeta(), immutable: Bool? = nil, data: [String: String]? = nil,
        stringData: [String: String]? = nil, type: String? = nil
    ) {
        self.metadata = metadata
        self.immutable = immutable
        self.data = data
        self.stringData = stringData
        self.type = type
    }
}
