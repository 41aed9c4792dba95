// SPDX-License-Identifier: Apache-2.0

/// The architectures that Holdfast runs on.
package enum Architecture: String, Hashable, Sendable {
    /// The raw value is Go's word, as images and profiles write it.
    case amd64, arm64

    #if arch(x86_64)
        package static let native = Self.amd64
    #elseif arch(arm64)
        package static let native = Self.arm64
    #endif

    /// The architectures whose system calls a filter takes: a kernel runs older programs too.
    package var ociNames: [String] {
        switch self {
        case .amd64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
        case .arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
        }
    }

    /// System calls that exist there alone.
    var ownSystemCalls: String {
        switch self {
        case .amd64: "arch_prctl modify_ldt"
        case .arm64: "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"
        }
    }
}
