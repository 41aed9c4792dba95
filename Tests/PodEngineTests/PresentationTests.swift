// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@testable import PodEngine

@Suite("Tables and descriptions in kubectl's layout")
struct PresentationTests {
    private let now = Timestamp(rfc3339: "2026-11-24T23:30:10Z")!

    private func pod(_ status: String, spec: String = "") throws -> JSONValue {
        try JSONValue(
            parsing: Array(
                #"""
                {"metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-11-24T23:20:10Z"},
                 "spec": {"containers": [{"name": "app"}, {"name": "log"}]\#(spec)}, "status": \#(status)}
                """#.utf8))
    }

    @Test(
        "READY, STATUS and RESTARTS sum up a pod as kubectl does",
        arguments: [
            (#"{"phase": "Pending"}"#, "0/2", "Pending", "0"),
            (
                #"{"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}"#,
                "0/2",
                "ContainerCreating", "0"
            ),
            (
                #"{"phase": "Running", "containerStatuses": [{"ready": true, "state": {"running": {}}}, {"ready": true, "state": {"running": {}}}]}"#,
                "2/2", "Running", "0"
            ),
            (
                #"{"phase": "Running", "containerStatuses": [{"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"finishedAt": "2026-11-24T23:29:10Z"}}}, {"ready": true, "state": {"running": {}}}]}"#,
                "1/2", "CrashLoopBackOff", "3 (60s ago)"
            ),
            (
                #"{"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}, {"ready": true, "state": {"running": {}}}]}"#,
                "1/2", "NotReady", "0"
            ),
            (
                #"{"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}, {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}"#,
                "0/2", "Completed", "0"
            ),
            (
                #"{"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 137, "signal": 9}}}]}"#,
                "0/2",
                "Signal:9", "0"
            ),
            (#"{"phase": "Failed", "reason": "SysctlForbidden"}"#, "0/2", "SysctlForbidden", "0"),
        ])
    func summary(status: String, ready: String, reason: String, restarts: String) throws {
        let cells = PodRow(pod: try pod(status), now: now).cells(wide: false)
        #expect(cells == ["web", ready, reason, restarts, "10m"])
    }

    @Test(
        "init containers and sidecars count as kubectl counts them",
        arguments: [
            (#"[{"name": "one", "state": {"running": {}}}]"#, "Init:0/2", "0/3"),
            (
                #"[{"name": "one", "state": {"terminated": {"exitCode": 0}}}, {"name": "side", "state": {"waiting": {"reason": "ErrImagePull"}}}]"#,
                "Init:ErrImagePull", "0/3"
            ),
            (#"[{"name": "one", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]"#, "Init:Error", "0/3"),
            (
                #"[{"name": "one", "state": {"terminated": {"exitCode": 0}}}, {"name": "side", "started": true, "ready": true, "state": {"running": {}}}]"#,
                "Pending", "1/3"
            ),
        ])
    func initial(entries: String, reason: String, ready: String) throws {
        let pod = try pod(
            #"{"phase": "Pending", "initContainerStatuses": \#(entries)}"#,
            spec: #", "initContainers": [{"name": "one"}, {"name": "side", "restartPolicy": "Always"}]"#)
        let summary = PodRow.Summary(pod)
        #expect(summary.reason == reason)
        #expect("\(summary.ready)/\(summary.total)" == ready)
    }

    @Test("columns stand three spaces apart, and no line ends in a space")
    func table() throws {
        let web = try pod(#"{"phase": "Running", "podIP": "10.0.0.7"}"#)
        #expect(
            ObjectTable.text(.pod, [web], wide: false, withNamespace: true, now: now) == """
                NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE
                shop        web    0/2     Running   0          10m

                """)
        #expect(
            ObjectTable.text(.pod, [web], wide: true, withNamespace: false, now: now) == """
                NAME   READY   STATUS    RESTARTS   AGE   IP         NODE     NOMINATED NODE   READINESS GATES
                web    0/2     Running   0          10m   10.0.0.7   <none>   <none>           <none>

                """)
    }

    @Test("claims, volumes, config maps, secrets and events have kubectl's columns")
    func others() throws {
        let claim = try JSONValue(
            parsing: Array(
                #"{"metadata": {"name": "data"}, "spec": {"volumeName": "v", "storageClassName": "holdfast"}, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany", "ReadWriteOnce"]}}"#
                    .utf8))
        #expect(
            ObjectTable.text(.claim, [claim], wide: false, withNamespace: false, now: now).contains(
                "data   Bound    v        1Gi        RWO,RWX        holdfast       <unset>                 <unknown>"))
        let secret = try JSONValue(parsing: Array(#"{"metadata": {"name": "s"}, "data": {"a": "", "b": ""}}"#.utf8))
        #expect(
            ObjectTable.text(.secret, [secret], wide: false, withNamespace: false, now: now)
                == "NAME   TYPE     DATA   AGE\ns      Opaque   2      <unknown>\n")
    }

    @Test("a description has kubectl's lines in kubectl's order")
    func description() throws {
        let pod = try pod(
            #"""
            {"phase": "Pending", "qosClass": "BestEffort", "hostIP": "192.0.2.2", "startTime": "2026-11-24T23:20:10Z",
             "conditions": [{"type": "Ready", "status": "False"}],
             "containerStatuses": [{"name": "app", "image": "i", "restartCount": 1, "ready": false,
               "state": {"waiting": {"reason": "CreateContainerConfigError", "message": "no\nroot"}},
               "lastState": {"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": "2026-11-24T23:20:11Z"}}}]}
            """#,
            spec: #"""
                , "nodeName": "vm", "volumes": [{"name": "d", "emptyDir": {}}, {"name": "c", "persistentVolumeClaim": {"claimName": "x"}}]
                """#)
        let text = PodDescription.text(pod, events: [], now: now)
        let expected = [
            "Name:             web\n", "Service Account:  default\n", "Node:             vm/192.0.2.2\n",
            "Start Time:       Tue, 24 Nov 2026 23:20:10 +0000\n", "Labels:           <none>\n",
            "Status:           Pending\n", "Containers:\n  app:\n",
            "    State:          Waiting\n      Reason:       CreateContainerConfigError\n      Message:      no\\nroot\n",
            "    Last State:     Terminated\n      Reason:       Error\n      Exit Code:    3\n",
            "    Restart Count:  1\n", "Conditions:\n  Type    Status\n  Ready   False \n",
            "Volumes:\n  d:\n    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)\n",
            "    ClaimName:   x\n", "QoS Class:       BestEffort\n", "Events:          <none>\n",
        ]
        var rest = text[...]
        for line in expected {
            let found = try #require(rest.firstRange(of: line), "\(line) is not in\n\(text)")
            rest = rest[found.upperBound...]
        }
    }

    @Test("events are a table of their own, the repeated ones counted")
    func describedEvents() throws {
        let event: JSONValue = [
            "type": "Warning", "reason": "BackOff", "message": "again\n", "count": 3,
            "source": ["component": "holdfast"],
            "firstTimestamp": "2026-11-24T23:29:10Z", "lastTimestamp": "2026-11-24T23:30:05Z",
        ]
        let text = PodDescription.text(try pod("{}"), events: [event], now: now)
        #expect(
            text.hasSuffix(
                """
                Events:
                  Type     Reason   Age               From      Message
                  ----     ------   ----              ----      -------
                  Warning  BackOff  5s (x3 over 60s)  holdfast  again

                """), "\(text)")
    }

    @Test(
        "label selectors",
        arguments: [
            ("", true), ("app=web", true), ("app==web,tier!=back", true), ("app", true), ("!tier", true),
            ("app=db", false),
            ("tier", false), ("!app", false), ("app!=web", false),
        ])
    func labels(selector: String, holds: Bool) throws {
        let match = selector.isEmpty ? LabelMatch() : try LabelMatch(selector)
        #expect(match.holds(for: ["app": "web"]) == holds)
    }

    @Test("what is no selector is refused", arguments: ["=", "a=b=c", "a b", "a in b", ","])
    func wrongLabels(selector: String) { #expect(throws: EngineError.self) { try LabelMatch(selector) } }

    @Test(
        "sizes have three digits",
        arguments: [
            (999, "999B"), (1000, "1.00kB"), (4_261_550, "4.26MB"), (42_600_000, "42.6MB"), (187_000_000, "187MB"),
            (1_500_000_000, "1.50GB"),
        ])
    func sizes(bytes: Int64, text: String) { #expect(Engine.size(bytes) == text) }
}
