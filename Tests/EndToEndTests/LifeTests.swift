// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("The life of a pod, from the command line to the kernel")
struct LifeTests {
    @Test("run follows the logs, and ends with the first container's exit code")
    func run() throws {
        let machine = try Machine()
        let answer = try machine.run(
            "run", "--rm", "-f", "-", input: Machine.pod("short", "echo out; echo err >&2; exit 7"))
        #expect(answer.code == 7)
        #expect(answer.output.contains("out\n"))
        #expect((answer.output + answer.errors).contains("err\n"))
        #expect(
            try machine.run("get", "pod", "short").errors == "Error from server (NotFound): pods \"short\" not found\n")
        #expect(try machine.leftovers(uids: []) == [])
    }

    @Test("a container that fails is started again with a growing pause, and keeps its last log")
    func restarts() throws {
        let machine = try Machine()
        let pod = Machine.pod("again", "echo try; exit 3").replacingOccurrences(
            of: "restartPolicy: Never", with: "restartPolicy: OnFailure")
        try machine.apply(pod)
        try machine.wait(["get", "pod", "again", "-o", "json"], for: "CrashLoopBackOff") {
            $0.output.contains("CrashLoopBackOff")
        }
        let answer = try machine.run("get", "pod", "again", "-o", "json").output
        #expect(answer.contains("\"restartCount\": 1"))
        #expect(answer.contains("back-off 10s restarting failed container=app pod=again_default("))
        #expect(try machine.run("logs", "again", "--previous").output == "try\n")
        #expect(try machine.run("get", "pods").output.contains("CrashLoopBackOff"))
        #expect(
            try machine.run("delete", "pod", "again", "--now").output
                == "pod \"again\" deleted from default namespace\n")
    }

    @Test("init containers run in order, before the others, and a failed one fails the pod")
    func initContainers() throws {
        let machine = try Machine()
        let spec = """
            volumes: [{name: data, emptyDir: {}}]
            initContainers:
            - {name: one, image: busybox, imagePullPolicy: Never, command: [sh, -c, "echo one >> /data/log"], volumeMounts: [{name: data, mountPath: /data}]}
            - {name: two, image: busybox, imagePullPolicy: Never, command: [sh, -c, "echo two >> /data/log"], volumeMounts: [{name: data, mountPath: /data}]}
            """
        try machine.apply(
            Machine.pod(
                "ordered", "cat /data/log", spec: spec, container: "volumeMounts: [{name: data, mountPath: /data}]"))
        try machine.waitForPhase("Succeeded", of: "ordered")
        #expect(try machine.run("logs", "ordered", "-c", "app").output == "one\ntwo\n")
        try machine.apply(
            Machine.pod(
                "failing", "echo never",
                spec: "initContainers:\n- {name: one, image: busybox, imagePullPolicy: Never, command: [\"false\"]}"))
        try machine.waitForPhase("Failed", of: "failing")
        #expect(try machine.run("logs", "failing", "-c", "app").output.isEmpty)
        #expect(try machine.run("get", "pods").output.contains("Init:Error"))
    }

    @Test("exec passes exit code, input and output, with the container's own context")
    func exec() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod(
                "entered", "sleep 60",
                container: """
                    securityContext:
                      runAsUser: 1000
                      runAsGroup: 3000
                      allowPrivilegeEscalation: false
                      capabilities: {drop: [ALL]}
                      seccompProfile: {type: RuntimeDefault}
                    """))
        #expect(try machine.run("wait", "--for=condition=Ready", "pod/entered", "--timeout=20s").code == 0)
        let lines = "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:)' "
        let first = try machine.run("exec", "entered", "--", "sh", "-c", lines + "/proc/1/status")
        let own = try machine.run("exec", "entered", "--", "sh", "-c", lines + "/proc/self/status")
        #expect(first.output == own.output)
        #expect(own.output.contains("Uid:\t1000\t1000\t1000\t1000"))
        #expect(own.output.contains("CapBnd:\t0000000000000000"))
        #expect(own.output.contains("NoNewPrivs:\t1"))
        #expect(own.output.contains("Seccomp:\t2"))
        #expect(try machine.run("exec", "entered", "--", "sh", "-c", "exit 9").code == 9)
        #expect(try machine.run("exec", "-i", "entered", "--", "cat", input: "through\n").output == "through\n")
        #expect(try machine.run("exec", "entered", "--", "cat", input: "not passed").output.isEmpty)
        #expect(try machine.run("exec", "entered", "--", "nope").code == 127)
        #expect(try machine.run("delete", "pod", "entered", "--now").code == 0)
    }

    @Test("a claim outlives the pods that use it, and goes with its own deletion")
    func claims() throws {
        let machine = try Machine()
        try machine.apply(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: kept}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """)
        let spec = "volumes: [{name: data, persistentVolumeClaim: {claimName: kept}}]"
        let mount = "volumeMounts: [{name: data, mountPath: /data}]"
        try machine.apply(Machine.pod("writer", "echo kept > /data/file", spec: spec, container: mount))
        try machine.waitForPhase("Succeeded", of: "writer")
        #expect(try machine.run("delete", "pod", "writer", "--now").code == 0)
        try machine.apply(Machine.pod("reader", "cat /data/file", spec: spec, container: mount))
        try machine.waitForPhase("Succeeded", of: "reader")
        #expect(try machine.run("logs", "reader").output == "kept\n")
        #expect(try machine.run("delete", "pod", "reader", "--now").code == 0)
        #expect(try machine.run("delete", "pvc", "kept").code == 0)
        #expect(try File.names(in: machine.root + "/lib/volumes").filter { !$0.hasPrefix(".") } == [])
    }

    @Test("a file's volume goes with the claim behind it, so that the file can be applied again")
    func staticVolume() throws {
        let machine = try Machine()
        let file = machine.root + "/claim.yaml"
        let text = """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: fixed}
            spec:
              accessModes: [ReadWriteOnce]
              capacity: {storage: 1Gi}
              storageClassName: ""
              hostPath: {path: \(machine.root)/fixed, type: DirectoryOrCreate}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: fixed}
            spec: {accessModes: [ReadWriteOnce], storageClassName: "", volumeName: fixed, resources: {requests: {storage: 1Gi}}}
            """
        try File.replace(file, with: Array(text.utf8))
        for _ in 0..<2 {
            #expect(try machine.run("apply", "-f", file).code == 0)
            #expect(try machine.run("get", "pvc", "fixed").output.contains("Bound"))
            let deleted = try machine.run("delete", "-f", file)
            #expect(deleted.code == 0, "\(deleted.errors)")
            #expect(try machine.run("get", "pv").errors.contains("No resources found"))
        }
    }

    @Test("one container that is refused does not stop its neighbour")
    func refusedNeighbour() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod("mixed", "sleep 60") + """

                  - name: refused
                    image: busybox
                    imagePullPolicy: Never
                    securityContext: {runAsNonRoot: true}
                """)
        try machine.wait(["get", "pod", "mixed", "-o", "json"], for: "both states") {
            $0.output.contains("\"running\"") && $0.output.contains("CreateContainerConfigError")
        }
        #expect(try machine.run("exec", "mixed", "-c", "app", "--", "true").code == 0)
        let description = try machine.run("describe", "pod", "mixed").output
        #expect(description.contains("container has runAsNonRoot and image will run as root"))
        #expect(try machine.run("delete", "pod", "mixed", "--now").code == 0)
    }

    @Test("in a user namespace root is nobody on the machine, and what it writes is root's on the disk")
    func userNamespace() throws {
        let machine = try Machine()
        let volume = machine.root + "/volume"
        try File.makeFolder(volume)
        try machine.apply(
            Machine.pod(
                "mapped", "id -u; touch /data/made && stat -c %u /data/made; sleep 60",
                spec: "hostUsers: false\nvolumes: [{name: data, hostPath: {path: \(volume)}}]",
                container: "volumeMounts: [{name: data, mountPath: /data}]"))
        try machine.wait(["logs", "mapped"], for: "two lines") { $0.output == "0\n0\n" }
        #expect(try File.status(volume + "/made").uid == 0)
        let uid = try machine.uid(of: "mapped")
        let members = try File.readText("/sys/fs/cgroup/unified/holdfast/\(uid)/app/cgroup.procs").split(
            separator: "\n")
        let pid = try #require(members.first)
        let status = try File.readText("/proc/\(pid)/status").split(separator: "\n")
        let user = try #require(status.first { $0.hasPrefix("Uid:") }?.split(separator: "\t").dropFirst().first)
        #expect(try #require(UInt32(user)) >= 65_536)
        #expect(try machine.run("exec", "mapped", "--", "cat", "/proc/self/uid_map").output.contains(" 65536\n"))
        #expect(try machine.run("delete", "pod", "mapped", "--now").code == 0)
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("an image that is not there is said in one line, and comes in when it is imported")
    func missingImage() throws {
        let machine = try Machine()
        try machine.apply(
            Machine.pod("early", "echo here").replacingOccurrences(of: "image: busybox", with: "image: later:1"))
        try machine.wait(["get", "pods"], for: "ErrImageNeverPull") { $0.output.contains("ErrImageNeverPull") }
        #expect(
            try machine.run("describe", "pod", "early").output.contains(
                "Container image \"later:1\" is not present with pull policy of Never"))
        #expect(try machine.run("image", "import", machine.root + "/busybox.tar", "--name", "later:1").code == 0)
        try machine.wait(["get", "pod", "early", "-o", "json"], for: "Succeeded", seconds: 40) {
            $0.output.contains("Succeeded")
        }
        #expect(try machine.run("logs", "early").output == "here\n")
    }

    @Test("nobody sees the state of others, and two roots do not meet")
    func roots() throws {
        let one = try Machine()
        let other = try Machine()
        try one.apply(Machine.pod("same", "sleep 60"))
        try other.apply(Machine.pod("same", "echo other"))
        try one.waitForPhase("Running", of: "same")
        try other.waitForPhase("Succeeded", of: "same")
        #expect(try File.status(one.root + "/lib/pods").permissions == 0o700)
        #expect(try File.status(one.root + "/lib/images").permissions == 0o700)
        #expect(try one.run("delete", "pod", "same", "--now").code == 0)
        #expect(try other.run("get", "pods").output.contains("same"))
    }
}
