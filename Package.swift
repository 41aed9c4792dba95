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

/// The arrows of ARCHITECTURE.md: a target imports what stands here and nothing else; the build refuses the rest.
let package = Package(
    name: "holdfast",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "LinuxTypes", swiftSettings: strict),
        .target(
            name: "KubernetesAPI", dependencies: ["LinuxTypes", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        .target(name: "SecurityPolicy", dependencies: ["LinuxTypes", "KubernetesAPI"], swiftSettings: strict),
        .target(
            name: "ManifestReview", dependencies: ["LinuxTypes", "KubernetesAPI", "SecurityPolicy"],
            swiftSettings: strict),
        .target(name: "OCISpec", dependencies: ["LinuxTypes"], swiftSettings: strict),
        .target(name: "CLinux"),
        .target(name: "LinuxKernel", dependencies: ["LinuxTypes", "CLinux"], swiftSettings: strict),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .target(
            name: "ContainerRuntime", dependencies: ["LinuxTypes", "OCISpec", "LinuxKernel", "CSeccomp", "COpenSSL"],
            swiftSettings: strict),
        .target(name: "CSealedStart"),
        .executableTarget(
            name: "holdfast-runtime",
            dependencies: ["LinuxTypes", "OCISpec", "LinuxKernel", "ContainerRuntime", "CSealedStart"],
            swiftSettings: strict,
            // Static and without symbols it starts in a millisecond.
            linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-s"], .when(configuration: .release))]),
        .systemLibrary(
            name: "CArchive", providers: [.apt(["libarchive-dev", "libzstd-dev", "zlib1g-dev"])]),
        .systemLibrary(name: "CNettle", providers: [.apt(["nettle-dev"])]),
        .target(
            name: "ImageStore", dependencies: ["LinuxTypes", "OCISpec", "LinuxKernel", "CArchive", "CNettle"],
            swiftSettings: strict),
        .target(name: "Volumes", dependencies: ["LinuxTypes", "KubernetesAPI", "LinuxKernel"], swiftSettings: strict),
        .target(name: "PodNetwork", dependencies: ["LinuxTypes", "LinuxKernel"], swiftSettings: strict),
        .target(
            name: "PodEngine",
            dependencies: [
                "LinuxTypes", "KubernetesAPI", "SecurityPolicy", "ManifestReview", "OCISpec", "LinuxKernel",
                "ContainerRuntime", "ImageStore", "Volumes", "PodNetwork", "CNettle",
            ], swiftSettings: strict),
        .executableTarget(
            name: "holdfast",
            dependencies: [
                "LinuxTypes", "KubernetesAPI", "SecurityPolicy", "ManifestReview", "LinuxKernel", "PodEngine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict,
            // As holdfast-runtime: no loader and no relocations at each start.
            linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-s"], .when(configuration: .release))]),
        // The tests run the program itself: it is built before them.
        .testTarget(
            name: "CommandLineTests", dependencies: ["LinuxKernel", "holdfast"],
            swiftSettings: strict),
        .testTarget(
            name: "ContainerRuntimeTests", dependencies: ["LinuxTypes", "OCISpec", "LinuxKernel", "ContainerRuntime"],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["LinuxTypes", "KubernetesAPI", "SecurityPolicy", "LinuxKernel", "PodEngine"],
            swiftSettings: strict),
        .testTarget(
            name: "ImageStoreTests", dependencies: ["LinuxTypes", "OCISpec", "LinuxKernel", "ImageStore"],
            swiftSettings: strict),
        .testTarget(name: "KubernetesAPITests", dependencies: ["KubernetesAPI"], swiftSettings: strict),
        .testTarget(name: "LinuxTypesTests", dependencies: ["LinuxTypes"], swiftSettings: strict),
        .testTarget(
            name: "ManifestReviewTests",
            dependencies: ["LinuxTypes", "KubernetesAPI", "SecurityPolicy", "ManifestReview"], swiftSettings: strict),
        .testTarget(
            name: "PodEngineTests",
            dependencies: [
                "LinuxTypes", "KubernetesAPI", "SecurityPolicy", "OCISpec", "LinuxKernel", "ContainerRuntime",
                "ImageStore", "Volumes", "PodNetwork", "PodEngine",
            ], swiftSettings: strict),
        .testTarget(
            name: "SecurityPolicyTests", dependencies: ["LinuxTypes", "KubernetesAPI", "SecurityPolicy"],
            swiftSettings: strict),
        .testTarget(name: "LinuxKernelTests", dependencies: ["LinuxTypes", "LinuxKernel"], swiftSettings: strict),
        .testTarget(
            name: "PodNetworkTests", dependencies: ["LinuxTypes", "LinuxKernel", "PodNetwork"], swiftSettings: strict),
        .testTarget(
            name: "VolumesTests", dependencies: ["LinuxTypes", "KubernetesAPI", "CLinux", "LinuxKernel", "Volumes"],
            swiftSettings: strict),
    ]
)

// A program of libFuzzer's has no main of its own, so that no other build can have it: see scripts/fuzz.
if Context.environment["HOLDFAST_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "ManifestFuzzer", dependencies: ["KubernetesAPI", "SecurityPolicy", "ManifestReview"],
            path: "Tests/Fuzz",
            exclude: ["seeds", "yaml.dict"],
            swiftSettings: strict))
}
