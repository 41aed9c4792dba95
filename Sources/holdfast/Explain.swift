// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KubernetesAPI
import ManifestReview
import PodEngine
import SecurityPolicy

/// `explain`: what a manifest means, before anything runs.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell what security context each container will have, and where each value comes from.",
        discussion: """
            Nothing is run. An image that is in the store is looked into; of another one it is said what depends on it.
            Examples:
              holdfast explain -f pod.yaml
              holdfast explain -f deployment.yaml -o html > context.html
              holdfast explain -f pod.yaml --node crio --seccomp-default
              holdfast explain -f old.yaml --diff new.yaml
              holdfast explain -f pod.yaml --diff-node crio
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, yaml, html }

    @OptionGroup var files: FileOptions
    @Option(name: .shortAndLong, help: "text, json, yaml, or html: one page that needs nothing beside it.")
    var output: Format = .text
    @OptionGroup var node: NodeOptions
    @Option(
        help: ArgumentHelp("Show what another file says otherwise.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var diff: String?
    @Option(help: "Show what another runtime's node makes of the same file: containerd or crio.")
    var diffNode: NodeOptions.Name?
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        let engine = try options.common.engine()
        let explainer = try explainer(engine, node.node)
        // Once: standard input is read to its end.
        let read = try files.read()
        let explanations = try Self.explain(read, explainer)
        if diff != nil || diffNode != nil {
            let other = try self.explainer(engine, diffNode ?? node.node)
            let file = try diff.map { path throws(EngineError) in try ManifestFile.read([path]) } ?? read
            return try compare(explanations, try Self.explain(file, other))
        }
        switch output {
        case .text:
            let style = TextStyle(isColoured: Console.hasColours)
            try Console.write(explanations.map { $0.text(style) }.joined(separator: "\n"))
        case .json: try Console.print(JSONValue(explanations: explanations).prettyText)
        case .yaml: try Console.write(JSONValue(explanations: explanations).yamlText)
        case .html: try Console.write(ExplanationPage.html(explanations, version: Engine.version))
        }
    }

    private func explainer(_ engine: Engine, _ name: NodeOptions.Name) throws -> Explainer {
        let machine = try Node.ofThisMachine(
            defaults: name == .crio ? .crio : .containerd, seccompDefault: node.seccompDefault, forRoot: true)
        var explainer = Explainer(node: machine, storage: engine.root, image: try engine.imagesToLookInto())
        explainer.namespace = options.name
        return explainer
    }

    private static func explain(_ files: [ManifestFile], _ explainer: Explainer) throws -> [PodExplanation] {
        let explanations = try files.flatMap { try explainer.explain($0) }
        guard !explanations.isEmpty else {
            throw EngineError.failed(
                "\(files.map(\.name).joined(separator: ", ")): no pod and no pod template is in it")
        }
        return explanations
    }

    private func compare(_ left: [PodExplanation], _ right: [PodExplanation]) throws {
        let differences = ExplanationDifference.all(left, right)
        switch output {
        case .json: try Console.print(JSONValue(differences: differences).prettyText)
        case .yaml: try Console.write(JSONValue(differences: differences).yamlText)
        case .html: throw ValidationError("-o html shows one file on one node: text, json and yaml go with --diff")
        case .text:
            let style = TextStyle(isColoured: Console.hasColours)
            try Console.write(ExplanationDifference.text(differences, style))
        }
        if !differences.isEmpty { throw ExitCode(1) }
    }
}

extension Engine {
    /// The images of the store; for a user who may not read them, none is here, and that is said.
    func imagesToLookInto() throws(EngineError) -> @Sendable (String) throws -> ImageFacts? {
        if try canReadImages() { return imageLookup() }
        try Console.note("note: only root can look into the images of \(root.images): they are taken for not here")
        return { _ in nil }
    }
}
