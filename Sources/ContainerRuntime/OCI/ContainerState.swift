// SPDX-License-Identifier: Apache-2.0

/// What the OCI command line keeps of a container: `state.json` in its folder.
package struct ContainerState: Codable, Hashable, Sendable {
    /// The words of the OCI runtime specification.
    package enum Status: String, Codable, Hashable, Sendable {
        case creating, created, running, stopped
    }
    package var id: String
    package var bundle: String
    package var pid: Int32
    /// Of the first process, so that a pid that was used again is not taken for it.
    package var startTime: UInt64
    package var cgroupPath: String
    package var annotations: [String: String]?
}

/// What `state` prints.
///
/// Source: OCI runtime specification, runtime.md, "State".
package struct StateReport: Codable, Hashable, Sendable {
    package var ociVersion: String
    package var id: String
    package var status: ContainerState.Status
    package var pid: Int32
    package var bundle: String
    package var annotations: [String: String]?
}

/// Why an operation on a container was refused.
package struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// What the command line ends with.
    package let exitCode: Int32
    package init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }
}
