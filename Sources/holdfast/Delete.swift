// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import PodEngine

/// `delete`: stops pods, and removes objects.
struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Stop pods and remove them, and other objects; a claim's storage goes with the claim.",
        discussion: """
            Returns when they are gone. Examples:
              holdfast delete pod web
              holdfast delete -f pod.yaml
              holdfast delete pod web --now
              holdfast delete pod web --grace-period=0 --force
            """)

    @Argument(help: "A kind and names, or KIND/NAME.")
    var objects: [String] = []
    @OptionGroup var files: FileOptions
    @Flag(help: "Give containers one second to end.")
    var now = false
    @Option(help: ArgumentHelp("Give containers so many seconds to end.", valueName: "seconds"))
    var gracePeriod: Int64?
    @Flag(help: "With --grace-period=0: kill at once.")
    var force = false
    @OptionGroup var options: NamespaceOptions

    func validate() throws {
        if now, gracePeriod != nil { throw ValidationError("--now and --grace-period cannot be specified together") }
        if force, let gracePeriod, gracePeriod > 0 {
            throw ValidationError("--force and --grace-period greater than 0 cannot be specified together")
        }
        if files.paths.isEmpty == objects.isEmpty {
            throw ValidationError("name what to delete, either by kind and name or with -f")
        }
    }

    /// Seconds; nil: the pods' own.
    private var seconds: Int64? {
        if force { return 0 }
        if now { return 1 }
        // Without --force nothing is killed without being asked, as with kubectl.
        return gracePeriod.flatMap { $0 < 0 ? nil : max(1, $0) }
    }

    func run() throws {
        let engine = try options.common.engine()
        let targets = try targets(engine)
        var failed = false
        try engine.delete(
            targets, gracePeriod: seconds,
            told: { (target) throws(EngineError) in
                let verb = force && target.resource == .pod ? "force deleted" : "deleted"
                let place = target.name.namespace.isEmpty ? "" : " from \(target.name.namespace) namespace"
                try Console.print("\(target.resource.singular) \"\(target.name.name)\" \(verb)\(place)")
            },
            failed: { (error) throws(EngineError) in
                failed = true
                try Console.note(error.description)
            })
        if failed { throw ExitCode(1) }
    }

    private func targets(_ engine: Engine) throws -> [Engine.Target] {
        if !files.paths.isEmpty { return try engine.targets(in: try files.read(), namespace: options.namespace) }
        return try ObjectArguments.parse(objects, verb: "delete").map { resource, name in
            guard let name else {
                throw ValidationError("resource(s) were provided, but no name was specified")
            }
            return Engine.Target(
                resource, ObjectName(namespace: resource.isNamespaced ? options.name : "", name: name))
        }
    }
}
