// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes

/// What a container executes, as far as manifest and image tell without running anything.
extension ContainerScope {
    package struct Program {
        /// As it is called: `nginx`, `./run.sh`.
        package let word: String
        /// Where it is; nil where no folder of PATH has it.
        package let path: String?
        package let file: FileFacts?
        /// The field that names it.
        package let field: String
    }

    /// Nil where that cannot be told: no image, no command, a variable in its name, or a volume in its place.
    package func program() throws -> Program? {
        guard let image else { return nil }
        let own = place.container.command ?? []
        let isOwn = !own.isEmpty
        let words = isOwn ? own : image.entrypoint + (place.container.args ?? image.command)
        guard let word = words.first, !word.isEmpty, !word.contains("$(") else { return nil }
        let field =
            isOwn
            ? "\(place.path).command[0]"
            : image.entrypoint.isEmpty && place.container.args?.isEmpty == false
                ? "\(place.path).args[0]" : "\(place.path).image"
        let candidates: [String]
        if word.contains("/") {
            candidates = [word.hasPrefix("/") ? word : "\(workingFolder(image))/\(word)"]
        } else {
            guard let search = searchPath(image) else { return nil }
            candidates = search.split(separator: ":").map { "\($0)/\(word)" }
        }
        if candidates.contains(where: isBelowVolume) { return nil }
        for path in candidates {
            guard let file = try image.files.file(path) else { continue }
            // A search goes on past what cannot be executed at all.
            if candidates.count > 1, file.kind != .regular || file.mode & 0o111 == 0 { continue }
            return Program(word: word, path: path, file: file, field: field)
        }
        return Program(word: word, path: word.contains("/") ? candidates[0] : nil, file: nil, field: field)
    }

    /// Nil where the pod sets it from something that is not known here.
    private func searchPath(_ image: ImageFacts) -> String? {
        if place.container.envFrom?.isEmpty == false { return nil }
        if let own = place.container.env?.last(where: { $0.name == "PATH" }) {
            guard let value = own.value, own.valueFrom == nil, !value.contains("$(") else { return nil }
            return value
        }
        return image.variable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    /// Where it starts.
    func workingFolder(_ image: ImageFacts) -> String {
        let own = place.container.workingDir ?? ""
        let folder = own.isEmpty ? image.workingFolder : own
        return folder.isEmpty ? "/" : folder
    }

    /// Whether a volume of the pod is mounted at or above a path.
    func isBelowVolume(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return (place.container.volumeMounts ?? []).contains { parts.starts(with: $0.mountPath.split(separator: "/")) }
    }

    /// Whether the user may do this to a file: 4 read, 2 write, 1 execute or enter; nil where the user is not known.
    ///
    /// Source: capabilities(7): CAP_DAC_OVERRIDE passes over all bits, but a file that nobody may execute stays so.
    func mayAccess(_ file: FileFacts, _ bits: UInt32) -> Bool? {
        guard let effective, let uid else { return nil }
        if effective.capabilitySets.effective.contains(CapabilitySet(number: 1)) {
            return file.kind.isFolder || bits & 1 == 0 || file.mode & 0o111 != 0
        }
        return file.allows(bits, uid: uid.value, groups: groups)
    }

    /// The first folder above a path that the user may not enter.
    func closedFolder(above path: String, in files: any ImageFiles) throws -> String? {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if let facts = try files.file(folder), facts.kind.isFolder, mayAccess(facts, 1) == false { return folder }
        }
        return nil
    }
}
