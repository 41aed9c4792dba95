// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@Suite("Claims, volumes, config maps and secrets")
struct OtherKindsTests {
    @Test(
        "are validated",
        arguments: [
            (
                "kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
                nil
            ),
            (
                "kind: PersistentVolumeClaim, metadata: {name: x}, spec: {resources: {requests: {storage: 1Gi}}}",
                "PersistentVolumeClaim \"x\" is invalid: spec.accessModes: Required value: at least 1 access mode is required"
            ),
            (
                "kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [Any], resources: {requests: {storage: 1Gi}}}",
                "PersistentVolumeClaim \"x\" is invalid: spec.accessModes: Unsupported value: \"Any\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""
            ),
            (
                "kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce]}",
                "PersistentVolumeClaim \"x\" is invalid: spec.resources[storage]: Required value"
            ),
            (
                "kind: PersistentVolumeClaim, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}}",
                "PersistentVolumeClaim \"x\" is invalid: spec.resources[storage]: Invalid value: \"0\": must be greater than zero"
            ),
            (
                "kind: PersistentVolume, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}}",
                nil
            ),
            (
                "kind: PersistentVolume, metadata: {name: x, namespace: ns}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a}}",
                "PersistentVolume \"x\" is invalid: metadata.namespace: Forbidden: not allowed on this type"
            ),
            (
                "kind: PersistentVolume, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, local: {path: /a}}",
                "PersistentVolume \"x\" is invalid: spec.nodeAffinity: Required value: Local volume requires node affinity"
            ),
            (
                "kind: PersistentVolume, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}}",
                "PersistentVolume \"x\" is invalid: spec: Required value: must specify a volume type"
            ),
            (
                "kind: PersistentVolume, metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a/../b}}",
                "PersistentVolume \"x\" is invalid: spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"
            ),
            ("kind: ConfigMap, metadata: {name: x}, data: {a: b}", nil),
            (
                "kind: ConfigMap, metadata: {name: x}, data: {..a: b}",
                "ConfigMap \"x\" is invalid: data[..a]: Invalid value: \"..a\": must not start with '..'"
            ),
            (
                "kind: ConfigMap, metadata: {name: x}, data: {a: b}, binaryData: {a: Yg==}",
                "ConfigMap \"x\" is invalid: data[a]: Invalid value: \"a\": duplicate of key present in binaryData"
            ),
            (
                "kind: Secret, metadata: {name: x}, type: kubernetes.io/tls, stringData: {tls.crt: a}",
                "Secret \"x\" is invalid: data[tls.key]: Required value"
            ),
            (
                "kind: Secret, metadata: {name: x}, stringData: {a/b: c}",
                "Secret \"x\" is invalid: data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            ),
        ])
    func validated(fields: String, message: String?) throws {
        let object = try manifests("{apiVersion: v1, \(fields)}")[0].object
        #expect(object.reviewed().message == message)
    }

    @Test("a secret's plain text becomes base64 and wins")
    func secretData() throws {
        let text = "{apiVersion: v1, kind: Secret, metadata: {name: x}, data: {a: eA==, b: eQ==}, stringData: {a: z}}"
        var object = try manifests(text)[0].object
        object.applyDefaults(namespace: "n")
        guard case .secret(let secret) = object else { throw NotOnePod() }
        #expect(secret.data == ["a": "eg==", "b": "eQ=="])
        #expect(secret.stringData == nil)
        #expect(secret.type == "Opaque")
        #expect(secret.metadata.namespace == "n")
    }

    @Test("data that is not base64 is refused with its field")
    func notBase64() {
        #expect {
            try manifests("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata:\n  a: '%'")
        } throws: { "\($0)".hasPrefix("f.yaml:5:6: data[a]: illegal base64 data") }
    }
}

@Suite("Defaults are the API server's")
struct DefaultsTests {
    @Test("a pod gets what it does not say")
    func pod() throws {
        let text = manifest(
            spec: """
                  hostNetwork: true
                  containers:
                  - name: a
                    image: busybox
                    ports: [{containerPort: 80}]
                    resources: {limits: {cpu: 1}}
                    livenessProbe: {httpGet: {port: 80}}
                    env: [{name: E, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
                  volumes:
                  - name: e
                  - {name: c, configMap: {name: c}}
                  - {name: p, projected: {sources: [{serviceAccountToken: {path: p}}]}}
                """)
        guard case .pod(let pod) = try manifests(text)[0].object.reviewed().object else { throw NotOnePod() }
        #expect(pod.metadata.namespace == "default")
        #expect(pod.spec.restartPolicy == "Always")
        #expect(pod.spec.dnsPolicy == "ClusterFirst")
        #expect(pod.spec.terminationGracePeriodSeconds == 30)
        #expect(pod.spec.securityContext == PodSecurityContext())
        let container = pod.spec.containers[0]
        #expect(container.imagePullPolicy == "Always")
        #expect(container.terminationMessagePath == "/dev/termination-log")
        #expect(container.terminationMessagePolicy == "File")
        #expect(container.ports?.first?.protocol == "TCP")
        #expect(container.ports?.first?.hostPort == 80)
        #expect(try container.resources.requests?["cpu"] == Quantity("1"))
        #expect(container.livenessProbe?.periodSeconds == 10)
        #expect(container.livenessProbe?.httpGet?.path == "/")
        #expect(container.env?.first?.valueFrom?.fieldRef?.apiVersion == "v1")
        #expect(container.securityContext == nil)
        #expect(pod.spec.volumes?[0].emptyDir == EmptyDirVolumeSource())
        #expect(pod.spec.volumes?[1].configMap?.defaultMode == 420)
        #expect(pod.spec.volumes?[2].projected?.sources?.first?.serviceAccountToken?.expirationSeconds == 3600)
    }

    @Test("what is written stays")
    func kept() throws {
        let text = manifest(
            spec: "  restartPolicy: Never\n  terminationGracePeriodSeconds: 0\n  containers: [{name: a, image: 'b:1'}]")
        guard case .pod(let pod) = try manifests(text)[0].object.reviewed(namespace: "n").object else {
            throw NotOnePod()
        }
        #expect(pod.spec.restartPolicy == "Never")
        #expect(pod.spec.terminationGracePeriodSeconds == 0)
        #expect(pod.metadata.namespace == "n")
    }

    @Test(
        "the pull policy follows the tag",
        arguments: [
            ("busybox", "Always"), ("busybox:latest", "Always"), ("busybox:1", "IfNotPresent"),
            ("localhost:5000/a", "Always"), ("localhost:5000/a:1", "IfNotPresent"), ("a@sha256:00", "IfNotPresent"),
            ("a:latest@sha256:00", "Always"),
        ])
    func pullPolicy(image: String, policy: String) throws {
        let text = manifest(spec: "  containers: [{name: a, image: '\(image)'}]")
        guard case .pod(let pod) = try manifests(text)[0].object.reviewed().object else { throw NotOnePod() }
        #expect(pod.spec.containers[0].imagePullPolicy == policy)
    }

    @Test("an AppArmor annotation becomes the container's field")
    func appArmor() throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata:
              name: x
              annotations: {container.apparmor.security.beta.kubernetes.io/a: localhost/p}
            spec: {containers: [{name: a, image: i}]}
            """
        guard case .pod(let pod) = try manifests(text)[0].object.reviewed().object else { throw NotOnePod() }
        let profile = AppArmorProfile(type: "Localhost", localhostProfile: "p")
        #expect(pod.spec.containers[0].securityContext?.appArmorProfile == profile)
    }

    @Test(
        "a quantity is written as the server writes it",
        arguments: [
            ("1500m", "1500m"), ("0.5", "500m"), ("1.5Gi", "1536Mi"), ("1024Mi", "1Gi"), ("2000Ki", "2000Ki"),
            ("1000", "1k"),
            ("0", "0"), ("0.5Gi", "512Mi"), ("100", "100"), ("1e3", "1e3"), ("1000000", "1M"), ("-1Gi", "-1Gi"),
            ("512", "512"),
            ("1000m", "1"), ("100n", "100n"), ("1023Ki", "1023Ki"), ("0.1Ki", "102400m"),
        ])
    func canonical(text: String, canonical: String) throws {
        #expect(try Quantity(text).canonicalText == canonical)
    }
}

@Suite("Warnings are the API server's")
struct WarningTests {
    @Test(
        "what is taken with a warning",
        arguments: [
            (
                "nodeSelector: {beta.kubernetes.io/os: linux}",
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead"
            ),
            (
                "terminationGracePeriodSeconds: -1",
                "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
            ),
            ("imagePullSecrets: [{}]", "spec.imagePullSecrets[0].name: invalid empty name \"\""),
            ("hostAliases: [{ip: 1.1.1.1}, {ip: 1.1.1.1}]", "spec.hostAliases[1].ip: duplicate ip \"1.1.1.1\""),
            (
                "initContainers: [{name: b, image: i, env: [{name: E, value: a}, {name: E, value: b}]}]",
                "spec.initContainers[0].env[1]: hides previous definition of \"E\", which may be dropped when using apply"
            ),
            (
                "initContainers: [{name: b, image: i, resources: {limits: {memory: 1500m}}}]",
                "spec.initContainers[0].resources.limits[memory]: fractional byte value \"1500m\" is invalid, must be an integer"
            ),
            (
                "initContainers: [{name: b, image: i, ports: [{containerPort: 1}, {containerPort: 1}]}]",
                "spec.initContainers[0].ports[1]: duplicate port definition with spec.initContainers[0].ports[0]"
            ),
        ])
    func warning(field: String, warning: String) throws {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: i}], \(field)}"
        let review = try manifests(text)[0].object.reviewed()
        #expect(review.isValid)
        #expect(review.warnings.first == warning)
    }
}
