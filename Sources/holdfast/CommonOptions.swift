// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LinuxKernel
import PodEngine

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder below which all state is kept.", valueName: "dir"))
    var root: String?

    /// The state that is meant.
    func engine() throws -> Engine {
        let folder = root ?? Environment.value("HOLDFAST_ROOT")
        return Engine(
            root: StateRoot(folder: try folder.map(Self.absolute)),
            runtimePath: Environment.value("HOLDFAST_RUNTIME"))
    }

    private static func absolute(_ path: String) throws -> String {
        guard !path.isEmpty else { throw ValidationError("--root: the folder's name is empty") }
        var full = path
        if !path.hasPrefix("/") {
            do { full = "\(try Process.folder())/\(path)" } catch {
                throw EngineError.failed("--root: \(path) is relative, and the working folder cannot be told: \(error)")
            }
        }
        while full.count > 1, full.hasSuffix("/") { full.removeLast() }
        return full
    }

    /// Puts options that stand before the command behind it, where commands look for them.
    static func movedBehindCommand(_ arguments: [String]) -> [String] {
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("-") {
            if ["--root", "-n", "--namespace"].contains(first), rest.count > 1 {
                leading += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if ["--root=", "--namespace=", "-n="].contains(where: first.hasPrefix) {
                leading.append(first)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        guard !leading.isEmpty, !rest.isEmpty else { return arguments }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return Array(rest[..<end]) + leading + rest[end...]
    }
}

/// What commands on objects of a namespace take.
struct NamespaceOptions: ParsableArguments {
    @OptionGroup var common: CommonOptions

    @Option(name: .shortAndLong, help: "The namespace; it needs no creating. Default: default.")
    var namespace: String?

    /// The namespace that is meant.
    var name: String { namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default" }
}

/// The program's environment.
enum Environment {
    static func value(_ name: String) -> String? {
        let prefix = name + "="
        return Process.environment.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}
