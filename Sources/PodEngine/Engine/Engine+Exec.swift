// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel

/// A command to run in a container.
package struct ExecRequest: Sendable {
    package var pod: ObjectName
    /// Nil: the pod's first container.
    package var container: String?
    package var command: [String]
    /// Passes the caller's standard input on; without it the command reads nothing.
    package var stdin = false
    /// Gives the command a terminal of its own.
    package var terminal = false

    package init(pod: ObjectName, container: String?, command: [String]) {
        self.pod = pod
        self.container = container
        self.command = command
    }
}

extension Engine {
    /// Runs a command in a container with the container's own context, joined to the caller's standard streams.
    ///
    /// Returns the command's exit code; 128 + signal for a signal.
    package func exec(
        _ request: ExecRequest, notice: (String) throws(EngineError) -> Void
    ) throws(EngineError) -> Int32 {
        guard let place = try pods.find(request.pod), let record = try PodRecord(reading: place, in: root) else {
            throw .notFound(.pod, name: request.pod.name)
        }
        let container = try target(of: request, record, notice)
        guard let connection = try ShimConnection(place) else {
            throw .failed("pod \(request.pod.name) has no supervisor any more: delete it and apply it again")
        }
        return try ExecSession(request: request, container: container).run(over: connection)
    }

    private func target(
        of request: ExecRequest, _ record: PodRecord, _ notice: (String) throws(EngineError) -> Void
    ) throws(EngineError) -> String {
        let phase = record.life.status?.phase
        if record.life == .rejected || phase?.isFinal == true {
            throw .failed(
                "cannot exec into a container in a completed pod; current phase is \(phase?.rawValue ?? "Failed")")
        }
        if case .abandoned = record.life {
            throw .failed("pod \(request.pod.name) has no supervisor any more: delete it and apply it again")
        }
        var options = LogOptions()
        options.container = request.container
        guard let container = try PodLogs(record: record).containers(options, notice).first else {
            throw .failed("pod \(request.pod.name) has no containers")
        }
        guard record.runs(container) else {
            throw .badRequest(
                "container \(container) in pod \(request.pod.name) is not running: unable to run a command in it")
        }
        return container
    }
}
