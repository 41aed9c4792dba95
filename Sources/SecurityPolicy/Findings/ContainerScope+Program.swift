// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes

/// What a container executes, as far as manifest and image tell without running anything.
extension ContainerScope {
    struct Program {
        /// As it is called: `nginx`, `./run.sh`.
        let word: String
        /// Where it is; nil where no folder of PATH has it.
        let path: String?
        let file: FileFacts?
        /// The field that names it.
        let field: String
    }

    /// Nil where that cannot be told: no image, no command, a variable in its name, or a volume in its place.
    ///
    /// PATH is searched as runc does it, as the container's user: what that user may not execute is passed over. Where
    /// nothing else is found, the first such file is the program. Source: Go's exec.LookPath.
    func program() throws -> Program? {
        guard let image, let (word, field) = programWord(image), !word.isEmpty, !Self.hasVariable(word) else {
            return nil
        }
        if word.contains("/") {
            let path = word.hasPrefix("/") ? word : "\(workingFolder(image))/\(word)"
            guard let path = Self.plain(path), !isElsewhere(path) else { return nil }
            return Program(word: word, path: path, file: try image.files.file(path), field: field)
        }
        guard let search = searchPath(image) else { return nil }
        var refused: Program?
        // A folder that is not absolute is refused by runc, whatever it has.
        for folder in search.split(separator: ":") where folder.hasPrefix("/") {
            guard let path = Self.plain("\(folder)/\(word)"), !isElsewhere(path) else { return nil }
            guard let file = try image.files.file(path), file.kind == .regular else { continue }
            let program = Program(word: word, path: path, file: file, field: field)
            if file.mode & 0o111 != 0, mayAccess(file, 1) != false { return program }
            refused = refused ?? program
        }
        return refused ?? Program(word: word, path: nil, file: nil, field: field)
    }

    /// The first word of what is executed, and the field that has it; nil where nothing is.
    ///
    /// A list that is empty is one that is not there.
    func programWord(_ image: ImageFacts) -> (word: String, field: String)? {
        if let word = place.container.command?.first { return (word, "\(place.path).command[0]") }
        if let word = image.entrypoint.first { return (word, "\(place.path).image") }
        if let word = place.container.args?.first { return (word, "\(place.path).args[0]") }
        return image.command.first.map { ($0, "\(place.path).image") }
    }

    /// Whether a text may not be what it says: `$(NAME)` is replaced, and `$$` is one `$`.
    static func hasVariable(_ text: String) -> Bool { text.contains("$(") || text.contains("$$") }

    /// Nil where the pod sets it from something that is not known here.
    private func searchPath(_ image: ImageFacts) -> String? {
        if let own = place.container.env?.last(where: { $0.name == "PATH" }) {
            guard let value = own.value, own.valueFrom == nil, !Self.hasVariable(value) else { return nil }
            return value
        }
        if place.container.envFrom?.isEmpty == false { return nil }
        return image.variable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    /// Where it starts.
    func workingFolder(_ image: ImageFacts) -> String {
        let own = place.container.workingDir ?? ""
        let folder = own.isEmpty ? image.workingFolder : own
        return folder.isEmpty ? "/" : folder
    }

    /// Without `.` and doubled slashes; nil with `..`, which a link may lead anywhere.
    private static func plain(_ path: String) -> String? {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return parts.contains("..") ? nil : "/" + parts.joined(separator: "/")
    }

    /// Whether a volume of the pod, or what the runtime mounts, stands in the image's place.
    private func isElsewhere(_ path: String) -> Bool {
        isBelowVolume(path) || ["proc", "dev", "sys"].contains(path.split(separator: "/").first ?? "")
    }

    /// Whether a volume of the pod is mounted at or above a path.
    func isBelowVolume(_ path: String) -> Bool {
        guard let mounts = place.container.volumeMounts, !mounts.isEmpty else { return false }
        return Self.isBelow(mounts.lazy.map(\.mountPath), path)
    }

    /// Whether one of these folders is a path, or above it; `/var/run` is `/run`, as images have it.
    static func isBelow(_ folders: some Sequence<String>, _ path: String) -> Bool {
        func parts(_ path: String) -> ArraySlice<Substring> {
            let parts = path.split(separator: "/")
            return parts.starts(with: ["var", "run"]) ? parts.dropFirst() : parts[...]
        }
        let own = parts(path)
        return folders.contains { own.starts(with: parts($0)) }
    }

    /// Whether the user may do this to a file: 4 read, 2 write, 1 execute or enter; nil where the user is not known.
    ///
    /// Source: capabilities(7): CAP_DAC_OVERRIDE passes over all bits, but a file that nobody may execute stays so;
    /// CAP_DAC_READ_SEARCH lets read files and enter folders.
    func mayAccess(_ file: FileFacts, _ bits: UInt32) -> Bool? {
        guard let effective, let uid else { return nil }
        let held = effective.capabilitySets.effective
        if held.contains(.dacOverride) {
            return file.kind.isFolder || bits & 1 == 0 || file.mode & 0o111 != 0
        }
        if held.contains(.dacReadSearch), file.kind.isFolder ? bits & 2 == 0 : bits == 4 { return true }
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

    /// The files that the kernel opens for a program, by their paths: itself, then what `#!` or an ELF file names.
    ///
    /// The last one has no file where it is missing, and the list ends at what a volume has in the image's place.
    func chain(of program: Program, in image: ImageFacts) throws -> [(
        path: String, file: FileFacts?, head: ProgramFile?
    )] {
        var chain: [(path: String, file: FileFacts?, head: ProgramFile?)] = []
        var next = program.path
        // A chain of scripts is followed four times.
        while let path = next, chain.count < 6 {
            let file = chain.isEmpty ? program.file : try image.files.file(path)
            let start = file?.kind == .regular ? try image.files.start(of: path, count: ProgramFile.headSize) : nil
            let head = start.map(ProgramFile.init(head:))
            chain.append((path, file, head))
            switch head {
            case .script(let interpreter):
                let absolute = interpreter.hasPrefix("/") ? interpreter : "\(workingFolder(image))/\(interpreter)"
                next = Self.plain(absolute).flatMap { isElsewhere($0) ? nil : $0 }
            case .linked(let loader): next = Self.plain(loader).flatMap { isElsewhere($0) ? nil : $0 }
            case .standalone, .unknown, nil: next = nil
            }
            // A loader is read by nobody else.
            if chain.count > 1, case .linked = chain[chain.count - 2].head { break }
        }
        return chain
    }

    /// The file whose set-id bits and capabilities execve(2) looks at: of a script that is its interpreter.
    func privileged(_ program: Program) throws -> (path: String, file: FileFacts)? {
        guard let image, let path = program.path, let file = program.file, file.kind == .regular else { return nil }
        guard try isScript(path, in: image) else { return (path, file) }
        let executed = try chain(of: program, in: image).first { entry in
            if case .linked = entry.head { return true }
            return entry.head == .standalone
        }
        return executed.flatMap { entry in entry.file.map { (entry.path, $0) } }
    }

    private func isScript(_ path: String, in image: ImageFacts) throws -> Bool {
        guard let head = try image.files.start(of: path, count: ProgramFile.headSize) else { return false }
        if case .script = ProgramFile(head: head) { return true }
        return false
    }

    /// What the process is once its program runs; nil where the container is refused.
    package func execution() throws -> Execution? {
        guard let effective else { return nil }
        let program = try program().flatMap { try privileged($0) }
        return Execution(of: program?.file, at: program?.path, in: effective)
    }
}
