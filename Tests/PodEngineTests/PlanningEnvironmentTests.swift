// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import OCISpec
import PodEngine
import SecurityPolicy
import Testing

@Suite("The environment and the command of a container")
struct PlanningEnvironmentTests {
    @Test(
        "references are expanded as Kubernetes expands them",
        arguments: [
            ("plain", "plain"), ("$(A)", "one"), ("x$(A)y$(B)z", "xoneytwoz"), ("$(MISSING)", "$(MISSING)"),
            ("$$(A)", "$(A)"), ("$$$(A)", "$one"), ("$(A", "$(A"), ("$A", "$A"), ("$", "$"), ("a$", "a$"), ("$$", "$"),
            ("$()", "$()"), ("$(A)$(A)", "oneone"), ("$($(A))", "$($(A))"), ("ü$(A)ü", "üoneü"), ("", ""),
        ])
    func expansion(text: String, expected: String) {
        #expect(VariableExpansion.expand(text, with: ["A": "one", "B": "two"]) == expected)
    }

    static let node = Node(
        defaults: .containerd, capabilities: .all, kernel: KernelVersion(6, 18), possibleCPUs: [0, 1],
        memory: .mebibytes(1024))

    static func pod(_ change: (inout Container) -> Void) -> Pod {
        var container = Container(name: "main")
        change(&container)
        var metadata = ObjectMeta(name: "web", namespace: "shop")
        metadata.uid = "42"
        metadata.labels = ["app.kubernetes.io/name": "x"]
        var spec = PodSpec(containers: [container])
        spec.serviceAccountName = "default"
        return Pod(metadata: metadata, spec: spec)
    }

    static func variables(
        configMaps: [String: [String: String]] = [:], secrets: [String: [String: String]] = [:],
        _ change: (inout Container) -> Void
    ) throws(Refusal) -> [EnvironmentVariable] {
        let pod = pod(change)
        return try PodEnvironment(
            pod: pod, container: pod.podContainers[0],
            facts: PodFacts(nodeName: "machine", hostIPs: ["192.0.2.1", "2001:db8::1"], podIPs: ["10.0.0.2"]),
            node: node, configMaps: configMaps, secrets: secrets
        ).variables()
    }

    @Test("envFrom first, then env; a later value takes the place of an earlier one, and may refer to it")
    func order() throws {
        let variables = try Self.variables(
            configMaps: ["c": ["B": "map", "A": "map", "bad=name": "x"]], secrets: ["s": ["TOKEN": "t"]]
        ) {
            $0.envFrom = [
                EnvFromSource(configMapRef: ObjectSource(name: "c")),
                EnvFromSource(prefix: "S_", secretRef: ObjectSource(name: "s")),
                EnvFromSource(configMapRef: ObjectSource(name: "absent", optional: true)),
            ]
            $0.env = [
                EnvVar(name: "A", value: "$(A)+$(S_TOKEN)+$(LATER)"), EnvVar(name: "LATER", value: "1"),
                EnvVar(name: "EMPTY"),
            ]
        }
        #expect(
            variables == [
                .init("A", "map+t+$(LATER)"), .init("B", "map"), .init("S_TOKEN", "t"), .init("LATER", "1"),
                .init("EMPTY", ""),
            ])
    }

    @Test(
        "fields of the pod",
        arguments: [
            ("metadata.name", "web"), ("metadata.namespace", "shop"), ("metadata.uid", "42"),
            ("metadata.labels['app.kubernetes.io/name']", "x"), ("metadata.annotations['none']", ""),
            ("spec.nodeName", "machine"), ("spec.serviceAccountName", "default"), ("status.hostIP", "192.0.2.1"),
            ("status.hostIPs", "192.0.2.1,2001:db8::1"), ("status.podIP", "10.0.0.2"), ("status.podIPs", "10.0.0.2"),
        ])
    func fields(path: String, value: String) throws {
        let source = EnvVarSource(fieldRef: ObjectFieldSelector(fieldPath: path))
        #expect(try Self.variables { $0.env = [EnvVar(name: "V", valueFrom: source)] } == [.init("V", value)])
    }

    struct ResourceRow: Sendable {
        let resource: String
        let divisor: String?
        let value: String
    }

    @Test(
        "requests and limits, rounded up; what is not limited is what the machine has",
        arguments: [
            ResourceRow(resource: "limits.cpu", divisor: nil, value: "2"),
            ResourceRow(resource: "limits.cpu", divisor: "1m", value: "1500"),
            ResourceRow(resource: "requests.cpu", divisor: "1m", value: "250"),
            ResourceRow(resource: "limits.memory", divisor: nil, value: "67108864"),
            ResourceRow(resource: "limits.memory", divisor: "1Mi", value: "64"),
            ResourceRow(resource: "requests.memory", divisor: "0", value: "67108864"),
        ])
    func resources(row: ResourceRow) throws {
        let selector = ResourceFieldSelector(
            resource: row.resource, divisor: try row.divisor.map { try Quantity($0) })
        let limits = ["cpu": try Quantity("1500m"), "memory": try Quantity("64Mi")]
        let requests = ["cpu": try Quantity("250m")]
        let variables = try Self.variables {
            $0.resources = ResourceRequirements(limits: limits, requests: requests)
            $0.env = [EnvVar(name: "V", valueFrom: EnvVarSource(resourceFieldRef: selector))]
        }
        #expect(variables == [.init("V", row.value)])
    }

    @Test("without a limit the machine's own size is the value")
    func unlimited() throws {
        func value(_ resource: String) throws -> String? {
            let source = EnvVarSource(resourceFieldRef: ResourceFieldSelector(resource: resource))
            return try Self.variables { $0.env = [EnvVar(name: "V", valueFrom: source)] }.first?.value
        }
        #expect(try value("limits.cpu") == "2")
        #expect(try value("limits.memory") == "1073741824")
        #expect(try value("requests.memory") == "0")
    }

    @Test("a source that is not there is waited for, unless it is optional")
    func missing() throws {
        func refusal(_ source: EnvVarSource, _ maps: [String: [String: String]] = [:]) -> Refusal? {
            #expect(throws: Refusal.self) {
                try Self.variables(configMaps: maps) { $0.env = [EnvVar(name: "V", valueFrom: source)] }
            }
        }
        let absent = refusal(EnvVarSource(configMapKeyRef: KeySelector(name: "c", key: "k")))
        #expect(absent?.message == "configmap \"c\" not found")
        #expect(absent?.reason == .containerConfig && absent?.isTransient == true)
        #expect(absent?.field == "spec.containers[0].env[0].valueFrom.configMapKeyRef")
        let secret = refusal(EnvVarSource(secretKeyRef: KeySelector(name: "s", key: "k")))
        #expect(secret?.message == "secret \"s\" not found")
        let key = refusal(EnvVarSource(configMapKeyRef: KeySelector(name: "c", key: "k")), ["c": [:]])
        #expect(key?.message == "couldn't find key k in ConfigMap shop/c")
        let optional = EnvVarSource(configMapKeyRef: KeySelector(name: "c", key: "k", optional: true))
        #expect(try Self.variables { $0.env = [EnvVar(name: "V", valueFrom: optional)] }.isEmpty)
    }

    struct ProcessRow: Sendable {
        var entrypoint: [String]?
        var cmd: [String]?
        var command: [String]?
        var args: [String]?
        var expected: [String]
    }

    @Test(
        "command and args over ENTRYPOINT and CMD",
        arguments: [
            ProcessRow(entrypoint: ["e"], cmd: ["c"], expected: ["e", "c"]),
            ProcessRow(entrypoint: ["e"], cmd: ["c"], command: ["x"], expected: ["x"]),
            ProcessRow(entrypoint: ["e"], cmd: ["c"], command: ["x"], args: ["y"], expected: ["x", "y"]),
            ProcessRow(entrypoint: ["e"], cmd: ["c"], args: ["y"], expected: ["e", "y"]),
            ProcessRow(entrypoint: nil, cmd: ["c"], expected: ["c"]),
            ProcessRow(entrypoint: ["e"], cmd: nil, command: [], args: [], expected: ["e"]),
            ProcessRow(command: ["$(V)", "$$(V)"], args: ["$(HOSTNAME)"], expected: ["value", "$(V)", "$(HOSTNAME)"]),
        ])
    func command(row: ProcessRow) throws {
        var image = ImageConfig.Defaults()
        image.Entrypoint = row.entrypoint
        image.Cmd = row.cmd
        let pod = Self.pod {
            $0.command = row.command; $0.args = row.args
        }
        let process = try ContainerProcess(
            container: pod.podContainers[0], image: image, variables: [.init("V", "value")], hostname: "web", user: nil)
        #expect(process.arguments == row.expected)
    }

    static func process(
        _ image: ImageConfig.Defaults, variables: [EnvironmentVariable] = [], home: String? = nil,
        _ change: (inout Container) -> Void = { _ in }
    ) throws(Refusal) -> ContainerProcess {
        let pod = pod {
            $0.command = ["true"]; change(&$0)
        }
        let database = UserDatabase(passwd: "u:x:7:7::\(home ?? ""):/bin/sh".utf8, group: [])
        return try ContainerProcess(
            container: pod.podContainers[0], image: image, variables: variables, hostname: "web",
            user: database.user(uid: 7))
    }

    @Test("the environment begins with PATH and HOSTNAME, and HOME is the user's unless it is set")
    func environment() throws {
        var image = ImageConfig.Defaults()
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        #expect(try Self.process(image, home: "/home/u").environment == [path, "HOSTNAME=web", "HOME=/home/u"])
        #expect(try Self.process(image).environment == [path, "HOSTNAME=web", "HOME=/"])
        #expect(try Self.process(image) { $0.tty = true }.environment.contains("TERM=xterm"))
        image.Env = ["PATH=/bin", "A=image=x", "B=image", "nonsense", "=x", "HOME="]
        let process = try Self.process(image, variables: [.init("A", "pod"), .init("C", "pod")], home: "/home/u")
        #expect(
            process.environment == [
                "PATH=/bin", "HOSTNAME=web", "A=pod", "B=image", "HOME=/home/u", "C=pod",
            ])
        #expect(
            try Self.process(image, variables: [.init("HOME", "/given")], home: "/u").environment.contains(
                "HOME=/given"))
    }

    @Test("the working folder is the manifest's, then the image's, then the root")
    func folder() throws {
        var image = ImageConfig.Defaults()
        #expect(try Self.process(image).folder == "/")
        image.WorkingDir = "/image"
        #expect(try Self.process(image).folder == "/image")
        #expect(try Self.process(image) { $0.workingDir = "/own" }.folder == "/own")
    }

    @Test("what cannot be executed as it stands is refused")
    func refused() throws {
        let pod = Self.pod { _ in }
        let none = #expect(throws: Refusal.self) {
            try ContainerProcess(
                container: pod.podContainers[0], image: ImageConfig.Defaults(), variables: [], hostname: "", user: nil)
        }
        #expect(none?.message == "no command specified" && none?.reason == .container)
        let cut = #expect(throws: Refusal.self) {
            try Self.process(ImageConfig.Defaults()) { $0.command = ["true\0rm"] }
        }
        #expect(cut?.message == "spec.containers[0].command: holds a NUL byte")
    }
}
