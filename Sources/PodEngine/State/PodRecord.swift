// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import ContainerRuntime
import LinuxKernel

/// Who looks after a pod, and what it last said.
package enum PodLife: Hashable, Sendable {
    /// The node did not admit it; `pod.json` says why.
    case rejected
    /// A command is making it right now.
    case starting
    /// Its shim lives.
    case supervised(SandboxStatus)
    /// All its containers have ended, and its shim has gone in good order.
    case ended(SandboxStatus)
    /// Its shim was killed, or the machine restarted, or it was never started: nothing of it is looked after.
    case abandoned(SandboxStatus?)

    package var status: SandboxStatus? {
        switch self {
        case .rejected, .starting: nil
        case .supervised(let status), .ended(let status): status
        case .abandoned(let status): status
        }
    }
}

/// Written when a pod's deletion begins.
package struct Deletion: Codable, Hashable, Sendable {
    /// When its grace period ends, nanoseconds since the epoch.
    package var time: Int64
    /// Seconds.
    package var gracePeriod: Int64
    package init(time: Int64, gracePeriod: Int64) {
        self.time = time
        self.gracePeriod = gracePeriod
    }
}

/// A pod as it stands on disk and in its shim's last words.
package struct PodRecord: Sendable {
    package let place: PodPlace
    /// As applied, with defaults, `metadata.uid` and what the node said when it was admitted.
    package let object: JSONValue
    package let life: PodLife
    package let deletion: Deletion?

    package init(place: PodPlace, object: JSONValue, life: PodLife, deletion: Deletion? = nil) {
        self.place = place
        self.object = object
        self.life = life
        self.deletion = deletion
    }

    /// Reads a pod; nil when it was removed meanwhile.
    package init?(reading place: PodPlace, in root: StateRoot) throws(EngineError) {
        let store = PodStore(root: root)
        do {
            let object = try store.read(place)
            let deletion = try Self.readJSON(Deletion.self, place.deletion)
            self.init(
                place: place, object: object,
                life: try Self.life(place, rejected: object.at("status", "phase") == "Failed", in: root),
                deletion: deletion)
        } catch {
            guard try store.find(place.name)?.uid != place.uid else { throw error }
            return nil
        }
    }

    private static func life(_ place: PodPlace, rejected: Bool, in root: StateRoot) throws(EngineError) -> PodLife {
        if rejected { return .rejected }
        if let status = try supervised(place) { return status }
        if let last = try readJSON(SandboxStatus.self, place.lastStatus) { return .ended(last) }
        // Nothing, or nobody behind it: a command that makes or starts the pod holds the lock of its name.
        if try NameLock.isHeld(.pod, place.name, in: root) { return .starting }
        // It may have come to life, or to its end, between the two looks.
        if let status = try supervised(place) { return status }
        if let last = try readJSON(SandboxStatus.self, place.lastStatus) { return .ended(last) }
        return .abandoned(try readJSON(SandboxStatus.self, place.liveStatus))
    }

    private static func supervised(_ place: PodPlace) throws(EngineError) -> PodLife? {
        guard let status = try readJSON(SandboxStatus.self, place.liveStatus) else { return nil }
        let isAlive = try doing("cannot look at process \(status.shim)") { () throws(SyscallError) in
            try Process.isAlive(status.shim, startTime: status.shimStart)
        }
        return isAlive ? .supervised(status) : nil
    }

    static func readJSON<Value: Decodable>(_ type: Value.Type, _ path: String) throws(EngineError) -> Value? {
        do { return try JSONFile.read(type, from: path) } catch let error as SyscallError
            where error.errno == .noEntry || error.errno == .notDirectory
        {
            return nil
        } catch {
            throw .failed("cannot read \(path): \(error)")
        }
    }
}

extension SandboxStatus.Phase {
    /// Whether it will never change again.
    package var isFinal: Bool { self == .succeeded || self == .failed }
}
