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
              holdfast logs -l app=web --all-containers --prefix
            """)

    @Argument(help: "The pod: NAME or pod/NAME; none with -l.")
    var pod: String?
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
    @Option(help: ArgumentHelp("Only lines since then, as 2026-11-24T23:20:10Z.", valueName: "time"))
    var sinceTime: String?
    @Option(help: ArgumentHelp("At most so many bytes of each container; 0: all.", valueName: "bytes"))
    var limitBytes = 0
    @Option(
        name: [.customShort("l"), .customLong("selector")],
        help: "Of the pods with these labels, the last 10 lines each unless --tail says otherwise.")
    var selector: String?
    @Option(help: ArgumentHelp("Follow at most so many containers.", valueName: "count"))
    var maxLogRequests = 5
    @Flag(help: "Of all containers.")
    var allContainers = false
    @Flag(help: "[pod/NAME/CONTAINER] before each line.")
    var prefix = false
    @OptionGroup var options: NamespaceOptions

    func validate() throws {
        if (pod == nil) == (selector == nil) {
            throw ValidationError(
                pod == nil
                    ? "you must name a pod, or pods by --selector" : "only a selector (-l) or a pod's name is allowed")
        }
        if since != nil, sinceTime != nil {
            throw ValidationError("at most one of --since and --since-time may be used")
        }
        if limitBytes < 0 { throw ValidationError("--limit-bytes must be greater than 0") }
    }

    func run() throws {
        let engine = try options.common.engine()
        let wanted = try wanted()
        guard let selector else {
            return try engine.logs(
                ObjectName(namespace: options.name, name: try ObjectArguments.podName(pod ?? "")), wanted,
                notice: { (line) throws(EngineError) in try Console.note(line) },
                { (_, bytes) throws(EngineError) in try Console.write(bytes) })
        }
        let found = try engine.logs(
            namespace: options.name, matching: try LabelMatch(selector), wanted,
            notice: { (line) throws(EngineError) in try Console.note(line) },
            { (_, bytes) throws(EngineError) in try Console.write(bytes) })
        if !found { try Console.note("No resources found in \(options.name) namespace.") }
    }

    private func wanted() throws -> LogOptions {
        var wanted = LogOptions()
        wanted.container = container ?? containerArgument
        wanted.allContainers = allContainers
        wanted.follow = follow
        wanted.tail = tail ?? (selector == nil ? nil : 10)
        if wanted.tail ?? 0 < 0 { wanted.tail = nil }
        wanted.timestamps = timestamps
        wanted.previous = previous
        wanted.since = since?.duration
        wanted.sinceTime = try sinceTime.map { text in
            guard let time = Timestamp(rfc3339: text) else {
                throw ValidationError("--since-time: \"\(text)\" is no time such as 2026-11-24T23:20:10Z")
            }
            return time
        }
        wanted.limit = limitBytes > 0 ? limitBytes : nil
        wanted.mostFollowed = maxLogRequests
        wanted.prefix = prefix
        return wanted
    }
}
