// SPDX-License-Identifier: Apache-2.0

/// The objects of a file that are looked at and not run.
///
/// As ``decodeEachManifest(_:file:)``, but also the kinds that have a pod template, namespaces, and any kind that is
/// not known here: such an object is passed on as it is.
///
/// - Throws: for what concerns the file as a whole: its size, its syntax, that it is empty.
package func decodeForReview(
    _ bytes: [UInt8], file: String
) throws(ManifestError) -> [Result<ReviewedManifest, ManifestError>] {
    let decoder = ReviewDecoder(file: file)
    var results: [Result<ReviewedManifest, ManifestError>] = []
    let manifests = ManifestDecoder(file: file)
    for document in try manifests.documents(of: bytes) {
        decoder.decode(document, prefix: [], around: [], of: nil, into: &results)
    }
    guard !results.isEmpty else {
        throw ManifestError(file: file, problem: "holds no object", remedy: "write at least one object")
    }
    return results
}

private struct ReviewDecoder {
    /// What an item says of itself, or its list says for it.
    struct Head {
        var kind: String
        var apiVersion: String
    }

    let file: String

    /// The version that each known kind is served in.
    private static let versions: [String: String] = {
        var versions: [String: String] = ["Namespace": "v1"]
        for kind in ManifestDecoder.kinds { versions[kind] = "v1" }
        for kind in Workload.Kind.allCases { versions[kind.rawValue] = kind.apiVersion }
        return versions
    }()

    /// The kinds that the server has in these versions beside ``versions``: another one is a slip of the pen.
    private static let served: [String: Set<String>] = [
        "v1": [
            "Binding", "ComponentStatus", "Endpoints", "Event", "LimitRange", "List", "Node", "ResourceQuota",
            "Service",
            "ServiceAccount",
        ],
        "apps/v1": ["ControllerRevision"], "batch/v1": [],
    ]

    /// The groups whose kinds are known; in another one the same name may mean something else.
    private static let groups: Set = ["", "apps", "batch", "extensions"]

    /// Adds the object, or the objects of the list, that a document is.
    ///
    /// `list` is what the items of the list around it are, where they do not say it themselves.
    func decode(
        _ node: SourceNode, prefix: [FieldPath.Element], around: [Position], of list: Head?,
        into results: inout [Result<ReviewedManifest, ManifestError>]
    ) {
        let decoder = ManifestDecoder(file: file)
        guard let kind = node.member("kind")?.value.string, kind.hasSuffix("List"), let member = node.member("items"),
            case .array(let items) = member.value.content
        else { return results.append(object(node, prefix: FieldPath(prefix), around, of: list)) }
        if let problem = decoder.listProblem(node, prefix: FieldPath(prefix)) {
            return results.append(.failure(problem))
        }
        let item = Head(
            kind: String(kind.dropLast("List".count)), apiVersion: node.member("apiVersion")?.value.string ?? "")
        for (index, element) in items.enumerated() {
            decode(
                element, prefix: prefix + [.field("items"), .index(index)],
                around: around + [node.position, member.position], of: item.kind.isEmpty ? nil : item, into: &results)
        }
    }

    private func object(
        _ node: SourceNode, prefix: FieldPath, _ around: [Position], of list: Head?
    ) -> Result<ReviewedManifest, ManifestError> {
        let metadata = node.member("metadata")?.value
        let name = metadata?.member("name")?.value.string
        var head = Head(
            kind: node.member("kind")?.value.string ?? "", apiVersion: node.member("apiVersion")?.value.string ?? "")
        do throws(ManifestError) {
            if let list, head.kind.isEmpty, head.apiVersion.isEmpty, case .object = node.content { head = list }
            try ManifestDecoder(file: file).named(
                node, kind: head.kind, apiVersion: head.apiVersion, prefix: prefix)
            return .success(
                ReviewedManifest(
                    file: file, apiVersion: head.apiVersion, kind: head.kind, name: name ?? "",
                    namespace: metadata?.member("namespace")?.value.string, prefix: prefix,
                    around: around, object: try typed(node, head, prefix: prefix), source: node))
        } catch {
            var error = error
            error.kind = head.kind.isEmpty ? nil : head.kind
            error.apiVersion = head.apiVersion.isEmpty ? nil : head.apiVersion
            error.name = name
            return .failure(error)
        }
    }

    private func typed(
        _ node: SourceNode, _ head: Head, prefix: FieldPath
    ) throws(ManifestError) -> ReviewedObject {
        guard let version = Self.versions[head.kind] else {
            guard let served = Self.served[head.apiVersion], !served.contains(head.kind) else { return .other }
            throw unserved(node, head, version: nil, prefix: prefix)
        }
        guard head.apiVersion == version else {
            guard Self.groups.contains(Self.group(of: head.apiVersion)) else { return .other }
            throw unserved(node, head, version: version, prefix: prefix)
        }
        let isOwn = ManifestDecoder.kinds.contains(head.kind)
        let schema: Schema = isOwn ? .core : .workloads
        var check = SchemaCheck(file: file, prefix: prefix, schema: schema)
        check.check(node, type: schema.type(named: head.kind))
        guard check.problems.isEmpty else { throw ManifestError(check.problems) }
        if isOwn { return .object(try ManifestDecoder(file: file).typed(node, kind: head.kind)) }
        do {
            if head.kind == "Namespace" {
                return .namespace(try node.member("metadata").map { try ObjectMeta(node: $0.value) } ?? ObjectMeta())
            }
            return .workload(try Workload(node: node, kind: head.kind))
        } catch {
            throw ManifestError(file: file, position: node.position, problem: "\(error)")
        }
    }

    private static func group(of apiVersion: String) -> String {
        apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : ""
    }

    /// A kind that the server has in no version (nil), or not in this one, in the words of kubectl.
    private func unserved(
        _ node: SourceNode, _ head: Head, version: String?, prefix: FieldPath
    ) -> ManifestError {
        let metadata = node.member("metadata")?.value
        let name = GoText.quoted(metadata?.member("name")?.value.string ?? "")
        let namespace = GoText.quoted(metadata?.member("namespace")?.value.string ?? "")
        return ManifestError(
            file: file, position: node.member("apiVersion")?.value.position ?? node.position,
            path: prefix.description,
            problem: "resource mapping not found for name: \(name) namespace: \(namespace) from "
                + "\(GoText.quoted(file)): no matches for kind \(GoText.quoted(head.kind)) in version "
                + GoText.quoted(head.apiVersion),
            remedy: version.map { "write apiVersion: \($0)" } ?? "correct kind or apiVersion")
    }
}
