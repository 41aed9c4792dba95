// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KubernetesAPI
import LinuxKernel
import PodEngine

/// `debug`: adds a container to a running pod, to look into it.
struct Debug: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug",
        abstract: "Add an ephemeral container to a running pod.",
        discussion: """
            It has the pod's namespaces and volumes, its own image, and its own security context. With --target it sees
            that container's processes. It is never started again, and goes with the pod. Examples:
              holdfast debug web --image busybox -it -- sh
              holdfast debug web --image busybox --target app --profile general -it -- sh
              holdfast debug web --image busybox -c look -- cat /proc/net/tcp
              holdfast logs web -c look
            """)

    @Argument(help: "The pod: NAME or pod/NAME.")
    var pod: String
    @Option(help: "The image to run.")
    var image: String
    @Option(name: .shortAndLong, help: "The new container's name; debugger-XXXXX when none is given.")
    var container: String?
    @Option(help: ArgumentHelp("See the processes of this container.", valueName: "container"))
    var target: String?
    @Option(help: "legacy, general, baseline, restricted, netadmin or sysadmin.")
    var profile = DebugProfile.general
    @Option(help: ArgumentHelp("A variable of the container; can be repeated.", valueName: "name=value"))
    var env: [String] = []
    @Option(help: "Always, IfNotPresent or Never; by the image's tag when none is given.")
    var imagePullPolicy: String?
    @Flag(name: [.customShort("i"), .long], help: "Keep standard input open, and attach to it.")
    var stdin = false
    @Flag(name: [.customShort("t"), .long], help: "Give the container a terminal.")
    var tty = false
    @Flag(inversion: .prefixedNo, help: "Attach to the container; the default with -i.")
    var attach: Bool?
    @Flag(help: "What follows -- are arguments of the image's own command.")
    var argumentsOnly = false
    @Flag(name: .shortAndLong, help: "Only what the container writes.")
    var quiet = false
    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []
    @OptionGroup var options: NamespaceOptions

    func validate() throws {
        if tty, !stdin { throw ValidationError("-i/--stdin is required for containers with -t/--tty=true") }
        for variable in env where !variable.contains("=") {
            throw ValidationError("--env: \"\(variable)\" is not NAME=VALUE")
        }
    }

    func run() throws {
        let engine = try options.common.engine()
        let name = ObjectName(namespace: options.name, name: try ObjectArguments.podName(pod))
        let container = containerSpec(try self.container ?? chosenName(engine, name))
        if let target, !quiet {
            try Console.print("Targeting container \"\(target)\": its processes are those that the new one sees.")
        }
        try engine.debug(name, with: container)
        guard attach ?? stdin else { return }
        try join(engine, name, container)
    }

    private func chosenName(_ engine: Engine, _ pod: ObjectName) throws -> String {
        let name = try engine.debuggerName(in: pod)
        if !quiet { try Console.print("Defaulting debug container name to \(name).") }
        return name
    }

    private func containerSpec(_ name: String) -> Container {
        var container = Container(name: name)
        container.image = image
        container.imagePullPolicy = imagePullPolicy
        container.targetContainerName = target
        container.stdin = stdin ? true : nil
        container.tty = tty ? true : nil
        if !command.isEmpty {
            if argumentsOnly { container.args = command } else { container.command = command }
        }
        if !env.isEmpty {
            container.env = env.map { text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return EnvVar(name: String(parts[0]), value: String(parts[1]))
            }
        }
        profile.apply(to: &container)
        return container
    }

    /// What a container that has ended by then wrote is in its log.
    private func join(_ engine: Engine, _ name: ObjectName, _ container: Container) throws {
        let state = try engine.awaitStart(
            of: container.name, in: name, notice: { (line) throws(EngineError) in try Console.note(line) })
        if state == .running {
            do {
                return try Attach.join(
                    engine, name, (container.name, stdin, tty), stdin: stdin, terminal: tty, quiet: quiet)
            } catch EngineError.exec(_, let message) {
                if !quiet {
                    try Console.note("warning: couldn't attach to pod/\(name.name), falling back to logs: \(message)")
                }
            }
        }
        var wanted = LogOptions()
        wanted.container = container.name
        wanted.follow = true
        try engine.logs(
            name, wanted, notice: { (_) throws(EngineError) in },
            { (_, bytes) throws(EngineError) in try Console.write(bytes) })
    }
}

extension DebugProfile: ExpressibleByArgument {}
