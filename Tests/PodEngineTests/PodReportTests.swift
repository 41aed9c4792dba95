// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel
import Testing

@testable import PodEngine

@Suite("A pod's status, from what was applied and what its shim says")
struct PodReportTests {
    private func running() throws -> SandboxStatus {
        var status = try StateScene.alive()
        status.phase = .running
        status.podIPs = ["10.0.0.7"]
        var container = ContainerRuntime.ContainerStatus(
            name: "app", kind: .main, state: .running(pid: 7, startedAt: 1_795_562_411_000_000_000))
        container.setReady(true, at: 1_795_562_412_000_000_000)
        container.started = true
        status.containers = [container]
        return status
    }

    private func conditions(_ pod: JSONValue) -> [String: String] {
        Dictionary(
            (pod.at("status", "conditions")?.elements ?? []).map {
                ($0["type"]?.stringValue ?? "", $0["status"]?.stringValue ?? "")
            }
        ) { first, _ in first }
    }

    @Test("a pod that runs")
    func runs() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        try scene.say(try running(), of: place)
        try File.makeFolders(place.folder + "/containers/app")
        let config = #"{"process": {"user": {"uid": 1000, "gid": 3000, "additionalGids": [2000, 3000]}}}"#
        try File.replace(place.folder + "/containers/app/config.json", with: Array(config.utf8))
        let pod = try scene.pod("web")
        let status = try #require(pod["status"])
        #expect(status["phase"] == "Running")
        #expect(status["podIP"] == "10.0.0.7")
        #expect(status["podIPs"] == [["ip": "10.0.0.7"]])
        #expect(status["qosClass"] == "BestEffort")
        #expect(status["startTime"] == "2026-11-24T23:20:10Z")
        #expect(status["hostIP"]?.stringValue?.isEmpty == false)
        #expect(pod.at("spec", "nodeName")?.stringValue?.isEmpty == false)
        let container = try #require(status["containerStatuses"]?.elements.first)
        #expect(container.at("state", "running", "startedAt") == "2026-11-24T23:20:11Z")
        #expect(container["ready"] == true)
        #expect(container["containerID"] == "holdfast://42/app/0")
        #expect(container["user"] == ["linux": ["uid": 1000, "gid": 3000, "supplementalGroups": [2000, 3000]]])
        #expect(
            conditions(pod) == [
                "PodReadyToStartContainers": "True", "Initialized": "True", "Ready": "True", "ContainersReady": "True",
                "PodScheduled": "True",
            ])
    }

    @Test("a sandbox is ready without an address, since loopback may be all it has, and not when it was refused")
    func sandboxReady() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        var status = try running()
        status.podIPs = []
        try scene.say(status, of: place)
        #expect(conditions(try scene.pod("web"))["PodReadyToStartContainers"] == "True")
        status.refusal = "no ids are left"
        try scene.say(status, of: place)
        #expect(conditions(try scene.pod("web"))["PodReadyToStartContainers"] == "False")
    }

    @Test("mounts are told as they are made, and ephemeral containers beside the others, never ready")
    func mountsAndDebuggers() throws {
        let scene = try StateScene()
        let place = try scene.store("web") { pod in
            pod.spec.containers[0].volumeMounts = [
                VolumeMount(name: "a", mountPath: "/a"), VolumeMount(name: "b", readOnly: true, mountPath: "/b"),
                VolumeMount(name: "c", readOnly: true, recursiveReadOnly: "IfPossible", mountPath: "/c"),
            ]
            pod.spec.ephemeralContainers = [Container(name: "look")]
        }
        var status = try running()
        status.containers.append(
            ContainerRuntime.ContainerStatus(
                name: "look", kind: .ephemeral, state: .running(pid: 1, startedAt: 1_795_562_412_000_000_000)))
        try scene.say(status, of: place)
        let pod = try scene.pod("web")
        #expect(
            pod.at("status", "containerStatuses")?.elements.first?["volumeMounts"] == [
                ["mountPath": "/a", "name": "a"],
                ["mountPath": "/b", "name": "b", "readOnly": true, "recursiveReadOnly": "Disabled"],
                ["mountPath": "/c", "name": "c", "readOnly": true, "recursiveReadOnly": "Enabled"],
            ])
        let debugger = try #require(pod.at("status", "ephemeralContainerStatuses")?.elements.first)
        #expect(debugger["name"] == "look")
        #expect(debugger.at("state", "running", "startedAt") == "2026-11-24T23:20:12Z")
        #expect(debugger["ready"] == false)
        #expect(debugger["started"] == nil)
        #expect(pod.at("status", "containerStatuses")?.elements.count == 1)
    }

    @Test("a shim that is alive and has said nothing of a container: it is being created")
    func creating() throws {
        let scene = try StateScene()
        let place = try scene.store("web") { pod in pod.spec.initContainers = [Container(name: "first")] }
        try scene.say(try StateScene.alive(), of: place)
        let status = try #require(try scene.pod("web")["status"])
        #expect(status["phase"] == "Pending")
        #expect(
            status["initContainerStatuses"]?.elements.first?.at("state", "waiting", "reason") == "ContainerCreating")
        #expect(status["containerStatuses"]?.elements.first?.at("state", "waiting", "reason") == "PodInitializing")
        #expect(status["containerStatuses"]?.elements.first?["containerID"] == nil)
        #expect(conditions(try scene.pod("web"))["Initialized"] == "False")
    }

    @Test("a pod that a command makes right now is pending")
    func starting() throws {
        let scene = try StateScene()
        try scene.store("web")
        try NameLock.holding(.pod, ObjectName(namespace: "shop", name: "web"), in: scene.root) {
            () throws(EngineError) in
            let pod = try scene.engine.get(.pod, ObjectName(namespace: "shop", name: "web"))
            #expect(pod.at("status", "phase") == "Pending")
        }
    }

    @Test("a dead shim: its containers are unknown, the pod has failed and says what to do")
    func dead() throws {
        let scene = try StateScene()
        let place = try scene.store("web") { pod in
            var done = Container(name: "done")
            done.image = "i"
            pod.spec.containers.append(done)
        }
        var status = try running()
        status.shim = 2
        status.shimStart = 1
        status.containers.append(
            ContainerRuntime.ContainerStatus(
                name: "done", kind: .main,
                state: .terminated(
                    .init(
                        exitCode: 0, reason: "Completed", message: nil, startedAt: 1_000_000_000,
                        finishedAt: 2_000_000_000))
            ))
        try scene.say(status, of: place)
        let pod = try scene.pod("web")
        #expect(pod.at("status", "phase") == "Failed")
        #expect(pod.at("status", "reason") == "SupervisorDied")
        #expect(pod.at("status", "message")?.stringValue?.contains("delete the pod and apply it again") == true)
        let containers = try #require(pod.at("status", "containerStatuses")?.elements)
        #expect(containers[0].at("state", "terminated", "reason") == "ContainerStatusUnknown")
        #expect(containers[0].at("state", "terminated", "exitCode") == 137)
        #expect(containers[0]["ready"] == false)
        // What had ended before has.
        #expect(containers[1].at("state", "terminated", "reason") == "Completed")
        #expect(conditions(pod)["Ready"] == "False")
    }

    @Test("a pod that nobody has started, or whose machine has restarted, has failed too")
    func neverStarted() throws {
        let scene = try StateScene()
        try scene.store("web")
        let pod = try scene.pod("web")
        #expect(pod.at("status", "phase") == "Failed")
        #expect(pod.at("status", "message")?.stringValue?.contains("no supervisor") == true)
    }

    @Test("a pod that has ended keeps its last words, its shim gone")
    func ended() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        var status = StateScene.dead()
        status.phase = .succeeded
        var container = ContainerRuntime.ContainerStatus(
            name: "app", kind: .main,
            state: .terminated(
                .init(
                    exitCode: 0, reason: "Completed", message: "bye", startedAt: 1_000_000_000,
                    finishedAt: 2_000_000_000)
            ))
        container.restartCount = 2
        container.lastTermination = .init(
            exitCode: 3, signal: nil, reason: "Error", message: nil, startedAt: 1, finishedAt: 500_000_000)
        status.containers = [container]
        try scene.say(status, of: place, ended: true)
        let entry = try #require(try scene.pod("web").at("status", "containerStatuses")?.elements.first)
        #expect(try scene.pod("web").at("status", "phase") == "Succeeded")
        #expect(
            entry.at("state", "terminated")
                == [
                    "exitCode": 0, "reason": "Completed", "message": "bye", "startedAt": "1970-01-01T00:00:01Z",
                    "finishedAt": "1970-01-01T00:00:02Z",
                ])
        #expect(entry["restartCount"] == 2)
        #expect(entry.at("lastState", "terminated", "exitCode") == 3)
        #expect(entry["containerID"] == "holdfast://42/app/2")
    }

    private func condition(_ type: String, of pod: JSONValue) -> JSONValue? {
        pod.at("status", "conditions")?.elements.first { $0["type"]?.stringValue == type }
    }

    @Test("a container that is not ready is named by the conditions, and dates them")
    func unready() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        var status = try running()
        status.containers[0].setReady(false, at: 1_795_562_500_000_000_000)
        try scene.say(status, of: place)
        let pod = try scene.pod("web")
        for type in ["Ready", "ContainersReady"] {
            let condition = try #require(self.condition(type, of: pod))
            #expect(condition["status"] == "False")
            #expect(condition["reason"] == "ContainersNotReady")
            #expect(condition["message"] == "containers with unready status: [app]")
            #expect(condition["lastTransitionTime"] == "2026-11-24T23:21:40Z")
        }
        #expect(condition("Initialized", of: pod)?["status"] == "True")
    }

    @Test("a readiness gate that nobody opens keeps the pod from being ready")
    func gates() throws {
        let scene = try StateScene()
        let place = try scene.store("web") { pod in
            pod.spec.readinessGates = [PodReadinessGate(conditionType: "example.com/gate")]
        }
        try scene.say(try running(), of: place)
        let pod = try scene.pod("web")
        #expect(conditions(pod)["ContainersReady"] == "True")
        let ready = try #require(self.condition("Ready", of: pod))
        #expect(ready["status"] == "False")
        #expect(ready["reason"] == "ReadinessGatesNotReady")
        #expect(
            ready["message"] == "corresponding condition of pod readiness gate \"example.com/gate\" does not exist.")
    }

    @Test("a pod that has succeeded is complete in every condition")
    func completed() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        var status = StateScene.dead()
        status.phase = .succeeded
        status.containers = [
            ContainerRuntime.ContainerStatus(
                name: "app", kind: .main,
                state: .terminated(
                    .init(exitCode: 0, reason: "Completed", message: nil, startedAt: 1_000, finishedAt: 2_000)))
        ]
        try scene.say(status, of: place, ended: true)
        let pod = try scene.pod("web")
        for (type, holds) in [("Initialized", "True"), ("Ready", "False"), ("ContainersReady", "False")] {
            #expect(condition(type, of: pod)?["status"]?.stringValue == holds)
            #expect(condition(type, of: pod)?["reason"] == "PodCompleted")
        }
    }

    @Test("a container that is refused waits with its reason, and its neighbour runs")
    func refused() throws {
        let scene = try StateScene()
        let place = try scene.store("web") { pod in pod.spec.containers.append(Container(name: "bad")) }
        var status = try running()
        status.containers.append(
            ContainerRuntime.ContainerStatus(
                name: "bad", kind: .main,
                state: .waiting(Waiting(reason: "CreateContainerConfigError", message: "it will run as root"))))
        try scene.say(status, of: place)
        let pod = try scene.pod("web")
        let bad = try #require(pod.at("status", "containerStatuses")?.elements.last)
        #expect(
            bad["state"] == ["waiting": ["reason": "CreateContainerConfigError", "message": "it will run as root"]])
        #expect(conditions(pod)["Ready"] == "False")
        #expect(
            pod.at("status", "conditions")?.elements.first { $0["type"] == "Ready" }?["message"]
                == "containers with unready status: [bad]")
    }

    @Test("a pod that the node has rejected says why, and has no containers")
    func rejected() throws {
        let scene = try StateScene()
        try scene.store("web") { pod in
            pod.status?.phase = "Failed"
            pod.status?.reason = "AppArmor"
            pod.status?.message = "Pod was rejected: no"
        }
        let status = try #require(try scene.pod("web")["status"])
        #expect(status["reason"] == "AppArmor")
        #expect(status["message"] == "Pod was rejected: no")
        #expect(status["containerStatuses"] == nil)
    }

    @Test("a pod that is being deleted says so")
    func deleted() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        try scene.say(try running(), of: place)
        try JSONFile.write(Deletion(time: 1_795_562_420_000_000_000, gracePeriod: 30), to: place.deletion)
        let pod = try scene.pod("web")
        #expect(pod.at("metadata", "deletionTimestamp") == "2026-11-24T23:20:20Z")
        #expect(PodRow.Summary(pod).reason == "Terminating")
    }
}
