// SPDX-License-Identifier: Apache-2.0

/// Several objects, as `kubectl get -o json` prints them: `kind: List`.
package struct ObjectList<Item: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    package struct Metadata: Codable, Hashable, Sendable {
        package var resourceVersion = ""
    }
    package var apiVersion = "v1"
    package var kind = "List"
    package var metadata = Metadata()
    package var items: [Item]

    package init(items: [Item]) { self.items = items }
}
