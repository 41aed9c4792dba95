// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// The two categories that keep a pod's processes and files from those of every other pod, where SELinux has them.
///
/// Source: SELinux' multi-category security, which has the categories 0 to 1023.
struct SELinuxCategories {
    private static let categories: UInt32 = 1024
    private let numbers: PodNumbers

    init(root: StateRoot) {
        numbers = PodNumbers(
            root: root, folder: root.seLinuxCategories, count: Self.categories * (Self.categories - 1) / 2,
            firstLock: 1 << 62 + 1 << 32)
    }

    /// The pod's pair, the smaller one first, taken now unless it has one.
    func pair(for uid: String) throws(PreparationError) -> (UInt32, UInt32) {
        let number = try preparing("choosing SELinux categories for the pod") { try numbers.number(for: uid) }
        guard let number else { throw PreparationError("every pair of SELinux categories is taken") }
        return Self.pair(number)
    }

    /// The pair with a number: 1 is (0, 1), 1023 is (0, 1023), 1024 is (1, 2).
    static func pair(_ number: UInt32) -> (UInt32, UInt32) {
        var (lower, rest) = (UInt32(0), number - 1)
        while rest >= categories - 1 - lower {
            rest -= categories - 1 - lower
            lower += 1
        }
        return (lower, lower + 1 + rest)
    }

    /// Gives a pod's pair back.
    func release(of uid: String) throws(SyscallError) { try numbers.release(nil, of: uid) }
}
