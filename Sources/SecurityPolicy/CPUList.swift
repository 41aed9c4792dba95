// SPDX-License-Identifier: Apache-2.0

/// A list of CPU numbers as the kernel writes it: `0-3,8`.
package enum CPUList {
    /// The numbers in `/sys/devices/system/cpu/possible`; nil when the text is no such list.
    ///
    /// Source: cpuset(7), "List format".
    package static func parse(_ text: some StringProtocol) -> [Int]? {
        var numbers: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                (0..<limit).contains(first), (first..<limit).contains(last)
            else { return nil }
            numbers += first...last
        }
        return numbers
    }

    /// More CPUs than any kernel is built for (NR_CPUS), so that a hostile list cannot fill the memory.
    private static let limit = 1 << 16
}
