// SPDX-License-Identifier: Apache-2.0

/// The version of Holdfast as a whole.
package enum Version {
    package static let current = "0.1.0"
}
