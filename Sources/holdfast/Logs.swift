// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import PodEngine

/// `logs`: what a pod's containers wrote.
struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a container of a pod wrote.",
        discussion: """
            Examples:
              holdfast logs web
              holdfast logs web -c proxy -f
              holdfast logs web --tail 20 --timestamps
              holdfast logs web --previous
            """)

    @Argument(help: "The pod: NAME or pod/NAME.")
    var pod: String
    @Argument(help: ArgumentHelp("The container; as -c.", visibility: .hidden))
    var containerArgument: String?
    @Option(name: .shortAndLong, help: "The container; the first one when none is named.")
    var container: String?
    @Flag(name: .shortAndLong, help: "Go on until the container ends.")
    var follow = false
    @Option(help: ArgumentHelp("Only so many lines from the end; -1: all.", valueName: "lines"))
    var tail: Int?
    @Flag(help: "The time before each line.")
    var timestamps = false
    @Flag(name: .shortAndLong, help: "Of the run before the current one.")
    var previous = false
    @Option(help: ArgumentHelp("Only lines that are at most so old: 30s, 5m, 2h.", valueName: "duration"))
    var since: Span?
    @Flag(help: "Of all containers.")
    var allContainers = false
    @Flag(help: "[pod/NAME/CONTAINER] before each line.")
    var prefix = false
    @OptionGroup var options: NamespaceOptions

    func run() throws {
        var wanted = LogOptions()
        wanted.container = container ?? containerArgument
        wanted.allContainers = allContainers
        wanted.follow = follow
        wanted.tail = tail.flatMap { $0 < 0 ? nil : $0 }
        wanted.timestamps = timestamps
        wanted.previous = previous
        wanted.since = since?.duration
        wanted.prefix = prefix
        try options.common.engine().logs(
            ObjectName(namespace: options.name, name: try ObjectArguments.podName(pod)), wanted,
            notice: { (line) throws(EngineError) in try Console.note(line) },
            { (_, bytes) throws(EngineError) in try Console.write(bytes) })
    }
}
