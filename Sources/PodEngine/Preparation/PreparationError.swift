// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Why a pod could not be prepared for a reason of the machine, as one clear line: a full disk, a damaged file.
package struct PreparationError: Error, Hashable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}

/// Does a step of preparing; whatever it throws becomes an error that says what was being done.
func preparing<Result: ~Copyable>(
    _ what: @autoclosure () -> String, _ work: () throws -> Result
) throws(PreparationError) -> Result {
    do { return try work() } catch let error as PreparationError { throw error } catch {
        throw PreparationError("\(what()): \(error)")
    }
}
