// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import OCISpec

/// The command line of the OCI runtimes: runc's words and options.
struct OCICommand {
    private static let usage = """
        usage: holdfast-runtime [--root DIR] COMMAND
          create [--bundle DIR] [--pid-file FILE] [--console-socket PATH] ID
          start ID
          run [--bundle DIR] [--pid-file FILE] [--console-socket PATH] [--detach] ID
          exec [--process FILE | --cwd DIR --env K=V --user UID[:GID] --tty] [--pid-file FILE]
               [--console-socket PATH] [--detach] ID [--] COMMAND [ARGUMENT…]
          state ID
          list
          kill [--all] ID [SIGNAL]
          delete [--force] ID
          spec
          features
          shim POD_FOLDER
          --version
        """

    private let runtime: Runtime
    private let command: String
    private let options: Options

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        var root = "/run/holdfast/runtime"
        while let first = rest.first, first.hasPrefix("-") {
            rest.removeFirst()
            switch first {
            case "--root":
                guard let value = rest.popFirst() else { throw Self.misused("--root needs a folder") }
                root = value
            case _ where first.hasPrefix("--root="): root = String(first.dropFirst("--root=".count))
            // For callers that pass runc's words: logs go to standard error, and cgroups are made by their files.
            case "--log", "--log-format": _ = rest.popFirst()
            case _ where first.hasPrefix("--log"): break
            case "--version", "-v", "--help", "-h": rest = [first]
            default: throw Self.misused("unknown option \(first)")
            }
            if rest.first == first { break }
        }
        guard let command = rest.popFirst() else { throw Self.misused("a command is needed") }
        self.command = command
        options = try Options(rest)
        runtime = Runtime(folder: root)
    }

    func run() throws -> Int32 {
        if ["create", "run", "exec"].contains(command) { try SealedProgram.require() }
        switch command {
        case "create": return try create()
        case "start": try runtime.start(try options.container())
        case "run": return try runContainer()
        case "exec": return try exec()
        case "state": try print(json: runtime.report(try options.container()))
        case "list": try list()
        case "kill": try kill()
        case "delete": try runtime.delete(try options.container(), force: options.has("force"))
        case "spec": try print(json: RuntimeSpec.example)
        case "features": try print(json: RuntimeFeatures())
        case "--version", "-v": try print("holdfast-runtime \(Version.current)\nspec: \(RuntimeSpec.version)")
        case "--help", "-h": try print(Self.usage)
        default: throw Self.misused("unknown command \(command)")
        }
        return 0
    }

    private func create() throws -> Int32 {
        let console = try options.openConsole()
        let process = try runtime.create(
            try options.container(), bundle: try options.bundle(), waits: true, consoleSocket: console.number)
        try options.writePID(process.pid)
        return 0
    }

    private func runContainer() throws -> Int32 {
        let console = try options.openConsole()
        let id = try options.container()
        let signals = try SignalQueue(Self.forwarded)
        let process = try runtime.create(
            id, bundle: try options.bundle(), waits: false, consoleSocket: console.number)
        try options.writePID(process.pid)
        if options.has("detach") { return 0 }
        let code = try Self.await(process, forwarding: signals)
        try runtime.delete(id, force: true)
        return code
    }

    private func exec() throws -> Int32 {
        let console = try options.openConsole()
        let id = try options.container()
        let spec = try options.process(from: { try runtime.process(of: id) })
        let signals = try SignalQueue(Self.forwarded)
        let process = try runtime.exec(id, spec, consoleSocket: console.number)
        try options.writePID(process.pid)
        return options.has("detach") ? 0 : try Self.await(process, forwarding: signals)
    }

    private func list() throws {
        try print("ID\tPID\tSTATUS\tBUNDLE")
        for report in try runtime.list() {
            try print("\(report.id)\t\(report.pid)\t\(report.status.rawValue)\t\(report.bundle)")
        }
    }

    private func kill() throws {
        let word = options.positional.count > 1 ? options.positional[1] : "TERM"
        guard let signal = Signal.number(named: word) else { throw Self.misused("\(word) is no signal") }
        try runtime.kill(try options.container(), signal: signal, all: options.has("all"))
    }

    private static let forwarded = [
        Signal.hangUp, Signal.interrupt, Signal.quit, Signal.terminate, Signal.windowChange,
    ]

    /// Passes signals on until the process has ended.
    private static func await(_ process: StartingProcess, forwarding signals: borrowing SignalQueue) throws
        -> Int32
    {
        let events = try EventQueue()
        try events.add(process.descriptor.raw, token: 0)
        try events.add(signals.raw, token: 1)
        while true {
            for event in try events.wait(milliseconds: nil) {
                if event.token == 0, let status = try Process.poll(process.descriptor.raw) { return status.shellCode }
                if event.token == 1 {
                    while let number = try signals.next() { try Process.signal(process.descriptor.raw, number) }
                }
            }
        }
    }

    private func print(json value: some Encodable) throws {
        try print(String(decoding: try JSONFile.encode(value), as: UTF8.self))
    }

    private func print(_ text: String) throws {
        try File.write(Array((text + "\n").utf8), to: 1, subject: "standard output")
    }

    static func misused(_ message: String) -> RuntimeError { RuntimeError("\(message)\n\(usage)", exitCode: 2) }
}
