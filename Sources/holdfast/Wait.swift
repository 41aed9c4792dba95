// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import PodEngine

/// `wait`: returns when pods are as asked.
struct Wait: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until pods are ready, deleted, or in a phase.",
        discussion: """
            Examples:
              holdfast wait --for=condition=Ready pod/web --timeout=60s
              holdfast wait --for=delete pod/web
              holdfast wait --for=jsonpath='{.status.phase}'=Succeeded pod/job
            """)

    @Option(
        name: .customLong("for"),
        help: "condition=TYPE, condition=TYPE=STATUS, delete, or jsonpath={.status.phase}=PHASE.")
    var condition: String
    @Argument(help: "pod/NAME, or pod NAME.")
    var objects: [String]
    @Option(help: "How long: 30s, 5m; 0: look once; negative: a week.")
    var timeout: Span?
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        let engine = try options.common.engine()
        let condition = try WaitCondition(condition)
        var limit = timeout?.duration ?? .seconds(30)
        if limit < .zero { limit = .seconds(7 * 86_400) }
        let asked = try ObjectArguments.parse(objects, verb: "wait for")
        var failed = false
        for (resource, name) in asked {
            guard resource == .pod, let name else { throw ValidationError("name the pods to wait for: pod/NAME") }
            switch try engine.wait(ObjectName(namespace: options.name, name: name), for: condition, timeout: limit) {
            case .met: try Console.print("pod/\(name) condition met")
            case .absent: continue
            case .timedOut:
                failed = true
                try Console.note("error: timed out waiting for the condition on pods/\(name)")
            }
        }
        if failed { throw ExitCode(1) }
    }
}
