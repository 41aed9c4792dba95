// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import PodEngine
import SecurityPolicy
import Testing

@Suite("A container's probes and hooks, as its shim runs them")
struct PlanningLifecycleTests {
    private func plan(_ change: (inout Container) -> Void) throws -> LifecyclePlan? {
        var pod = PlanningEnvironmentTests.pod(change)
        pod.applyDefaults()
        return try LifecyclePlan(pod.podContainers[0])
    }

    private func probe(_ change: (inout Probe) -> Void) -> Probe {
        var probe = Probe()
        change(&probe)
        return probe
    }

    @Test("a container without any has no plan of them")
    func none() throws { #expect(try plan { _ in } == nil) }

    @Test("times and thresholds are the manifest's, and the API's where it says nothing")
    func times() throws {
        let planned = try plan { container in
            container.readinessProbe = probe { $0.exec = ExecAction(command: ["true"]) }
            container.livenessProbe = probe {
                $0.tcpSocket = TCPSocketAction(port: .int(80))
                $0.initialDelaySeconds = 7
                $0.periodSeconds = 2
                $0.timeoutSeconds = 3
                $0.failureThreshold = 5
                $0.terminationGracePeriodSeconds = 9
            }
        }
        #expect(
            planned?.readiness
                == ProbePlan(
                    action: .exec(command: ["true"]), initialDelay: 0, period: 10, timeout: 1, successThreshold: 1,
                    failureThreshold: 3))
        #expect(
            planned?.liveness
                == ProbePlan(
                    action: .connect(host: nil, port: 80), initialDelay: 7, period: 2, timeout: 3, successThreshold: 1,
                    failureThreshold: 5, terminationGracePeriod: 9))
        #expect(planned?.startup == nil)
    }

    @Test("a probe's command takes the variables that stand in the manifest, a hook's none")
    func variables() throws {
        let planned = try plan { container in
            container.env = [EnvVar(name: "PORT", value: "80")]
            container.startupProbe = probe { $0.exec = ExecAction(command: ["nc", "$(PORT)", "$(HOME)"]) }
            container.lifecycle = Lifecycle(preStop: LifecycleHandler(exec: ExecAction(command: ["$(PORT)"])))
        }
        #expect(planned?.startup?.action == .exec(command: ["nc", "80", "$(HOME)"]))
        #expect(planned?.preStop == .exec(command: ["$(PORT)"]))
    }

    @Test(
        "a port is a number or a name of the container's own ports",
        arguments: [
            (.int(81), .connect(host: nil, port: 81)), (.string("web"), .connect(host: nil, port: 8080)),
            (.string("82"), .connect(host: nil, port: 82)),
            (.string("other"), .impossible(reason: "couldn't find port: other")),
        ] as [(IntOrString, ActionPlan)])
    func ports(port: IntOrString, action: ActionPlan) throws {
        let planned = try plan { container in
            container.ports = [ContainerPort(name: "web", containerPort: 8080)]
            container.readinessProbe = probe { $0.tcpSocket = TCPSocketAction(port: port) }
        }
        #expect(planned?.readiness?.action == action)
    }

    @Test("a request says who asks, with the manifest's headers")
    func request() throws {
        let get = HTTPGetAction(
            path: "/x", port: .int(80), host: "127.0.0.1", httpHeaders: [HTTPHeader(name: "a", value: "b")])
        let planned = try plan { container in
            container.readinessProbe = probe { $0.httpGet = get }
            container.lifecycle = Lifecycle(postStart: LifecycleHandler(httpGet: get))
        }
        func action(_ agent: String) -> ActionPlan {
            .http(
                HTTPAction(host: "127.0.0.1", port: 80, path: "/x", headers: [.init("a", "b")], userAgent: agent))
        }
        #expect(planned?.readiness?.action == action("kube-probe/1.36"))
        #expect(planned?.postStart == action("kube-lifecycle/1.36"))
    }

    @Test("a handler that the API takes and no node has fails when it is run")
    func socketHook() throws {
        let planned = try plan {
            $0.lifecycle = Lifecycle(postStart: LifecycleHandler(tcpSocket: TCPSocketAction(port: .int(80))))
        }
        guard case .impossible = planned?.postStart else {
            Issue.record("\(String(describing: planned))")
            return
        }
    }

    @Test("a host that is a name is refused, and the field is named")
    func name() throws {
        let refusal = #expect(throws: Refusal.self) {
            try plan { container in
                container.livenessProbe = probe {
                    $0.httpGet = HTTPGetAction(path: "/", port: .int(80), host: "web.example")
                }
            }
        }
        #expect(refusal?.field == "spec.containers[0].livenessProbe.httpGet.host")
    }
}
