// SPDX-License-Identifier: Apache-2.0

/// What became of a container.
package struct ContainerStatus: Codable, Hashable, Sendable {
    package var name = ""
    package var state: ContainerState?
    package var lastState: ContainerState?
    package var ready = false
    package var restartCount: Int32 = 0
    package var image = ""
    package var imageID = ""
    /// `runtime://id`.
    package var containerID: String?
    package var started: Bool?
    package var allocatedResources: [String: Quantity]?
    package var resources: ResourceRequirements?
    package var volumeMounts: [VolumeMountStatus]?
    package var user: ContainerUser?
    package var allocatedResourcesStatus: [JSONValue]?
    package var stopSignal: String?

    package init(
        name: String = "", ready: Bool = false, restartCount: Int32 = 0, image: String = "", imageID: String = ""
    ) {
        self.name = name
        self.ready = ready
        self.restartCount = restartCount
        self.image = image
        self.imageID = imageID
    }
}

/// One of three, or nil for none yet.
package struct ContainerState: Codable, Hashable, Sendable {
    package var waiting: ContainerStateWaiting?
    package var running: ContainerStateRunning?
    package var terminated: ContainerStateTerminated?

    package init(
        waiting: ContainerStateWaiting? = nil, running: ContainerStateRunning? = nil,
        terminated: ContainerStateTerminated? = nil
    ) {
        self.waiting = waiting
        self.running = running
        self.terminated = terminated
    }
}

/// Not running yet, and why.
package struct ContainerStateWaiting: Codable, Hashable, Sendable {
    package var reason: String?
    package var message: String?

    package init(reason: String? = nil, message: String? = nil) {
        self.reason = reason
        self.message = message
    }
}

/// Running, and since when.
package struct ContainerStateRunning: Codable, Hashable, Sendable {
    package var startedAt: String?

    package init(startedAt: String? = nil) {
        self.startedAt = startedAt
    }
}

/// Ended, and how.
package struct ContainerStateTerminated: Codable, Hashable, Sendable {
    package var exitCode: Int32 = 0
    package var signal: Int32?
    package var reason: String?
    package var message: String?
    package var startedAt: String?
    package var finishedAt: String?
    package var containerID: String?

    package init(
        exitCode: Int32 = 0, signal: Int32? = nil, reason: String? = nil, message: String? = nil,
        startedAt: String? = nil, finishedAt: String? = nil, containerID: String? = nil
    ) {
        self.exitCode = exitCode
        self.signal = signal
        self.reason = reason
        self.message = message
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.containerID = containerID
    }
}

/// As whom the first process started.
package struct ContainerUser: Codable, Hashable, Sendable {
    package var linux: LinuxContainerUser?

    package init(linux: LinuxContainerUser? = nil) {
        self.linux = linux
    }
}

/// Ids as the container sees them.
package struct LinuxContainerUser: Codable, Hashable, Sendable {
    package var uid: Int64 = 0
    package var gid: Int64 = 0
    package var supplementalGroups: [Int64]?

    package init(uid: Int64 = 0, gid: Int64 = 0, supplementalGroups: [Int64]? = nil) {
        self.uid = uid
        self.gid = gid
        self.supplementalGroups = supplementalGroups
    }
}

/// A mount as it was made.
package struct VolumeMountStatus: Codable, Hashable, Sendable {
    package var name = ""
    package var mountPath = ""
    package var readOnly: Bool?
    package var recursiveReadOnly: String?
    package var volumeStatus: JSONValue?

    package init(
        name: String = "", mountPath: String = "", readOnly: Bool? = nil, recursiveReadOnly: String? = nil,
        volumeStatus: JSONValue? = nil
    ) {
        self.name = name
        self.mountPath = mountPath
        self.readOnly = readOnly
        self.recursiveReadOnly = recursiveReadOnly
        self.volumeStatus = volumeStatus
    }
}
