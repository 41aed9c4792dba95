// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy

/// What `check` found in all files, counted.
package struct CheckSummary: Hashable, Sendable {
    package private(set) var files = 0
    package private(set) var pods = 0
    package private(set) var errors = 0
    package private(set) var warnings = 0
    package private(set) var notes = 0
    package private(set) var allowed = 0
    package private(set) var invalid = 0

    package init() {}

    package mutating func add(_ review: FileReview) {
        files += 1
        pods += review.pods.count
        invalid += review.pods.count { !$0.isValid }
        for problem in review.problems {
            if problem.allowance != nil {
                allowed += 1
                continue
            }
            switch problem.severity {
            case .error: errors += 1
            case .warning: warnings += 1
            case .note: notes += 1
            }
        }
    }

    /// Whether something is wrong that nobody has taken on.
    package var isClean: Bool { errors == 0 && warnings == 0 }

    /// `3 pods in 2 files: 1 error, 2 warnings, 4 notes (1 allowed)`.
    package var line: String {
        func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
        var found = [(errors, "error"), (warnings, "warning"), (notes, "note")].filter { $0.0 > 0 }.map(count)
        if found.isEmpty { found = ["nothing found"] }
        let allowed = allowed == 0 ? "" : " (\(allowed) allowed)"
        return "\(count(pods, "pod")) in \(count(files, "file")): \(found.joined(separator: ", "))\(allowed)"
    }
}

/// Colours of a terminal, or none.
package struct TextStyle: Sendable {
    package let isColoured: Bool
    package init(isColoured: Bool) { self.isColoured = isColoured }

    package enum Colour: String, Sendable {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case cyan = "36"
        case grey = "90"
        case bold = "1"
    }

    /// Source: ECMA-48, SGR.
    package func paint(_ text: String, _ colours: Colour...) -> String {
        guard isColoured, !colours.isEmpty else { return text }
        return "\u{1b}[\(colours.map(\.rawValue).joined(separator: ";"))m\(text)\u{1b}[0m"
    }
}

extension FileReview {
    /// Each problem with its line, a mark below it and what to do.
    ///
    /// - Parameter allowed: also what is allowed, with its reason.
    package func report(_ style: TextStyle, allowed: Bool = false) -> String {
        var report = ""
        for problem in problems where allowed || problem.allowance == nil {
            report += entry(problem, style)
        }
        return report
    }

    private func entry(_ problem: Problem, _ style: TextStyle) -> String {
        let place = problem.position.map { "\(file):\($0)" } ?? file
        let colour: TextStyle.Colour =
            switch problem.severity {
            case .error: .red
            case .warning: .yellow
            case .note: .cyan
            }
        let word = problem.allowance == nil ? problem.severity.rawValue : "allowed"
        var head = "\(style.paint(place, .bold)): \(style.paint(word, colour, .bold)): "
        switch problem.source {
        case .decoding where !problem.path.isEmpty, .finding, .podSecurity: head += "\(problem.path): "
        default: break
        }
        // A manifest's own text is printed: what could act on a terminal is not.
        var text = "\(head)\(problem.message.printable) \(style.paint("[\(problem.id)]", .grey))\n"
        if let position = problem.position, position.line > 0 { text += excerpt(position, style, colour) }
        if let reason = problem.allowance {
            text += "   = because: \(reason.printable)\n"
        } else if let remedy = problem.remedy {
            text += "   \(style.paint("= help:", .blue)) \(remedy.printable)\n"
        }
        return text
    }

    /// The line and a mark below the column.
    private func excerpt(_ position: Position, _ style: TextStyle, _ colour: TextStyle.Colour) -> String {
        let number = String(position.line)
        let line = text.text(Int(position.line))
        // A file on one line, as programs write JSON, is shown around the place.
        let scalars = Array(line.unicodeScalars)
        let start = max(0, min(Int(position.column) - 40, scalars.count - 1))
        let isLong = scalars.count > 160
        let shown = isLong ? Array(scalars[(start < scalars.count ? start : 0)...].prefix(120)) : scalars
        let column = isLong ? Int(position.column) - start : Int(position.column)
        var window = String.UnicodeScalarView()
        window.append(contentsOf: shown)
        let before = shown.prefix(max(0, column - 1)).map { $0 == "\t" ? "\t" : " " }.joined()
        return style.paint("\(number.padded(4)) | ", .grey) + String(window).printable + "\n"
            + style.paint("     | ", .grey) + before + style.paint("^", colour, .bold) + "\n"
    }
}

extension String {
    /// With blanks before it.
    func padded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// Control characters but for the tab as their escapes.
    package var printable: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            text += Self.isControl(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return text
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\t"
            && (scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x202a...0x202e).contains(scalar.value)
                || (0x2066...0x2069).contains(scalar.value))
    }
}
