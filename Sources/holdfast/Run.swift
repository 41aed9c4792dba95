// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LinuxKernel
import PodEngine

/// `run`: takes objects, starts their pods, and follows them to their end.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start the pods of files, follow their logs to their end, and exit as the first container does.",
        discussion: """
            What containers write to standard output and standard error goes to ours. The first Ctrl-C stops the pods,
            the second kills them. Examples:
              holdfast run -f pod.yaml
              holdfast run --rm -f job.yaml > result.txt
            """)

    @OptionGroup var files: FileOptions
    @Flag(name: .customLong("rm"), help: "Delete the pods when they have ended.")
    var remove = false
    @Flag(help: "Write [pod/NAME/CONTAINER] before each line.")
    var prefix = false
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        let engine = try options.common.engine()
        let watched = Console.isWatched
        var failures = 0
        let applied = try engine.apply(
            try files.read(), namespace: options.namespace,
            warned: { (text) throws(EngineError) in try Console.note("Warning: \(text)") },
            told: { (object) throws(EngineError) in if watched { try Console.note(object.line) } },
            failed: { (error) throws(EngineError) in
                failures += 1
                try Console.note(error.description)
            })
        let pods = applied.filter { $0.resource == .pod }
        if pods.isEmpty, failures == 0 { throw EngineError.failed("the files hold no pod to run") }
        let outcome = Result { try follow(engine, pods, watched: watched) }
        // Only what this command has made.
        if remove { try delete(engine, pods.filter { $0.outcome == .created }.map(\.name)) }
        let code = try outcome.get()
        throw ExitCode(code == 0 && failures > 0 ? 1 : code)
    }

    private func follow(_ engine: Engine, _ pods: [AppliedObject], watched: Bool) throws -> Int32 {
        guard !pods.isEmpty else { return 0 }
        var run = RunOptions()
        run.prefix = prefix
        run.progress = watched
        return try engine.follow(
            pods, run, notice: { (line) throws(EngineError) in try Console.note(line) },
            { (stream, bytes) throws(EngineError) in try Console.write(bytes, to: stream == .errors ? 2 : 1) })
    }

    private func delete(_ engine: Engine, _ pods: [ObjectName]) throws {
        try engine.delete(
            pods.map { Engine.Target(.pod, $0) }, gracePeriod: nil,
            told: { (_) throws(EngineError) in }, failed: { (error) throws(EngineError) in throw error })
    }
}
