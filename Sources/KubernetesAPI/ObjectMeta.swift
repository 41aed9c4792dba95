// SPDX-License-Identifier: Apache-2.0

/// What every object carries under `metadata`: names, labels, annotations.
package struct ObjectMeta: Codable, Hashable, Sendable {
    package var name: String?
    package var generateName: String?
    package var namespace: String?
    package var selfLink: String?
    package var uid: String?
    package var resourceVersion: String?
    package var generation: Int64?
    /// RFC 3339, UTC, whole seconds; so are all times of the API.
    package var creationTimestamp: String?
    package var deletionTimestamp: String?
    package var deletionGracePeriodSeconds: Int64?
    package var labels: [String: String]?
    package var annotations: [String: String]?
    package var ownerReferences: [OwnerReference]?
    package var finalizers: [String]?
    package var managedFields: [JSONValue]?

    package init(name: String? = nil, namespace: String? = nil) {
        self.name = name
        self.namespace = namespace
    }
}

extension ObjectMeta {
    /// The name, or one as the server would make it of `generateName`.
    var finalName: String {
        if let name, !name.isEmpty { return name }
        guard let generateName, !generateName.isEmpty else { return "" }
        // 63 bytes at most, five of them random.
        return String(decoding: generateName.utf8.prefix(58), as: UTF8.self) + "xxxxx"
    }
}

/// The object that another one belongs to.
package struct OwnerReference: Codable, Hashable, Sendable {
    package var apiVersion = ""
    package var kind = ""
    package var name = ""
    package var uid = ""
    package var controller: Bool?
    package var blockOwnerDeletion: Bool?

    package init(
        apiVersion: String = "", kind: String = "", name: String = "", uid: String = "", controller: Bool? = nil,
        blockOwnerDeletion: Bool? = nil
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }
}
