// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KubernetesAPI
import LinuxKernel
import PodEngine

/// `get`: shows objects.
struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show objects: pods, pvc, pv, configmaps, secrets, events.",
        discussion: """
            Examples:
              holdfast get pods
              holdfast get pods -A -o wide
              holdfast get pod web -o yaml
              holdfast get events -n shop
              holdfast get --raw /openid/v1/jwks          the key that verifies service account tokens
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json, yaml, wide, name
    }

    @Argument(help: "A kind and names, or KIND/NAME.")
    var objects: [String] = []
    @Option(name: .shortAndLong, help: "json, yaml, wide or name.")
    var output: Format?
    @Flag(name: [.customShort("A"), .customLong("all-namespaces")], help: "Of all namespaces.")
    var allNamespaces = false
    @Option(
        name: [.customShort("l"), .customLong("selector")], help: "Only objects with these labels: app=web,tier!=back.")
    var selector: String?
    @Option(help: "A path of the API server's: /openid/v1/jwks or /.well-known/openid-configuration.")
    var raw: String?
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        let engine = try options.common.engine()
        if let raw {
            guard objects.isEmpty else { throw ValidationError("--raw takes no objects beside it") }
            return try Console.print(try engine.raw(raw).compactText)
        }
        let asked = try ObjectArguments.parse(objects, verb: "get")
        let labels = try selector.map { text throws(EngineError) in try LabelMatch(text) } ?? LabelMatch()
        if asked.count == 1, asked[0].name == nil {
            let found = try engine.list(
                asked[0].resource, namespace: allNamespaces ? nil : options.name, matching: labels, detail: detail)
            try print(found, of: asked[0].resource, isList: true)
        } else {
            try getNamed(engine, asked)
        }
    }

    private var detail: Engine.Detail { output == .json || output == .yaml ? .full : .table }

    private func getNamed(_ engine: Engine, _ asked: [(resource: Resource, name: String?)]) throws {
        guard !allNamespaces else {
            throw EngineError.failed("a resource cannot be retrieved by name across all namespaces")
        }
        var found: [(Resource, JSONValue)] = []
        var failed = false
        for (resource, name) in asked {
            let full = ObjectName(namespace: resource.isNamespaced ? options.name : "", name: name ?? "")
            do { found.append((resource, try engine.get(resource, full, detail: detail))) } catch {
                failed = true
                try Console.note(error.description)
            }
        }
        if detail == .full || output == .name {
            if !found.isEmpty { try print(found.map(\.1), of: asked[0].resource, isList: asked.count > 1) }
        } else {
            var rest = found[...]
            while let resource = rest.first?.0 {
                try print(rest.prefix { $0.0 == resource }.map(\.1), of: resource, isList: true)
                rest = rest.drop { $0.0 == resource }
            }
        }
        if failed { throw ExitCode(1) }
    }

    private func print(_ found: [JSONValue], of resource: Resource, isList: Bool) throws {
        switch output {
        case .json, .yaml:
            let document: JSONValue =
                isList
                ? [
                    "apiVersion": "v1", "items": .array(found), "kind": "List",
                    "metadata": ["resourceVersion": ""],
                ] : found[0]
            try Console.write(output == .json ? document.prettyText + "\n" : document.yamlText)
        case .name:
            for object in found {
                let kind = object["kind"]?.stringValue?.lowercased() ?? resource.singular
                try Console.print("\(kind)/\(object.at("metadata", "name")?.stringValue ?? "")")
            }
        case .wide, nil:
            guard !found.isEmpty else {
                let scoped = resource.isNamespaced && !allNamespaces
                return try Console.note("No resources found" + (scoped ? " in \(options.name) namespace." : ""))
            }
            try Console.write(
                ObjectTable.text(
                    resource, found, wide: output == .wide, withNamespace: allNamespaces,
                    now: Timestamp(nanoseconds: Clock.realtime)))
        }
    }
}
