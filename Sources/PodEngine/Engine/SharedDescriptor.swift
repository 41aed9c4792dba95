// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// A descriptor that goes with the last of those that refer to it.
final class SharedDescriptor {
    private let owned: OwnedDescriptor
    var raw: Int32 { owned.raw }
    init(_ owned: consuming OwnedDescriptor) { self.owned = owned }
}
