// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@Suite("Whether a node takes a pod")
struct AdmissionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let scene: Scene
        let reason: String
        let message: String
        var testDescription: String { message }
        init(_ scene: Scene, _ reason: String, _ message: String) {
            (self.scene, self.reason, self.message) = (scene, reason, message)
        }
    }

    static func sysctl(_ name: String, _ change: @escaping (inout PodSpec) -> Void = { _ in }) -> Scene {
        Scene(pod: {
            $0.context { $0.sysctls = [Sysctl(name: name, value: "1")] }
            change(&$0)
        })
    }

    @Test(
        "what is rejected, in the kubelet's words",
        arguments: [
            Row(sysctl("kernel.msgmax"), "SysctlForbidden", "forbidden sysctl: \"kernel.msgmax\" not allowlisted"),
            Row(
                sysctl("net/ipv4/ip_forward"), "SysctlForbidden",
                "forbidden sysctl: \"net.ipv4.ip_forward\" not allowlisted"),
            Row(
                sysctl("net.ipv4.tcp_syncookies") { $0.hostNetwork = true }, "SysctlForbidden",
                "forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host Net enabled"),
            Row(
                sysctl("kernel.shm_rmid_forced") { $0.hostIPC = true }, "SysctlForbidden",
                "forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host IPC enabled"),
            Row(
                Scene { $0.appArmorProfile = AppArmorProfile(type: "RuntimeDefault") }, "AppArmor",
                "Cannot enforce AppArmor: AppArmor is not enabled on the host"),
            Row(
                Scene(pod: {
                    $0.context { $0.appArmorProfile = AppArmorProfile(type: "Localhost", localhostProfile: "x") }
                }),
                "AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host"),
            Row(
                ConfinementTests.annotated("runtime/default"), "AppArmor",
                "Cannot enforce AppArmor: AppArmor is not enabled on the host"),
            Row(
                Scene(pod: { $0.os = PodOS(name: "windows") }), "PodOSNotSupported",
                "Failed to admit pod as the OS field doesn't match node OS"),
            Row(
                Scene(pod: { $0.nodeSelector = ["kubernetes.io/os": "windows"] }), "NodeAffinity",
                "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"),
            Row(
                Scene(pod: {
                    $0.containers[0].resources.limits = [
                        "hugepages-2Mi": Quantity(4 << 20), "memory": Quantity(1 << 20),
                    ]
                }), "OutOfhugepages-2Mi",
                "Node didn't have enough resource: hugepages-2Mi, requested: 4194304, used: 0, capacity: 0"),
            Row(
                ConfinementTests.labelled("kubernetes.io/os", "windows"), "PodOSSelectorNodeLabelDoesNotMatch",
                "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"),
        ])
    func rejected(row: Row) {
        #expect(row.scene.node.admit(row.scene.pod) == Rejection(reason: row.reason, message: row.message))
    }

    @Test(
        "what is taken",
        arguments: [
            Scene(), sysctl("net.ipv4.tcp_syncookies"), sysctl("kernel/shm_rmid_forced"),
            Scene { $0.appArmorProfile = AppArmorProfile(type: "Unconfined") },
            ConfinementTests.annotated("unconfined"),
            Scene(pod: { $0.os = PodOS(name: "linux") }),
        ])
    func taken(scene: Scene) {
        #expect(scene.node.admit(scene.pod) == nil)
    }

    @Test("an unsafe sysctl is taken when the node allows it and it belongs to a namespace")
    func allowedUnsafe() {
        var node = Scene.node
        node.allowedUnsafeSysctls = ["kernel.msg*", "net.core.somaxconn", "kernel.core_pattern"]
        #expect(node.admit(Self.sysctl("kernel.msgmax").pod) == nil)
        #expect(node.admit(Self.sysctl("net/core/somaxconn").pod) == nil)
        #expect(node.admit(Self.sysctl("net.core.rmem_max").pod) != nil)
        #expect(node.admit(Self.sysctl("kernel.core_pattern").pod) != nil)
    }

    @Test("a user namespace is refused where the runtime can make none")
    func userNamespaces() {
        let pod = Scene(pod: { $0.hostUsers = false }).pod
        var node = Scene.node
        #expect(
            node.sandboxRefusal(pod)
                == "can't set `spec.hostUsers: false`, runtime does not support user namespaces")
        #expect(node.sandboxRefusal(Scene().pod) == nil)
        node.hasUserNamespaces = true
        #expect(node.sandboxRefusal(pod) == nil)
    }

    @Test(
        "what the pod's own process cannot run as has no sandbox, and its containers' own ids have no say in it",
        arguments: [
            (nil, 3000, nil, [], false, "runAsGroup: user group \"3000\" is specified without user"),
            (65_536, nil, nil, [], true, "runAsUser: 65536 is not mapped"),
            (1, 70_000, nil, [], true, "runAsGroup: 70000 is not mapped"),
            (nil, nil, 65_536, [], true, "fsGroup: 65536 is not mapped"),
            (nil, nil, nil, [1, 65_536], true, "supplementalGroups[1]: 65536 is not mapped"),
            (65_536, 0, 70_000, [], false, nil), (65_535, nil, nil, [65_535], true, nil),
        ] as [(Int64?, Int64?, Int64?, [Int64], Bool, String?)])
    func podIdentity(
        user: Int64?, group: Int64?, fsGroup: Int64?, groups: [Int64], inUserNamespace: Bool, expected: String?
    ) {
        var node = Scene.node
        node.hasUserNamespaces = true
        let scene = Scene(pod: {
            $0.context {
                ($0.runAsUser, $0.runAsGroup, $0.fsGroup) = (user, group, fsGroup)
                $0.supplementalGroups = groups
            }
            $0.hostUsers = !inUserNamespace
        }) { $0.runAsUser = 70_000 }
        let refusal = node.sandboxRefusal(scene.pod)
        #expect((refusal == nil) == (expected == nil))
        if let expected { #expect(refusal?.hasPrefix("spec.securityContext.\(expected)") == true) }
    }

    @Test("another runtime, and limits of the pod as a whole that no cgroup has, are refused and not left out")
    func unsupported() {
        let other = Scene(pod: { $0.runtimeClassName = "gvisor" }).pod
        #expect(Scene.node.sandboxRefusal(other) == "spec.runtimeClassName: RuntimeClass \"gvisor\" not found")
        let limited = Scene(pod: { $0.resources = ResourceRequirements(limits: ["hugepages-2Mi": Quantity(1)]) }).pod
        #expect(Scene.node.sandboxRefusal(limited)?.hasPrefix("spec.resources.limits[hugepages-2Mi]: ") == true)
    }
}
