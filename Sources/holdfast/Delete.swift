// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KubernetesAPI
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
              holdfast delete pods --all -n shop
              holdfast delete pods -l app=web
            """)

    @Argument(help: "A kind and names, or KIND/NAME.")
    var objects: [String] = []
    @OptionGroup var files: FileOptions
    @Flag(help: "All objects of the kind, in the namespace.")
    var all = false
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "All objects of the kind with these labels: app=web,tier!=back.")
    var selector: String?
    @Flag(help: "What is not there is as good as deleted.")
    var ignoreNotFound = false
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
        if all, selector != nil { throw ValidationError("--all and --selector cannot be specified together") }
        if all || selector != nil, objects.count != 1 || objects[0].contains("/") {
            throw ValidationError("--all and --selector stand beside one kind, and no name: delete pods --all")
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
                if ignoreNotFound, case .notFound = error { return }
                failed = true
                try Console.note(error.description)
            })
        if failed { throw ExitCode(1) }
    }

    private func targets(_ engine: Engine) throws -> [Engine.Target] {
        if !files.paths.isEmpty { return try engine.targets(in: try files.read(), namespace: options.namespace) }
        let asked = try ObjectArguments.parse(objects, verb: "delete")
        if all || selector != nil { return try matching(asked[0].resource, engine) }
        return try asked.map { resource, name in
            guard let name else {
                throw ValidationError("resource(s) were provided, but no name was specified")
            }
            return target(resource, name)
        }
    }

    private func matching(_ resource: Resource, _ engine: Engine) throws -> [Engine.Target] {
        let labels = try selector.map { text throws(EngineError) in try LabelMatch(text) } ?? LabelMatch()
        let found = try engine.list(resource, namespace: options.name, matching: labels, detail: .table)
        if found.isEmpty { try Console.note("No resources found") }
        return found.compactMap { $0["metadata"]?["name"]?.stringValue }.map { target(resource, $0) }
    }

    private func target(_ resource: Resource, _ name: String) -> Engine.Target {
        Engine.Target(resource, ObjectName(namespace: resource.isNamespaced ? options.name : "", name: name))
    }
}
