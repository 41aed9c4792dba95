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
              holdfast get pod web -o jsonpath='{.status.phase}'
              holdfast get --raw /openid/v1/jwks          the key that verifies service account tokens
            """)

    @Argument(help: "A kind and names, or KIND/NAME; several kinds with commas between.")
    var objects: [String] = []
    @Option(
        name: .shortAndLong, help: "json, yaml, wide, name, jsonpath=TEMPLATE or custom-columns=NAME:PATH,….",
        transform: Output.init)
    var output: Output?
    @Flag(name: [.customShort("A"), .customLong("all-namespaces")], help: "Of all namespaces.")
    var allNamespaces = false
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Only objects with these labels: app=web,tier!=back,stage in (test,live).")
    var selector: String?
    @Option(help: "Only objects with these fields: status.phase!=Running,metadata.name=web.")
    var fieldSelector: String?
    @Option(help: ArgumentHelp("In the order of what this path finds: .metadata.name.", valueName: "path"))
    var sortBy: String?
    @Flag(help: "A column with the labels.")
    var showLabels = false
    @Flag(help: "Without the first line.")
    var noHeaders = false
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
        var failed = false
        var found = try found(engine, asked) { (error) throws(EngineError) in
            failed = true
            try Console.note(error.description)
        }
        if let sortBy { found = try sorted(found, by: try JSONPath(relaxed: sortBy)) }
        let isOne = asked.count == 1 && asked[0].name != nil
        if !found.isEmpty || !failed { try print(found, isOne: isOne) }
        if failed { throw ExitCode(1) }
    }

    private var detail: Engine.Detail {
        switch output {
        case nil, .wide, .name: fieldSelector == nil && sortBy == nil ? .table : .full
        default: .full
        }
    }

    private func found(
        _ engine: Engine, _ asked: [(resource: Resource, name: String?)],
        missing: (EngineError) throws(EngineError) -> Void
    ) throws -> [(resource: Resource, object: JSONValue)] {
        let labels = try selector.map { text throws(EngineError) in try LabelMatch(text) } ?? LabelMatch()
        let fields = try fieldSelector.map { text throws(EngineError) in try FieldMatch(text) } ?? FieldMatch()
        var found: [(resource: Resource, object: JSONValue)] = []
        for (resource, name) in asked {
            guard let name else {
                found += try engine.list(
                    resource, namespace: allNamespaces ? nil : options.name, matching: labels, detail: detail
                ).filter(fields.holds).map { (resource, $0) }
                continue
            }
            guard !allNamespaces else {
                throw EngineError.failed("a resource cannot be retrieved by name across all namespaces")
            }
            guard selector == nil, fieldSelector == nil else {
                throw EngineError.failed("a name cannot be provided when a selector is specified")
            }
            let full = ObjectName(namespace: resource.isNamespaced ? options.name : "", name: name)
            do { found.append((resource, try engine.get(resource, full, detail: detail))) } catch {
                try missing(error)
            }
        }
        return found
    }

    /// Numbers by size, anything else by its text.
    private func sorted(
        _ found: [(resource: Resource, object: JSONValue)], by path: JSONPath
    ) throws -> [(resource: Resource, object: JSONValue)] {
        let keyed = found.map { (key: path.findings(in: $0.object).first, entry: $0) }
        return keyed.sorted { left, right in
            if let left = left.key?.intValue, let right = right.key?.intValue { return left < right }
            return left.key.map(JSONPath.text) ?? "" < right.key.map(JSONPath.text) ?? ""
        }.map(\.entry)
    }

    // MARK: print

    private func print(_ found: [(resource: Resource, object: JSONValue)], isOne: Bool) throws {
        let objects = found.map(\.object)
        var document: JSONValue {
            isOne
                ? objects[0]
                : [
                    "apiVersion": "v1", "items": .array(objects), "kind": "List",
                    "metadata": ["resourceVersion": ""],
                ]
        }
        switch output {
        case .json: try Console.write(document.prettyText + "\n")
        case .yaml: try Console.write(document.yamlText)
        case .jsonPath(let path): try Console.write(path.text(of: document))
        case .columns(let columns):
            try Console.write(
                ObjectTable.text(objects, columns: columns.map { ($0.name, $0.path) }, heading: !noHeaders))
        case .name:
            for (resource, object) in found {
                try Console.print("\(resource.singular)/\(object.at("metadata", "name")?.stringValue ?? "")")
            }
        case .wide, nil: try printTables(found)
        }
    }

    private func printTables(_ found: [(resource: Resource, object: JSONValue)]) throws {
        var kinds: [Resource] = []
        for entry in found where !kinds.contains(entry.resource) { kinds.append(entry.resource) }
        var isWide = false
        if case .wide = output { isWide = true }
        var extras = ObjectTable.Extras()
        extras.heading = !noHeaders
        extras.labels = showLabels
        extras.kinds = kinds.count > 1 || objects == ["all"]
        guard !found.isEmpty else {
            let asked = try ObjectArguments.parse(objects, verb: "get")
            let scoped = !allNamespaces && asked.contains(where: \.resource.isNamespaced)
            return try Console.note("No resources found" + (scoped ? " in \(options.name) namespace." : ""))
        }
        let tables = kinds.map { kind in
            ObjectTable.text(
                kind, found.filter { $0.resource == kind }.map(\.object), wide: isWide, withNamespace: allNamespaces,
                now: Timestamp(nanoseconds: Clock.realtime), extras)
        }
        try Console.write(tables.joined(separator: "\n"))
    }
}

extension Get {
    /// How `get` prints.
    enum Output {
        case json, yaml, wide, name
        case jsonPath(JSONPath)
        case columns([(name: String, path: JSONPath)])

        init(_ text: String) throws(EngineError) {
            switch text {
            case "json": self = .json
            case "yaml": self = .yaml
            case "wide": self = .wide
            case "name": self = .name
            default:
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, let output = try Self.parse(parts[0], parts[1]) else {
                    throw .failed(
                        "unable to match a printer suitable for the output format \"\(text)\", allowed formats are: "
                            + "custom-columns,json,jsonpath,name,wide,yaml")
                }
                self = output
            }
        }

        private static func parse(_ format: String, _ value: String) throws(EngineError) -> Output? {
            switch format {
            case "jsonpath": return .jsonPath(try JSONPath(template: value))
            case "custom-columns":
                var columns: [(name: String, path: JSONPath)] = []
                for column in value.split(separator: ",", omittingEmptySubsequences: false) {
                    let parts = column.split(separator: ":", maxSplits: 1).map(String.init)
                    guard parts.count == 2 else {
                        throw .failed("unexpected custom-columns spec: \(column), expected <header>:<json-path-expr>")
                    }
                    columns.append((parts[0], try JSONPath(relaxed: parts[1])))
                }
                return .columns(columns)
            default: return nil
            }
        }
    }
}
