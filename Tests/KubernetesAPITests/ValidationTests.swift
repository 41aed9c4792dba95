// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

/// What the server says about a pod named `x` with this specification, without the words around it.
private func verdict(spec: String, annotations: String = "") throws -> [String] {
    let metadata = annotations.isEmpty ? "" : "\n  annotations: {\(annotations)}"
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\(metadata)\nspec:\n\(spec)\n"
    return try manifests(text)[0].object.reviewed().errors.map(\.description)
}

/// One container with these fields in a flow mapping.
private func container(_ fields: String) -> String { "  containers: [{name: a, image: i, \(fields)}]" }

private let emptyVolume = "\n  volumes: [{name: v, emptyDir: {}}]"
private let claimVolume = "\n  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]"
private let label =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
private let subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    + "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

@Suite("Pods are validated")
struct ValidationTests {
    @Test(
        "identity and policies",
        arguments: [
            ("fsGroup: -1", "fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive"),
            (
                "supplementalGroups: [1, 3000000000]",
                "supplementalGroups[1]: Invalid value: 3000000000: must be between 0 and 2147483647, inclusive"
            ),
            (
                "runAsGroup: 2147483648",
                "runAsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive"
            ),
            (
                "seLinuxChangePolicy: MountOption",
                "seLinuxChangePolicy: Unsupported value: \"MountOption\": supported values: \"Recursive\""
            ),
            (
                "sysctls: [{name: net.a, value: b}, {name: net.a, value: c}]",
                "sysctls[1].name: Duplicate value: \"net.a\""
            ),
            (
                "sysctls: [{name: a..b, value: c}]",
                "sysctls[0].name: Invalid value: \"a..b\": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
            ),
            (
                "seccompProfile: {localhostProfile: a}",
                "seccompProfile.type: Required value: type is required when seccompProfile is set"
            ),
            (
                "appArmorProfile: {type: Unconfined, localhostProfile: ''}",
                "appArmorProfile.localhostProfile: Invalid value: \"\": can only be set when AppArmor type is Localhost"
            ),
            (
                "appArmorProfile: {type: Localhost, localhostProfile: \(String(repeating: "a", count: 4096))}",
                "appArmorProfile.localhostProfile: Too long: may not be more than 4095 bytes"
            ),
            (
                "windowsOptions: {gmsaCredentialSpec: ''}",
                "windowsOptions.gmsaCredentialSpec: Invalid value: \"\": gmsaCredentialSpec cannot be an empty string"
            ),
            (
                "windowsOptions: {runAsUserName: 'a\\b\\c'}",
                "windowsOptions.runAsUserName: Invalid value: \"a\\\\b\\\\c\": runAsUserName cannot contain more than one backslash"
            ),
            (
                "windowsOptions: {runAsUserName: '. .'}",
                "windowsOptions.runAsUserName: Invalid value: \". .\": runAsUserName's User cannot contain only periods or spaces"
            ),
            (
                "windowsOptions: {runAsUserName: '.a\\u'}",
                "windowsOptions.runAsUserName: Invalid value: \".a\\\\u\": runAsUserName's Domain doesn't match the NetBios nor the DNS format"
            ),
            (
                "windowsOptions: {runAsUserName: \"a\\tb\"}",
                "windowsOptions.runAsUserName: Invalid value: \"a\\tb\": runAsUserName cannot contain control characters"
            ),
        ])
    func podContext(context: String, error: String) throws {
        let spec = container("command: [a]") + "\n  securityContext: {\(context)}"
        #expect(try verdict(spec: spec).first == "spec.securityContext.\(error)")
    }

    @Test(
        "host namespaces",
        arguments: [
            ("hostUsers: false, hostIPC: true", ["spec.HostIPC: Forbidden: when `hostUsers` is false"]),
            (
                "hostUsers: false, hostPID: true, hostNetwork: true",
                [
                    "spec.hostNetwork: Forbidden: when `hostUsers` is false",
                    "spec.HostPID: Forbidden: when `hostUsers` is false",
                ]
            ),
            ("hostUsers: true, hostPID: true, hostIPC: true, hostNetwork: true", []),
            (
                "hostIPC: true, securityContext: {sysctls: [{name: kernel.shmmax, value: a}]}",
                [
                    "spec.securityContext.sysctls[0].name: Invalid value: \"kernel.shmmax\": may not be specified when 'hostIPC' is true"
                ]
            ),
            (
                "hostNetwork: true, securityContext: {sysctls: [{name: net/ipv4/conf/eth0.1/a, value: a}]}",
                [
                    "spec.securityContext.sysctls[0].name: Invalid value: \"net/ipv4/conf/eth0.1/a\": may not be specified when 'hostNetwork' is true"
                ]
            ),
            ("hostIPC: true, securityContext: {sysctls: [{name: net.ipv4.a, value: a}]}", []),
        ])
    func hostNamespaces(fields: String, errors: [String]) throws {
        let text =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: i}], \(fields)}"
        #expect(try manifests(text)[0].object.reviewed().errors.map(\.description) == errors)
    }

    @Test(
        "containers",
        arguments: [
            (
                "imagePullPolicy: Maybe",
                "imagePullPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"IfNotPresent\", \"Never\""
            ),
            (
                "terminationMessagePolicy: x",
                "terminationMessagePolicy: Unsupported value: \"x\": supported values: \"File\", \"FallbackToLogsOnError\""
            ),
            ("ports: [{containerPort: 0}]", "ports[0].containerPort: Required value"),
            (
                "ports: [{containerPort: 65536}]",
                "ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive"
            ),
            (
                "ports: [{containerPort: 1, protocol: tcp}]",
                "ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\""
            ),
            (
                "ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]",
                "ports[1].name: Duplicate value: \"a\""
            ),
            (
                "ports: [{containerPort: 1, name: '1'}]",
                "ports[0].name: Invalid value: \"1\": must contain at least one letter (a-z)"
            ),
            (
                "ports: [{containerPort: 1, name: a--b}]",
                "ports[0].name: Invalid value: \"a--b\": must not contain consecutive hyphens"
            ),
            (
                "ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5}]",
                "ports[1].hostPort: Duplicate value: \"TCP//5\""
            ),
            ("env: [{name: ''}]", "env[0].name: Required value"),
            (
                "env: [{name: 'a=b'}]",
                "env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='"
            ),
            (
                "env: [{name: b, value: c, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
                "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"
            ),
            (
                "env: [{name: b, valueFrom: {fieldRef: {fieldPath: spec.restartPolicy}}}]",
                "env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"spec.restartPolicy\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\""
            ),
            (
                "env: [{name: b, valueFrom: {fieldRef: {fieldPath: a.b}}}]",
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"a.b\": error converting fieldPath: field label not supported: a.b"
            ),
            (
                "env: [{name: b, valueFrom: {resourceFieldRef: {resource: limits.gpu}}}]",
                "env[0].valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.gpu\": supported values: \"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\", \"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\""
            ),
            (
                "env: [{name: b, valueFrom: {configMapKeyRef: {name: c, key: ..a}}}]",
                "env[0].valueFrom.configMapKeyRef.key: Invalid value: \"..a\": must not start with '..'"
            ),
            (
                "envFrom: [{prefix: p}]",
                "envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"
            ),
            (
                "resources: {requests: {cpu: 2}, limits: {cpu: 1500m}}",
                "resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1500m"
            ),
            (
                "resources: {limits: {memory: -1Gi}}",
                "resources.limits[memory]: Invalid value: \"-1Gi\": must be greater than or equal to 0"
            ),
            (
                "resources: {limits: {gpu: 1}}",
                "resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource for containers"
            ),
            (
                "resources: {limits: {example.com/gpu: 500m}}",
                "resources.limits[example.com/gpu]: Invalid value: \"500m\": must be an integer"
            ),
            (
                "resources: {requests: {example.com/gpu: 1}}",
                "resources.limits: Required value: Limit must be set for non overcommitable resources"
            ),
            ("resources: {limits: {hugepages-2Mi: 2Mi}}", "resources: Forbidden: HugePages require cpu or memory"),
            (
                "resources: {claims: [{name: c}]}",
                "resources.claims[0]: Not found: \"c\": must be one of the names in pod.spec.resourceClaims which is empty"
            ),
            ("livenessProbe: {}", "livenessProbe: Required value: must specify a handler type"),
            ("livenessProbe: {exec: {}}", "livenessProbe.exec.command: Required value"),
            (
                "livenessProbe: {exec: {command: [a]}, successThreshold: 2}",
                "livenessProbe.successThreshold: Invalid value: 2: must be 1"
            ),
            (
                "readinessProbe: {tcpSocket: {port: a_b}}",
                "readinessProbe.tcpSocket.port: Invalid value: \"a_b\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
            ),
            (
                "readinessProbe: {grpc: {port: 1}, terminationGracePeriodSeconds: 1}",
                "readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes"
            ),
            (
                "startupProbe: {httpGet: {port: 1, scheme: FTP}}",
                "startupProbe.httpGet.scheme: Unsupported value: \"FTP\": supported values: \"HTTP\", \"HTTPS\""
            ),
            (
                "startupProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}",
                "startupProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"
            ),
            (
                "livenessProbe: {exec: {command: [a]}, periodSeconds: -1}",
                "livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"
            ),
            (
                "lifecycle: {preStop: {sleep: {seconds: 31}}}",
                "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)"
            ),
            (
                "securityContext: {seccompProfile: {type: Localhost, localhostProfile: ../a}}",
                "securityContext.seccompProfile.localhostProfile: Invalid value: \"../a\": must not contain '..'"
            ),
        ])
    func containers(fields: String, error: String) throws {
        // A limit is a request as well, and wrong there too.
        #expect(try verdict(spec: container(fields)).first == "spec.containers[0].\(error)")
    }

    @Test("what no field contradicts is taken")
    func taken() throws { #expect(try verdict(spec: container("command: [a]")) == []) }

    @Test(
        "names of containers and images",
        arguments: [
            ("  containers: []", ["spec.containers: Required value"]),
            ("  containers: [{image: i}]", ["spec.containers[0].name: Required value"]),
            ("  containers: [{name: A, image: i}]", ["spec.containers[0].name: Invalid value: \"A\": \(label)"]),
            (
                "  containers: [{name: a.b, image: i}]",
                ["spec.containers[0].name: Invalid value: \"a.b\": must not contain dots"]
            ),
            ("  containers: [{name: a}]", ["spec.containers[0].image: Required value"]),
            (
                "  containers: [{name: a, image: ' i'}]",
                ["spec.containers[0].image: Invalid value: \" i\": must not have leading or trailing whitespace"]
            ),
            (
                "  containers: [{name: a, image: i}, {name: a, image: i}]",
                ["spec.containers[1].name: Duplicate value: \"a\""]
            ),
            (
                "  containers: [{name: a, image: i}]\n  initContainers: [{name: a, image: i}]",
                ["spec.initContainers[0].name: Duplicate value: \"a\""]
            ),
            (
                "  containers: [{name: a, image: i}]\n  initContainers: [{name: b, image: i, livenessProbe: {exec: {command: [a]}}}]",
                [
                    "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"
                ]
            ),
            (
                "  containers: [{name: a, image: i}]\n  initContainers: [{name: b, image: i, restartPolicy: Always, livenessProbe: {exec: {command: [a]}}}]",
                []
            ),
        ])
    func names(spec: String, errors: [String]) throws {
        #expect(try verdict(spec: spec) == errors)
    }

    @Test(
        "mounts",
        arguments: [
            (
                "{name: v, mountPath: /a, subPath: a, subPathExpr: b}",
                "[0].subPathExpr: Invalid value: \"b\": subPathExpr and subPath are mutually exclusive"
            ),
            (
                "{name: v, mountPath: /a, mountPropagation: x}",
                ".mountPropagation: Unsupported value: \"x\": supported values: \"Bidirectional\", \"HostToContainer\", \"None\""
            ),
            (
                "{name: v, mountPath: /a, recursiveReadOnly: Enabled}",
                ".recursiveReadOnly: Forbidden: may only be specified when readOnly is true"
            ),
            (
                "{name: v, mountPath: /a, readOnly: true, recursiveReadOnly: IfPossible, mountPropagation: HostToContainer}",
                ".recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified"
            ),
            ("{name: '', mountPath: /a}", "[0].name: Required value"),
        ])
    func mounts(mount: String, error: String) throws {
        let errors = try verdict(spec: container("volumeMounts: [\(mount)]") + emptyVolume)
        #expect(errors.first == "spec.containers[0].volumeMounts\(error)")
    }

    @Test(
        "block devices",
        arguments: [
            (
                "volumeDevices: [{name: v, devicePath: /a/../b}]", claimVolume,
                "[0].devicePath: Invalid value: \"/a/../b\": can not contain backsteps ('..')"
            ),
            ("volumeDevices: [{name: v, devicePath: ''}]", claimVolume, "[0].devicePath: Required value"),
            (
                "volumeDevices: [{name: v, devicePath: /a}]", emptyVolume,
                "[0].name: Invalid value: \"v\": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            ),
            ("volumeDevices: [{name: w, devicePath: /a}]", claimVolume, "[0].name: Not found: \"w\""),
        ])
    func devices(fields: String, volumes: String, error: String) throws {
        let errors = try verdict(spec: container(fields) + volumes)
        #expect(errors == ["spec.containers[0].volumeDevices\(error)"])
    }

    @Test("a block device needs the host's user namespace")
    func deviceUserNamespace() throws {
        let spec = container("volumeDevices: [{name: v, devicePath: /a}]") + claimVolume + "\n  hostUsers: false"
        #expect(try verdict(spec: spec) == ["spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false"])
    }

    @Test(
        "volumes",
        arguments: [
            (
                "{name: v, emptyDir: {}, hostPath: {path: /a}}",
                "[0].hostPath: Forbidden: may not specify more than 1 volume type"
            ),
            ("{name: V, emptyDir: {}}", "[0].name: Invalid value: \"V\": \(label)"),
            (
                "{name: v, secret: {secretName: s, items: [{key: k, path: ../p}]}}",
                "[0].secret.items[0].path: Invalid value: \"../p\": must not contain '..'"
            ),
            (
                "{name: v, secret: {secretName: s, items: [{key: k, path: ..p}]}}",
                "[0].secret.items[0].path: Invalid value: \"..p\": must not start with '..'"
            ),
            (
                "{name: v, secret: {secretName: s, items: [{key: k, path: p, mode: 512}]}}",
                "[0].secret.items[0].mode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive"
            ),
            ("{name: v, secret: {}}", "[0].secret.secretName: Required value"),
            ("{name: v, configMap: {}}", "[0].configMap.name: Required value"),
            (
                "{name: v, downwardAPI: {items: [{path: p}]}}",
                "[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required"
            ),
            (
                "{name: v, downwardAPI: {items: [{path: p, fieldRef: {fieldPath: status.podIP}}]}}",
                "[0].downwardAPI.fieldRef.fieldPath: Unsupported value: \"status.podIP\": supported values: \"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", \"metadata.uid\""
            ),
            (
                "{name: v, projected: {sources: [{secret: {name: s}, configMap: {name: c}}]}}",
                "[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source"
            ),
            (
                "{name: v, projected: {sources: [{secret: {name: s, items: [{key: k, path: p}]}}, {configMap: {name: c, items: [{key: k, path: p}]}}]}}",
                "[0].projected: Invalid value: \"c\": conflicting duplicate paths"
            ),
            (
                "{name: v, projected: {sources: [{serviceAccountToken: {path: p, expirationSeconds: 599}}]}}",
                "[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"
            ),
            ("{name: v, ephemeral: {}}", "[0].ephemeral.volumeClaimTemplate: Required value"),
            (
                "{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}}",
                "[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value"
            ),
            ("{name: v, image: {}}", "[0].image.reference: Required value"),
            ("{name: v, nfs: {server: s, path: p}}", "[0].nfs.path: Invalid value: \"p\": must be an absolute path"),
            ("{name: v, csi: {}}", "[0].csi.driver: Required value"),
        ])
    func volumes(volume: String, error: String) throws {
        let errors = try verdict(spec: container("command: [a]") + "\n  volumes: [\(volume)]")
        #expect(errors.first == "spec.volumes\(error)")
    }

    @Test("a token needs a service account, which admission gives")
    func tokenAccount() throws {
        let volume = "\n  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: p}}]}}]"
        #expect(try verdict(spec: container("command: [a]") + volume) == [])
        guard
            case .pod(var pod) = try manifests(manifest(spec: container("command: [a]") + volume))[0].object.reviewed()
                .object
        else { throw NotOnePod() }
        pod.spec.serviceAccountName = nil
        #expect(
            validate(pod).map(\.description) == [
                "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when "
                    + "serviceAccountName is not set"
            ])
    }

    @Test("a volume without source is an empty folder")
    func noSource() throws { #expect(try verdict(spec: container("command: [a]") + "\n  volumes: [{name: v}]") == []) }

    @Test(
        "the rest of the specification",
        arguments: [
            (
                "dnsPolicy: x",
                "dnsPolicy: Unsupported value: \"x\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\""
            ),
            ("dnsPolicy: None", "dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
            (
                "dnsConfig: {nameservers: [a]}",
                "dnsConfig.nameservers[0]: Invalid value: \"a\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            ),
            (
                "dnsConfig: {nameservers: ['1.1.1.1', '::1', '1::2', '1::3']}",
                "dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"::1\",\"1::2\",\"1::3\"]: must not have more than 3 nameservers"
            ),
            ("hostname: a.b", "hostname: Invalid value: \"a.b\": must not contain dots"),
            (
                "activeDeadlineSeconds: 0",
                "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"
            ),
            (
                "hostAliases: [{ip: 1.2.3, hostnames: [a]}]",
                "hostAliases[0].ip: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            ),
            (
                "hostAliases: [{ip: 1.2.3.4, hostnames: [a_b]}]",
                "hostAliases[0].hostnames[0]: Invalid value: \"a_b\": \(subdomain)"
            ),
            ("serviceAccountName: A", "serviceAccountName: Invalid value: \"A\": \(subdomain)"),
            ("runtimeClassName: ''", "runtimeClassName: Invalid value: \"\": \(subdomain)"),
            (
                "preemptionPolicy: x",
                "preemptionPolicy: Unsupported value: \"x\": supported values: \"PreemptLowerPriority\", \"Never\""
            ),
            (
                "tolerations: [{key: k, operator: x}]",
                "tolerations[0].operator: Unsupported value: \"x\": supported values: \"Equal\", \"Exists\""
            ),
            (
                "tolerations: [{value: v}]",
                "tolerations[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, which means \"match all values and all keys\""
            ),
            (
                "nodeSelector: {a: '-'}",
                "nodeSelector: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ),
            (
                "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}",
                "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term"
            ),
            (
                "topologySpreadConstraints: [{maxSkew: 0, topologyKey: k, whenUnsatisfiable: DoNotSchedule}]",
                "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"
            ),
            ("os: {name: ''}", "os.name: Required value: cannot be empty"),
            ("os: {name: plan9}", "os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""),
            ("os: {name: windows}, hostUsers: true", "hostUsers: Forbidden: cannot be set for a windows pod"),
            (
                "os: {name: windows}, securityContext: {fsGroup: 1}",
                "securityContext.fsGroup: Forbidden: cannot be set for a windows pod"
            ),
            ("resources: {claims: []}", "resources.claims: Forbidden: claims cannot be set for Resources at pod-level"),
        ])
    func specification(field: String, error: String) throws {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: i}], \(field)}"
        #expect(try manifests(text)[0].object.reviewed().errors.map(\.description) == ["spec.\(error)"])
    }

    @Test(
        "annotations that were fields before",
        arguments: [
            (
                "seccomp.security.alpha.kubernetes.io/pod: x", "",
                "metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: \"x\": must be a valid seccomp profile"
            ),
            (
                "seccomp.security.alpha.kubernetes.io/pod: unconfined", "seccompProfile: {type: RuntimeDefault}",
                "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match"
            ),
            (
                "seccomp.security.alpha.kubernetes.io/pod: localhost/a",
                "seccompProfile: {type: Localhost, localhostProfile: b}",
                "spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match"
            ),
            (
                "container.apparmor.security.beta.kubernetes.io/b: unconfined", "",
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: \"b\": container not found"
            ),
        ])
    func annotations(annotation: String, context: String, error: String) throws {
        let spec = container("command: [a]") + "\n  securityContext: {\(context)}"
        #expect(try verdict(spec: spec, annotations: annotation) == [error])
    }

    @Test("an AppArmor annotation that contradicts the container's field is refused")
    func appArmorMismatch() throws {
        let spec = container("securityContext: {appArmorProfile: {type: RuntimeDefault}}")
        let annotation = "container.apparmor.security.beta.kubernetes.io/a: unconfined"
        let field = "spec.containers[0].securityContext.appArmorProfile.type"
        let error = "\(field): Forbidden: apparmor type in annotation and field must match"
        #expect(try verdict(spec: spec, annotations: annotation) == [error])
    }

    @Test("an error that occurs twice is told once, and several are in brackets")
    func message() throws {
        let text = manifest(spec: "  containers: [{name: a, envFrom: [{}, {}]}]")
        let review = try manifests(text)[0].object.reviewed()
        #expect(
            review.message == "Pod \"x\" is invalid: [spec.containers[0].image: Required value, "
                + "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`]"
        )
    }

    @Test(
        "labels and names of objects",
        arguments: [
            (
                "{name: x, labels: {'a/b/c': d}}",
                "metadata.labels: Invalid value: \"a/b/c\": a qualified name must consist of"
            ),
            ("{name: x, labels: {/a: d}}", "metadata.labels: Invalid value: \"/a\": prefix part must be non-empty"),
            ("{name: x, namespace: A}", "metadata.namespace: Invalid value: \"A\": \(label)"),
            ("{name: ../x}", "metadata.name: Invalid value: \"../x\": \(subdomain)"),
            (
                "{name: \(String(repeating: "a", count: 254))}",
                "metadata.name: Invalid value: \"\(String(repeating: "a", count: 254))\": must be no more than 253 characters"
            ),
        ])
    func metadata(metadata: String, error: String) throws {
        let text = "{apiVersion: v1, kind: Pod, metadata: \(metadata), spec: {containers: [{name: a, image: i}]}}"
        let errors = try manifests(text)[0].object.reviewed().errors
        #expect(errors.count == 1)
        #expect(errors.first?.description.hasPrefix(error) == true)
    }
}
