// SPDX-License-Identifier: Apache-2.0

/// Why a pod could not be prepared for a reason of the machine, as one clear line: a full disk, a damaged file.
package struct PreparationError: Error, Hashable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
