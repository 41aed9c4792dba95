// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import PodEngine

/// The command line: it asks the engine and prints; it has no rule of its own.
@main
struct Holdfast: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Runs Kubernetes pods on this machine, their security context enforced by the kernel.",
        discussion: """
            Whoever knows kubectl knows these commands. Examples:
              holdfast explain -f pod.yaml          say what it means, before it runs
              holdfast check -f pod.yaml            say what is wrong with it
              holdfast run -f pod.yaml              run a pod and follow its logs
              holdfast apply -f pod.yaml            start it in the background
              holdfast get pods -o wide
              holdfast exec security-demo -- id
              holdfast delete -f pod.yaml

            HOLDFAST_ROOT names the folder that --root names; HOLDFAST_RUNTIME the path of holdfast-runtime.
            """,
        version: Engine.version,
        subcommands: [
            Apply.self, Run.self, Get.self, Describe.self, Delete.self, Logs.self, Exec.self, Attach.self, Debug.self,
            Wait.self, Image.self, Check.self, Explain.self,
            Internal.self,
        ])

    @OptionGroup var common: CommonOptions

    static func main() {
        let arguments = CommonOptions.movedBehindCommand(Array(CommandLine.arguments.dropFirst()))
        do {
            var command = try parsed(arguments)
            try command.run()
        } catch let error as EngineError {
            Console.fail(error.description, code: error.exitCode)
        } catch let code as ExitCode {
            Console.exit(code.rawValue)
        } catch {
            end(with: error, arguments)
        }
    }

    /// Reads the command line.
    ///
    /// First by the named command alone: reading the parameters of all of them takes longer than most commands do.
    /// Whatever that does not answer, help and mistakes above all, is read with all commands in view.
    private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
        let asksForHelp = arguments.prefix { $0 != "--" }.contains { ["-h", "--help", "-help", "help"].contains($0) }
        if !asksForHelp,
            let named = configuration.subcommands.first(where: {
                $0.configuration.commandName == arguments.first
            }), let command = try? named.parseAsRoot(Array(arguments.dropFirst()))
        {
            return command
        }
        return try parseAsRoot(arguments)
    }

    /// Help was asked for, or the command line is wrong.
    private static func end(with error: any Error, _ arguments: [String]) -> Never {
        if exitCode(for: error) == .success { Console.end(printing: fullMessage(for: error)) }
        let command = arguments.first { !$0.hasPrefix("-") }
        let known = configuration.subcommands.contains { $0.configuration.commandName == command }
        let help = "See 'holdfast \(known ? "\(command ?? "") " : "")--help' for usage."
        Console.fail("error: \(message(for: error))\n\(help)", code: 2)
    }
}
