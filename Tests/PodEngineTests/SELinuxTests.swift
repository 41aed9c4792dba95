// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import Testing

@testable import PodEngine

@Suite("SELinux categories and contexts")
struct SELinuxTests {
    @Test(
        "each number is a pair of its own",
        arguments: [(1, 0, 1), (1023, 0, 1023), (1024, 1, 2), (523_776, 1022, 1023)] as [(UInt32, UInt32, UInt32)])
    func pair(number: UInt32, lower: UInt32, upper: UInt32) {
        #expect(SELinuxCategories.pair(number) == (lower, upper))
    }

    @Test("two pods never have the same pair, one keeps its own, and a pod that is gone gives it back")
    func pods() throws {
        let scene = try StateScene()
        let categories = SELinuxCategories(root: scene.root)
        // The two begin their search at the same number.
        let (one, other) = ("bC", "cb")
        for uid in [one, other] { try File.makeFolders("\(scene.root.pods)/default_x_\(uid)") }
        let first = try categories.pair(for: one)
        let second = try categories.pair(for: other)
        #expect(first != second)
        #expect(try categories.pair(for: one) == first)
        #expect(try categories.pair(for: other) == second)
        try categories.release(of: one)
        try File.removeTree("\(scene.root.pods)/default_x_\(other)")
        #expect(try categories.pair(for: "new") != second)
        #expect(try File.names(in: scene.root.seLinuxCategories).count == 2)
    }
}
