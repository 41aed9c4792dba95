// SPDX-License-Identifier: Apache-2.0

/// Why a pod has no network: one line that names file, plugin or field, and what it said.
package struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
