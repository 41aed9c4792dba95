// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// A duration as kubectl's options take it: `30s`, `1m30s`, `500ms`, `0`.
///
/// Source: Go's `time.ParseDuration`.
struct Span: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        var rest = argument[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        if rest == "0" {
            duration = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        var sum = Duration.zero
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let scale = Self.units[String(unit)], number * scale < 1e9 else {
                return nil
            }
            sum += .seconds(number * scale)
        }
        duration = isNegative ? .zero - sum : sum
    }

    /// In seconds.
    private static let units = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
}
