// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
package import KubernetesAPI
import LinuxKernel
import SecurityPolicy

extension Engine {
    /// A name that no container of the pod has: `debugger-x7k2p`.
    package func debuggerName(in name: ObjectName) throws(EngineError) -> String {
        guard let place = try pods.find(name) else { throw .notFound(.pod, name: name.name) }
        let taken = try pods.readTyped(place).spec.allNames
        // Kubernetes' letters for names: no vowels, so that no words come out.
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        while true {
            let suffix = String((0..<5).map { _ in letters[Int.random(in: letters.indices)] })
            if !taken.contains("debugger-\(suffix)") { return "debugger-\(suffix)" }
        }
    }

    /// Adds a container to a running pod, as the API's subresource `ephemeralcontainers` does, and has it started.
    ///
    /// It stays with the pod, and is never started again.
    package func debug(_ name: ObjectName, with container: Container) throws(EngineError) {
        let place = try NameLock.holding(.pod, name, in: root) { () throws(EngineError) in try add(container, to: name)
        }
        guard let connection = try ShimConnection(place) else {
            throw .failed("pod \(name.name) has no supervisor any more: delete it and apply it again")
        }
        try connection.send(.containersAdded)
        while true {
            let (replies, ended) = try connection.receive()
            for reply in replies {
                switch reply {
                case .accepted: return
                case .failed(_, let message): throw .failed(message)
                default: continue
                }
            }
            if ended { throw .failed("pod \(name.name) ended before the container was started") }
        }
    }

    private func add(_ container: Container, to name: ObjectName) throws(EngineError) -> PodPlace {
        guard let place = try pods.find(name), let record = try PodRecord(reading: place, in: root) else {
            throw .notFound(.pod, name: name.name)
        }
        if record.deletion != nil { throw .failed("pod \(name.name) is being deleted") }
        guard case .supervised(let status) = record.life, !status.phase.isFinal else {
            let phase = record.life.status?.phase.rawValue ?? "Failed"
            throw .failed("cannot debug a completed pod; current phase is \(phase)")
        }
        var pod = try pods.readTyped(place)
        pod.spec.ephemeralContainers = (pod.spec.ephemeralContainers ?? []) + [container]
        pod.spec.applyDefaults()
        let errors = validateEphemeralContainers(of: pod)
        if let message = invalidMessage(kind: "Pod", name: name.name, errors) { throw .invalid("The \(message)") }
        let node = try preparing { () throws(PreparationError) in try Node.ofThisMachine() }
        if let rejection = node.admit(pod) {
            throw .forbidden("pods \"\(name.name)\" is forbidden: \(rejection.message)")
        }
        try pods.write(place, pod)
        return place
    }

    /// Waits until a container runs or has ended; what it waits for is told.
    package func awaitStart(
        of container: String, in name: ObjectName, notice: (String) throws(EngineError) -> Void
    ) throws(EngineError) -> ContainerPhase {
        guard let place = try pods.find(name) else { throw .notFound(.pod, name: name.name) }
        let watch = try PodWatch([place])
        var told: String?
        while true {
            try watch.refresh()
            guard let record = try PodRecord(reading: place, in: root), case .supervised(let status) = record.life
            else { throw .failed("pod \(name.name) ended before container \(container) was started") }
            switch status.containers.first(where: { $0.name == container })?.state {
            case .running: return .running
            case .terminated: return .ended
            case .waiting(let waiting):
                if let message = waiting.message, message != told {
                    told = message
                    try notice("Warning: container \(container): \(message)")
                }
            case nil: break
            }
            _ = try watch.wait(milliseconds: nil)
        }
    }

    package enum ContainerPhase: Hashable, Sendable { case running, ended }
}

extension PodSpec {
    fileprivate var allNames: Set<String> {
        Set((containers + (initContainers ?? []) + (ephemeralContainers ?? [])).map(\.name))
    }
}
