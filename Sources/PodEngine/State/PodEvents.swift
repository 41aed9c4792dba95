// SPDX-License-Identifier: Apache-2.0
package import ContainerRuntime
import LinuxKernel

/// Events of one pod that say the same, as one.
package struct EventSeries: Hashable, Sendable {
    /// The last of them.
    package var event: PodEvent
    package var count: Int
    /// Nanoseconds since the epoch.
    package var first: Int64
}

/// `events.jsonl` in a pod's folder.
package enum PodEvents {
    /// Adds one event.
    ///
    /// A line goes out in one write(2) to a file open for appending, so that lines of two writers do not mix.
    package static func append(_ event: PodEvent, to place: PodPlace) throws(EngineError) {
        let line: [UInt8]
        do { line = try JSONFile.encode(event) + [UInt8(ascii: "\n")] } catch { throw .failed("\(error)") }
        try doing("cannot store an event of pod \(place.name.name)") { () throws(SyscallError) in
            let file = try File.open(place.events, [.writeOnly, .append, .create, .noFollow], mode: 0o600)
            try File.write(line, to: file.raw, subject: place.events)
        }
    }

    /// All events, those that say the same as one, in the order of their last time.
    ///
    /// A last line that was cut off by a crash is left out.
    package static func read(_ place: PodPlace) throws(EngineError) -> [EventSeries] {
        let bytes: [UInt8]
        do { bytes = try File.read(place.events) } catch  where error.errno == .noEntry { return [] } catch {
            throw .system(error, "cannot read the events of pod \(place.name.name)")
        }
        var series: [EventSeries] = []
        var places: [[String?]: Int] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let event: PodEvent
            do { event = try JSONFile.decode(PodEvent.self, from: Array(line), subject: place.events) } catch {
                if line.endIndex == bytes.endIndex { break }
                throw .failed("\(error)")
            }
            let key = [event.severity.rawValue, event.reason, event.message, event.container]
            if let index = places[key] {
                series[index].count += 1
                series[index].event = event
            } else {
                places[key] = series.count
                series.append(EventSeries(event: event, count: 1, first: event.time))
            }
        }
        return series.sorted { $0.event.time < $1.event.time }
    }
}
