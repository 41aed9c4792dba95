// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

@Suite("What fails below it: nothing is lost or doubled, and one clear error says so")
struct FaultTests {
    private static let sleeper = "trap 'exit 0' TERM; echo up; while true; do sleep 1 & wait; done"

    // MARK: a read-only state folder

    /// The pod of the name `kept` runs; what a command answers for which all state is read-only.
    private func readOnly(_ machine: Machine, _ command: String) throws -> Machine.Answer {
        try machine.shell(
            "mount --bind \(machine.root) \(machine.root) && mount -o remount,bind,ro \(machine.root) && cd \(machine.root) && \(command)",
            wrappedBy: ["/usr/bin/unshare", "--mount", "--propagation", "private"])
    }

    @Test(
        "with read-only state, what would change it is refused in one line, and nothing has changed",
        arguments: [
            "apply -f new.yaml", "apply -f kept.yaml", "run -f new.yaml", "delete pod kept", "delete pod kept --now",
            "image import busybox.tar --name second",
        ])
    func readOnlyState(command: String) throws {
        let machine = try Machine()
        try File.replace(machine.root + "/kept.yaml", with: Array(Machine.pod("kept", Self.sleeper).utf8))
        try File.replace(machine.root + "/new.yaml", with: Array(Machine.pod("new", Self.sleeper).utf8))
        #expect(try machine.run("apply", "-f", machine.root + "/kept.yaml").code == 0)
        try machine.waitForPhase("Running", of: "kept")
        let shim = try machine.shim(of: "kept")
        let answer = try readOnly(machine, "holdfast \(command)")
        #expect(answer.code == 1)
        #expect(answer.output == "")
        #expect(answer.errors.split(separator: "\n").count == 1, "\(answer.errors)")
        #expect(answer.errors.hasSuffix("Read-only file system\n") && answer.errors.contains(machine.root))
        // It runs on, looked after by the same shim, and the same words work once the folder can be written.
        #expect(try machine.run("exec", "kept", "--", "echo", "on").output == "on\n")
        #expect(try machine.shim(of: "kept") == shim)
        #expect(try machine.run("get", "pods", "-o", "name").output == "pod/kept\n")
        let again = try machine.shell("holdfast \(command.replacing("run -f", with: "apply -f"))")
        #expect(again.code == 0, "\(again.errors)")
    }

    @Test(
        "with read-only state, what only looks works",
        arguments: [
            ("get pods -o name", "pod/kept\n"), ("logs kept", "up\n"), ("exec kept -- echo in", "in\n"),
            ("image list | wc -l", "2\n"), ("describe pod kept | head -n 1", "Name:             kept\n"),
        ])
    func readOnlyLook(command: String, output: String) throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("kept", Self.sleeper))
        try machine.wait(["logs", "kept"], for: "its first line") { $0.output == "up\n" }
        let answer = try readOnly(machine, "holdfast \(command)")
        #expect(answer.output == output, "\(answer.errors)")
        #expect(answer.errors == "")
    }

    // MARK: a full disk

    /// A full disk: a tmpfs of some size in place of the state root, in a mount namespace of the test's own.
    private func onFullDisk(_ machine: Machine, kibibytes: Int, _ script: String) throws -> Machine.Answer {
        let binary = try Machine.executable()
        let prepare =
            "mkdir -p \(machine.root)/small && mount -t tmpfs -o size=\(kibibytes)k small \(machine.root)/small"
        let command = Command(
            "/usr/bin/unshare",
            [
                "--mount", "--propagation", "private", "sh", "-c",
                "\(prepare) && H='\(binary) --root \(machine.root)/small' && \(script)",
            ],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        let result = try command.run(timeout: .seconds(120))
        return Machine.Answer(
            code: result.status.shellCode, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errors, as: UTF8.self))
    }

    @Test("a full disk while an image is imported: nothing of it stays")
    func fullDiskImport() throws {
        let machine = try Machine()
        let answer = try onFullDisk(
            machine, kibibytes: 600,
            "$H image import \(machine.root)/busybox.tar --name big; echo code $?; $H image list; find \(machine.root)/small -type f -size +64k"
        )
        #expect(answer.output.contains("code 1\n"), "\(answer.output)")
        #expect(answer.errors.split(separator: "\n").count == 1, "\(answer.errors)")
        #expect(answer.errors.contains("no space left on the disk"), "\(answer.errors)")
        #expect(!answer.output.contains("big"))
        #expect(!answer.output.contains("/small/"))
    }

    @Test("a full disk while a pod is applied: one clear error, no shim, no half-made pod")
    func fullDiskApply() throws {
        let machine = try Machine()
        let manifest = machine.root + "/pod.yaml"
        try File.replace(manifest, with: Array(Machine.pod("full", "true").utf8))
        let answer = try onFullDisk(
            machine, kibibytes: 64,
            "mkdir -p \(machine.root)/small/lib; dd if=/dev/zero of=\(machine.root)/small/fill bs=1k 2>/dev/null; "
                + "$H apply -f \(manifest); echo code $?; rm \(machine.root)/small/fill; $H get pods; $H apply -f \(manifest); echo code $?; $H delete pod full --now"
        )
        #expect(answer.output.contains("code 1\n"), "\(answer.output)")
        #expect(answer.errors.contains("No space left on device"), "\(answer.errors)")
        // With room again it is taken.
        #expect(answer.output.contains("pod/full created\ncode 0\n"), "\(answer.output) \(answer.errors)")
        #expect(try machine.leftovers(uids: []) == [])
    }
    @Test("a disk that fills up while a pod runs: it runs on, and its end is remembered once there is room")
    func fullDiskRun() throws {
        let machine = try Machine()
        let manifest = machine.root + "/pod.yaml"
        let script = "trap 'echo bye; exit 3' USR1; echo up; while true; do sleep 0.1; done"
        try File.replace(manifest, with: Array(Machine.pod("full", script).utf8))
        let answer = try onFullDisk(
            machine, kibibytes: 4096,
            """
            $H image import \(machine.root)/busybox.tar --name busybox > /dev/null
            $H apply -f \(manifest)
            until $H get pods | grep -q Running; do sleep 0.05; done
            dd if=/dev/zero of=\(machine.root)/small/fill bs=4k 2>/dev/null
            $H exec full -- echo runs on; $H get pods -o name
            $H exec full -- kill -USR1 1; sleep 1
            $H logs full | head -n 1
            rm \(machine.root)/small/fill
            for i in $(seq 100); do $H get pod full -o json | grep -o '"exitCode.*' && break; sleep 0.1; done
            $H delete pod full
            find \(machine.root)/small/lib/pods \(machine.root)/small/run/pods -mindepth 1
            """)
        #expect(
            answer.output == """
                pod/full created
                runs on
                pod/full
                up
                "exitCode": 3,
                pod "full" deleted from default namespace

                """, "\(answer.output) \(answer.errors)")
        #expect(answer.errors == "")
        #expect(try machine.leftovers(uids: []) == [])
    }

    @Test("a full disk does not keep a pod from being deleted")
    func fullDiskDelete() throws {
        let machine = try Machine()
        let manifest = machine.root + "/pod.yaml"
        try File.replace(manifest, with: Array(Machine.pod("full", Self.sleeper).utf8))
        let answer = try onFullDisk(
            machine, kibibytes: 4096,
            """
            $H image import \(machine.root)/busybox.tar --name busybox > /dev/null
            $H apply -f \(manifest)
            until $H get pods | grep -q Running; do sleep 0.05; done
            dd if=/dev/zero of=\(machine.root)/small/fill bs=4k 2>/dev/null
            $H delete pod full --now; $H get pods
            find \(machine.root)/small/lib/pods \(machine.root)/small/run/pods -mindepth 1
            """)
        #expect(answer.output == "pod/full created\npod \"full\" deleted from default namespace\n", "\(answer.errors)")
        #expect(answer.errors == "No resources found in default namespace.\n")
        #expect(try machine.leftovers(uids: []) == [])
    }

    // MARK: two commands on one pod

    @Test("ten commands apply one new pod at once: one makes it, and one shim looks after it")
    func applyAtOnce() throws {
        let machine = try Machine()
        try File.replace(machine.root + "/pod.yaml", with: Array(Machine.pod("one", Self.sleeper).utf8))
        let answer = try machine.shell("for i in $(seq 10); do holdfast apply -f pod.yaml & done; wait")
        #expect(answer.errors == "")
        let lines = answer.output.split(separator: "\n")
        #expect(lines.filter { $0 == "pod/one created" }.count == 1, "\(lines)")
        #expect(lines.filter { $0 == "pod/one unchanged" }.count == 9, "\(lines)")
        try machine.waitForPhase("Running", of: "one")
        #expect(try Machine.processes { $0.contains(" shim \(machine.root)/") }.count == 1)
        #expect(try machine.run("delete", "pod", "one", "--now").code == 0)
    }

    @Test("ten commands delete one pod at once: each says that it is gone, and it is")
    func deleteAtOnce() throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("one", Self.sleeper))
        try machine.waitForPhase("Running", of: "one")
        let uid = try machine.uid(of: "one")
        let answer = try machine.shell("for i in $(seq 10); do holdfast delete pod one --now 2>&1 & done; wait")
        let lines = answer.output.split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.contains("pod \"one\" deleted from default namespace"))
        #expect(
            lines.allSatisfy {
                $0 == "pod \"one\" deleted from default namespace"
                    || $0 == "Error from server (NotFound): pods \"one\" not found"
            }, "\(lines)")
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    @Test("apply, exec and delete of one pod against each other, 40 times: the last word holds")
    func everythingAtOnce() throws {
        let machine = try Machine()
        try File.replace(machine.root + "/pod.yaml", with: Array(Machine.pod("one", Self.sleeper).utf8))
        let answer = try machine.shell(
            """
            for i in $(seq 40); do
              holdfast apply -f pod.yaml 2>&1 > /dev/null | grep -v "object is being deleted" >&2 &
              holdfast exec one -- true > /dev/null 2>&1 &
              holdfast delete pod one --now > /dev/null 2>&1 &
              holdfast get pods > /dev/null 2> get-errors || cat get-errors >&2 &
            done; wait
            holdfast apply -f pod.yaml > /dev/null
            """)
        #expect(answer.code == 0)
        #expect(answer.errors == "")
        try machine.waitForPhase("Running", of: "one")
        let uid = try machine.uid(of: "one")
        #expect(try Machine.processes { $0.contains(" shim \(machine.root)/") } == [try machine.shim(of: "one")])
        #expect(try File.names(in: machine.root + "/lib/pods").filter { !$0.hasPrefix(".") }.count == 1)
        #expect(try machine.run("delete", "pod", "one", "--now").code == 0)
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    // MARK: clocks

    @Test("a time namespace that is a day ahead sees the same pod, and can end it")
    func timeNamespace() throws {
        let machine = try Machine()
        try machine.apply(Machine.pod("one", Self.sleeper))
        try machine.waitForPhase("Running", of: "one")
        let uid = try machine.uid(of: "one")
        let answer = try machine.shell(
            "holdfast get pods | tail -n 1; holdfast exec one -- echo in; holdfast delete pod one",
            wrappedBy: ["/usr/bin/unshare", "--time", "--boottime", "86400", "--monotonic", "86400", "--fork"])
        #expect(answer.errors == "")
        #expect(answer.output.contains("Running"), "\(answer.output)")
        #expect(answer.output.hasSuffix("in\npod \"one\" deleted from default namespace\n"), "\(answer.output)")
        #expect(try machine.leftovers(uids: [uid]) == [])
    }

    /// A library that adds what a file says, in seconds, to the wall clock of a program that loads it.
    private static let clockSource = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t id, struct timespec *t) {
            char text[32] = {0};
            int result = syscall(SYS_clock_gettime, id, t), file;
            if (result || id != CLOCK_REALTIME || (file = open(OFFSET, O_RDONLY | O_CLOEXEC)) < 0) return result;
            if (read(file, text, sizeof text - 1) > 0) t->tv_sec += atol(text);
            close(file);
            return 0;
        }
        """

    /// The wall clock that a script's programs see, shims too: `jump SECONDS` sets it, the machine's stays as it is.
    ///
    /// The debug build is used, since a static program loads no library.
    private func withClock(_ machine: Machine, _ script: String) throws -> Machine.Answer {
        let root = machine.root
        try File.replace(root + "/clock.c", with: Array(Self.clockSource.utf8))
        let debug = try Machine.executable(of: "debug")
        return try machine.shell(
            """
            set -e
            cc -shared -fPIC -O -DOFFSET='"\(root)/offset"' -o clock.so clock.c
            mkdir etc-upper etc-work
            mount -t overlay -o lowerdir=/etc,upperdir=etc-upper,workdir=etc-work etc /etc
            echo \(root)/clock.so > /etc/ld.so.preload
            holdfast() { \(debug) --root \(root) "$@"; }
            jump() { echo $1 > offset.new && mv offset.new offset; }
            \(script)
            """, wrappedBy: ["/usr/bin/unshare", "--mount", "--propagation", "private"])
    }

    @Test("a wall clock that jumps forth and back neither restarts early or late nor ends a pod")
    func clockJumps() throws {
        let machine = try Machine()
        let crashing = Machine.pod("crashing", "sleep 2; exit 1").replacing("Never\n  term", with: "Always\n  term")
        try File.replace(machine.root + "/crashing.yaml", with: Array(crashing.utf8))
        let steady = Machine.pod("steady", Self.sleeper, spec: "activeDeadlineSeconds: 3600")
        try File.replace(machine.root + "/steady.yaml", with: Array(steady.utf8))
        let answer = try withClock(
            machine,
            """
            year=$(date +%Y); jump 40000000; [ $(date +%Y) -gt $year ] && echo it jumps; jump 0
            holdfast apply -f crashing.yaml -f steady.yaml
            pods() { holdfast get pods | awk 'NR > 1 { print $1, $3, $4 }'; }
            sleep 3; jump 7200; sleep 3.5; pods
            jump -7200; for i in $(seq 120); do pods | grep -q "crashing Running 2" && break; sleep 0.1; done; pods
            holdfast delete pod crashing steady
            """)
        #expect(
            answer.output == """
                it jumps
                pod/crashing created
                pod/steady created
                crashing CrashLoopBackOff 1
                steady Running 0
                crashing Running 2
                steady Running 0
                pod "crashing" deleted from default namespace
                pod "steady" deleted from default namespace

                """, "\(answer.output) \(answer.errors)")
    }
}
