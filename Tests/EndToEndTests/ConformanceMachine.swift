// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

/// One machine for all tests of a suite; its images are those of the conformance cases.
struct ConformanceMachine: SuiteTrait, TestScoping {
    @TaskLocal static var current: Machine?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let machine = try Machine(image: false)
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let images = machine.root + "/images"
        let built = try Command(
            tests + "/Conformance/images.py", [images], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run(timeout: .seconds(60))
        try #require(built.status == .exited(code: 0), "\(String(decoding: built.errors, as: UTF8.self))")
        let imported = try machine.run("image", "import", images)
        try #require(imported.code == 0, "\(imported.errors)")
        try await Self.$current.withValue(machine) { try await function() }
    }
}
