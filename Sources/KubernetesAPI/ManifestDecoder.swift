// SPDX-License-Identifier: Apache-2.0

/// The objects of a file: YAML with any number of documents, or JSON, and the items of lists.
///
/// Strict: an unknown field, a key that is there twice, a wrong type and a kind that this machine has no use for are
/// errors.
package func decodeManifests(_ bytes: [UInt8], file: String) throws(ManifestError) -> [Manifest] {
    var manifests: [Manifest] = []
    for result in try decodeEachManifest(bytes, file: file) { manifests.append(try result.get()) }
    return manifests
}

/// As ``decodeManifests(_:file:)``, but an object with an error does not keep the others from being read.
///
/// - Throws: for what concerns the file as a whole: its size, its syntax, that it is empty.
package func decodeEachManifest(
    _ bytes: [UInt8], file: String
) throws(ManifestError) -> [Result<Manifest, ManifestError>] {
    let decoder = ManifestDecoder(file: file)
    var results: [Result<Manifest, ManifestError>] = []
    for document in try decoder.documents(of: bytes) { decoder.decode(document, into: &results) }
    guard !results.isEmpty else { throw decoder.nothing }
    return results
}

struct ManifestDecoder {
    /// More than any object that a cluster stores, in bytes.
    static let largest = 10 << 20

    /// More than most manifests have, in bytes.
    private static let large = 1 << 20

    let file: String

    var nothing: ManifestError {
        ManifestError(file: file, problem: "no objects passed to apply", remedy: "write at least one object")
    }

    func documents(of bytes: [UInt8]) throws(ManifestError) -> [SourceNode] {
        guard bytes.count <= Self.largest else {
            throw ManifestError(
                file: file, problem: "is larger than \(Self.largest >> 20) MiB", remedy: "split it into several files")
        }
        let text = try text(of: bytes)
        // Reading megabytes of something else takes seconds; looking for a word that every object has does not.
        guard text.utf8.count <= Self.large || text.utf8.firstRange(of: "kind".utf8) != nil else {
            throw ManifestError(
                file: file, problem: "holds no object: the word kind is nowhere in it",
                remedy: "give a file with apiVersion, kind and metadata")
        }
        if let documents = try json(text) { return documents }
        do {
            return try YAMLReader.read(text)
        } catch {
            throw ManifestError(
                file: file, position: error.position, path: error.path.description, problem: error.problem,
                remedy: error.remedy)
        }
    }

    /// The bytes as text, without the mark that some editors put first.
    private func text(of bytes: [UInt8]) throws(ManifestError) -> String {
        if let index = bytes.firstIndex(where: { $0 < 0x20 && $0 != 0x0a && $0 != 0x09 && $0 != 0x0d }) {
            throw ManifestError(
                file: file, position: position(of: index, in: bytes),
                problem: "is not text: byte 0x\(String(bytes[index], radix: 16))", remedy: "give a YAML or JSON file")
        }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let body = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
        guard let text = String(validating: body, as: UTF8.self) else {
            let valid = String(decoding: body, as: UTF8.self).utf8
            let index = zip(valid, body).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
            throw ManifestError(
                file: file, position: position(of: index, in: Array(body)), problem: "is not UTF-8",
                remedy: "save it as UTF-8")
        }
        return text
    }

    private func position(of index: Int, in bytes: [UInt8]) -> Position {
        let before = bytes[..<index]
        let start = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        let column = before[start...].count { $0 & 0xc0 != 0x80 }
        return Position(line: before.count { $0 == 0x0a } + 1, column: column + 1)
    }

    /// The values of a JSON text, one or several in a row; nil for a text that is YAML.
    private func json(_ text: String) throws(ManifestError) -> [SourceNode]? {
        guard text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return nil }
        var reader = JSONReader(Array(text.utf8))
        var documents: [SourceNode] = []
        do throws(JSONSyntaxError) {
            while let document = try reader.next() {
                documents.append(document)
                guard documents.count <= YAMLReader.mostDocuments else {
                    throw reader.error("more than \(YAMLReader.mostDocuments) objects")
                }
            }
            return documents
        } catch {
            if let path = error.duplicate {
                throw ManifestError(
                    file: file, position: error.position, path: path.description,
                    problem: "strict decoding error: duplicate field \"\(path)\"", remedy: "remove one of the two")
            }
            // What begins like JSON may still be YAML's own form of it, with plain keys or comments.
            do { return try YAMLReader.read(text) } catch _ {}
            throw ManifestError(
                file: file, position: error.position, problem: "is not JSON: \(error.problem)",
                remedy: "correct it here or just before")
        }
    }

    /// Adds the object, or the objects of the list, that a document is.
    func decode(
        _ node: SourceNode, prefix: FieldPath = FieldPath(), into results: inout [Result<Manifest, ManifestError>]
    ) {
        guard let kind = node.member("kind")?.value.string, kind.hasSuffix("List"),
            case .array(let items) = node.member("items")?.value.content
        else {
            results.append(object(node, prefix: prefix))
            return
        }
        if let problem = listProblem(node, prefix: prefix) {
            results.append(.failure(problem))
            return
        }
        for (index, item) in items.enumerated() {
            decode(item, prefix: FieldPath(prefix.elements + [.field("items"), .index(index)]), into: &results)
        }
    }

    func listProblem(_ node: SourceNode, prefix: FieldPath) -> ManifestError? {
        guard case .object(let members) = node.content else { return nil }
        let known = ["apiVersion", "kind", "metadata", "items"]
        guard let member = members.first(where: { !known.contains($0.key) }) else { return nil }
        return ManifestError(
            file: file, position: member.position, path: prefix.description,
            problem: "strict decoding error: unknown field \"\(member.key)\"",
            remedy: "a list has \(known.joined(separator: ", "))")
    }

    private func object(_ node: SourceNode, prefix: FieldPath) -> Result<Manifest, ManifestError> {
        let kind = node.member("kind")?.value.string
        let apiVersion = node.member("apiVersion")?.value.string
        do throws(ManifestError) {
            try head(node, kind: kind, apiVersion: apiVersion, prefix: prefix)
            let kind = kind ?? ""
            var check = SchemaCheck(file: file, prefix: prefix)
            check.check(node, type: Schema.core.type(named: kind))
            guard check.problems.isEmpty else { throw ManifestError(check.problems) }
            return .success(
                Manifest(
                    file: file, apiVersion: apiVersion ?? "", kind: kind, object: try typed(node, kind: kind),
                    source: node)
            )
        } catch {
            var error = error
            error.kind = kind
            error.apiVersion = apiVersion
            error.name = node.member("metadata")?.value.member("name")?.value.string
            return .failure(error)
        }
    }

    /// Whether this is an object of a kind that is known here.
    private func head(
        _ node: SourceNode, kind: String?, apiVersion: String?, prefix: FieldPath
    ) throws(ManifestError) {
        func problem(_ problem: String, _ remedy: String, at field: String) -> ManifestError {
            self.problem(node, problem, remedy, at: field, prefix: prefix)
        }
        try named(node, kind: kind, apiVersion: apiVersion, prefix: prefix)
        guard Self.kinds.contains(kind ?? "") else {
            let remedy = "known kinds are \(Self.kinds.joined(separator: ", "))"
            throw problem(
                "no kind \"\(kind ?? "")\" is known for version \"\(apiVersion ?? "")\"", remedy, at: "kind")
        }
        guard apiVersion == "v1" else {
            throw problem(
                "no kind \"\(kind ?? "")\" in version \"\(apiVersion ?? "")\"", "write apiVersion: v1", at: "apiVersion"
            )
        }
    }

    /// Whether this is an object that says what it is.
    func named(
        _ node: SourceNode, kind: String?, apiVersion: String?, prefix: FieldPath
    ) throws(ManifestError) {
        func problem(_ problem: String, _ remedy: String, at field: String? = nil) -> ManifestError {
            self.problem(node, problem, remedy, at: field, prefix: prefix)
        }
        guard case .object = node.content else {
            throw problem(
                "is \(node.isList ? "a list" : "a \(node.kindName)"), not a mapping",
                "write an object with apiVersion, kind and metadata")
        }
        guard let kind, !kind.isEmpty else {
            throw problem("Object 'Kind' is missing", "add a line such as kind: Pod", at: "kind")
        }
        guard let apiVersion, !apiVersion.isEmpty else {
            throw problem("Object 'apiVersion' is missing", "add the line apiVersion: v1", at: "apiVersion")
        }
    }

    private func problem(
        _ node: SourceNode, _ problem: String, _ remedy: String, at field: String?, prefix: FieldPath
    ) -> ManifestError {
        ManifestError(
            file: file, position: field.flatMap { node.member($0)?.value.position } ?? node.position,
            path: prefix.description, problem: problem, remedy: remedy)
    }

    static let kinds = ["Pod", "PersistentVolumeClaim", "PersistentVolume", "ConfigMap", "Secret"]

    func typed(_ node: SourceNode, kind: String) throws(ManifestError) -> KubernetesObject {
        do {
            switch kind {
            case "Pod": return .pod(try Pod(node: node))
            case "PersistentVolumeClaim": return .persistentVolumeClaim(try PersistentVolumeClaim(node: node))
            case "PersistentVolume": return .persistentVolume(try PersistentVolume(node: node))
            case "ConfigMap": return .configMap(try ConfigMap(node: node))
            default: return .secret(try Secret(node: node))
            }
        } catch {
            throw ManifestError(file: file, position: node.position, problem: "\(error)")
        }
    }
}
