// SPDX-License-Identifier: Apache-2.0

/// Why a volume is not there: an event's reason and message.
package struct VolumeError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The volume's name in the pod.
    package let volume: String
    /// `FailedMount`, `FailedScheduling`.
    package let reason: String
    package let message: String
    /// Whether trying again is no use: the volume asks for what this machine does not have.
    package let isFinal: Bool

    package var description: String { message }

    init(volume: String, reason: String = "FailedMount", message: String, isFinal: Bool = false) {
        self.volume = volume
        self.reason = reason
        self.message = message
        self.isFinal = isFinal
    }

    /// A kind of volume, or a value, that this machine does not have; `field` is its place in the manifest.
    static func unsupported(_ volume: String, field: String, _ why: String) -> Self {
        Self(volume: volume, message: "\(field): \(why)", isFinal: true)
    }
}

/// Why setting up one volume failed, before the pod's name for it is known.
struct SetUpError: Error, Hashable, CustomStringConvertible {
    /// The step in the kubelet's words.
    var step = "MountVolume.SetUp failed"
    let description: String
    init(_ description: String) { self.description = description }
    init(step: String, _ description: String) {
        self.step = step
        self.description = description
    }
}

/// Something that a user of the pod should know, in an event's words.
package struct VolumeWarning: Hashable, Sendable, Codable {
    package let reason: String
    package let message: String
}
