// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel
import Testing

@Suite("Log files, as a pod's supervisor writes them")
struct LogFileTests {
    private func folder(_ machine: Machine, _ pod: String) throws -> String {
        let pods = machine.root + "/lib/pods"
        let entry = try #require(try File.names(in: pods).first { $0.contains("_\(pod)_") })
        return "\(pods)/\(entry)/containers/app"
    }

    @Test("a log of 10 MiB gets another name, five files are kept, and who follows loses nothing")
    func rotation() throws {
        let machine = try Machine()
        let line = String(repeating: "x", count: 99)
        try File.makeFolders(machine.root + "/read")
        // 700,000 lines of 100 bytes with their times are about 100 MB. Whoever follows begins with the newest file, and
        // one that is removed before it is read is lost: so nothing is written before it follows, and no more than two
        // files ahead of it.
        try machine.apply(
            Machine.pod(
                "wordy",
                "echo first; for i in 0 1 2 3 4; do until [ -e /read/$i ]; do sleep 0.05; done; yes \(line) | head -n 140000; done; echo last",
                spec: "volumes: [{name: read, hostPath: {path: \(machine.root)/read}}]",
                container: "volumeMounts: [{name: read, mountPath: /read}]"))
        try machine.wait(["get", "pod", "wordy"], for: "start") { $0.output.contains("Running") }
        let script = """
            read=$1/read; shift
            "$@" logs wordy -f | {
                head -c 6; touch $read/0; for i in 1 2 3 4; do head -c 14000000; touch $read/$i; done; cat
            }
            """
        let command = machine.command([])
        let followed = try Command(
            "/bin/sh", ["-c", script, "sh", machine.root, command.path] + command.arguments,
            environment: ["PATH": "/usr/bin:/bin"]
        ).run(limit: 128 << 20, timeout: .seconds(60))
        #expect(followed.output.count == 6 + 700_000 * 100 + 5)
        #expect(followed.output.suffix(5) == Array("last\n".utf8)[...])
        try machine.waitForPhase("Succeeded", of: "wordy")
        let folder = try folder(machine, "wordy")
        let logs = try File.names(in: folder).filter { $0.hasPrefix("0.log") }.sorted()
        #expect(logs.count == 5)
        #expect(logs.dropFirst().allSatisfy { $0.hasPrefix("0.log.20") })
        for log in logs { #expect(try File.status("\(folder)/\(log)").size < 11 << 20) }
        // As kubectl's: the newest file alone.
        let newest = try machine.run("logs", "wordy", "--tail", "1").output
        #expect(newest == "last\n")
        #expect(try machine.run("delete", "pod", "wordy", "--now").code == 0)
    }

    @Test("on a full disk no entry is cut, and the next one that fits is whole")
    func fullDisk() throws {
        let machine = try Machine()
        let script = """
            set -e
            mount -t tmpfs -o size=900k tmpfs "$1/disk"
            export HOLDFAST_ROOT=$1/small
            mkdir -p $1/small/lib
            cp -a $1/lib/images $1/small/lib/
            mkdir -p $1/small/lib/pods
            mount --bind $1/disk $1/small/lib/pods
            "$2" apply -f "$1/pod.yaml"
            for i in $(seq 200); do "$2" logs full 2>/dev/null | grep -q filled && break; sleep 0.05; done
            "$2" wait --for=jsonpath='{.status.phase}'=Succeeded pod/full --timeout=20s >/dev/null || true
            cat "$1"/small/lib/pods/*/containers/app/0.log
            "$2" delete pod full --now >/dev/null
            """
        try File.makeFolders(machine.root + "/disk")
        // The container's own file fills the disk while it writes, and gives the space back.
        let pod = Machine.pod(
            "full",
            """
            echo first; sleep 0.3; dd if=/dev/zero of=/fill bs=1k 2>/dev/null || true
            for i in $(seq 400); do printf 'line-%0500d\\n' $i; done
            rm /fill; sleep 0.3; echo filled; sleep 0.3; echo last
            """)
        try File.replace(machine.root + "/pod.yaml", with: Array(pod.utf8))
        let result = try Command(
            "/usr/bin/unshare",
            ["-m", "--propagation", "private", "sh", "-c", script, "sh", machine.root, try Machine.executable()],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run(timeout: .seconds(60))
        let log = String(decoding: result.output, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("pod/") }
        #expect(
            log.last?.hasSuffix(" stdout F last") == true,
            "\(log.suffix(3)) \(String(decoding: result.errors, as: UTF8.self))")
        #expect(log.count < 402, "the disk was never full")
        for entry in log {
            let words = entry.split(separator: " ")
            #expect(words.count == 4 && words[1] == "stdout" && words[2] == "F", "\(entry.prefix(80))")
            if words.count == 4, words[3].hasPrefix("line-") { #expect(words[3].utf8.count == 505) }
        }
    }

    @Test("logs of several pods by their labels, the last ten lines of each")
    func selector() throws {
        let machine = try Machine()
        for name in ["one", "two"] {
            try machine.apply(
                Machine.pod(name, "for i in $(seq 12); do echo \(name)-$i; done").replacingOccurrences(
                    of: "  name: \(name)\n", with: "  name: \(name)\n  labels: {app: web}\n"))
            try machine.waitForPhase("Succeeded", of: name)
        }
        let answer = try machine.run("logs", "-l", "app=web", "--prefix")
        let lines = answer.output.split(separator: "\n")
        #expect(lines.count == 20)
        #expect(lines.first == "[pod/one/app] one-3")
        #expect(lines.last == "[pod/two/app] two-12")
        #expect(try machine.run("logs", "-l", "app=none").errors == "No resources found in default namespace.\n")
        #expect(try machine.run("logs", "one", "--limit-bytes", "7").output == "one-1\no")
        #expect(try machine.run("logs", "one", "--since-time", "2100-01-01T00:00:00Z").output.isEmpty)
        #expect(try machine.run("logs", "one", "-l", "app=web").code == 2)
        for name in ["one", "two"] { try machine.run("delete", "pod", name, "--now") }
    }

    @Test("what a run has written is gone at the next one's start, however much it is, and nobody waits for it")
    func restart() throws {
        let machine = try Machine()
        let script = """
            ls /many >/dev/null 2>&1 && echo there
            mkdir /many && cd /many && for i in $(seq 3000); do : > $i; done; echo made; exit 1
            """
        try machine.apply(
            Machine.pod("again", script).replacingOccurrences(of: "restartPolicy: Never", with: "restartPolicy: Always")
        )
        try machine.wait(["get", "pod", "again", "-o", "json"], for: "restart") {
            $0.output.contains("\"restartCount\": 1") && $0.output.contains("CrashLoopBackOff")
        }
        #expect(try machine.run("logs", "again").output == "made\n")
        let folder = try folder(machine, "again")
        let end = Clock.monotonic + 5_000_000_000
        while Clock.monotonic < end, try File.names(in: folder).contains(where: { $0.contains(".old-") }) {
            Clock.sleep(milliseconds: 20)
        }
        #expect(try File.names(in: folder).filter { $0.contains(".old-") } == [])
        #expect(try machine.run("delete", "pod", "again", "--now").code == 0)
    }
}
