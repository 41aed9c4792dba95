// SPDX-License-Identifier: Apache-2.0

/// The indexes of a Job as text: `0-4,7`.
enum IndexIntervals {
    struct Problem: Error {
        let text: String
    }

    /// How many indexes the text names.
    static func count(_ text: String, completions: Int32) throws(Problem) -> Int32 {
        guard !text.isEmpty else { return 0 }
        var last: Int?
        var total = 0
        for interval in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = interval.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2 else {
                throw Problem(
                    text: "the fragment \(GoText.quoted(String(interval))) violates the requirement that an index "
                        + "interval can have at most two parts separated by '-'")
            }
            let first = try index(String(ends[0]), completions)
            var end = first
            if ends.count == 2 {
                end = try index(String(ends[1]), completions)
                guard first < end else { throw order(first, end) }
            }
            if let last, last >= first { throw order(last, first) }
            total += end - first + 1
            last = end
        }
        return Int32(clamping: total)
    }

    private static func order(_ previous: Int, _ current: Int) -> Problem {
        Problem(text: "non-increasing order, previous: \(previous), current: \(current)")
    }

    private static func index(_ text: String, _ completions: Int32) throws(Problem) -> Int {
        guard let number = GoText.integer(text) else {
            throw Problem(text: "cannot convert string to integer for index: \(GoText.quoted(text))")
        }
        guard number < Int(completions) else { throw Problem(text: "too large index: \(GoText.quoted(text))") }
        return number
    }
}
