// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LinuxKernel
import PodEngine

/// `attach`: joins a container's own streams.
struct Attach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Join the streams of a container's first process.",
        discussion: """
            Shows what the container writes from now on; its logs have what it wrote before. Examples:
              holdfast attach web
              holdfast attach -it shell
            """)

    @Argument(help: "The pod: NAME or pod/NAME.")
    var pod: String
    @Option(name: .shortAndLong, help: "The container; the first one when none is named.")
    var container: String?
    @Flag(name: [.customShort("i"), .long], help: "Pass standard input to the container.")
    var stdin = false
    @Flag(name: [.customShort("t"), .long], help: "Join the container's terminal.")
    var tty = false
    @Flag(name: .shortAndLong, help: "Only what the container writes.")
    var quiet = false
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        let engine = try options.common.engine()
        let pod = ObjectName(namespace: options.name, name: try ObjectArguments.podName(pod))
        let target = try engine.attachTarget(
            pod: pod, container: container, notice: { (line) throws(EngineError) in try Console.note(line) })
        if stdin, !target.stdin {
            throw EngineError.failed(
                "Unable to use standard input: container \(target.name) did not allocate one (spec: stdin)")
        }
        try Self.join(engine, pod, target, stdin: stdin, terminal: tty, quiet: quiet)
    }

    /// Also for a container that a command has just made.
    static func join(
        _ engine: Engine, _ pod: ObjectName, _ target: (name: String, stdin: Bool, tty: Bool), stdin: Bool,
        terminal: Bool, quiet: Bool
    ) throws {
        var request = AttachRequest(pod: pod, container: target.name)
        request.stdin = stdin
        request.hasTerminal = target.tty
        request.terminal = target.tty && terminal && stdin && Terminal.isTerminal(0)
        if terminal, !target.tty {
            try Console.note("Unable to use a TTY - container \(target.name) did not allocate one")
        } else if terminal, !request.terminal {
            try Console.note("Unable to use a TTY - input is not a terminal or the right kind of file")
        }
        if request.terminal, !quiet {
            try Console.note(
                "All commands and output from this session will be recorded in container logs, including credentials "
                    + "and sensitive information passed through the command prompt.")
            try Console.note("If you don't see a command prompt, try pressing enter.")
        }
        _ = try engine.attach(request)
    }
}
