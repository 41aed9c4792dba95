// SPDX-License-Identifier: Apache-2.0

extension RandomAccessCollection where Element == UInt8, Index == Int {
    /// Where these bytes stand for the first time.
    ///
    /// The library's generic search takes a hundred times as long, which each file would pay.
    func firstPlace(of pattern: [UInt8]) -> Range<Int>? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        var index = startIndex
        let last = endIndex - pattern.count
        while index <= last {
            if self[index] == first, self[index..<index + pattern.count].elementsEqual(pattern) {
                return index..<index + pattern.count
            }
            index += 1
        }
        return nil
    }
}
