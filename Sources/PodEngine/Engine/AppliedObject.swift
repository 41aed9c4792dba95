// SPDX-License-Identifier: Apache-2.0

/// What became of one object of a file.
package struct AppliedObject: Sendable {
    package enum Outcome: String, Sendable {
        case created, configured, unchanged
    }
    package let resource: Resource
    package let name: ObjectName
    package let outcome: Outcome

    /// As kubectl prints it: `pod/web created`.
    package var line: String { "\(resource.singular)/\(name.name) \(outcome.rawValue)" }
}
