// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import PodEngine

/// `apply`: takes objects, and starts their pods.
struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Take the objects of files, and start their pods in the background.",
        discussion: """
            All objects of all files are read and checked before the first is taken. Examples:
              holdfast apply -f pod.yaml
              holdfast apply -f claim.yaml -f pod.yaml
              holdfast apply -f manifests/
              cat pod.yaml | holdfast apply -f -
            """)

    @OptionGroup var files: FileOptions
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        var failed = false
        _ = try options.common.engine().apply(
            try files.read(), namespace: options.namespace,
            warned: { (text) throws(EngineError) in try Console.note("Warning: \(text)") },
            told: { (object) throws(EngineError) in try Console.print(object.line) },
            failed: { (error) throws(EngineError) in
                failed = true
                try Console.note(error.description)
            })
        if failed { throw ExitCode(1) }
    }
}

/// `-f`.
struct FileOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("filename")],
        help: ArgumentHelp("A file, a folder, or - for standard input; may be given several times.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var paths: [String] = []

    func read() throws -> [ManifestFile] {
        guard !paths.isEmpty else { throw ValidationError("must specify -f, the file that holds the objects") }
        return try ManifestFile.read(paths)
    }
}
