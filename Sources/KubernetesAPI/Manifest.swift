// SPDX-License-Identifier: Apache-2.0

/// One object of a file: as typed values, and as it was written.
package struct Manifest: Sendable {
    package let file: String
    package let apiVersion: String
    package let kind: String
    /// As written; defaults are not filled in.
    package var object: KubernetesObject
    /// As written, with positions; it has every field, also those that the typed object does not carry.
    package let source: SourceNode

    /// As written, without positions.
    package var tree: JSONValue { JSONValue(source) }

    /// Where a field is written, `spec.containers[0].securityContext.runAsUser` for example; nil where it is not.
    package func position(of path: String) -> Position? { source.position(of: FieldPath(parsing: path)) }

    /// Where a field, or else the nearest field around it, is written.
    package func nearestPosition(of path: String) -> Position { source.nearestPosition(of: FieldPath(parsing: path)) }
}
