// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Why an image cannot be had, in one line that a person can act on.
package struct ImageError: Error, Hashable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The reference cannot be read: Kubernetes' `InvalidImageName`.
        case invalidName
        /// No such image here.
        case notFound
        /// The registry did not give it, or skopeo could not ask: Kubernetes' `ErrImagePull`.
        case pull
        /// A running pod needs it.
        case inUse
        /// What came is no image, or not the one that it says it is.
        case invalidImage
        /// The disk is full.
        case noSpace
        /// The store's folder cannot be read or written.
        case store
    }
    package let kind: Kind
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// A call that failed while something was done to `subject`.
    init(_ doing: String, _ error: SyscallError) {
        let full = error.errno == .noSpace || error.errno == .quotaExceeded
        self.init(full ? .noSpace : .store, full ? "no space left on the disk while \(doing)" : "\(doing): \(error)")
    }
}

/// Does something to the file system; a failure says what it was for.
func doing<Result: ~Copyable>(
    _ what: @autoclosure () -> String, _ body: () throws(SyscallError) -> Result
) throws(ImageError) -> Result {
    do { return try body() } catch { throw ImageError(what(), error) }
}
