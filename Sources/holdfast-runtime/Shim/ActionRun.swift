// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// An action of a probe or a hook while it goes on; what it came to is told once.
final class ActionRun {
    private var tell: ((ActionOutcome) throws -> Void)?
    /// Ends what it does; set by who does it.
    var work: (() -> Void)?
    /// Whether a process of it is still there after it was told to end.
    var isBusy: () -> Bool = { false }

    init(_ tell: @escaping (ActionOutcome) throws -> Void) { self.tell = tell }

    var isOver: Bool { tell == nil }

    func finish(_ outcome: ActionOutcome) throws {
        guard let tell else { return }
        self.tell = nil
        work = nil
        try tell(outcome)
    }

    /// Ends it; nothing is told.
    func cancel() {
        tell = nil
        let work = self.work
        self.work = nil
        work?()
    }
}

extension Shim {
    /// What an action is done for.
    enum Purpose {
        case probe, hook
    }

    /// Begins an action in or towards a container, and returns at once; without a timeout (seconds) it may take for ever.
    func perform(
        _ action: ActionPlan, on attempt: ContainerRun.Attempt, for purpose: Purpose, timeout: Int64?,
        _ tell: @escaping (ActionOutcome) throws -> Void
    ) -> ActionRun {
        let run = ActionRun(tell)
        do { try begin(action, on: attempt, for: purpose, timeout: timeout, run) } catch {
            finishSoon(run, .unknown((error as? LaunchError)?.message ?? "\(error)"))
        }
        return run
    }

    private func begin(
        _ action: ActionPlan, on attempt: ContainerRun.Attempt, for purpose: Purpose, timeout: Int64?, _ run: ActionRun
    ) throws {
        switch action {
        case .exec(let command):
            try CommandRun(command, in: attempt, loop, run, limit: timeout).begin()
        case .sleep(let seconds):
            let timer = loop.after(seconds: seconds) { try run.finish(.success) }
            run.work = { [loop] in loop.cancel(timer) }
        case .impossible(let reason): finishSoon(run, .unknown(reason))
        case .connect(let host, let port):
            let target = try target(host)
            try converse(
                ConnectExchange(address: Self.join(target.host, port)), with: target, port: port, run, timeout)
        case .grpc(let port, let service):
            let target = try target(nil)
            let exchange = GRPCHealthExchange(
                address: Self.join(target.host, port), service: service, userAgent: "kube-probe/1.36",
                timeout: (timeout ?? 1) * 1000)
            try converse(exchange, with: target, port: port, run, timeout)
        case .http(let get):
            let target = try target(get.host)
            let request = HTTPRequest(get, address: target.host)
            let exchange = HTTPExchange(request, wantsSuccess: purpose == .probe)
            if let fault = request.fault { return finishSoon(run, exchange.failed(fault)) }
            try converse(exchange.overItsScheme, with: target, port: get.port, run, timeout)
        }
    }

    /// Not at once: who asked has not kept the run yet.
    private func finishSoon(_ run: ActionRun, _ outcome: ActionOutcome) {
        let timer = loop.after(nanoseconds: 0) { try run.finish(outcome) }
        run.work = { [loop] in loop.cancel(timer) }
    }

    private func converse(
        _ exchange: any Exchange, with target: Target, port: UInt16, _ run: ActionRun, _ timeout: Int64?
    ) throws {
        guard let sandbox else { throw RuntimeError("the pod has no sandbox") }
        try Conversation(exchange, with: target, sandbox: sandbox, loop, run, limit: timeout).begin(port: port)
    }

    /// Where a connection goes, and from which network.
    struct Target {
        let host: String
        let address: InternetAddress
        /// From the pod's own network, not from the machine's.
        let isInside: Bool
    }

    /// A host that is given is reached from the machine, as from a node; without one it is the pod's own address, and
    /// that of a pod which has loopback alone is there.
    private func target(_ host: String?) throws -> Target {
        if let host {
            guard let address = InternetAddress(host == "localhost" ? "127.0.0.1" : host) else {
                throw RuntimeError("\(host) is no address")
            }
            return Target(host: host, address: address, isInside: false)
        }
        let own = plan.hostNetwork ? plan.hostAddress ?? "127.0.0.1" : status.podIPs.first ?? "127.0.0.1"
        guard let address = InternetAddress(own) else { throw RuntimeError("\(own) is no address") }
        return Target(host: own, address: address, isInside: !plan.hostNetwork && status.podIPs.isEmpty)
    }

    private static func join(_ host: String, _ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
