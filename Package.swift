// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// House settings: see CONTRIBUTING.md.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "holdfast",
    targets: [
        .target(name: "LinuxTypes", swiftSettings: strict),
        .target(name: "CLinux"),
        .target(name: "LinuxKernel", dependencies: ["LinuxTypes", "CLinux"], swiftSettings: strict),
        .target(name: "OCISpec", dependencies: ["LinuxTypes"], swiftSettings: strict),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .target(
            name: "ContainerRuntime", dependencies: ["LinuxTypes", "OCISpec", "LinuxKernel", "CSeccomp"],
            swiftSettings: strict),
        .testTarget(name: "LinuxKernelTests", dependencies: ["LinuxTypes", "LinuxKernel"], swiftSettings: strict),
        .testTarget(name: "LinuxTypesTests", dependencies: ["LinuxTypes"], swiftSettings: strict),
    ]
)
