// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// Why the engine did not do what it was asked to.
package enum EngineError: Error, Hashable, CustomStringConvertible {
    /// `pods "x" not found`.
    case notFound(Resource, name: String)
    case alreadyExists(Resource, name: String, detail: String?)
    case beingDeleted(Resource, name: String)
    /// In the API server's words: `Pod "x" is invalid: …`.
    case invalid(String)
    /// In the API server's words: `pods "x" is forbidden: …`.
    case forbidden(String)
    case badRequest(String)
    /// A command was not started in a container: the code that the caller exits with, as a shell would.
    case exec(code: Int32, message: String)
    /// Anything else, as one clear line.
    case failed(String)

    package static func system(_ error: SyscallError, _ doing: String) -> Self { .failed("\(doing): \(error)") }

    /// What the command exits with.
    package var exitCode: Int32 { if case .exec(let code, _) = self { code } else { 1 } }

    /// Without the word before it that says who tells.
    var line: String {
        let text = description
        return text.hasPrefix("error: ") ? String(text.dropFirst("error: ".count)) : text
    }

    package var description: String {
        switch self {
        case .notFound(let resource, let name):
            "Error from server (NotFound): \(resource.rawValue) \"\(name)\" not found"
        case .alreadyExists(let resource, let name, let detail):
            "Error from server (AlreadyExists): \(resource.rawValue) \"\(name)\" already exists"
                + (detail.map { ": \($0)" } ?? "")
        case .beingDeleted(let resource, let name):
            "Error from server (AlreadyExists): object is being deleted: \(resource.rawValue) \"\(name)\" already exists"
        case .invalid(let message): "error: \(message)"
        case .forbidden(let message): "Error from server (Forbidden): \(message)"
        case .badRequest(let message): "Error from server (BadRequest): \(message)"
        case .exec(_, let message): "error: \(message)"
        case .failed(let message): "error: \(message)"
        }
    }
}

/// Turns a kernel call's failure into an error that says what was being done.
func doing<Result: ~Copyable>(
    _ what: @autoclosure () -> String, _ work: () throws(SyscallError) -> Result
) throws(EngineError) -> Result {
    do { return try work() } catch { throw .system(error, what()) }
}

/// The result, or nil when what the work is about is not there.
func unlessMissing<Result: ~Copyable>(
    _ work: () throws(SyscallError) -> Result
) throws(SyscallError) -> Result? {
    do { return try work() } catch  where error.errno == .noEntry { return nil }
}
