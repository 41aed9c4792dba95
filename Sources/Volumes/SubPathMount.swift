// SPDX-License-Identifier: Apache-2.0

/// A part of a volume, `subPath` or `subPathExpr`, that is mounted instead of its root.
///
/// It stays a pair of the volume's root and a path below it, and is never joined to one path: what the volume holds may
/// change until the container starts, and a link put there would lead a joined path out. The runtime makes what is missing
/// of it and opens it at the moment of the mount with ``LinuxKernel/SubPath/make(_:below:)``, and binds the descriptor.
package struct SubPathMount: Codable, Hashable, Sendable {
    /// The volume's root: ``PreparedVolume/path``.
    package let root: String
    /// Relative, without `..`.
    package let path: String

    /// The part that a mount names; `environment` is the container's, for `$(NAME)` in a `subPathExpr`.
    package init(
        root: String, subPath: String?, subPathExpr: String?, environment: [String: String]
    ) throws(SubPathError) {
        self.root = root
        if let expression = subPathExpr, !expression.isEmpty {
            path = try SubPathExpression.expand(expression, environment)
        } else {
            path = subPath ?? ""
        }
        if path.hasPrefix("/") { throw SubPathError("error SubPath `\(path)` must not be an absolute path") }
        if path.split(separator: "/").contains("..") {
            throw SubPathError("unable to provision SubPath `\(path)`: must not contain '..'")
        }
        if path.utf8.contains(0) { throw SubPathError("SubPath `\(path)` contains a zero byte") }
    }

    /// Whether it names the root itself.
    package var isRoot: Bool { path.split(separator: "/").allSatisfy { $0 == "." } }
}

/// Why a part of a volume is not mounted.
package struct SubPathError: Error, Hashable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// `$(NAME)` in a `subPathExpr`.
///
/// `$$` is a dollar; a dollar before anything else stands for itself, as does `$(` without an end.
/// Source: `spec.containers[].volumeMounts[].subPathExpr`.
enum SubPathExpression {
    static func expand(_ text: String, _ environment: [String: String]) throws(SubPathError) -> String {
        var result = ""
        var missing: Set<String> = []
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...].dropFirst()
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
            } else if rest.first == "(", let end = rest.firstIndex(of: ")") {
                let name = String(rest[..<end].dropFirst())
                // An empty value counts as none: it would name the volume's root.
                if let value = environment[name], !value.isEmpty { result += value } else { missing.insert(name) }
                rest = rest[end...].dropFirst()
            } else {
                result += "$"
            }
        }
        guard missing.isEmpty else {
            throw SubPathError("missing value for \(missing.sorted().joined(separator: ", "))")
        }
        return result + rest
    }
}
