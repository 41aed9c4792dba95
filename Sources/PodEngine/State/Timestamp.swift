// SPDX-License-Identifier: Apache-2.0

/// A moment, in nanoseconds since the epoch, and its texts, all in UTC.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Seconds since the epoch, rounded down.
    package var seconds: Int64 { Self.floor(nanoseconds, 1_000_000_000).quotient }

    /// As objects carry it: `2026-11-24T23:20:10Z`.
    ///
    /// Source: RFC 3339; Kubernetes' `metav1.Time` has whole seconds.
    package var rfc3339: String {
        let time = fields
        return "\(Self.padded(time.year, 4))-\(Self.padded(time.month, 2))-\(Self.padded(time.day, 2))T\(time.clock)Z"
    }

    /// As `describe` shows it: `Tue, 24 Nov 2026 23:20:10 +0000`.
    ///
    /// Source: RFC 1123 with a numeric zone, as kubectl prints times.
    package var rfc1123: String {
        let time = fields
        let weekday = Self.weekdays[Int(Self.floor(time.dayNumber + 4, 7).remainder)]
        let month = Self.months[Int(time.month) - 1]
        return "\(weekday), \(Self.padded(time.day, 2)) \(month) \(Self.padded(time.year, 4)) \(time.clock) +0000"
    }

    /// Reads `2026-11-24T23:20:10Z`, with or without a fraction or an offset; nil for anything else.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func digits(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (48...57).contains($0) }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A,
            bytes[16] == 0x3A, let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10),
            let hour = digits(11..<13), let minute = digits(14..<16), let second = digits(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var place = 19
        var fraction: Int64 = 0
        if bytes[place] == 0x2E {
            var scale: Int64 = 100_000_000
            place += 1
            while place < bytes.count, (48...57).contains(bytes[place]) {
                fraction += Int64(bytes[place] - 48) * scale
                scale /= 10
                place += 1
            }
        }
        guard place < bytes.count else { return nil }
        var offset: Int64 = 0
        if bytes[place] | 0x20 == 0x7A {
            guard place + 1 == bytes.count else { return nil }
        } else {
            guard bytes.count == place + 6, bytes[place] == 0x2B || bytes[place] == 0x2D, bytes[place + 3] == 0x3A,
                let hours = digits(place + 1..<place + 3), let minutes = digits(place + 4..<place + 6)
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[place] == 0x2B ? 1 : -1)
        }
        let days = Self.dayNumber(year: year, month: month, day: day)
        self.init(
            nanoseconds: ((days * 24 + hour) * 3600 + minute * 60 + second - offset) * 1_000_000_000 + fraction)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var fields: (year: Int64, month: Int64, day: Int64, dayNumber: Int64, clock: String) {
        let (days, rest) = Self.floor(seconds, 86_400)
        let date = Self.date(dayNumber: days)
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return (date.year, date.month, date.day, days, clock)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floor(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = ((number % divisor) + divisor) % divisor
        return ((number - remainder) / divisor, remainder)
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar.
    ///
    /// Years begin in March, so that the leap day is the last; 400 years have 146,097 days.
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let (era, yearOfEra) = floor(shifted, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(dayNumber: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floor(dayNumber + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension Timestamp {
    /// How long ago this was, as kubectl's AGE columns show it: `5s`, `3m20s`, `47h`, `8d`, `2y35d`.
    ///
    /// Source: `HumanDuration` of k8s.io/apimachinery.
    package func age(at now: Self) -> String {
        Self.humanDuration(seconds: (now.nanoseconds - nanoseconds) / 1_000_000_000)
    }

    static func humanDuration(seconds: Int64) -> String {
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 120 { return "\(seconds)s" }
        let minutes = seconds / 60
        if minutes < 10 { return seconds % 60 == 0 ? "\(minutes)m" : "\(minutes)m\(seconds % 60)s" }
        if minutes < 180 { return "\(minutes)m" }
        let hours = minutes / 60
        if hours < 8 { return minutes % 60 == 0 ? "\(hours)h" : "\(hours)h\(minutes % 60)m" }
        if hours < 48 { return "\(hours)h" }
        let days = hours / 24
        if hours < 192 { return hours % 24 == 0 ? "\(days)d" : "\(days)d\(hours % 24)h" }
        if days < 730 { return "\(days)d" }
        let years = days / 365
        if years < 8 { return days % 365 == 0 ? "\(years)y" : "\(years)y\(days % 365)d" }
        return "\(years)y"
    }
}
