// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import SecurityPolicy

extension PodExplanation {
    /// For people, in lines of at most 100 characters.
    package func text(_ style: TextStyle) -> String {
        var page = TextPage(style: style)
        let place = position.map { "\(file):\($0)" } ?? file
        page.heading("\(kind) \(name)", "namespace \(namespace), node \(node), \(place)")
        if let refusal {
            page.alert("does not start", refusal)
        }
        page.table(fields.map { [$0.name, $0.text, $0.source.place(in: file)] })
        if !volumes.isEmpty {
            page.section("Volumes")
            page.table(volumes.map(Self.cells))
        }
        for container in containers { container.add(to: &page, file: file) }
        return page.text
    }

    private static func cells(_ volume: VolumeRow) -> [String] {
        var owner = "owner not known"
        if let uid = volume.uid, let gid = volume.gid, let mode = volume.mode {
            owner = "\(FileMode.symbolic(mode, isFolder: true)) \(uid):\(gid)"
        }
        if let mode = volume.fileMode { owner += ", files \(FileMode.symbolic(mode, isFolder: false))" }
        let group = volume.followsGroup ? "" : "fsGroup is not applied"
        let notes = [volume.note ?? "", group].filter { !$0.isEmpty }.joined(separator: "; ")
        return [volume.name, volume.kind, notes.isEmpty ? owner : "\(owner); \(notes)"]
    }
}

extension PodExplanation.Source {
    /// `container field, 12:9`.
    func place(in file: String) -> String { position.map { "\(words), line \($0)" } ?? words }
}

extension ContainerExplanation {
    fileprivate func add(to page: inout TextPage, file: String) {
        let here = isImageHere ? image : "\(image), which is not here"
        page.heading("\(kind) \(name)", "image \(here)")
        if let refusal { page.alert("does not start", refusal) }
        page.table(fields.map { [$0.name, $0.unknown.map { "unknown: \($0)" } ?? $0.text, $0.source.place(in: file)] })
        if let kernel {
            page.section("What the kernel will show")
            page.table(kernel.rows)
            page.section("Mounts")
            page.table(
                kernel.mounts.filter { $0.what != "masked path" && $0.what != "read-only path" }.map { mount in
                    let flags = mount.flags.joined(separator: ",")
                    let writers = mount.isWritable ? "written by \(mount.writers)" : "not writable"
                    return [mount.path, "\(mount.type) \(flags)", "\(mount.what); \(writers)"]
                })
        }
        guard !findings.isEmpty else { return }
        page.section("Findings")
        for finding in findings.sorted(by: { $0.severity < $1.severity }) {
            let line = finding.position.map { "line \($0): " } ?? ""
            page.paragraph(finding.severity, "\(line)\(finding.message) [\(finding.id)]")
            if let remedy = finding.remedy { page.note(remedy) }
        }
    }
}

extension KernelPrediction {
    /// Names and values, as `/proc/PID/status` has them.
    package var rows: [[String]] {
        func ids(_ ids: [UInt32]?) -> String { ids.map { $0.map { String($0) }.joined(separator: " ") } ?? "unknown" }
        func names(_ names: [String]?) -> String {
            names.map { $0.isEmpty ? "none" : $0.joined(separator: " ") } ?? "unknown: depends on the image's USER"
        }
        return [
            [
                "uid",
                uid.map { "\($0)\(execution.map { "; \($0)" } ?? "")" } ?? "unknown: the image's USER decides",
            ],
            ["gid", gid.map { String($0) } ?? "unknown: the image's /etc/passwd decides"],
            ["groups", groups == nil ? "unknown: the image's /etc/group may add some" : ids(groups)],
            ["CapInh", names(inheritable)], ["CapPrm", names(permitted)], ["CapEff", names(effective)],
            ["CapBnd", names(bounding)], ["CapAmb", names(ambient)],
            ["NoNewPrivs", noNewPrivileges ? "1" : "0"],
            ["Seccomp", "\(hasFilter ? 2 : 0), \(systemCalls.text)"],
            ["masked", maskedPaths.isEmpty ? "nothing" : maskedPaths.joined(separator: " ")],
            ["read-only", readOnlyPaths.isEmpty ? "nothing" : readOnlyPaths.joined(separator: " ")],
        ]
    }
}

/// Text in lines of at most 100 characters.
struct TextPage {
    static let width = 100

    let style: TextStyle
    private(set) var text = ""

    init(style: TextStyle) { self.style = style }

    mutating func heading(_ title: String, _ detail: String) {
        if !text.isEmpty { text += "\n" }
        let lines = Self.wrapped(title.printable + (detail.isEmpty ? "" : "  \(detail.printable)"), Self.width - 4)
        let bold = lines[0].prefix(title.printable.count)
        text += style.paint(String(bold), .bold) + lines[0].dropFirst(bold.count) + "\n"
        for line in lines.dropFirst() { text += "    \(line)\n" }
    }

    mutating func line(_ line: String) { text += "\(line)\n" }

    mutating func section(_ title: String) { text += style.paint("  \(title)", .blue, .bold) + "\n" }

    mutating func alert(_ word: String, _ message: String) {
        for (index, line) in Self.wrapped("\(word): \(message.printable)", Self.width - 4).enumerated() {
            text += "  \(index == 0 ? style.paint(line, .red) : "  \(style.paint(line, .red))")\n"
        }
    }

    mutating func paragraph(_ severity: FindingRule.Severity, _ message: String) {
        let colour: TextStyle.Colour = severity == .error ? .red : severity == .warning ? .yellow : .cyan
        let lines = Self.wrapped("\(severity.rawValue): \(message.printable)", Self.width - 8)
        let first = lines[0].dropFirst(severity.rawValue.count)
        text += "    \(style.paint(severity.rawValue, colour, .bold))\(first)\n"
        for line in lines.dropFirst() { text += "      \(line)\n" }
    }

    mutating func note(_ message: String) {
        for (index, line) in Self.wrapped("help: \(message.printable)", Self.width - 10).enumerated() {
            text += "      \(index == 0 ? "" : "  ")\(style.paint(line, .grey))\n"
        }
    }

    /// Rows of two or three cells: a name, a value that is wrapped, and where it comes from.
    mutating func table(_ rows: [[String]]) {
        func longest(_ column: Int) -> Int { rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        let hasThird = rows.contains { $0.count > 2 }
        var (names, third) = (min(46, longest(0)), hasThird ? min(44, longest(2)) : 0)
        func rest() -> Int { Self.width - 4 - names - 2 - (hasThird ? third + 2 : 0) }
        // The values come first, where there is no room for all.
        if rest() < min(24, longest(1)) { names = min(names, 30) }
        if rest() < min(24, longest(1)) { third = min(third, 36) }
        let second = rest()
        for row in rows {
            let cells = [
                Self.wrapped(row[0].printable, names), Self.wrapped(row[1].printable, second),
                row.count > 2 ? Self.wrapped(row[2].printable, third) : [],
            ]
            for index in 0..<(cells.map(\.count).max() ?? 0) {
                func cell(_ column: Int, _ width: Int) -> String {
                    let cell = index < cells[column].count ? cells[column][index] : ""
                    return cell + String(repeating: " ", count: max(0, width - cell.count))
                }
                var line = "    " + cell(0, names) + "  " + cell(1, second)
                if hasThird { line += "  " + style.paint(cell(2, 0), .grey) }
                while line.hasSuffix(" ") { line.removeLast() }
                text += line + "\n"
            }
        }
    }

    /// At blanks where there are any, and else in the middle of a word.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        let width = max(8, width)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            var word = word
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            } else if !line.isEmpty || !lines.isEmpty && word.isEmpty {
                line += " "
            }
            while line.count + word.count > width {
                let room = width - line.count
                lines.append(line + word.prefix(room))
                line = ""
                word = word.dropFirst(room)
            }
            line += word
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return lines + [line]
    }
}
