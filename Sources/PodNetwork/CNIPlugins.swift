// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel

/// The machine's CNI plugins: programs that get a configuration on standard input and answer on standard output.
///
/// Source: the CNI specification, section 2.
package struct CNIPlugins: Hashable, Sendable {
    /// Where programs are looked for, in this order.
    package var folders: [String]
    /// After which a plugin is killed.
    package var timeout: Duration

    package init(folders: [String], timeout: Duration = .seconds(120)) {
        self.folders = folders
        self.timeout = timeout
    }

    /// The folders of `CNI_PATH`, or the usual ones: upstream's and Debian's.
    package static var machine: Self {
        let path = ProcessInfo.processInfo.environment["CNI_PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init)
        return Self(folders: folders.isEmpty ? ["/opt/cni/bin", "/usr/lib/cni"] : folders)
    }

    /// Runs one plugin to its end.
    ///
    /// - Returns: what it wrote; null when nothing, as for CHECK and DEL.
    func run(
        _ type: String, network: String, environment: [String: String], input: JSONValue
    ) throws(NetworkError) -> JSONValue {
        let verb = environment["CNI_COMMAND"] ?? ""
        let subject = "CNI network \(network): \(verb) with plugin \(type)"
        guard let program = Command.find(type, in: folders) else {
            throw NetworkError("\(subject): no such program in \(folders.joined(separator: ", "))")
        }
        var variables = environment
        variables["CNI_PATH"] = folders.joined(separator: ":")
        // Plugins call iptables, nft and the like by name.
        variables["PATH"] =
            ProcessInfo.processInfo.environment["PATH"]
            ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let done: Command.Result
        do {
            done = try Command(program, [], environment: variables).run(
                input: input.text(), limit: 4 << 20, timeout: timeout)
        } catch let error as Command.Failure {
            throw NetworkError("\(subject): \(error)")
        } catch let error as NetworkError {
            throw NetworkError("\(subject): \(error)")
        } catch {
            fatalError("no other error is thrown: \(error)")
        }
        guard done.status == .exited(code: 0) else { throw Self.failure(done, subject: subject) }
        if done.output.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return .null }
        return try JSONValue(parsing: done.output, name: "\(subject): its result")
    }

    /// What a plugin that failed said: the `msg` of its error, or what it wrote to standard error.
    private static func failure(_ result: Command.Result, subject: String) -> NetworkError {
        let end =
            switch result.status {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "killed by signal \(signal)"
            }
        if let value = try? JSONValue(parsing: result.output, name: ""), let message = value["msg"]?.string {
            let details = value["details"]?.string.map { $0.isEmpty ? "" : " (\($0))" } ?? ""
            return NetworkError("\(subject): \(oneLine(message))\(oneLine(details))")
        }
        let said = oneLine(String(decoding: result.errors.suffix(2048), as: UTF8.self))
        return NetworkError("\(subject): \(said.isEmpty ? end : "\(said) (\(end))")")
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
