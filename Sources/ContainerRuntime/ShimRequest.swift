// SPDX-License-Identifier: Apache-2.0

/// What a command asks of a shim: one JSON object and a newline, on a connection of its own to `socket` in the run folder.
package enum ShimRequest: Codable, Hashable, Sendable {
    /// Runs a command in a container with the container's own context.
    ///
    /// Without a terminal three descriptors come with it: standard input, output and error. With one, none: the
    /// answer ``ShimReply/terminal`` brings the master side, and the caller copies. Closing the connection kills it.
    case exec(container: String, command: [String], terminal: Bool, rows: UInt16, columns: UInt16)
    /// Joins a container's own streams, until it ends.
    ///
    /// Two descriptors come with it, which get what it writes to standard output and to standard error from now on; with a
    /// terminal the first alone. They must not block. With `stdin`, ``ShimReply/started`` brings the writing end of its
    /// standard input, or the master side of its terminal. Closing the connection leaves the container as it is.
    case attach(container: String, stdin: Bool)
    /// The pod's object has got containers that the plan has not: it is prepared anew, and they are started.
    case containersAdded
    /// Ends all containers, then the shim: the stop signal, and SIGKILL after so many seconds (nil: the pod's own).
    case stop(gracePeriod: Int64?)
    /// One ``ShimReply/changed`` after each change of `status.json`, until the shim ends.
    case watch
}

/// What a shim answers: JSON objects, a line each.
package enum ShimReply: Codable, Hashable, Sendable {
    /// The exec's process runs; with a terminal its master side comes along as a descriptor.
    case started
    /// The exec's process has ended; 128 + signal for a signal.
    case exited(code: Int32)
    /// It was not started: 126 for a command that cannot be executed, 127 for one that is not there, 1 for the rest.
    case failed(code: Int32, message: String)
    case changed
    /// It is taken care of.
    case accepted
    /// All containers have ended and nothing of the sandbox is left.
    case stopped
}
