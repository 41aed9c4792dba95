// SPDX-License-Identifier: Apache-2.0

/// One thing that keeps a file from being read, where it is and what to do about it.
package struct ManifestProblem: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Nil where it concerns the file as a whole.
    package let position: Position?
    /// The field, or `""` where it is none.
    package let path: String
    /// What is wrong.
    package let problem: String
    /// What to do about it.
    package let remedy: String?

    /// One line: `FILE:LINE:COLUMN: FIELD: PROBLEM; REMEDY`.
    package var description: String {
        var text = file
        if let position { text += ":\(position)" }
        if !path.isEmpty { text += ": \(path)" }
        text += ": \(problem)"
        if let remedy { text += "; \(remedy)" }
        return text
    }
}

/// A file, or one object of it, that cannot be read as what it says it is.
package struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The object's `kind`, as far as it was read.
    package var kind: String?
    /// The object's `apiVersion`, as far as it was read.
    package var apiVersion: String?
    /// The object's `metadata.name`, as far as it was read.
    package var name: String?
    /// In the order of the file; at least one.
    package let problems: [ManifestProblem]

    init(_ problems: [ManifestProblem]) { self.problems = problems }

    init(
        file: String, position: Position? = nil, path: String = "", problem: String, remedy: String? = nil
    ) {
        problems = [
            ManifestProblem(file: file, position: position, path: path, problem: problem, remedy: remedy)
        ]
    }

    /// One line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }

    /// What the API server answers to such an object, with HTTP code 400.
    package var serverMessage: String {
        // Without the group.
        let version = (apiVersion ?? "").split(separator: "/").last ?? ""
        let subject =
            "\(kind ?? "object") in version \"\(version)\" cannot be handled as a \(kind ?? "object")"
        let unknown = problems.filter { $0.problem.hasPrefix("strict decoding error: ") }
        guard unknown.count == problems.count else { return "\(subject): \(problems[0].problem)" }
        let details = problems.map { String($0.problem.dropFirst("strict decoding error: ".count)) }
        return "\(subject): strict decoding error: \(details.joined(separator: ", "))"
    }
}
