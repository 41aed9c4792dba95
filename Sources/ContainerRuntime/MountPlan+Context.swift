// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

extension MountPlan {
    /// File systems that are made for one container and whose files all have its SELinux context.
    ///
    /// procfs, sysfs and cgroups have the contexts that the policy gives them.
    static let takingContext: Set = ["tmpfs", "devpts"]

    /// The option that gives all files of a new file system one SELinux context; none without a label.
    ///
    /// Source: mount(8), `context=`.
    package static func context(_ label: String?) -> [Option] {
        label.map { [Option(key: "context", value: $0)] } ?? []
    }
}

/// The SELinux context of one file.
package enum SELinuxAttribute {
    package static func set(_ label: String, of descriptor: Int32) throws(SyscallError) {
        // The kernel counts a NUL at the end as part of the text, and writes one itself: libselinux, setfilecon(3).
        try ExtendedAttributes.set("security.selinux", to: Array(label.utf8) + [0], of: descriptor)
    }
}
