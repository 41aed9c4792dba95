// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

/// A chroot is not the root of its mount namespace, at which everyone stands who joins a namespace that was copied there.
@Suite("Pods of a chroot")
struct ChrootTests {
    /// Runs a script in a chroot that shows the machine's files, but for its own `/srv`, which is shared.
    private func chroot(_ machine: Machine, _ script: String) throws -> Machine.Answer {
        try File.makeFolder(machine.root + "/chroot")
        return try machine.shell(
            script,
            wrappedBy: [
                "/usr/bin/unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c",
                """
                mount --rbind / $0 && mount -t tmpfs tmpfs $0/srv && mount --make-shared $0/srv &&
                echo chroot >$0/srv/whose && exec chroot $0 "$@"
                """, machine.root + "/chroot",
            ])
    }

    @Test("exec is inside of the container, also in a user namespace", arguments: [true, false])
    func exec(hostUsers: Bool) throws {
        let machine = try Machine()
        let pod = Machine.pod("web", "echo mine >/tmp/mine; sleep 100", spec: "hostUsers: \(hostUsers)")
        try File.replace(machine.root + "/pod.yaml", with: Array(pod.utf8))
        let answer = try chroot(
            machine,
            """
            holdfast apply -f pod.yaml && holdfast wait --for=condition=Ready pod/web --timeout=20s
            holdfast exec web -- sh -c 'cat /tmp/mine; ls /; ls /..'
            holdfast delete pod web --now
            """)
        let root = "bin\ndev\netc\nproc\nroot\nsys\ntmp\n"
        #expect(
            answer.output == """
                pod/web created
                pod/web condition met
                mine
                \(root)\(root)pod "web" deleted from default namespace

                """, "\(answer.errors)")
        #expect(answer.errors == "")
        #expect(try machine.leftovers(uids: []) == [])
    }

    @Test("a Bidirectional volume is the chroot's folder, and what is mounted in it appears there")
    func bidirectional() throws {
        let machine = try Machine()
        let pod = Machine.pod(
            "web", "cat /m/whose; mkdir /m/in && mount -t tmpfs tmpfs /m/in && echo out >/m/in/f; sleep 100",
            spec: "volumes: [{name: m, hostPath: {path: /srv}}]",
            container: """
                securityContext: {privileged: true}
                volumeMounts: [{name: m, mountPath: /m, mountPropagation: Bidirectional}]
                """)
        try File.replace(machine.root + "/pod.yaml", with: Array(pod.utf8))
        let answer = try chroot(
            machine,
            """
            holdfast apply -f pod.yaml
            for i in $(seq 100); do [ -e /srv/in/f ] && break; sleep 0.1; done
            holdfast logs web; cat /srv/in/f
            holdfast delete pod web --now
            """)
        #expect(
            answer.output == """
                pod/web created
                chroot
                out
                pod "web" deleted from default namespace

                """, "\(answer.errors)")
        #expect(try machine.leftovers(uids: []) == [])
    }
}
