// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import SecurityPolicy
import Testing

@Suite("What a container is kept from")
struct ConfinementTests {
    @Test("a container that says nothing has Kubernetes' defaults, each with its origin")
    func defaults() throws {
        let context = try Scene().resolve()
        #expect(context.capabilities == Decided(NodeDefaults.containerd.capabilities, from: .node))
        #expect(context.noNewPrivileges == Decided(false, from: .kubernetes))
        #expect(context.privileged == Decided(false, from: .kubernetes))
        #expect(context.readOnlyRootFilesystem == Decided(false, from: .kubernetes))
        #expect(context.runAsNonRoot == Decided(false, from: .kubernetes))
        #expect(context.seccomp == Decided(.unconfined, from: .kubernetes))
        #expect(context.maskedPaths.value.count == 12 && context.readOnlyPaths.value == MaskedPaths.readOnly)
        #expect(context.appArmor == Decided(.unavailable, from: .node))
        #expect(context.seLinux == Decided(.unspecified, from: .kubernetes))
        #expect(context.oomScoreAdjustment == Decided(1000, from: .kubernetes))
        #expect(
            context.sysctls == [
                "net.ipv4.ip_unprivileged_port_start": Decided("0", from: .node),
                "net.ipv4.ping_group_range": Decided("0 2147483647", from: .node),
            ])
        let namespaces = context.namespaces
        #expect([namespaces.network, namespaces.uts, namespaces.ipc].map(\.value) == [.pod, .pod, .pod])
        #expect([namespaces.pid, namespaces.cgroup].map(\.value) == [.container, .container])
        #expect(namespaces.user.value == .host)
    }

    @Test("privileged takes everything off but the user, the read-only root and no_new_privs")
    func privileged() throws {
        let scene = Scene {
            $0.privileged = true
            $0.runAsUser = 1000
            $0.readOnlyRootFilesystem = true
            $0.capabilities = Capabilities(drop: ["ALL"])
            $0.seccompProfile = SeccompProfile(type: "RuntimeDefault")
        }
        let context = try scene.resolve()
        let origin = Origin.container(field: "spec.containers[0].securityContext.privileged")
        #expect(context.capabilities == Decided(.all, from: origin))
        #expect(context.seccomp == Decided(.unconfined, from: origin))
        #expect(context.maskedPaths == Decided([], from: origin))
        #expect(context.readOnlyPaths == Decided([], from: origin))
        #expect(context.namespaces.cgroup == Decided(.host, from: origin))
        #expect(context.readOnlyRootFilesystem.value && context.uid.value == 1000)
        #expect(context.capabilitySets.effective == [] && context.capabilitySets.bounding == .all)
    }

    @Test("CRI-O keeps a privileged container's capabilities for a user other than root")
    func crio() throws {
        var scene = Scene {
            $0.privileged = true; $0.runAsUser = 1000
        }
        scene.node.defaults = .crio
        let sets = try scene.resolve().capabilitySets
        #expect([sets.effective, sets.ambient] == [.all, .all])
        let plain = try Scene(node: scene.node).resolve()
        #expect(plain.capabilities.value.description == "00000000000005fb")
        #expect(plain.sysctls.isEmpty && plain.maskedPaths.value.contains("/sys/fs/selinux"))
    }

    @Test("no_new_privs is set by allowPrivilegeEscalation: false and by nothing else")
    func noNewPrivileges() throws {
        let set = try Scene { $0.allowPrivilegeEscalation = false }.resolve().noNewPrivileges
        #expect(
            set
                == Decided(
                    true, from: .container(field: "spec.containers[0].securityContext.allowPrivilegeEscalation")))
        let others = try Scene {
            $0.allowPrivilegeEscalation = true
            $0.capabilities = Capabilities(drop: ["ALL"])
            $0.seccompProfile = SeccompProfile(type: "RuntimeDefault")
            $0.runAsUser = 1000
        }.resolve()
        #expect(!others.noNewPrivileges.value)
    }

    @Test("seccomp: the container's profile, then the pod's, then the node's")
    func seccomp() throws {
        let pods: (inout PodSpec) -> Void = {
            $0.context { $0.seccompProfile = SeccompProfile(type: "RuntimeDefault") }
        }
        #expect(try Scene(pod: pods).resolve().seccomp.value == .runtimeDefault)
        let own = try Scene(pod: pods) { $0.seccompProfile = SeccompProfile(type: "Unconfined") }.resolve().seccomp
        #expect(own.value == .unconfined)
        #expect(own.origin.manifestField == "spec.containers[0].securityContext.seccompProfile")
        let local = Scene { $0.seccompProfile = SeccompProfile(type: "Localhost", localhostProfile: "a/b.json") }
        #expect(try local.resolve().seccomp.value == .localhost(path: "/var/lib/kubelet/seccomp/a/b.json"))
        var scene = Scene()
        scene.node.seccompDefault = true
        #expect(try scene.resolve().seccomp == Decided(.runtimeDefault, from: .node))
    }

    @Test("host namespaces, and what follows from them")
    func namespaces() throws {
        let context = try Scene(pod: {
            $0.hostNetwork = true; $0.hostIPC = true; $0.hostPID = true
        }).resolve()
        let namespaces = context.namespaces
        #expect([namespaces.network, namespaces.uts, namespaces.ipc, namespaces.pid].allSatisfy { $0.value == .host })
        #expect(namespaces.uts.origin == .pod(field: "spec.hostNetwork"))
        #expect(context.sysctls.isEmpty)
        let shared = try Scene(pod: { $0.shareProcessNamespace = true }).resolve()
        #expect(shared.namespaces.pid == Decided(.pod, from: .pod(field: "spec.shareProcessNamespace")))
        var old = Scene()
        old.node.hasUnifiedCgroups = false
        #expect(try old.resolve().namespaces.cgroup == Decided(.host, from: .node))
    }

    @Test("a pod's sysctl replaces the runtime's own, whichever separator it is written with")
    func sysctls() throws {
        let context = try Scene(pod: {
            $0.context {
                $0.sysctls = [
                    Sysctl(name: "net/ipv4/ip_unprivileged_port_start", value: "1024"),
                    Sysctl(name: "kernel.shm_rmid_forced", value: "1"),
                ]
            }
        }).resolve()
        #expect(
            context.sysctls.mapValues(\.value) == [
                "net.ipv4.ip_unprivileged_port_start": "1024", "net.ipv4.ping_group_range": "0 2147483647",
                "kernel.shm_rmid_forced": "1",
            ])
    }

    @Test("with a user namespace of its own a container may have an unmasked /proc")
    func unmasked() throws {
        let context = try Scene(pod: { $0.hostUsers = false }) { $0.procMount = "Unmasked" }.resolve()
        #expect(context.maskedPaths.value.isEmpty && context.readOnlyPaths.value.isEmpty)
        #expect(context.namespaces.user.value == .pod)
        #expect(context.sysctls["net.ipv4.ping_group_range"] == nil)
    }

    @Test("a container's SELinux options replace the pod's as a whole; without SELinux they have no effect")
    func seLinux() throws {
        var scene = Scene(pod: { $0.context { $0.seLinuxOptions = SELinuxOptions(type: "spc_t") } }) {
            $0.seLinuxOptions = SELinuxOptions(level: "s0:c1,c2")
        }
        let label = SELinuxLabel(user: "", role: "", type: "", level: "s0:c1,c2")
        #expect(try scene.resolve().seLinux.value == .ignored(label))
        scene.node.hasSELinux = true
        // The policy has nothing to make a label from.
        #expect(throws: Refusal.self) { try scene.resolve() }
        scene.node.seLinuxDefaults = Self.seLinuxDefaults
        let labels = try scene.resolve().seLinux
        #expect(labels.value == .labels(process: Self.process("s0:c1,c2"), file: Self.file("s0:c1,c2")))
        #expect(labels.origin.manifestField == "spec.containers[0].securityContext.seLinuxOptions")
    }

    static let seLinuxDefaults = SELinuxDefaults(
        contexts: """
            # A comment
            process = "system_u:system_r:container_t:s0"
            content = "system_u:object_r:virt_var_lib_t:s0"
            file = "system_u:object_r:container_file_t:s0"
            """)
    static func process(_ level: String, type: String = "container_t") -> SELinuxLabel {
        SELinuxLabel(user: "system_u", role: "system_r", type: type, level: level)
    }
    static func file(_ level: String) -> SELinuxLabel {
        SELinuxLabel(user: "system_u", role: "object_r", type: "container_file_t", level: level)
    }

    @Test("with SELinux a container that asks for nothing has the policy's context and its pod's two categories")
    func seLinuxDefault() throws {
        var scene = Scene(pod: { $0.context { $0.seLinuxOptions = SELinuxOptions(type: "spc_t") } })
        scene.node.hasSELinux = true
        scene.node.seLinuxDefaults = try #require(Self.seLinuxDefaults).separated(by: (700, 3))
        #expect(
            try scene.resolve().seLinux.value
                == .labels(process: Self.process("s0:c3,c700", type: "spc_t"), file: Self.file("s0:c3,c700")))
        var plain = Scene()
        plain.node = scene.node
        let labels = try plain.resolve().seLinux
        #expect(labels.value == .labels(process: Self.process("s0:c3,c700"), file: Self.file("s0:c3,c700")))
        #expect(labels.origin == .node)
        var privileged = Scene { $0.privileged = true }
        privileged.node = scene.node
        #expect(try privileged.resolve().seLinux.value == .unconfined)
    }

    @Test(
        "a level is a sensitivity, or a range, and categories, as containerd reads it",
        arguments: [
            ("s0", true), ("s0-s1", true), ("s0:c1", true), ("s0:c1,c2", true), ("s0:c0.c1023", true),
            ("s0-s0:c0.c1023,c5", true), ("", false), ("s10", false), ("s0:", false), ("s0:c", false),
            ("s0:c12345", false), ("s0:c1,", false), ("c1,c2", false), ("s0:c1\nx", false), ("s0 ", false),
        ])
    func level(text: String, isLevel: Bool) {
        #expect(SELinuxLabel.isLevel(text) == isLevel)
    }

    @Test("a level that is none refuses the container, also on a machine without SELinux", arguments: [false, true])
    func wrongLevel(hasSELinux: Bool) throws {
        var scene = Scene { $0.seLinuxOptions = SELinuxOptions(level: "s0:x") }
        scene.node.hasSELinux = hasSELinux
        let field = "spec.containers[0].securityContext.seLinuxOptions.level"
        let refusal = try #require(throws: Refusal.self) { try scene.resolve() }
        #expect(refusal.message == "\(field): the format of 'level' \"s0:x\" is not correct")
        #expect(refusal.reason == .container)
    }

    struct AppArmorRow: Sendable, CustomTestStringConvertible {
        let name: String
        let scene: Scene
        let expected: EffectiveSecurityContext.AppArmorConfinement
        var testDescription: String { name }
    }

    static func labelled(_ key: String, _ value: String) -> Scene {
        var scene = Scene()
        scene.pod.metadata.labels = [key: value]
        return scene
    }

    static func annotated(_ value: String, _ context: (inout SecurityContext) -> Void = { _ in }) -> Scene {
        var scene = Scene(
            pod: { $0.context { $0.appArmorProfile = AppArmorProfile(type: "Unconfined") } }, context)
        scene.pod.metadata.annotations = ["container.apparmor.security.beta.kubernetes.io/main": value]
        return scene
    }

    @Test(
        "AppArmor: the container's field, its annotation, the pod's field, the node's default",
        arguments: [
            AppArmorRow(name: "nothing", scene: Scene(), expected: .profile("cri-containerd.apparmor.d")),
            AppArmorRow(name: "privileged", scene: Scene { $0.privileged = true }, expected: .unconfined),
            AppArmorRow(
                name: "privileged, Localhost",
                scene: Scene {
                    $0.privileged = true
                    $0.appArmorProfile = AppArmorProfile(type: "Localhost", localhostProfile: "mine")
                }, expected: .profile("mine")),
            AppArmorRow(name: "annotation over pod", scene: annotated("localhost/mine"), expected: .profile("mine")),
            AppArmorRow(
                name: "field over annotation",
                scene: annotated("localhost/mine") { $0.appArmorProfile = AppArmorProfile(type: "Unconfined") },
                expected: .unconfined),
            AppArmorRow(name: "pod", scene: annotated(""), expected: .unconfined),
        ])
    func appArmor(row: AppArmorRow) throws {
        var scene = row.scene
        scene.node.hasAppArmor = true
        #expect(try scene.resolve().appArmor.value == row.expected)
    }
}

extension Scene {
    init(node: Node) {
        self.init()
        self.node = node
    }
}
