// SPDX-License-Identifier: Apache-2.0
import CLinux

/// The device controller of cgroup v2.
///
/// Source: bpf(2), `BPF_PROG_TYPE_CGROUP_DEVICE`.
package enum DeviceProgram {
    package enum Kind: Hashable, Sendable { case all, block, character }

    /// One rule; of several that match an access, the last decides, and without one it is denied.
    package struct Rule: Hashable, Sendable {
        package var allow: Bool
        package var kind: Kind
        /// Any when nil.
        package var major: UInt32?
        /// Any when nil.
        package var minor: UInt32?
        package var read: Bool
        package var write: Bool
        package var make: Bool
        package init(allow: Bool, kind: Kind, major: UInt32?, minor: UInt32?, read: Bool, write: Bool, make: Bool) {
            self.allow = allow
            self.kind = kind
            self.major = major
            self.minor = minor
            self.read = read
            self.write = write
            self.make = make
        }
    }

    /// Loads a program with these rules and attaches it to a cgroup v2 folder; it lives as long as the cgroup.
    package static func attach(_ rules: [Rule], to cgroup: Int32) throws(SyscallError) {
        let raw = rules.map { rule in
            clinux_device_rule(
                allow: rule.allow ? 1 : 0,
                type: {
                    switch rule.kind {
                    case .all: UInt8(ascii: "a")
                    case .block: UInt8(ascii: "b")
                    case .character: UInt8(ascii: "c")
                    }
                }(), read: rule.read ? 1 : 0, write: rule.write ? 1 : 0, make: rule.make ? 1 : 0,
                major: rule.major.map { Int32($0) } ?? -1, minor: rule.minor.map { Int32($0) } ?? -1)
        }
        try check(
            unsafe raw.withUnsafeBufferPointer {
                unsafe clinux_device_program_attach(cgroup, $0.baseAddress, $0.count)
            },
            "bpf(BPF_CGROUP_DEVICE)", on: "\(rules.count) device rules")
    }
}
