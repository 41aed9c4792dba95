// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import Testing

@testable import SecurityPolicy

@Suite("Findings about the node")
struct HostRuleTests {
    static let crio = Node.reference(defaults: .crio)
    static let bind = FileCapabilities(permitted: .netBindService, isEffective: true)
    static let webPort = "ports: [{containerPort: 80}]"
    static let port = "spec.containers[0].ports[0].containerPort"
    private static func closed(_ port: Int, _ place: String, _ path: String = port, uid: Int = 5) -> Finding {
        Finding(path, "uid \(uid) cannot listen on port \(port) \(place)")
    }
    static func exposing(_ ports: String..., files: [String: ImageInMemory.Entry] = [:]) -> ImageFacts {
        .small(files: files) { $0.exposedPorts = ports }
    }
    static func setting(_ value: String, name: String = "net.ipv4.ip_unprivileged_port_start") -> String {
        "sysctls: [{name: \(name), value: '\(value)'}]"
    }

    static let lowPortRows: [FindingRow] = [
        .finds(
            .one(
                "runAsUser: 5", container: "ports: [{containerPort: 80}, {containerPort: 1024}, {containerPort: 1023}]"),
            node: crio, closed(80, "under crio"),
            closed(1023, "under crio", "spec.containers[0].ports[2].containerPort")),
        .finds(
            .one("runAsUser: 5", container: webPort, spec: "hostNetwork: true"), closed(80, "on the host's network")),
        .finds(.one("runAsUser: 5", pod: setting("81"), container: webPort), closed(80, "under containerd")),
        .finds(
            .one("runAsUser: 5"), image: exposing("53/udp", "8080/tcp", "22/tcp", "1-9/tcp"), node: crio,
            Finding("spec.containers[0].image", "image i exposes port 22, on which uid 5 cannot listen under crio"),
            Finding("spec.containers[0].image", "image i exposes port 53, on which uid 5 cannot listen under crio")),
        // Added, and not effective.
        .finds(
            .one("runAsUser: 5, capabilities: {add: [NET_BIND_SERVICE]}", container: webPort), node: crio,
            closed(80, "under crio")),
        .finds(
            .one("runAsUser: 5, allowPrivilegeEscalation: false", container: webPort),
            image: .small(files: ["/bin/sh": .program(capabilities: bind)]), node: crio, closed(80, "under crio")),
        .quiet(.one("runAsUser: 5", container: webPort)),
        .quiet(.one("runAsUser: 5", pod: setting("80"), container: webPort), node: crio),
        .quiet(
            .one(
                "runAsUser: 5", pod: setting("0", name: "net/ipv4/ip_unprivileged_port_start"), container: webPort),
            node: crio),
        .quiet(.one("runAsUser: 0", container: webPort), node: crio),
        .quiet(.one(container: webPort), node: crio),
        .quiet(
            .one("runAsUser: 5", container: "ports: [{containerPort: 8080}]"), image: exposing("80/tcp"), node: crio),
        .quiet(.one("runAsUser: 5, privileged: true", container: webPort), node: crio),
        .quiet(
            .one("runAsUser: 5", container: webPort), image: .small(files: ["/bin/sh": .program(capabilities: bind)]),
            node: crio),
    ]

    @Test("a low port is closed to users other than root, where nothing opens it", arguments: lowPortRows)
    func lowPort(row: FindingRow) throws { try row.verify("low-port") }

    static let elsewhereRows: [FindingRow] = [
        .finds(.one("runAsUser: 5", container: webPort), closed(80, "under CRI-O")),
        .quiet(.one("runAsUser: 5", container: webPort), node: crio),
        .quiet(.one("runAsUser: 5", pod: setting("81"), container: webPort)),
        .quiet(.one("runAsUser: 5", container: webPort, spec: "hostNetwork: true")),
        .quiet(.one("runAsUser: 5", pod: setting("0"), container: webPort)),
        .quiet(.one("runAsUser: 0", container: webPort)),
        .quiet(.one("runAsUser: 5", container: "ports: [{containerPort: 1024}]")),
    ]

    @Test("a low port that containerd alone opens is told of", arguments: elsewhereRows)
    func elsewhere(row: FindingRow) throws { try row.verify("low-port-elsewhere") }

    static let sysctl = "spec.securityContext.sysctls[0].name"
    static let allowing: Node = {
        var node = Node.reference()
        node.allowedUnsafeSysctls = ["kernel.msg*"]
        return node
    }()

    static let unsafeRows: [FindingRow] = [
        .finds(
            .one(pod: setting("1", name: "kernel.msgmax")),
            Finding(sysctl, "kernel.msgmax is not among the safe sysctls: the node rejects the pod")),
        .finds(
            .one(pod: setting("1", name: "net/core/somaxconn")),
            Finding(sysctl, "net.core.somaxconn is not among the safe sysctls: the node rejects the pod")),
        .finds(
            .one(pod: setting("a", name: "kernel.domainname")),
            Finding(sysctl, "kernel.domainname is not among the safe sysctls: the node rejects the pod")),
        .quiet(.one(pod: setting("1", name: "kernel.msgmax")), node: allowing),
        .quiet(.one(pod: setting("1", name: "net.ipv4.tcp_syncookies"))),
        .quiet(.one(pod: setting("1", name: "vm.swappiness"))),
    ]

    @Test("a sysctl that is not safe is refused by nodes", arguments: unsafeRows)
    func unsafeSysctl(row: FindingRow) throws { try row.verify("sysctl-unsafe") }

    static let machineRows: [FindingRow] = [
        .finds(
            .one(pod: setting("1", name: "vm.swappiness")),
            Finding(sysctl, "vm.swappiness is not namespaced: no node sets it for a pod")),
        .finds(
            .one(pod: setting("1", name: "kernel/pid_max")),
            Finding(sysctl, "kernel.pid_max is not namespaced: no node sets it for a pod")),
        .quiet(.one(pod: setting("1", name: "kernel.shmmax"))),
        .quiet(.one(pod: setting("1", name: "fs.mqueue.msg_max"))),
        .quiet(.one(pod: setting("1", name: "user.max_user_namespaces"))),
        .quiet(.one(pod: setting("1", name: "net.core.somaxconn"))),
    ]

    @Test("a sysctl of the machine is never set", arguments: machineRows)
    func machineSysctl(row: FindingRow) throws { try row.verify("sysctl-not-namespaced") }

    static let mountRows: [FindingRow] = [
        .finds(
            .one(
                container: "volumeMounts: [{name: v, mountPath: /v}]",
                spec: "hostUsers: false, volumes: [{name: v, nfs: {server: s, path: /}}]"),
            Finding(
                "spec.containers[0].volumeMounts[0].name",
                "NFS volume \"v\" cannot have the ids of the pod's user namespace")),
        .quiet(
            .one(
                container: "volumeMounts: [{name: v, mountPath: /v}]",
                spec: "volumes: [{name: v, nfs: {server: s, path: /}}]")),
        .quiet(
            .one(
                container: "volumeMounts: [{name: v, mountPath: /v}]",
                spec: "hostUsers: false, volumes: [{name: v, emptyDir: {}}]"
            )),
    ]

    @Test("NFS has no place in a user namespace", arguments: mountRows)
    func mounts(row: FindingRow) throws { try row.verify("user-namespace-volume") }

    private static func less(_ names: String) -> Finding {
        Finding(.own("capabilities"), "under CRI-O the container does not have \(names)")
    }

    static let differenceRows: [FindingRow] = [
        .finds(
            .one("capabilities: {drop: [NET_RAW]}"), less("SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP")),
        .finds(
            .one("capabilities: {add: [MKNOD, NET_ADMIN]}"), less("NET_RAW, SYS_CHROOT, AUDIT_WRITE, SETFCAP")),
        .quiet(.one("capabilities: {drop: [ALL], add: [NET_RAW]}")),
        .quiet(.one("capabilities: {drop: [CAP_ALL]}")),
        .quiet(.one("capabilities: {drop: [NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP]}")),
        .quiet(.one("capabilities: {drop: [NET_RAW]}, runAsUser: 5")),
        .quiet(.one("capabilities: {drop: [NET_RAW]}, privileged: true")),
        .quiet(.one("capabilities: {drop: [NET_ROW]}")),
        .quiet(.one("capabilities: {}")),
        .quiet(.one()),
    ]

    @Test("what CRI-O does not grant is told of", arguments: differenceRows)
    func difference(row: FindingRow) throws { try row.verify("runtime-difference") }
}
