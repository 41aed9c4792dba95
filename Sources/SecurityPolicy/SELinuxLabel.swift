// SPDX-License-Identifier: Apache-2.0

/// An SELinux context by its parts; an empty one is not decided yet.
package struct SELinuxLabel: Hashable, Sendable {
    package var user: String
    package var role: String
    package var type: String
    /// Sensitivity and categories: `s0:c1,c2`.
    package var level: String

    package init(user: String, role: String, type: String, level: String) {
        self.user = user
        self.role = role
        self.type = type
        self.level = level
    }

    /// Reads `user:role:type:level`, where the level may hold colons and may be left out.
    package init?(_ text: Substring) {
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(user: parts[0], role: parts[1], type: parts[2], level: parts.count == 4 ? parts[3] : "")
    }

    /// As the kernel takes it; a policy without levels has none.
    package var text: String { [user, role, type].joined(separator: ":") + (level.isEmpty ? "" : ":\(level)") }

    /// Whether a pod may ask for a level in this form; whether the policy has it, the kernel says.
    ///
    /// Source: containerd, internal/cri/server, `checkSelinuxLevel`.
    package static func isLevel(_ text: String) -> Bool {
        let categories = /c[0-9]{1,4}(\.c[0-9]{1,4})?/
        let level = /s[0-9](-s[0-9])?(:(?<list>.*))?/
        guard let match = text.wholeMatch(of: level) else { return false }
        guard let list = match.output.list else { return true }
        return list.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
            $0.wholeMatch(of: categories) != nil
        }
    }
}

/// What the machine's SELinux policy gives to containers, and what one pod has of it.
package struct SELinuxDefaults: Hashable, Sendable {
    /// Of processes.
    package var process: SELinuxLabel
    /// Of files.
    package var file: SELinuxLabel

    /// Reads the policy's file `lxc_contexts`: lines `process = "…"`, `file = "…"`.
    ///
    /// Source: libselinux, selinux_lxc_contexts_path(3); the same lines serve containerd, CRI-O and podman.
    package init?(contexts text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[parts[0].trimmed] = parts[1].trimmed
        }
        guard let process = values["process"].flatMap({ SELinuxLabel($0) }),
            let file = values["file"].flatMap({ SELinuxLabel($0) })
        else { return nil }
        self.process = process
        self.file = file
    }

    /// The same with two categories that no other pod has; a policy without levels separates no pods.
    package func separated(by categories: (UInt32, UInt32)) -> Self {
        guard !process.level.isEmpty else { return self }
        var own = self
        let sensitivity = process.level.prefix { $0 != ":" }
        own.process.level = "\(sensitivity):c\(min(categories.0, categories.1)),c\(max(categories.0, categories.1))"
        own.file.level = own.process.level
        return own
    }

    /// What comes of a pod's options: parts that are not written are the defaults'.
    ///
    /// Files take user and level from the options. Source: opencontainers/selinux, `InitLabels`.
    package func labels(for options: SELinuxLabel?) -> (process: SELinuxLabel, file: SELinuxLabel) {
        guard let options else { return (process, file) }
        func part(_ written: String, _ usual: String) -> String { written.isEmpty ? usual : written }
        return (
            SELinuxLabel(
                user: part(options.user, process.user), role: part(options.role, process.role),
                type: part(options.type, process.type), level: part(options.level, process.level)),
            SELinuxLabel(
                user: part(options.user, file.user), role: file.role, type: file.type,
                level: part(options.level, file.level))
        )
    }
}

extension Substring {
    /// Without spaces and quotes at both ends.
    fileprivate var trimmed: Substring {
        let isOuter: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
        var text = self.drop(while: isOuter)
        while let last = text.last, isOuter(last) { text.removeLast() }
        return text
    }
}
