// SPDX-License-Identifier: Apache-2.0

/// When a CronJob is due: five fields of cron(8), or a word such as `@daily`.
///
/// Only whether it can be read; the words of the problems are those of the server's own reader.
enum CronSchedule {
    struct Problem: Error {
        let text: String
    }

    private struct Field {
        let range: ClosedRange<Int>
        var names: [String] = []

        func number(_ text: Substring) throws(Problem) -> Int {
            if let place = names.firstIndex(of: text.lowercased()) { return range.lowerBound + place }
            return try CronSchedule.number(text)
        }
    }

    private static let fields = [
        Field(range: 0...59), Field(range: 0...23), Field(range: 1...31),
        Field(
            range: 1...12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        Field(range: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    static func check(_ text: String) throws(Problem) {
        var rest = text[...]
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            guard let space = text.firstIndex(of: " ") else {
                // What the server's reader does not expect ends it.
                throw Problem(text: "invalid schedule format: runtime error: slice bounds out of range [:-1]")
            }
            let zone = text[..<space].drop { $0 != "=" }.dropFirst()
            guard zone.isEmpty || zone == "Local" || TimeZoneNames.all.contains(String(zone)) else {
                throw Problem(text: "provided bad location \(zone): unknown time zone \(zone)")
            }
            rest = text[space...].drop(while: \.isWhitespace)
            while rest.last?.isWhitespace == true { rest.removeLast() }
        }
        if rest.hasPrefix("@") { return try descriptor(rest) }
        let words = rest.split(whereSeparator: \.isWhitespace)
        guard words.count == fields.count else {
            throw Problem(
                text: "expected exactly 5 fields, found \(words.count): [\(words.joined(separator: " "))]")
        }
        for (word, field) in zip(words, fields) {
            for range in word.split(separator: ",") { try check(range, field) }
        }
    }

    private static func check(_ text: Substring, _ field: Field) throws(Problem) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        var first = field.range.lowerBound
        var last = field.range.upperBound
        if ends[0] != "*", ends[0] != "?" {
            first = try field.number(ends[0])
            switch ends.count {
            case 1: last = first
            case 2: last = try field.number(ends[1])
            default: throw Problem(text: "too many hyphens: \(text)")
            }
        }
        var step = 1
        switch parts.count {
        case 1: break
        case 2:
            step = try number(parts[1])
            if ends.count == 1 { last = field.range.upperBound }
        default: throw Problem(text: "too many slashes: \(text)")
        }
        let (least, most) = (field.range.lowerBound, field.range.upperBound)
        if first < least { throw Problem(text: "beginning of range (\(first)) below minimum (\(least)): \(text)") }
        if last > most { throw Problem(text: "end of range (\(last)) above maximum (\(most)): \(text)") }
        if first > last { throw Problem(text: "beginning of range (\(first)) beyond end of range (\(last)): \(text)") }
        if step == 0 { throw Problem(text: "step of range should be a positive number: \(text)") }
    }

    private static func number(_ text: Substring) throws(Problem) -> Int {
        guard let number = GoText.integer(String(text)) else {
            let digits = text.utf8.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } == true
            let body = digits ? text.dropFirst() : text
            let isNumber = !body.isEmpty && body.utf8.allSatisfy { (48...57).contains($0) }
            throw Problem(
                text: "failed to parse int from \(text): strconv.Atoi: parsing \(GoText.quoted(String(text))): "
                    + (isNumber ? "value out of range" : "invalid syntax"))
        }
        if number < 0 { throw Problem(text: "negative number (\(number)) not allowed: \(text)") }
        return number
    }

    private static func descriptor(_ text: Substring) throws(Problem) {
        let known = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
        if known.contains(String(text)) { return }
        guard text.hasPrefix("@every ") else { throw Problem(text: "unrecognized descriptor: \(text)") }
        if let problem = GoDuration.problem(String(text.dropFirst("@every ".count))) {
            throw Problem(text: "failed to parse duration \(text): \(problem)")
        }
    }
}

/// A span of time as Go writes it: `1h30m`.
enum GoDuration {
    /// Nanoseconds.
    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]

    /// What is wrong, in Go's words; nil if it is right.
    static func problem(_ text: String) -> String? {
        let invalid = "time: invalid duration \(GoText.quoted(text))"
        var rest = text[...]
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        if rest == "0" { return nil }
        guard !rest.isEmpty else { return invalid }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
            guard
                let amount = Double(
                    number.hasSuffix(".") ? "\(number)0" : number.hasPrefix(".") ? "0\(number)" : "\(number)"),
                number.contains(where: { $0 != "." })
            else { return invalid }
            rest = rest[number.endIndex...]
            let unit = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
            guard !unit.isEmpty else { return "time: missing unit in duration \(GoText.quoted(text))" }
            guard let scale = units[String(unit)] else {
                return "time: unknown unit \(GoText.quoted(String(unit))) in duration \(GoText.quoted(text))"
            }
            rest = rest[unit.endIndex...]
            total += amount * scale
        }
        return total < 0x1p63 ? nil : invalid
    }
}
