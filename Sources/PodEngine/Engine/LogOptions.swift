// SPDX-License-Identifier: Apache-2.0

/// Which of a pod's log lines are wanted, and how.
package struct LogOptions: Sendable {
    /// Nil: the pod's first container.
    package var container: String?
    package var allContainers = false
    package var follow = false
    /// So many lines from the end; nil: all.
    package var tail: Int?
    package var timestamps = false
    /// The run before the current one.
    package var previous = false
    /// Only lines that are at most so old.
    package var since: Duration?
    /// Only lines since then; it goes before ``since``.
    package var sinceTime: Timestamp?
    /// At most so many bytes of each container; nil: all.
    package var limit: Int?
    /// So many containers at most are followed at once.
    package var mostFollowed = 5
    /// `[pod/NAME/CONTAINER] ` before each line.
    package var prefix = false

    package init() {}
}

/// Takes bytes for one of two streams.
package typealias LogSink = (LogLine.Stream, [UInt8]) throws(EngineError) -> Void
