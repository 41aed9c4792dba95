// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Reads one container's log file on from where it was left, and renders its lines.
final class LogReader {
    /// Of one run of the container: `N.log`; those that were full are `N.log.TIME`.
    let path: String
    private var file: OwnedDescriptor
    /// The open file was full and will not grow; what it has left is read.
    private var isFull = false
    /// So many bytes are still wanted; nil: all.
    private var budget: Int?
    /// All that is wanted has been rendered.
    var hasEnough: Bool { budget == 0 }
    private let options: LogOptions
    private let label: [UInt8]
    private var rest: [UInt8] = []
    /// Whether the last line that was rendered goes on.
    private var isInLine = false
    private let oldest: Timestamp?

    private init(path: String, file: consuming OwnedDescriptor, options: LogOptions, label: String) {
        self.path = path
        self.file = file
        self.options = options
        self.label = Array((options.prefix ? label : "").utf8)
        budget = options.limit
        oldest =
            options.sinceTime
            ?? options.since.map {
                let (seconds, attoseconds) = $0.components
                return Timestamp(nanoseconds: Clock.realtime - seconds * 1_000_000_000 - attoseconds / 1_000_000_000)
            }
    }

    /// Opens a log file at the place that the options say; nil when there is no such file yet.
    static func open(_ path: String, options: LogOptions, label: String) throws(EngineError) -> LogReader? {
        let file = try doing("cannot read \(path)") { () throws(SyscallError) in
            try unlessMissing { () throws(SyscallError) in try File.open(path, [.readOnly, .noFollow]) }
        }
        guard let file else { return nil }
        if let tail = options.tail {
            try doing("cannot read \(path)") { () throws(SyscallError) in
                try File.seek(file.raw, to: try Self.start(ofLast: tail, in: file.raw, subject: path))
            }
        }
        return LogReader(path: path, file: file, options: options, label: label)
    }

    /// Where the last so many lines begin: read backwards, part by part.
    private static func start(ofLast count: Int, in file: Int32, subject: String) throws(SyscallError) -> Int64 {
        let size = Int64(try File.status(of: file).size)
        if count <= 0 { return size }
        var end = size
        var left = count
        while end > 0 {
            let begin = max(0, end - 64 << 10)
            let part = try read(file, begin..<end, subject)
            for index in part.indices.reversed() where part[index] == UInt8(ascii: "\n") {
                let after = begin + Int64(index) + 1
                // The newline that ends the file begins no line.
                if after == size { continue }
                // A line goes on from the entry before when that one is partial.
                guard try !endsPartially(part[..<index], from: begin, file, subject) else { continue }
                left -= 1
                if left == 0 { return after }
            }
            end = begin
        }
        return 0
    }

    /// Whether the entry at the end of these bytes, which stand at an offset, is a part of a line.
    private static func endsPartially(
        _ bytes: ArraySlice<UInt8>, from offset: Int64, _ file: Int32, _ subject: String
    ) throws(SyscallError) -> Bool {
        var begin = offset
        var entry = bytes
        while true {
            if let newline = entry.lastIndex(of: UInt8(ascii: "\n")) {
                return LogLine(entry[(newline + 1)...])?.isPartial ?? false
            }
            if begin == 0 { return LogLine(entry)?.isPartial ?? false }
            // The entry began in an earlier part of the file; its head, which comes first, is all that counts.
            let end = begin
            begin = max(0, end - 64 << 10)
            entry = (try read(file, begin..<end, subject) + entry.prefix(128))[...]
        }
    }

    private static func read(
        _ file: Int32, _ range: Range<Int64>, _ subject: String
    ) throws(SyscallError) -> [UInt8] {
        if range.isEmpty { return [] }
        try File.seek(file, to: range.lowerBound)
        return try File.read(file, upTo: range.count, subject: subject)
    }

    /// Renders all that has been written since the last call; false when there was nothing.
    @discardableResult
    func advance(_ sink: LogSink) throws(EngineError) -> Bool {
        var found = false
        while true {
            let part = try doing("cannot read \(path)") { () throws(SyscallError) in
                try File.read(file.raw, upTo: 256 << 10, subject: path)
            }
            if !part.isEmpty {
                found = true
                try render(part, sink)
                continue
            }
            guard options.follow else { return found }
            let goesOn = try doing("cannot read \(path)") { () throws(SyscallError) in try goOn() }
            if !goesOn { return found }
        }
    }

    /// At the end of a file: whether there is more to read, in it or in the one that was begun when it was full.
    private func goOn() throws(SyscallError) -> Bool {
        guard let next = try successor() else { return false }
        guard isFull else {
            // It was written to until it got its other name.
            isFull = true
            return true
        }
        let opened = try unlessMissing { () throws(SyscallError) in try File.open(next.path, [.readOnly, .noFollow]) }
        // One that was full and has been removed since is not listed again.
        guard let opened else { return next.path != path }
        // The newest got another name since it was looked at: that one is the next, not what is new in its place.
        if next.path == path, try File.status(of: opened.raw).inode != next.inode { return true }
        file = opened
        isFull = false
        return true
    }

    /// The file after the open one, and which the newest was before the others were listed; nil while that is the open one.
    private func successor() throws(SyscallError) -> (path: String, inode: UInt64?)? {
        let own = try File.status(of: file.raw).inode
        let newest = try unlessMissing { () throws(SyscallError) in try File.status(path) }
        if newest?.inode == own { return nil }
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let folder = String(path[..<end])
        let prefix = path[path.index(after: end)...] + "."
        let names = try unlessMissing { () throws(SyscallError) in try File.names(in: folder) } ?? []
        let files = names.filter { $0.hasPrefix(prefix) }.sorted().map { "\(folder)/\($0)" } + [path]
        for (index, file) in files.enumerated() where index + 1 < files.count {
            let status = try unlessMissing { () throws(SyscallError) in try File.status(file) }
            if status?.inode == own { return (files[index + 1], newest?.inode) }
        }
        // It has been removed meanwhile: the oldest that is left is the next.
        return (files[0], newest?.inode)
    }

    private func render(_ part: [UInt8], _ sink: LogSink) throws(EngineError) {
        rest += part
        var start = rest.startIndex
        // Lines of one stream go out together.
        var pending: [UInt8] = []
        var stream = LogLine.Stream.output
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            defer { start = end + 1 }
            guard let line = LogLine(rest[start..<end]) else { continue }
            if let oldest, let time = line.timestamp, time < oldest { continue }
            if line.stream != stream, !pending.isEmpty {
                try sink(stream, pending)
                pending = []
            }
            stream = line.stream
            if budget == 0 { continue }
            if !isInLine { pending += label }
            var text: [UInt8] = []
            if !isInLine, options.timestamps { text += line.time + [UInt8(ascii: " ")] }
            text += line.content
            if !line.isPartial { text.append(UInt8(ascii: "\n")) }
            isInLine = line.isPartial
            if let left = budget {
                text = Array(text.prefix(left))
                budget = left - text.count
            }
            pending += text
        }
        rest.removeSubrange(..<start)
        if !pending.isEmpty { try sink(stream, pending) }
    }
}
