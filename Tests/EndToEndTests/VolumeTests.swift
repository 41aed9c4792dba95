// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

/// What a container sees of its volumes, and how they follow the objects that they come from.
@Suite("Volumes, seen from inside")
struct VolumeTests {
    @Test("a service account token is signed by the root's key, as OpenSSL says, and names pod, account and audience")
    func token() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "web", "sleep 100",
                spec: """
                    serviceAccountName: builder
                    volumes:
                    - name: t
                      projected:
                        sources:
                        - serviceAccountToken: {path: token, audience: vault, expirationSeconds: 600}
                    """, container: "volumeMounts: [{name: t, mountPath: /t}]"))
        try machine.waitForPhase("Running", of: "web")
        let token = try machine.run("exec", "web", "--", "cat", "/t/token").output
        let keys = try machine.run("get", "--raw", "/openid/v1/jwks").output
        let folder = machine.root
        try File.replace("\(folder)/token", with: Array(token.utf8))
        try File.replace("\(folder)/jwks.json", with: Array(keys.utf8))
        // The same by a program that shares nothing with ours: python takes it apart, openssl verifies.
        let script = """
            import base64, json, sys
            d = sys.argv[1]
            def b(text): return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
            def integer(n):
                n = n.lstrip(b'\\0')
                n = b'\\0' + n if n[0] & 0x80 else n
                return b'\\2' + bytes([len(n)]) + n
            head, body, signature = open(d + '/token').read().split('.')
            key = [k for k in json.load(open(d + '/jwks.json'))['keys'] if k['kid'] == json.loads(b(head))['kid']][0]
            assert json.loads(b(head))['alg'] == key['alg'] == 'ES256'
            curve = bytes.fromhex('3059301306072a8648ce3d020106082a8648ce3d030107034200') + b'\\4'
            pem = base64.b64encode(curve + b(key['x']) + b(key['y'])).decode()
            open(d + '/key.pem', 'w').write('-----BEGIN PUBLIC KEY-----\\n' + pem + '\\n-----END PUBLIC KEY-----\\n')
            rs = integer(b(signature)[:32]) + integer(b(signature)[32:])
            open(d + '/signature', 'wb').write(b'0' + bytes([len(rs)]) + rs)
            open(d + '/message', 'w').write(head + '.' + body)
            print(json.dumps(json.loads(b(body))))
            """
        let claims = try Command("/usr/bin/python3", ["-c", script, folder], environment: [:]).run()
        try #require(claims.status == .exited(code: 0), "\(String(decoding: claims.errors, as: UTF8.self))")
        let verified = try Command(
            "/usr/bin/openssl",
            [
                "dgst", "-sha256", "-verify", folder + "/key.pem", "-signature", folder + "/signature",
                folder + "/message",
            ], environment: [:]
        ).run()
        #expect(String(decoding: verified.output, as: UTF8.self) == "Verified OK\n")
        let body = try #require(
            try JSONSerialization.jsonObject(with: Data(claims.output)) as? [String: Any])
        #expect(body["sub"] as? String == "system:serviceaccount:default:builder")
        #expect(body["aud"] as? [String] == ["vault"])
        #expect((body["exp"] as? Int ?? 0) - (body["iat"] as? Int ?? 0) == 600)
        let bound = try #require(body["kubernetes.io"] as? [String: Any])
        #expect((bound["pod"] as? [String: String])?["uid"] == (try machine.uid(of: "web")))
        #expect(try File.status(folder + "/lib/service-account-key.json").permissions == 0o600)
        // Renewed before it is due, it stays the same.
        let pod = "\(folder)/lib/pods/default_web_\(try machine.uid(of: "web"))"
        #expect(try machine.run("internal", "upkeep", pod).code == 0)
        #expect(try machine.run("exec", "web", "--", "cat", "/t/token").output == token)
        // A root with another key: the old token is good no more, and is replaced in the running pod.
        try File.remove(folder + "/lib/service-account-key.json")
        #expect(try machine.run("internal", "upkeep", pod).code == 0)
        let renewed = try machine.run("exec", "web", "--", "cat", "/t/token").output
        #expect(renewed.split(separator: ".").count == 3 && renewed != token)
    }

    @Test("many commands that need the signing key at once make one")
    func oneKey() throws {
        let machine = try Machine(image: false)
        let script = "for i in 1 2 3 4 5 6 7 8; do \"$@\" & done; wait"
        let command = machine.command(["get", "--raw", "/openid/v1/jwks"])
        let answers = try Command(
            "/bin/sh", ["-c", script, "sh", command.path] + command.arguments, environment: [:]
        ).run()
        let lines = String(decoding: answers.output, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 8)
        #expect(Set(lines).count == 1)
    }

    private static let mounts = """
        volumeMounts:
        - {name: c, mountPath: /c}
        - {name: s, mountPath: /s}
        - {name: p, mountPath: /p}
        - {name: c, mountPath: /part, subPath: key}
        """
    private static let volumes = """
        securityContext: {fsGroup: 2000}
        volumes:
        - name: c
          configMap: {name: settings}
        - name: s
          secret: {secretName: keys, optional: true}
        - name: p
          projected:
            sources:
            - configMap: {name: settings, items: [{key: key, path: deep/file}]}
            - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
            - downwardAPI:
                items:
                - {path: cpu, mode: 0440, resourceFieldRef: {containerName: app, resource: limits.cpu, divisor: 1m}}
        """

    private static func settings(_ value: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: \"\(value)\"}\n"
    }
    private static func keys(_ value: String) -> String {
        "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {key: \"\(value)\"}\n"
    }

    @Test("apply and delete of config maps and secrets reach the volumes of pods that run, whole, but no subPath mount")
    func follow() throws {
        let machine = try Machine()
        try machine.apply(Self.settings("one"))
        let pod = Machine.pod(
            "web", "sleep 100", spec: Self.volumes,
            container: "resources: {limits: {cpu: 250m}}\n" + Self.mounts)
        try machine.apply(pod)
        try machine.waitForPhase("Running", of: "web")
        func see(_ script: String) throws -> String {
            let answer = try machine.run("exec", "web", "--", "sh", "-c", script)
            return answer.output + answer.errors
        }
        #expect(try see("cat /c/key /p/deep/file /part; ls /s; cat /p/cpu") == "oneoneone250")
        #expect(try see("stat -c '%a %g' /p/..data/cpu") == "440 2000\n")
        let before = try see("cd /c && ls -d ..2*")
        try machine.apply(Self.settings("one"))
        #expect(try see("cd /c && ls -d ..2*") == before)
        try machine.apply(Self.settings("two"))
        #expect(try see("cat /c/key /p/deep/file /part") == "twotwoone")
        #expect(try see("stat -c '%a %g' /c/..data/key; cd /c && ls -d ..2* | wc -l") == "644 2000\n1\n")
        // An optional object comes, changes and goes.
        try machine.apply(Self.keys("a"))
        try machine.apply(Self.keys("b"))
        #expect(try see("cat /s/key") == "b")
        #expect(try machine.run("delete", "secret", "keys").code == 0)
        #expect(try see("ls /s") == "")
        // A required one goes: what it gave stays, and an event says why.
        #expect(try machine.run("delete", "cm", "settings").code == 0)
        #expect(try see("cat /c/key") == "two")
        #expect(
            try machine.run("describe", "pod", "web").output.contains(
                "MountVolume.SetUp failed for volume \"c\" : configmap \"settings\" not found"))
        try machine.apply(pod.replacingOccurrences(of: "  name: web\n", with: "  name: web\n  labels: {tier: front}\n"))
        try machine.apply(Self.settings("three"))
        #expect(try see("cat /c/key /p/labels") == "threetier=\"front\"")
    }

    @Test("of many applies at once, the object and the volume hold the same in the end, and a reader sees whole files")
    func concurrent() throws {
        let machine = try Machine()
        try machine.apply(Self.settings("0"))
        try machine.apply(
            Machine.pod(
                "web",
                "for i in $(seq 20000); do v=$(cat /c/..data/key) && [ -n \"$v\" ] || { echo torn; break; }; done; sleep 100",
                spec: "volumes: [{name: c, configMap: {name: settings}}]",
                container: "volumeMounts: [{name: c, mountPath: /c}]"))
        try machine.waitForPhase("Running", of: "web")
        for index in 1...8 {
            try File.replace("\(machine.root)/\(index).yaml", with: Array(Self.settings("\(index)").utf8))
        }
        let command = machine.command(["apply", "-f"])
        let script = "root=$1; shift; for i in 1 2 3 4 5 6 7 8; do \"$@\" $root/$i.yaml & done; wait"
        let result = try Command(
            "/bin/sh", ["-c", script, "sh", machine.root, command.path] + command.arguments, environment: [:]
        ).run()
        #expect(String(decoding: result.errors, as: UTF8.self) == "")
        let inside = try machine.run("exec", "web", "--", "cat", "/c/key").output
        #expect(try machine.run("get", "cm", "settings", "-o", "yaml").output.contains("key: \"\(inside)\""))
        #expect(try machine.run("logs", "web").output == "")
    }

    @Test("what says that it is immutable does not change, in the server's words")
    func immutable() throws {
        let machine = try Machine(image: false)
        try machine.apply(Self.settings("one") + "immutable: true\n")
        let answer = try machine.run("apply", "-f", "-", input: Self.settings("two") + "immutable: true\n")
        #expect(answer.code == 1)
        #expect(answer.errors.contains("data: Forbidden: field is immutable when `immutable` is set"))
        let back = try machine.run("apply", "-f", "-", input: Self.settings("one"))
        #expect(back.code == 1)
        #expect(back.errors.contains("immutable: Forbidden: field is immutable when `immutable` is set"))
    }

    @Test("an ephemeral volume has a claim of the pod's own, which goes with it; a claim of that name is not taken")
    func ephemeral() throws {
        let machine = try Machine()
        let template = """
            volumes:
            - name: data
              ephemeral:
                volumeClaimTemplate:
                  metadata: {labels: {made: here}}
                  spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """
        let mount = "volumeMounts: [{name: data, mountPath: /data}]"
        try machine.apply(Machine.pod("web", "echo x >/data/f; sleep 100", spec: template, container: mount))
        try machine.waitForPhase("Running", of: "web")
        let claim = try machine.run("get", "pvc", "web-data", "-o", "json").output
        #expect(claim.contains("\"phase\": \"Bound\"") && claim.contains("\"made\": \"here\""))
        #expect(claim.contains("\"uid\": \"\(try machine.uid(of: "web"))\""))
        #expect(try machine.run("exec", "web", "--", "ls", "/data").output == "f\n")
        #expect(try File.names(in: machine.root + "/lib/volumes").count == 1)
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
        #expect(try machine.run("get", "pvc").errors.contains("No resources found"))
        #expect(try File.names(in: machine.root + "/lib/volumes") == [])
        try machine.apply(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: web-data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """)
        try machine.apply(Machine.pod("web", "true", spec: template, container: mount))
        try machine.wait(["describe", "pod", "web"], for: "the refusal") {
            $0.output.contains("PVC default/web-data was not created for pod default/web (pod is not owner)")
        }
        #expect(try machine.run("delete", "pod", "web", "--now").code == 0)
        #expect(try machine.run("get", "pvc", "web-data").code == 0)
    }

    @Test(
        "an image is a volume: its files, read-only, none of them to be executed; a missing one is waited for",
        arguments: [true, false])
    func image(hostUsers: Bool) throws {
        let machine = try Machine()
        func volume(_ reference: String) -> String {
            "hostUsers: \(hostUsers)\n"
                + "volumes: [{name: files, image: {reference: \(reference), pullPolicy: Never}}]"
        }
        let mounts = """
            volumeMounts:
            - {name: files, mountPath: /files}
            - {name: files, mountPath: /part, subPath: etc}
            """
        try machine.apply(Machine.pod("web", "sleep 100", spec: volume("busybox"), container: mounts))
        try machine.waitForPhase("Running", of: "web")
        func see(_ script: String) throws -> String {
            let answer = try machine.run("exec", "web", "--", "sh", "-c", script)
            return answer.output + answer.errors
        }
        #expect(try see("cat /files/etc/group /part/group") == "root:x:0:\napp:x:1000:\nroot:x:0:\napp:x:1000:\n")
        #expect(try see("stat -c %u:%g /files/etc/group") == "0:0\n")
        #expect(try see("touch /files/x").contains("Read-only file system"))
        #expect(try see("/files/bin/busybox true").contains("Permission denied"))
        #expect(try machine.run("image", "remove", "busybox").code == 1)
        try machine.apply(Machine.pod("none", "true", spec: volume("absent"), container: mounts))
        try machine.wait(["get", "pod", "none", "-o", "json"], for: "the reason") {
            $0.output.contains("\"reason\": \"ErrImageNeverPull\"")
        }
    }

    @Test("an emptyDir that holds more than its limit is the end of the pod")
    func evicted() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "web", "dd if=/dev/zero of=/data/f bs=1M count=3; sleep 100",
                spec: "volumes: [{name: data, emptyDir: {sizeLimit: 1Mi}}]",
                container: "volumeMounts: [{name: data, mountPath: /data}]"))
        try machine.waitForPhase("Failed", of: "web")
        let pod = try machine.run("get", "pod", "web", "-o", "json").output
        #expect(pod.contains("\"reason\": \"Evicted\""))
        #expect(pod.contains(#""message": "Usage of EmptyDir volume \"data\" exceeds the limit \"1Mi\". ""#))
    }

    @Test("memory is never swapped out, a claim's annotation gives a group, and the status tells of read-only mounts")
    func details() throws {
        let machine = try Machine()
        try machine.apply(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pv, annotations: {pv.beta.kubernetes.io/gid: "4711"}}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              hostPath: {path: \(machine.root)/pv}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: claim}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              resources: {requests: {storage: 1Gi}}
            """)
        try machine.apply(
            Machine.pod(
                "web", "sleep 100",
                spec: """
                    volumes:
                    - {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
                    - {name: claim, persistentVolumeClaim: {claimName: claim}}
                    """,
                container: """
                    volumeMounts:
                    - {name: memory, mountPath: /memory}
                    - {name: claim, mountPath: /claim, readOnly: true, recursiveReadOnly: IfPossible}
                    """))
        try machine.waitForPhase("Running", of: "web")
        let mount = try machine.run("exec", "web", "--", "grep", " /memory ", "/proc/mounts").output
        #expect(mount.contains("size=1024k") && mount.contains("noswap"))
        #expect(try machine.run("exec", "web", "--", "id", "-G").output == "0 4711\n")
        let pod = try machine.run("get", "pod", "web", "-o", "yaml").output
        #expect(pod.contains("recursiveReadOnly: Enabled"))
    }

    @Test(
        "what a privileged container mounts in a Bidirectional volume appears on the machine, if the machine shares it")
    func bidirectional() throws {
        let machine = try Machine()
        let pod = Machine.pod(
            "web", "mkdir /m/in && mount -t tmpfs tmpfs /m/in && echo out >/m/in/f; sleep 100",
            spec: "volumes: [{name: m, hostPath: {path: \(machine.root)/m}}]",
            container: """
                securityContext: {privileged: true}
                volumeMounts:
                - {name: m, mountPath: /m, mountPropagation: Bidirectional}
                - {name: m, mountPath: /h, mountPropagation: HostToContainer}
                - {name: m, mountPath: /p}
                """)
        try File.makeFolders(machine.root + "/m")
        try File.replace(machine.root + "/pod.yaml", with: Array(pod.utf8))
        // In a mount namespace that stands for the machine's: a shared mount first, then a private one.
        let script = """
            m=$1/m; shift
            mount -t tmpfs tmpfs $m && mount --make-shared $m && "$@" apply -f $m/../pod.yaml || exit 1
            for i in $(seq 100); do [ -e $m/in/f ] && break; sleep 0.1; done
            cat $m/in/f
            mkdir $m/late && mount -t tmpfs tmpfs $m/late && echo late >$m/late/f
            "$@" exec web -- sh -c 'cat /m/late/f /h/late/f; ls /p/late; echo end'
            "$@" delete pod web --now
            mount --make-private $m && "$@" apply -f $m/../pod.yaml && "$@" describe pod web
            "$@" delete pod web --now
            """
        let command = machine.command([])
        let result = try Command(
            "/usr/bin/unshare", ["-m", "/bin/sh", "-c", script, "sh", machine.root, command.path] + command.arguments,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run(timeout: .seconds(60))
        let output = String(decoding: result.output, as: UTF8.self)
        #expect(
            output.contains("\nout\nlate\nlate\nend\n"), "\(output) \(String(decoding: result.errors, as: UTF8.self))")
        #expect(
            output.contains(
                "path \"\(machine.root)/m\" is mounted on \"\(machine.root)/m\" but it is not a shared mount"),
            "\(output)")
    }
}
