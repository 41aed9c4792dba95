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
    /// With `allowed`, also what is allowed, with its reason.
    package func report(_ style: TextStyle, allowed: Bool = false) -> String {
        var report = ""
        for problem in problems where allowed || problem.allowance == nil {
            report += entry(problem, style)
        }
        return report
    }

    private func entry(_ problem: Problem, _ style: TextStyle) -> String {
        let place = problem.place.printable
        let colour: TextStyle.Colour =
            switch problem.severity {
            case .error: .red
            case .warning: .yellow
            case .note: .cyan
            }
        let word = problem.allowance == nil ? problem.severity.rawValue : "allowed"
        var head = "\(style.paint(place, .bold)): \(style.paint(word, colour, .bold)): "
        switch problem.source {
        case .decoding where !problem.path.isEmpty, .finding, .podSecurity: head += "\(problem.path.printable): "
        default: break
        }
        // A manifest's own text is printed: what could act on a terminal is not.
        var text = "\(head)\(problem.message.printable) \(style.paint("[\(problem.id)]", .grey))\n"
        if let position = problem.position, position.line > 0 { text += excerpt(position, style, colour) }
        if let reason = problem.allowance?.reason {
            text += "   = because: \(reason.printable)\n"
        } else if let remedy = problem.remedy {
            text += "   \(style.paint("= help:", .blue)) \(remedy.printable)\n"
        }
        return text
    }

    /// The line and a mark below the column.
    private func excerpt(_ position: Position, _ style: TextStyle, _ colour: TextStyle.Colour) -> String {
        let number = String(position.line).padded(4)
        let (line, count) = text.excerpt(around: position)
        let before = String(String.UnicodeScalarView(line.unicodeScalars.prefix(count)))
        let margin = String(repeating: " ", count: number.count)
        return style.paint("\(number) | ", .grey) + line.printable + "\n"
            + style.paint("\(margin) | ", .grey) + before.printable.blank + style.paint("^", colour, .bold) + "\n"
    }
}
