// SPDX-License-Identifier: Apache-2.0

/// An object that is looked at and not run.
package enum ReviewedObject: Sendable {
    /// Of a kind that one machine acts on.
    case object(KubernetesObject)
    case workload(Workload)
    case namespace(ObjectMeta)
    /// Of any other kind, which is not looked at.
    case other
}

/// One object of a file that is looked at: as typed values, and as it was written.
package struct ReviewedManifest: Sendable {
    package let file: String
    package let apiVersion: String
    package let kind: String
    /// `""` where there is none.
    package let name: String
    package let namespace: String?
    /// Where the object stands in its document: `items[3]` of a list, else empty.
    package let prefix: FieldPath
    /// Where the lists around it and their `items` begin, the outermost first.
    package let around: [Position]
    /// As written; defaults are not filled in.
    package let object: ReviewedObject
    /// As written, with positions; it has every field, also those that the typed object does not carry.
    package let source: SourceNode

    /// Where a field of the object is written; nil where it is not.
    package func position(of path: String) -> Position? { source.position(of: FieldPath(parsing: path)) }

    /// Where a field of the object, or else the nearest field around it, is written.
    ///
    /// The path may be the server's, which is not always that of the manifest.
    package func nearestPosition(of path: FieldPath) -> Position {
        guard case .workload(let workload) = object else { return source.nearestPosition(of: path) }
        return source.nearestPosition(of: workload.writtenPath(of: path))
    }
}
