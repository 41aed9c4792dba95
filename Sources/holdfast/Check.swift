// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KubernetesAPI
import LinuxKernel
import ManifestReview
import PodEngine
import SecurityPolicy

/// `check`: what is wrong with manifests, before anything runs.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell what is wrong with manifests, offline: validation, Pod Security, findings.",
        discussion: """
            Pods, and the templates of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs,
            ReplicationControllers, PodTemplates and Lists. Ends with 0 where nothing is found, 1 where something is, 2 for
            wrong use; notes do not count. Examples:
              holdfast check -f pod.yaml
              holdfast check -f manifests/ --level restricted
              holdfast check -f pod.yaml --fix --dry-run
              holdfast check -f manifests/ -o sarif > holdfast.sarif
            A finding is allowed by a comment on its line, or above it, with a reason:
              # holdfast: allow capability-unused because the entrypoint has file capabilities
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, sarif, junit }

    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp(
            "A file, a folder with all below it, or - for standard input; may be given several times.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var paths: [String] = []
    @Argument(help: "More files and folders.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var more: [String] = []
    @Option(name: .shortAndLong, help: "text, json, sarif (2.1.0) or junit.")
    var output: Format = .text
    @Option(
        help:
            "The Pod Security level that every pod must meet: privileged, baseline or restricted. Default: all are told.",
        transform: { try Check.parsed($0, PodSecurityLevel.init) })
    var level: PodSecurityLevel?
    @Option(
        help: ArgumentHelp("The version of Pod Security: latest or v1.N.", valueName: "version"),
        transform: { try Check.parsed($0, PodSecurityVersion.init) })
    var levelVersion: PodSecurityVersion?
    @Option(help: ArgumentHelp("A finding that is allowed everywhere; may be given several times.", valueName: "id"))
    var allow: [String] = []
    @OptionGroup var node: NodeOptions
    @Flag(help: "Write the safe fixes back into the files.")
    var fix = false
    @Flag(help: "With --fix: only show them, as a patch.")
    var dryRun = false
    @Flag(help: "Also show what comments and --allow allow.")
    var showAllowed = false
    @Flag(help: "Show all findings that there are: their ids and what they mean.")
    var list = false
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        if list { return try Console.write(FindingDocument.list) }
        guard !paths.isEmpty || !more.isEmpty else {
            throw ValidationError("must specify -f, the file that holds the objects")
        }
        guard !dryRun || fix else { throw ValidationError("--dry-run goes with --fix") }
        guard !dryRun || output == .text else { throw ValidationError("--dry-run shows a patch, not -o \(output)") }
        guard !fix || dryRun || !(paths + more).contains("-") else {
            throw ValidationError("--fix: standard input cannot be written back to; use --dry-run")
        }
        if let unknown = allow.first(where: { !ManifestCheck.isKnown($0) }) {
            throw ValidationError("--allow: \"\(unknown)\" is no finding; --list shows all")
        }
        let files: [String]
        do { files = try ManifestFile.walk(paths + more) } catch { Console.fail(error.description.printable, code: 2) }
        var check = ManifestCheck(node: .reference(defaults: node.defaults, seccompDefault: node.seccompDefault))
        check.image = try options.common.engine().imagesToLookInto()
        check.level = level
        check.version = levelVersion ?? .latest
        check.allowed = Set(allow)
        check.namespace = options.name
        let summary = dryRun ? try showPatch(files, check) : try report(files, check)
        if !summary.isClean { throw ExitCode(1) }
    }

    private static func parsed<Value, Failure: Error>(
        _ text: String, _ parse: (String) throws(Failure) -> Value
    ) throws -> Value {
        do { return try parse(text) } catch { throw ValidationError("\(error)") }
    }

    // MARK: report

    private func report(_ files: [String], _ check: ManifestCheck) throws -> CheckSummary {
        var summary = CheckSummary()
        var reviews: [FileReview] = []
        let style = TextStyle(isColoured: Console.hasColours)
        var progress = Progress(total: files.count)
        for path in files {
            var review = try review(path, check)
            if fix, let fix = review.fix {
                progress.clear()
                review = try write(fix, to: path, review, check)
            }
            summary.add(review)
            switch output {
            case .text:
                let text = review.report(style, allowed: showAllowed)
                if !text.isEmpty {
                    progress.clear()
                    try Console.write(text)
                }
            case .json, .sarif, .junit: reviews.append(review)
            }
            progress.step()
        }
        progress.clear()
        switch output {
        case .text: try Console.print(summary.line)
        case .json: try Console.print(JSONValue(check: reviews, summary).prettyText)
        case .sarif: try Console.print(JSONValue(sarif: reviews, version: Engine.version).prettyText)
        case .junit: try Console.write(JUnitReport.text(reviews))
        }
        return summary
    }

    private func review(_ path: String, _ check: ManifestCheck) throws -> FileReview {
        do {
            let file = try ManifestFile.readOne(path)
            return try check.review(file.bytes, file: file.name)
        } catch let error as EngineError {
            // 1 would say that something is wrong with the manifest.
            Console.fail(error.description.printable, code: 2)
        }
    }

    // MARK: fix

    /// Writes the fixes back, and looks at the file again: what it returns is what is left.
    private func write(
        _ fix: ManifestFix, to path: String, _ review: FileReview, _ check: ManifestCheck
    ) throws -> FileReview {
        let left = try check.review(fix.bytes, file: review.file)
        // A fix that would make another manifest of it is our own mistake, and must not reach the file.
        guard left.pods.map(\.isValid) == review.pods.map(\.isValid) else {
            Console.fail("error: \(review.file.printable): the fixes would break it; nothing is written", code: 2)
        }
        do { try ManifestFile.rewrite(path, with: fix.bytes) } catch {
            Console.fail(error.description.printable, code: 2)
        }
        for problem in fix.problems {
            try Console.note("\(problem.place): fixed: \(problem.message) [\(problem.id)]".printable)
        }
        return left
    }

    private func showPatch(_ files: [String], _ check: ManifestCheck) throws -> CheckSummary {
        var summary = CheckSummary()
        for path in files {
            let review = try review(path, check)
            if let fix = review.fix { try Console.write(fix.patch(file: review.file)) }
            summary.add(review)
        }
        try Console.note(summary.line)
        return summary
    }
}

/// The node that a manifest is looked at for.
struct NodeOptions: ParsableArguments {
    enum Name: String, ExpressibleByArgument, CaseIterable { case containerd, crio }

    @Option(help: "The container runtime whose defaults count: containerd or crio.")
    var node: Name = .containerd
    @Flag(help: "The kubelet's option of that name: RuntimeDefault where a pod names no seccomp profile.")
    var seccompDefault = false

    var defaults: NodeDefaults { node == .crio ? .crio : .containerd }
}

/// How far a long check is, for a person who watches.
struct Progress {
    let total: Int
    private var done = 0
    private var next: Int64
    private var isShown = false

    init(total: Int) {
        self.total = total
        next = Clock.monotonic + 300_000_000
    }

    mutating func step() {
        done += 1
        guard Console.isWatched, done % 16 == 0, Clock.monotonic >= next else { return }
        next = Clock.monotonic + 100_000_000
        isShown = true
        // What cannot be told to a person is no reason to stop.
        try? Console.write(Array("\r\(done) of \(total) files".utf8), to: 2)
    }

    mutating func clear() {
        guard isShown else { return }
        isShown = false
        try? Console.write(Array("\r\u{1b}[K".utf8), to: 2)
    }
}
