// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// A container's log in the form that the kubelet reads: time, stream, `F` for a full line or `P` for a part, text.
///
/// Source: Kubernetes' CRI logging format. A line longer than ``longestPart`` is written in parts. A file that is full is
/// given another name, `N.log.20261125-023000`, and a new one begun.
final class LogFile {
    static let longestPart = 16 << 10
    /// The kubelet's `containerLogMaxSize`, in bytes, and `containerLogMaxFiles`, the newest included.
    private static let largestFile: Int64 = 10 << 20
    private static let mostFiles = 5

    /// `containers/NAME` in the pod's folder.
    private let folder: String
    private let name: String
    private var file: OwnedDescriptor
    /// Of the file, in bytes: it ends with a whole entry.
    private var size: Int64
    private(set) var failure: SyscallError?

    private var path: String { "\(folder)/\(name)" }

    /// Begins the log of a container's run; those before the last one go.
    init(folder: String, run: Int) throws(SyscallError) {
        self.folder = folder
        name = "\(run).log"
        for entry in try File.names(in: folder) {
            let parts = entry.split(separator: ".")
            guard parts.count > 1, parts[1] == "log", let other = Int(parts[0]), other < run - 1 else { continue }
            try File.remove("\(folder)/\(entry)")
        }
        file = try File.open("\(folder)/\(name)", [.writeOnly, .create, .append, .noFollow], mode: 0o640)
        size = Int64(try File.status(of: file.raw).size)
    }

    /// One of a container's two streams: it keeps what is not a full line yet.
    final class Stream {
        private let name: String
        private let log: LogFile
        private var pending: [UInt8] = []

        init(_ name: String, of log: LogFile) {
            self.name = name
            self.log = log
        }

        /// Takes what was read; full lines are written in one write(2).
        func append(_ bytes: [UInt8]) {
            let header = Array("\(Timestamp(Clock.realtime)) \(name) ".utf8)
            var output: [UInt8] = []
            output.reserveCapacity(bytes.count + 64)
            var rest = bytes[...]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                write(rest[..<end], full: true, header, to: &output)
                rest = rest[(end + 1)...]
            }
            pending += rest
            while pending.count >= LogFile.longestPart {
                output += header + Array("P ".utf8) + pending.prefix(LogFile.longestPart) + [UInt8(ascii: "\n")]
                pending.removeFirst(LogFile.longestPart)
            }
            log.write(output)
        }

        /// The stream has ended: what is left is the last line.
        func finish() {
            guard !pending.isEmpty else { return }
            append([UInt8(ascii: "\n")])
        }

        private func write(_ line: ArraySlice<UInt8>, full: Bool, _ header: [UInt8], to output: inout [UInt8]) {
            var text = pending + line
            pending.removeAll(keepingCapacity: true)
            while text.count > LogFile.longestPart {
                output += header + Array("P ".utf8) + text.prefix(LogFile.longestPart) + [UInt8(ascii: "\n")]
                text.removeFirst(LogFile.longestPart)
            }
            output += header + Array("F ".utf8) + text + [UInt8(ascii: "\n")]
        }
    }

    /// A full disk must not stop the container: the failure is kept, and told once by the shim.
    private func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        do throws(SyscallError) {
            do throws(SyscallError) { try File.write(bytes, to: file.raw, subject: path) } catch {
                // A part of an entry would spoil the next one.
                try File.setSize(of: file.raw, to: size, subject: path)
                throw error
            }
            size += Int64(bytes.count)
            if size >= Self.largestFile { try rotate() }
        } catch { failure = error }
    }

    /// Gives the full file its other name; until the new one is there it is written on.
    ///
    /// Source: kubelet, `containerLogManager`; it compresses all but the newest of the full ones, which are left as they are here.
    private func rotate() throws(SyscallError) {
        let scratch = "\(folder)/.\(name).new"
        let new = try File.open(scratch, [.writeOnly, .create, .truncate, .append, .noFollow], mode: 0o640)
        let prefix = name + "."
        let others = try File.names(in: folder).filter { $0.hasPrefix(prefix) }.sorted()
        try File.rename(path, to: "\(folder)/\(nextName(after: others.last))")
        try File.rename(scratch, to: path)
        file = new
        size = 0
        for old in others.dropLast(Self.mostFiles - 2) { try File.remove("\(folder)/\(old)") }
    }

    /// The time, and a number where a second has more than one or the clock was set back: names sort as they came.
    private func nextName(after newest: String?) -> String {
        let now = Clock.realtime
        let plain = "\(name).\(Timestamp(now).compact)"
        guard let newest, newest >= plain else { return plain }
        let parts = newest.dropFirst(name.count + 1).split(separator: ".")
        let last = parts.count > 1 ? Int64(parts[1]) ?? 0 : 0
        return "\(name).\(parts.first ?? "").\(max(now, last + 1))"
    }
}

/// A time as RFC 3339 with nanoseconds, UTC.
struct Timestamp: CustomStringConvertible {
    let description: String

    /// To the second, for names of files: `20261125-023000`.
    var compact: String {
        description.prefix(19).map { $0 == "T" ? "-" : $0.isNumber ? String($0) : "" }.joined()
    }

    /// - Parameter nanoseconds: since the epoch.
    init(_ nanoseconds: Int64) {
        let seconds = nanoseconds / 1_000_000_000
        let day = seconds / 86_400
        let (year, month, date) = Self.civil(day: day)
        let second = seconds % 86_400
        func pad(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        description =
            "\(pad(year, 4))-\(pad(month, 2))-\(pad(date, 2))T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):"
            + "\(pad(second % 60, 2)).\(pad(nanoseconds % 1_000_000_000, 9))Z"
    }

    /// The proleptic Gregorian date of a day since 1970-01-01; years of 365 or 366 days that begin in March.
    private static func civil(day: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let shifted = day + 719_468  // days from 0000-03-01
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
