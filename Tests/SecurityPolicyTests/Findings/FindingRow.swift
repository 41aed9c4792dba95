// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@testable import SecurityPolicy

/// A pod, and all that one rule finds in it.
struct FindingRow: Sendable, CustomTestStringConvertible {
    /// The pod's `spec` in YAML.
    let spec: String
    let annotations: [String: String]
    /// By reference.
    let images: [String: ImageFacts]
    let node: Node
    let expected: [Finding]

    var testDescription: String { expected.isEmpty ? "quiet: \(spec)" : "\(expected.map(\.path)): \(spec)" }

    /// The image is that of `i`, as containers of ``Swift/String/one(_:pod:container:spec:)`` have it.
    static func finds(
        _ spec: String, image: ImageFacts? = nil, images: [String: ImageFacts] = [:], node: Node = .reference(),
        annotations: [String: String] = [:], _ expected: Finding...
    ) -> Self {
        Self(
            spec: spec, annotations: annotations, images: images.merging(image.map { ["i": $0] } ?? [:]) { $1 },
            node: node, expected: expected)
    }

    static func quiet(
        _ spec: String, image: ImageFacts? = nil, images: [String: ImageFacts] = [:], node: Node = .reference(),
        annotations: [String: String] = [:]
    ) -> Self {
        Self(
            spec: spec, annotations: annotations, images: images.merging(image.map { ["i": $0] } ?? [:]) { $1 },
            node: node, expected: [])
    }

    /// Looks with all rules, and at what this one has found; the rule's own remedy is not repeated in `expected`.
    func verify(_ id: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try #require(FindingRule.byID[id] != nil, sourceLocation: sourceLocation)
        let found = try scope().findings().filter { $0.rule.id == id }.map(\.finding)
        #expect(
            found.map { Finding($0.path, $0.message, edit: $0.edit) } == expected, sourceLocation: sourceLocation)
    }

    /// The pod as the API server takes it, with its defaults.
    func scope() throws -> FindingScope {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: \(spec)\n"
        var manifest = try #require(try decodeManifests(Array(text.utf8), file: "row.yaml").first).object
        manifest.metadata.annotations = annotations.isEmpty ? nil : annotations
        let review = manifest.reviewed()
        if !spec.contains("ephemeralContainers") { #expect(review.errors.map(\.description) == []) }
        guard case .pod(let pod) = review.object else { throw NoPod() }
        return FindingScope(pod: pod, node: node, images: images)
    }

    private struct NoPod: Error {}
}

extension String {
    /// One container, `c` of image `i`; the texts are the insides of its context, the pod's, the container and the spec.
    static func one(_ own: String = "", pod: String = "", container: String = "", spec: String = "") -> String {
        let context = own.isEmpty ? "" : "securityContext: {\(own)}, "
        let outer = pod.isEmpty ? "" : "securityContext: {\(pod)}, "
        return "{\(outer)containers: [{name: c, image: i, \(context)\(container)}], \(spec)}"
    }

    /// The field of the first container's security context.
    static func own(_ field: String) -> String { "spec.containers[0].securityContext.\(field)" }
}

extension ImageFacts {
    /// An image of a few files: users root, app (1000) and nobody, a shell and its loader.
    static func small(
        _ reference: String = "i", user: String = "", entrypoint: [String] = ["/bin/sh"],
        files: [String: ImageInMemory.Entry] = [:], change: (inout Self) -> Void = { _ in }
    ) -> Self {
        let database = UserDatabase(
            passwd: """
                root:x:0:0:root:/root:/bin/sh
                toor:x:0:0::/root:/bin/sh
                app:x:1000:1000::/home/app:/bin/sh
                shift:x:1001:0::/home/shift:/bin/sh
                nobody:x:65534:65534::/nonexistent:/bin/false
                """.utf8,
            group: "root:x:0:\napp:x:1000:\nstaff:x:50:app,root\naudit:x:777:app\n".utf8)
        let base: [String: ImageInMemory.Entry] = [
            "/bin/sh": .program(loader: "/lib/ld.so"), "/lib/ld.so": .program(), "/root": .folder(0o700),
            "/home/app": .folder(0o755, uid: 1000, gid: 1000), "/tmp": .folder(0o1777),
        ]
        var image = Self(
            reference: reference, identity: ImageIdentity(user: user, database: database),
            files: ImageInMemory(entries: base.merging(files) { $1 }))
        image.entrypoint = entrypoint
        change(&image)
        return image
    }
}

/// Files of an image that lie in memory; a folder above a file is there by itself, root's and 0755.
struct ImageInMemory: ImageFiles {
    struct Entry: Sendable {
        var facts = FileFacts(kind: .regular, mode: 0o755)
        var bytes: [UInt8] = []
        var target: String?

        static func folder(_ mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0) -> Self {
            Self(facts: FileFacts(kind: .folder, uid: uid, gid: gid, mode: mode))
        }
        static func link(_ target: String) -> Self { Self(target: target) }
        static func text(
            _ text: String, _ mode: UInt32 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0,
            capabilities: FileCapabilities? = nil
        ) -> Self {
            Self(
                facts: FileFacts(kind: .regular, uid: uid, gid: gid, mode: mode, capabilities: capabilities),
                bytes: Array(text.utf8))
        }
        /// An ELF file.
        static func program(
            _ mode: UInt32 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0, loader: String? = nil,
            capabilities: FileCapabilities? = nil
        ) -> Self {
            Self(
                facts: FileFacts(kind: .regular, uid: uid, gid: gid, mode: mode, capabilities: capabilities),
                bytes: ImageInMemory.elf(loader: loader))
        }
    }
    let entries: [String: Entry]

    func file(_ path: String) throws -> FileFacts? { entry(path)?.facts }

    func start(of path: String, count: Int) throws -> [UInt8]? {
        guard let entry = entry(path), entry.facts.kind == .regular else { return nil }
        return Array(entry.bytes.prefix(count))
    }

    func names(in folder: String) throws -> [String]? {
        guard let place = place(folder), entry(place)?.facts.kind == .folder else { return nil }
        let prefix = place == "/" ? "/" : "\(place)/"
        let below = entries.keys.filter { $0.hasPrefix(prefix) && $0 != prefix }
        return Set(below.map { String($0.dropFirst(prefix.count).prefix { $0 != "/" }) }).sorted()
    }

    private func entry(_ path: String) -> Entry? {
        guard let place = place(path) else { return nil }
        if let entry = entries[place] { return entry }
        let prefix = place == "/" ? "/" : "\(place)/"
        return entries.keys.contains { $0.hasPrefix(prefix) } ? .folder(0o755) : nil
    }

    /// A path with its links followed.
    private func place(_ path: String) -> String? {
        var parts = path.split(separator: "/").map(String.init)[...]
        var place = ""
        for _ in 0..<100 {
            guard let part = parts.popFirst() else { return place.isEmpty ? "/" : place }
            if let target = entries["\(place)/\(part)"]?.target {
                if target.hasPrefix("/") { place = "" }
                parts = target.split(separator: "/").map(String.init) + parts
            } else {
                place += "/\(part)"
            }
        }
        return nil
    }

    /// An ELF file of 64 bits with one program header.
    static func elf(loader: String?) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> ($0 * 8) & 0xff) } }
        var bytes: [UInt8] = [0x7f] + Array("ELF".utf8) + [2, 1, 1] + Array(repeating: 0, count: 9)
        bytes += little(2, 2) + little(62, 2) + little(1, 4) + little(0, 8)  // e_type, e_machine, e_version, e_entry
        bytes += little(64, 8) + little(0, 8) + little(0, 4)  // e_phoff, e_shoff, e_flags
        bytes += little(64, 2) + little(56, 2) + little(1, 2) + little(0, 6)
        let name = Array((loader ?? "").utf8) + [0]
        bytes += little(loader == nil ? 1 : 3, 4) + little(5, 4) + little(120, 8)  // p_type, p_flags, p_offset
        bytes += little(0, 16) + little(name.count, 8) + little(name.count, 8) + little(1, 8)
        return bytes + name
    }
}
