// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KubernetesAPI
import PodEngine

/// `describe`: a pod in words.
struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Tell all about a pod: what runs, what does not and why, and what happened.",
        discussion: """
            Examples:
              holdfast describe pod web
              holdfast describe pods
            """)

    @Argument(help: "pod NAME, pod/NAME, or pods for all.")
    var objects: [String]
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        let engine = try options.common.engine()
        let asked = try ObjectArguments.parse(objects, verb: "describe")
        guard asked.allSatisfy({ $0.resource == .pod }) else {
            throw EngineError.failed("only pods are described; see holdfast get -o yaml for the rest")
        }
        var names = asked.compactMap(\.name)
        if names.isEmpty {
            names = try engine.list(.pod, namespace: options.name, detail: .table)
                .compactMap { $0.at("metadata", "name")?.stringValue }
            if names.isEmpty { return try Console.note("No resources found in \(options.name) namespace.") }
        }
        var failed = false
        for (index, name) in names.enumerated() {
            do {
                let text = try engine.describe(ObjectName(namespace: options.name, name: name))
                try Console.write((index > 0 ? "\n\n" : "") + text)
            } catch {
                failed = true
                try Console.note(error.description)
            }
        }
        if failed { throw ExitCode(1) }
    }
}
