// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Probes, as the kernel and the pod's own files tell of them")
struct ProbeTests {
    /// Of a process: who it is and what holds for it.
    private static let context =
        "{ grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Umask):' /proc/self/status; cat /proc/self/cgroup; "
        + "cat /proc/self/uid_map; cat /proc/self/mountinfo; cat /proc/self/oom_score_adj; "
        + "ls -l /proc/self/ns | grep -o '[a-z_]*:.*'; }"

    @Test(
        "an exec probe runs as the container's first process does",
        arguments: [
            ("", "{}"),
            (
                "",
                "{runAsUser: 1000, runAsGroup: 3000, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}, readOnlyRootFilesystem: true}"
            ),
            ("", "{privileged: true}"), ("hostUsers: false", "{runAsUser: 7, capabilities: {add: [NET_ADMIN]}}"),
            ("shareProcessNamespace: true", "{runAsUser: 1000}"),
        ])
    func sameContext(spec: String, context: String) throws {
        let machine = try Machine()
        let first = Self.context + " > /data/first; sleep 60"
        let container = """
            securityContext: \(context)
            volumeMounts: [{name: data, mountPath: /data}]
            readinessProbe: {periodSeconds: 1, exec: {command: [sh, -c, \(Machine.quoted(Self.context + " > /data/probe"))]}}
            """
        try machine.apply(
            Machine.pod(
                "same", first, spec: "volumes: [{name: data, emptyDir: {}}]\nsecurityContext: {fsGroup: 2000}\n" + spec,
                container: container))
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/same", "--timeout=20s").code == 0)
        let said = try machine.run("exec", "same", "--", "cat", "/data/first").output
        let probed = try machine.run("exec", "same", "--", "cat", "/data/probe").output
        #expect(said.contains("CapEff:"))
        #expect(said.contains("Uid:") && said.contains("mnt:") && said.contains("/data "))
        #expect(probed == said)
    }

    /// A web server on port 8080 whose files lie in `/tmp/w`.
    private static let server =
        "mkdir -p /tmp/w; echo hi > /tmp/w/ok; busybox httpd -p 8080 -h /tmp/w; trap 'exit 0' TERM; "
        + "while :; do sleep 0.1; done"

    @Test("readiness follows the answers, and the pod's conditions follow it")
    func readiness() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "web", Self.server,
                container: """
                    ports: [{name: http, containerPort: 8080}]
                    readinessProbe: {periodSeconds: 1, httpGet: {path: /there, port: http}}
                    """))
        try machine.wait(["describe", "pod", "web"], for: "a failed probe") {
            $0.output.contains("Readiness probe failed: HTTP probe failed with statuscode: 404")
        }
        let answer = try machine.run("get", "pod", "web", "-o", "json").output
        #expect(answer.contains("containers with unready status: [app]"))
        #expect(answer.contains("ContainersNotReady"))
        #expect(answer.contains("\"started\": true"))
        #expect(try machine.run("get", "pods").output.contains("0/1     Running"))
        #expect(try machine.run("exec", "web", "--", "touch", "/tmp/w/there").code == 0)
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/web", "--timeout=20s").code == 0)
        #expect(try machine.run("get", "pods").output.contains("1/1     Running"))
        #expect(try machine.run("exec", "web", "--", "rm", "/tmp/w/there").code == 0)
        // Three times in a row, by default.
        #expect(try machine.run("wait", "--for=condition=Ready=False", "pod/web", "--timeout=20s").code == 0)
        #expect(try machine.run("get", "pod", "web", "-o", "json").output.contains("\"restartCount\": 0"))
    }

    @Test("a failed liveness probe ends the container with its preStop hook and its grace period, and starts it again")
    func liveness() throws {
        let machine = try Machine()
        let script = "echo start >> /data/log; trap 'echo term >> /data/log; exit 0' TERM; while :; do sleep 0.1; done"
        let pod = Machine.pod(
            "sick", script, spec: "volumes: [{name: data, emptyDir: {}}]",
            container: """
                volumeMounts: [{name: data, mountPath: /data}]
                livenessProbe: {periodSeconds: 1, failureThreshold: 2, terminationGracePeriodSeconds: 5, exec: {command: [sh, -c, "echo ask >> /data/log; grep -c start /data/log; test ! -e /data/sick"]}}
                lifecycle: {preStop: {exec: {command: [sh, -c, "echo stop >> /data/log; rm /data/sick"]}}}
                """
        ).replacingOccurrences(of: "restartPolicy: Never", with: "restartPolicy: OnFailure")
        try machine.apply(pod)
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/sick", "--timeout=20s").code == 0)
        #expect(try machine.run("exec", "sick", "--", "touch", "/data/sick").code == 0)
        try machine.wait(["get", "pod", "sick", "-o", "json"], for: "a restart") {
            $0.output.contains("\"restartCount\": 1") && $0.output.contains("\"running\"")
        }
        // It had ended with 0, and OnFailure starts it again all the same.
        #expect(try machine.run("get", "pod", "sick", "-o", "json").output.contains("\"exitCode\": 0"))
        let log = try machine.run("exec", "sick", "--", "grep", "-v", "ask", "/data/log").output
        #expect(log == "start\nstop\nterm\nstart\n")
        let description = try machine.run("describe", "pod", "sick").output
        #expect(description.contains("(x2 over") && description.contains("Liveness probe failed: 1"))
        #expect(description.contains("Container app failed liveness probe, will be restarted"))
    }

    @Test("a pod that is never restarted fails with its liveness probe, killed when its grace period is over")
    func neverRestarted() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "once", "trap '' TERM; while :; do sleep 0.1; done",
                container:
                    "livenessProbe: {periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 1, tcpSocket: {port: 81}}"
            ))
        try machine.waitForPhase("Failed", of: "once")
        let answer = try machine.run("get", "pod", "once", "-o", "json").output
        #expect(answer.contains("\"exitCode\": 137"))
        let description = try machine.run("describe", "pod", "once").output
        #expect(description.contains("connect: connection refused"))
        #expect(description.contains("Container app failed liveness probe\n"))
    }

    @Test("no other probe and no other container goes on before a startup probe has succeeded")
    func startup() throws {
        let machine = try Machine()
        let spec = """
            volumes: [{name: data, emptyDir: {}}]
            initContainers:
            - name: side
              image: busybox
              imagePullPolicy: Never
              restartPolicy: Always
              command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
              volumeMounts: [{name: data, mountPath: /data}]
              startupProbe: {periodSeconds: 1, failureThreshold: 9, exec: {command: [sh, -c, "echo startup >> /data/log; test `grep -c startup /data/log` -ge 2"]}}
              readinessProbe: {periodSeconds: 1, exec: {command: [sh, -c, "echo ready >> /data/log"]}}
            """
        try machine.apply(
            Machine.pod(
                "late", "echo main >> /data/log; sleep 60", spec: spec,
                container: "volumeMounts: [{name: data, mountPath: /data}]"))
        try machine.wait(["get", "pod", "late", "-o", "json"], for: "a sidecar that has not started") {
            $0.output.contains("containers with incomplete status: [side]")
        }
        #expect(try machine.run("get", "pods").output.contains("Init:0/1"))
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/late", "--timeout=20s").code == 0)
        let log = try machine.run("exec", "late", "-c", "app", "--", "cat", "/data/log").output.split(separator: "\n")
        #expect(log.prefix(2) == ["startup", "startup"])
        #expect(log.filter { $0 == "startup" }.count == 2)
        #expect(log.contains("main") && log.contains("ready"))
        #expect(try machine.run("get", "pods").output.contains("2/2     Running"))
    }

    @Test("a container that does not start up in time is ended")
    func neverStartsUp() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "slow", "sleep 60",
                container: """
                    startupProbe: {periodSeconds: 1, failureThreshold: 2, exec: {command: ["false"]}}
                    readinessProbe: {periodSeconds: 1, exec: {command: [sh, -c, "touch /tmp/asked"]}}
                    """))
        try machine.wait(["get", "pod", "slow", "-o", "json"], for: "a container that runs") {
            $0.output.contains("\"running\"")
        }
        let answer = try machine.run("get", "pod", "slow", "-o", "json").output
        #expect(answer.contains("\"started\": false"))
        #expect(try machine.run("exec", "slow", "--", "ls", "/tmp").output.isEmpty)
        try machine.waitForPhase("Failed", of: "slow")
        #expect(try machine.run("describe", "pod", "slow").output.contains("Container app failed startup probe"))
    }

    @Test("a probe that hangs is killed when its time is over, with what it has started")
    func hangs() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "hung", "sleep 60",
                container:
                    "readinessProbe: {periodSeconds: 1, timeoutSeconds: 1, exec: {command: [sh, -c, \"sleep 4711 & yes; sleep 4711\"]}}"
            ))
        try machine.wait(["describe", "pod", "hung"], for: "a timeout") {
            $0.output.contains(
                "Readiness probe failed: command timed out: \"sh -c sleep 4711 & yes; sleep 4711\" timed out after 1s")
        }
        // The shim answers while a probe writes without end, and of each probe nothing is left when the next one runs.
        for _ in 0..<5 {
            let began = Clock.monotonic
            let list = try machine.run("exec", "hung", "--", "ps").output
            #expect(Clock.monotonic - began < 2_000_000_000)
            #expect(list.split(separator: "\n").filter { $0.hasSuffix("0:00 sleep 4711") }.count <= 1, "\(list)")
            Clock.sleep(milliseconds: 250)
        }
        let events = try File.read(
            "\(machine.root)/lib/pods/default_hung_\(try machine.uid(of: "hung"))/events.jsonl")
        #expect(events.count < 256 << 10)
    }

    @Test("what a failed probe writes is told up to 10 KiB")
    func output() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "wordy", "sleep 60",
                container:
                    "readinessProbe: {periodSeconds: 60, exec: {command: [sh, -c, \"head -c 300000 /dev/zero | tr '\\\\0' x; exit 1\"]}}"
            ))
        try machine.wait(["get", "events", "-o", "json"], for: "an event") {
            $0.output.contains("Readiness probe failed")
        }
        let text = try machine.run("get", "events", "-o", "json").output
        let message = try #require(text.split(separator: "\"").first { $0.hasPrefix("Readiness probe failed: ") })
        #expect(message == "Readiness probe failed: " + String(repeating: "x", count: 10 << 10))
    }

    @Test("a gRPC server is asked for its health")
    func grpc() throws {
        let machine = try Machine()
        // Settings and their acknowledgement, a head, the answer that it serves, and the end of the call.
        let settings = "000000040000000000" + "000000040100000000"
        let head = "000001010400000001" + "88"
        let data = "000007000000000001" + "00000000020801"
        let trailers = "00000f010500000001" + "400b677270632d7374617475730130"
        let bytes = settings + head + data + trailers
        let script =
            "printf '\(Self.escaped(bytes))' > /tmp/answer; printf '#!/bin/sh\\ncat /tmp/answer; sleep 1' > /tmp/serve; "
            + "chmod +x /tmp/serve; exec busybox nc -ll -p 5051 -e /tmp/serve"
        try machine.apply(
            Machine.pod("called", script, container: "readinessProbe: {periodSeconds: 1, grpc: {port: 5051}}"))
        let answered = try machine.run("wait", "--for=condition=Ready", "pod/called", "--timeout=20s")
        let description = try machine.run("describe", "pod", "called").output
        #expect(answered.code == 0, "\(description)")
    }

    private static func escaped(_ hex: String) -> String {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).map { "\\x\(digits[$0])\(digits[$0 + 1])" }.joined()
    }

    @Test(
        "a web server's answers, from the pod's own network",
        arguments: [
            ("HTTP/1.1 302 Found\\r\\nLocation: /ok\\r\\n\\r\\n", "path: /moved", true, ""),
            (
                "HTTP/1.1 302 Found\\r\\nLocation: http://192.0.2.1/\\r\\n\\r\\n", "path: /moved", true,
                "Readiness probe warning: Probe terminated redirects, Response body:"
            ),
            ("HTTP/1.1 503 No\\r\\n\\r\\n", "path: /moved", false, "HTTP probe failed with statuscode: 503"),
            ("HTTP/1.1 200 OK\\r\\n\\r\\n", "path: /, httpHeaders: [{name: X-Want, value: moved}]", true, ""),
        ])
    func web(answer: String, request: String, succeeds: Bool, event: String) throws {
        let machine = try Machine()
        // It answers a request that has the word, and takes any other well.
        let serve =
            "#!/bin/sh\\nwhile read line; do case \"$line\" in *moved*) found=1;; ?) break;; esac; done\\n"
            + "if test -n \"$found\"; then printf '\(answer)'; else printf 'HTTP/1.1 \(request.contains("X-Want") ? "404 No" : "200 OK")\\r\\n\\r\\n'; fi"
        let script =
            "printf '%b' '\(serve.replacingOccurrences(of: "'", with: "'\\''").replacingOccurrences(of: "\\r\\n", with: "\\\\r\\\\n"))' > /tmp/serve; chmod +x /tmp/serve; "
            + "exec busybox nc -ll -p 8080 -e /tmp/serve"
        try machine.apply(
            Machine.pod(
                "web", script,
                container: "readinessProbe: {periodSeconds: 1, failureThreshold: 1, httpGet: {port: 8080, \(request)}}")
        )
        if succeeds {
            let answered = try machine.run("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
            let description = try machine.run("describe", "pod", "web").output
            #expect(answered.code == 0, "\(description)")
        }
        try machine.wait(["describe", "pod", "web"], for: event) { event.isEmpty || $0.output.contains(event) }
    }

    /// A TLS server of one version in the pod, by the machine's python; its certificate is nobody's.
    private func secureServer(_ machine: Machine, version: String, status: Int) throws -> (
        script: String, mounts: String
    ) {
        let folder = machine.root + "/tls"
        try File.makeFolder(folder)
        let made = try Command(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                "/CN=nobody", "-keyout", folder + "/key", "-out", folder + "/certificate",
            ], environment: ["PATH": "/usr/bin"]
        ).run()
        try #require(made.status == .exited(code: 0), "\(String(decoding: made.errors, as: UTF8.self))")
        let server = """
            import http.server, ssl, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(\(status)); self.end_headers(); self.wfile.write(b"x" * 30000)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("/tls/certificate", "/tls/key")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.\(version)
            server = http.server.HTTPServer(("0.0.0.0", 8443), Handler)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.serve_forever()
            """
        try File.replace(folder + "/server.py", with: Array(server.utf8))
        let paths = ["/usr", "/lib", "/lib64"].filter { (try? File.followedStatus($0)) != nil }
        let volumes = paths.enumerated().map { "{name: v\($0.offset), hostPath: {path: \($0.element)}}" }
        let mounts = paths.enumerated().map { "{name: v\($0.offset), mountPath: \($0.element), readOnly: true}" }
        return (
            "volumes: [{name: tls, hostPath: {path: \(folder)}}, \(volumes.joined(separator: ", "))]",
            "volumeMounts: [{name: tls, mountPath: /tls}, \(mounts.joined(separator: ", "))]"
        )
    }

    @Test(
        "HTTPS is asked without a look at the certificate",
        arguments: [("TLSv1_2", 200), ("TLSv1_3", 200), ("TLSv1_3", 500)])
    func secure(version: String, status: Int) throws {
        let machine = try Machine()
        let (volumes, mounts) = try secureServer(machine, version: version, status: status)
        try machine.apply(
            Machine.pod(
                "secure", "exec /usr/bin/python3 /tls/server.py", spec: volumes,
                container: mounts
                    + "\nreadinessProbe: {periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1, httpGet: {port: 8443, path: /, scheme: HTTPS}}"
            ))
        try machine.wait(["describe", "pod", "secure"], for: "an answer of \(status)") { answer in
            status == 200
                ? try machine.run("get", "pods").output.contains("1/1 ")
                : answer.output.contains("Readiness probe failed: HTTP probe failed with statuscode: 500")
        }
    }

    @Test("a server that speaks no TLS is said to")
    func insecure() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "plain", Self.server,
                container: "readinessProbe: {periodSeconds: 1, httpGet: {port: 8080, path: /ok, scheme: HTTPS}}"))
        try machine.wait(["describe", "pod", "plain"], for: "an event") {
            $0.output.contains("Readiness probe failed: Get \"https://")
                && $0.output.contains("/ok\": tls: wrong version number")
        }
    }

    @Test("a web server that never ends its answer costs the time of a probe, and no memory")
    func endless() throws {
        let machine = try Machine()
        let script =
            "printf '#!/bin/sh\\nprintf \"HTTP/1.1 200 OK\\\\r\\\\n\"; while :; do echo X: y; done' > /tmp/serve; chmod +x /tmp/serve; "
            + "exec busybox nc -ll -p 8080 -e /tmp/serve"
        try machine.apply(
            Machine.pod(
                "endless", script, container: "readinessProbe: {periodSeconds: 1, httpGet: {port: 8080, path: /}}"))
        try machine.wait(["describe", "pod", "endless"], for: "an event") {
            $0.output.contains("the response's headers are longer than 65536 bytes")
        }
        #expect(try machine.run("exec", "endless", "--", "true").code == 0)
    }

    @Test("a port that has no name is nothing that can be asked, and no failure")
    func unnamedPort() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "nameless", "sleep 60",
                container: "livenessProbe: {periodSeconds: 1, failureThreshold: 1, httpGet: {port: web, path: /}}"))
        try machine.wait(["describe", "pod", "nameless"], for: "an event") {
            $0.output.contains("Liveness probe errored and resulted in unknown state: couldn't find port: web")
        }
        #expect(try machine.run("get", "pods").output.contains("1/1     Running"))
    }

    @Test(
        "what cannot be asked is refused, and the field is named",
        arguments: [
            (
                "readinessProbe: {httpGet: {port: 1, path: /, host: web.example}}",
                "spec.containers[0].readinessProbe.httpGet.host"
            ),
            (
                "livenessProbe: {tcpSocket: {port: 1, host: web.example}}",
                "spec.containers[0].livenessProbe.tcpSocket.host"
            ),
        ])
    func refused(probe: String, field: String) throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("refused", "sleep 60", container: probe))
        try machine.wait(["get", "pod", "refused", "-o", "json"], for: "a refusal") {
            $0.output.contains("CreateContainerError")
        }
        #expect(try machine.run("describe", "pod", "refused").output.contains(field))
    }
}
