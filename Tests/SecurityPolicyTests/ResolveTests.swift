// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import SecurityPolicy
import Testing

/// One container in one pod, and what a node makes of it.
struct Scene: Sendable {
    var pod: Pod
    var image = ImageIdentity(user: "", database: Scene.database)
    var node = Scene.node

    static let database = UserDatabase(
        passwd: """
            root:x:0:0:root:/root:/bin/sh
            app:x:1000:1000:app:/home/app:/bin/sh
            alice:x:1234:1234:alice:/home/alice:/bin/sh
            toor:x:0:0::/root:/bin/sh
            """.utf8,
        group: """
            root:x:0:
            app:x:1000:
            staff:x:50:app
            audit:x:777:alice
            secrets:x:50000:alice,app
            wheel:x:10:root
            """.utf8)

    static let node = Node(
        defaults: .containerd, capabilities: .all, kernel: KernelVersion(6, 18), possibleCPUs: [0, 1],
        memory: .mebibytes(16_384))

    init(user: String = "", _ context: (inout SecurityContext) -> Void = { _ in }) {
        self.init(user: user, pod: { _ in }, context)
    }

    init(
        user: String = "", pod change: (inout PodSpec) -> Void, _ context: (inout SecurityContext) -> Void = { _ in }
    ) {
        var container = Container(name: "main")
        var own = SecurityContext()
        context(&own)
        container.securityContext = own
        var spec = PodSpec(containers: [container])
        change(&spec)
        var metadata = ObjectMeta(name: "web", namespace: "shop")
        metadata.uid = "42"
        pod = Pod(metadata: metadata, spec: spec)
        image = ImageIdentity(user: user, database: Self.database)
    }

    func resolve(_ index: Int = 0) throws(Refusal) -> EffectiveSecurityContext {
        try .resolve(pod: pod, container: pod.podContainers[index], image: image, node: node)
    }
}

extension PodSpec {
    /// Changes the pod's security context.
    mutating func context(_ change: (inout PodSecurityContext) -> Void) {
        var context = securityContext ?? PodSecurityContext()
        change(&context)
        securityContext = context
    }
}

@Suite("Who a container runs as")
struct IdentityTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let scene: Scene
        let uid: UInt32
        let gid: UInt32
        let groups: [UInt32]
        var testDescription: String { name }
        init(_ name: String, _ scene: Scene, _ uid: UInt32, _ gid: UInt32, _ groups: [UInt32]) {
            (self.name, self.scene, self.uid, self.gid, self.groups) = (name, scene, uid, gid, groups)
        }
    }

    @Test(
        "uid, gid and groups follow from manifest and image",
        arguments: [
            Row("nothing", Scene(), 0, 0, [0, 10]),
            Row("user not in passwd", Scene { $0.runAsUser = 2000 }, 2000, 0, [0]),
            Row("user in passwd", Scene { $0.runAsUser = 1234 }, 1234, 1234, [777, 1234, 50000]),
            Row(
                "user and group",
                Scene {
                    $0.runAsUser = 1000; $0.runAsGroup = 3000
                }, 1000, 3000, [50, 3000, 50000]),
            Row("group alone", Scene { $0.runAsGroup = 3000 }, 0, 3000, [10, 3000]),
            Row(
                "group alone, named image", Scene(user: "app") { $0.runAsGroup = 3000 }, 1000, 3000, [50, 3000, 50000]),
            Row("image number", Scene(user: "1000"), 1000, 1000, [50, 1000, 50000]),
            Row("image number unknown", Scene(user: "4242"), 4242, 0, [0]),
            Row("image number:number", Scene(user: "1000:2000"), 1000, 1000, [50, 1000, 50000]),
            Row("image number:number unknown", Scene(user: "4242:2000"), 4242, 0, [0]),
            Row("image name", Scene(user: "alice"), 1234, 1234, [777, 1234, 50000]),
            Row("image name:group", Scene(user: "app:staff"), 1000, 1000, [50, 1000, 50000]),
            Row("image :group", Scene(user: ":50"), 0, 0, [0, 10]),
            Row("user over a named image", Scene(user: "app") { $0.runAsUser = 7777 }, 7777, 0, [0]),
            Row("user over an image that is no user", Scene(user: "a:b:c") { $0.runAsUser = 5 }, 5, 0, [0]),
            Row(
                "container over pod",
                Scene(pod: {
                    $0.context {
                        $0.runAsUser = 1000; $0.runAsGroup = 3000; $0.fsGroup = 2000
                    }
                }) {
                    $0.runAsUser = 2000
                }, 2000, 3000, [2000, 3000]),
            Row(
                "pod's groups, sorted and once",
                Scene(pod: {
                    $0.context {
                        $0.runAsUser = 1000
                        $0.runAsGroup = 3000
                        $0.fsGroup = 2000
                        $0.supplementalGroups = [4000, 50, 2000]
                    }
                }), 1000, 3000, [50, 2000, 3000, 4000, 50000]),
            Row(
                "policy Strict",
                Scene(pod: {
                    $0.context {
                        $0.runAsUser = 1234
                        $0.supplementalGroups = [888]
                        $0.supplementalGroupsPolicy = "Strict"
                    }
                }), 1234, 1234, [888, 1234]),
            Row(
                "policy Strict, image user",
                Scene(
                    user: "alice",
                    pod: {
                        $0.context {
                            $0.fsGroup = 2000; $0.supplementalGroupsPolicy = "Strict"
                        }
                    }),
                1234, 1234, [1234, 2000]),
            Row(
                "policy Merge",
                Scene(pod: {
                    $0.context {
                        $0.runAsUser = 1234
                        $0.supplementalGroups = [888]
                        $0.supplementalGroupsPolicy = "Merge"
                    }
                }), 1234, 1234, [777, 888, 1234, 50000]),
        ])
    func identity(row: Row) throws {
        let context = try row.scene.resolve()
        #expect(context.uid.value == row.uid)
        #expect(context.gid.value == row.gid)
        #expect(context.supplementalGroups.map(\.value) == row.groups)
    }

    @Test("every id says where it comes from")
    func origins() throws {
        let scene = Scene(
            user: "app",
            pod: {
                $0.context {
                    $0.fsGroup = 2000; $0.supplementalGroups = [4000]
                }
            })
        let context = try scene.resolve()
        #expect(context.uid == Decided(1000, from: .imagePasswd))
        #expect(context.gid == Decided(1000, from: .imagePasswd))
        #expect(
            context.supplementalGroups == [
                Decided(50, from: .imageGroup), Decided(1000, from: .imagePasswd),
                Decided(2000, from: .pod(field: "spec.securityContext.fsGroup")),
                Decided(4000, from: .pod(field: "spec.securityContext.supplementalGroups[0]")),
                Decided(50000, from: .imageGroup),
            ])
        let written = try Scene(pod: {
            $0.context {
                $0.runAsUser = 5; $0.runAsGroup = 6
            }
        }) { $0.runAsUser = 7 }
        .resolve()
        #expect(written.uid == Decided(7, from: .container(field: "spec.containers[0].securityContext.runAsUser")))
        #expect(written.gid == Decided(6, from: .pod(field: "spec.securityContext.runAsGroup")))
        #expect(try Scene(user: "5").resolve().uid == Decided(5, from: .image(field: "config.User")))
        #expect(try Scene().resolve().uid == Decided(0, from: .kubernetes))
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let scene: Scene
        let reason: Refusal.Reason
        let message: String
        var testDescription: String { message }
        init(_ scene: Scene, _ reason: Refusal.Reason, _ message: String) {
            (self.scene, self.reason, self.message) = (scene, reason, message)
        }
    }

    static let whose = "(pod: \"web_shop(42)\", container: main)"

    @Test(
        "what a node refuses, in its words",
        arguments: [
            Refused(
                Scene(pod: { $0.context { $0.runAsNonRoot = true } }), .containerConfig,
                "container has runAsNonRoot and image will run as root \(whose)"),
            Refused(
                Scene(user: "0") { $0.runAsNonRoot = true }, .containerConfig,
                "container has runAsNonRoot and image will run as root \(whose)"),
            Refused(
                Scene(user: ":1000") { $0.runAsNonRoot = true }, .containerConfig,
                "container has runAsNonRoot and image will run as root \(whose)"),
            Refused(
                Scene(user: "1000") {
                    $0.runAsNonRoot = true; $0.runAsUser = 0
                }, .containerConfig,
                "container's runAsUser breaks non-root policy \(whose)"),
            Refused(
                Scene(pod: {
                    $0.context {
                        $0.runAsUser = 1000; $0.runAsNonRoot = true
                    }
                }) { $0.runAsUser = 0 },
                .containerConfig, "container's runAsUser breaks non-root policy \(whose)"),
            Refused(
                Scene(user: "app:staff") { $0.runAsNonRoot = true }, .containerConfig,
                "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root \(whose)"
            ),
            Refused(
                Scene(user: "2147483648") { $0.runAsNonRoot = true }, .containerConfig,
                "container has runAsNonRoot and image has an invalid user id (2147483648). (Must be 1-(2147483647)): "
                    + "must be between 0 and 2147483647, inclusive \(whose)"),
            Refused(
                Scene(user: "18446744073709551616") { $0.runAsNonRoot = true }, .containerConfig,
                "container has runAsNonRoot and image has an invalid user id (18446744073709551616). "
                    + "(Must be 1-(2147483647)): must be between 0 and 2147483647, inclusive \(whose)"),
            Refused(
                Scene(user: "4294967296"), .container, "invalid USER value \"4294967296\": uid out of range"),
            Refused(Scene(user: "-1"), .container, "invalid USER value \"-1\": uid out of range"),
            Refused(Scene(user: "1:2:3"), .container, "invalid USER value \"1:2:3\""),
            Refused(
                Scene(user: "ghost"), .container,
                "image USER \"ghost\" is not in the image's /etc/passwd: no users found"),
            Refused(
                Scene { $0.seccompProfile = SeccompProfile(type: "Localhost", localhostProfile: "") }, .containerConfig,
                "localhostProfile must be set if seccompProfile type is Localhost."),
            Refused(
                Scene { $0.appArmorProfile = AppArmorProfile(type: "Localhost") }, .containerConfig,
                "missing localhost apparmor profile name"),
            Refused(
                Scene { $0.appArmorProfile = AppArmorProfile(type: "Other") }, .containerConfig,
                "unknown apparmor profile type: \"Other\""),
            Refused(
                Scene(pod: { $0.context { $0.supplementalGroupsPolicy = "Other" } }), .containerConfig,
                "unsupported supplementalGroupsPolicy: Other"),
            Refused(
                Scene { $0.capabilities = Capabilities(drop: ["NET_ROW"]) }, .container,
                "spec.containers[0].securityContext.capabilities.drop: unknown capability \"NET_ROW\""),
            Refused(
                Scene {
                    $0.capabilities = Capabilities(add: [""]); $0.privileged = true
                }, .container,
                "spec.containers[0].securityContext.capabilities.add: unknown capability \"\""),
            Refused(
                Scene { $0.procMount = "Unmasked" }, .containerConfig,
                "spec.containers[0].securityContext.procMount: `hostUsers` must be false to use `Unmasked`"),
        ])
    func refused(row: Refused) throws {
        let refusal = #expect(throws: Refusal.self) { try row.scene.resolve() }
        #expect(refusal?.reason == row.reason)
        #expect(refusal?.message == row.message)
        #expect(refusal?.field.isEmpty == false)
    }

    @Test(
        "runAsNonRoot lets a number other than 0 pass, and the container's false wins over the pod's true",
        arguments: [
            Scene(user: "1000") { $0.runAsNonRoot = true },
            Scene(user: "app") {
                $0.runAsNonRoot = true; $0.runAsUser = 1
            },
            Scene(user: "0", pod: { $0.context { $0.runAsNonRoot = true } }) { $0.runAsNonRoot = false },
            Scene {
                $0.runAsNonRoot = true; $0.runAsUser = 1000; $0.runAsGroup = 0
            },
        ])
    func nonRootPasses(scene: Scene) throws {
        _ = try scene.resolve()
    }

    @Test("a capability that the machine cannot grant is refused when it is named")
    func unavailable() throws {
        var scene = Scene { $0.capabilities = Capabilities(add: ["SYS_RESOURCE"]) }
        scene.node.capabilities.subtract(CapabilitySet(number: 24))
        let refusal = #expect(throws: Refusal.self) { try scene.resolve() }
        #expect(
            refusal?.message
                == "spec.containers[0].securityContext.capabilities.add: this machine cannot grant CAP_SYS_RESOURCE")
    }
}
