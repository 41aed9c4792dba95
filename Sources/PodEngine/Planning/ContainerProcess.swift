// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
package import OCISpec
package import SecurityPolicy

/// What a container executes, where, and in which environment: manifest and image put together.
package struct ContainerProcess: Hashable, Sendable {
    package let arguments: [String]
    package let environment: [String]
    package let folder: String

    /// Puts the two together; the variables are the pod's own, and the user is whose home is `HOME`.
    package init(
        container: PodContainer, image: ImageConfig.Defaults, variables: [EnvironmentVariable], hostname: String,
        user: UserDatabase.User?
    ) throws(Refusal) {
        arguments = try Self.arguments(container, image, variables)
        environment = Self.environment(
            image: image.Env ?? [], variables: variables, hostname: hostname,
            terminal: container.container.tty == true, home: user?.home ?? "")
        folder =
            [container.container.workingDir, image.WorkingDir].compactMap(\.self).first { !$0.isEmpty } ?? "/"
        // A string for execve(2) ends at its first NUL: what follows would be cut off without a word.
        for (field, texts) in [("command", arguments), ("env", environment), ("workingDir", [folder])]
        where texts.contains(where: { $0.utf8.contains(0) }) {
            throw Refusal(
                .container, field: "\(container.path).\(field)", message: "\(container.path).\(field): holds a NUL byte"
            )
        }
    }

    /// A command replaces the image's entrypoint and its arguments; arguments alone replace the latter.
    private static func arguments(
        _ container: PodContainer, _ image: ImageConfig.Defaults, _ variables: [EnvironmentVariable]
    ) throws(Refusal) -> [String] {
        let values = Dictionary(variables.map { ($0.name, $0.value) }) { $1 }
        func expand(_ words: [String]?) -> [String]? {
            guard let words, !words.isEmpty else { return nil }
            return words.map { VariableExpansion.expand($0, with: values) }
        }
        let command = expand(container.container.command)
        let args = expand(container.container.args)
        let all =
            command.map { $0 + (args ?? []) } ?? (image.Entrypoint ?? []) + (args ?? image.Cmd ?? [])
        guard !all.isEmpty else {
            throw Refusal(.container, field: "\(container.path).command", message: "no command specified")
        }
        return all
    }

    /// The search path of an image that names none.
    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// `PATH` and `HOSTNAME` first, then the image's variables, then the pod's; a later one takes an earlier one's place.
    private static func environment(
        image: [String], variables: [EnvironmentVariable], hostname: String, terminal: Bool, home: String
    ) -> [String] {
        var values: [String: String] = [:]
        var names: [String] = []
        func set(_ name: String, _ value: String) {
            if values.updateValue(value, forKey: name) == nil { names.append(name) }
        }
        set("PATH", defaultPath)
        set("HOSTNAME", hostname)
        if terminal { set("TERM", "xterm") }
        for entry in image {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // Without a name, or without a value, it is no variable.
            if parts.count == 2, !parts[0].isEmpty { set(String(parts[0]), String(parts[1])) }
        }
        for variable in variables { set(variable.name, variable.value) }
        if values["HOME"]?.isEmpty ?? true { set("HOME", home.isEmpty ? "/" : home) }
        return names.map { "\($0)=\(values[$0] ?? "")" }
    }
}
