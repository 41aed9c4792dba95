// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LinuxKernel
import PodEngine

/// `exec`: runs a command in a container.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command in a container, with the container's own security context.",
        discussion: """
            Exits as the command does. Examples:
              holdfast exec web -- id
              holdfast exec web -c proxy -- cat /etc/hosts
              holdfast exec -it web -- sh
              tar c . | holdfast exec -i web -- tar x -C /data
            """)

    @Argument(help: "The pod: NAME or pod/NAME.")
    var pod: String
    @Option(name: .shortAndLong, help: "The container; the first one when none is named.")
    var container: String?
    @Flag(name: [.customShort("i"), .long], help: "Pass standard input to the command.")
    var stdin = false
    @Flag(name: [.customShort("t"), .long], help: "Give the command a terminal.")
    var tty = false
    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []
    @OptionGroup var options: NamespaceOptions

    func validate() throws {
        if command.isEmpty {
            throw ValidationError("you must specify at least one command for the container, after --")
        }
    }

    func run() throws {
        var request = ExecRequest(
            pod: ObjectName(namespace: options.name, name: try ObjectArguments.podName(pod)), container: container,
            command: command)
        request.stdin = stdin
        request.terminal = tty && stdin && Terminal.isTerminal(0)
        if tty, stdin, !request.terminal {
            try Console.note("Unable to use a TTY - input is not a terminal or the right kind of file")
        }
        let code = try options.common.engine().exec(
            request, notice: { (line) throws(EngineError) in try Console.note(line) })
        if code != 0, Console.isWatched { try Console.note("command terminated with exit code \(code)") }
        throw ExitCode(code)
    }
}
