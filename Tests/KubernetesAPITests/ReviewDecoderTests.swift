// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

/// The objects of this text, each of which can be read.
func reviewed(_ text: String) throws -> [ReviewedManifest] {
    try decodeForReview(Array(text.utf8), file: "f.yaml").map { try $0.get() }
}

/// The one workload of this text.
func workload(_ text: String) throws -> Workload {
    let manifests = try reviewed(text)
    guard manifests.count == 1, case .workload(let workload) = manifests[0].object else { throw NotOneWorkload() }
    return workload
}
struct NotOneWorkload: Error {}

/// What keeps the one object of this text from being read.
private func problems(_ text: String) throws -> [String] {
    let results = try decodeForReview(Array(text.utf8), file: "f.yaml")
    guard results.count == 1, case .failure(let error) = results[0] else { return [] }
    return error.problems.map(\.description)
}

private let template = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}"

@Suite("Objects are decoded to be looked at")
struct ReviewDecoderTests {
    @Test(
        "each kind with a pod template is one",
        arguments: [
            ("apps/v1", "Deployment", "spec: {replicas: 2, \(template)}", "spec.template"),
            ("apps/v1", "ReplicaSet", "spec: {replicas: 2, \(template)}", "spec.template"),
            ("apps/v1", "StatefulSet", "spec: {ordinals: {start: 1}, \(template)}", "spec.template"),
            ("apps/v1", "DaemonSet", "spec: {minReadySeconds: 1, \(template)}", "spec.template"),
            ("batch/v1", "Job", "spec: {managedBy: a/b, \(template)}", "spec.template"),
            ("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {\(template)}}}", "spec.jobTemplate.spec.template"),
            ("v1", "ReplicationController", "spec: {selector: {a: b}, \(template)}", "spec.template"),
            ("v1", "PodTemplate", template, "template"),
        ])
    func kinds(apiVersion: String, kind: String, fields: String, path: String) throws {
        let text = "apiVersion: \(apiVersion)\nkind: \(kind)\nmetadata: {name: x, namespace: ns}\n\(fields)\n"
        let manifest = try #require(try reviewed(text).first)
        #expect(manifest.kind == kind && manifest.apiVersion == apiVersion)
        #expect(manifest.name == "x" && manifest.namespace == "ns" && manifest.prefix == FieldPath())
        let workload = try workload(text)
        #expect(workload.kind.rawValue == kind && workload.kind.apiVersion == apiVersion)
        #expect(workload.templatePath.description == path)
        #expect(workload.template.metadata.labels == ["a": "b"])
        #expect(workload.template.spec.containers.map(\.name) == ["c"])
        #expect(try Workload(json: JSONValue(encoding: workload)) == workload)
        #expect(manifest.position(of: path)?.line == 4)
        #expect(throws: ManifestError.self) { try manifests(text) }
    }

    @Test("the pod has the template's labels and a pod's defaults, and the workload's name")
    func pod() throws {
        let pod = try workload(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: x, namespace: ns, labels: {own: label}}
            spec:
              template:
                metadata: {labels: {a: b}, annotations: {c: d}}
                spec: {hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 80}], resources: {limits: {cpu: 1}}}]}
            """
        ).pod
        #expect(pod.kind == "Pod" && pod.metadata.name == "x" && pod.metadata.namespace == "ns")
        #expect(pod.metadata.labels == ["a": "b"] && pod.metadata.annotations == ["c": "d"])
        #expect(pod.spec.restartPolicy == "Always" && pod.spec.serviceAccountName == "default")
        #expect(pod.spec.containers[0].ports?[0].hostPort == 80)
        #expect(pod.spec.containers[0].resources.requests == ["cpu": Quantity(1)])
        #expect(validate(pod).isEmpty)
    }

    @Test("the pod of a stateful set has its claims as volumes, before its own and in the place of those of that name")
    func statefulPod() throws {
        let pod = try workload(
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: x}
            spec:
              serviceName: s
              ordinals: {start: 3}
              template: {spec: {hostname: h, containers: [], volumes: [{name: data, emptyDir: {}}, {name: own, emptyDir: {}}]}}
              volumeClaimTemplates: [{metadata: {name: data}, spec: {}}]
            """
        ).pod
        #expect(pod.spec.volumes?.map(\.name) == ["data", "own"])
        #expect(pod.spec.volumes?[0].persistentVolumeClaim?.claimName == "data-x-3")
        #expect(pod.spec.subdomain == "s" && pod.spec.hostname == nil)
    }

    @Test(
        "objects that are no workloads",
        arguments: [
            ("v1", "Pod", "object"), ("v1", "ConfigMap", "object"), ("v1", "Secret", "object"),
            ("v1", "PersistentVolume", "object"), ("v1", "PersistentVolumeClaim", "object"),
            ("v1", "Namespace", "namespace"), ("v1", "Service", "other"), ("apps/v1", "ControllerRevision", "other"),
            ("example.com/v1", "Deployment", "other"), ("batch.volcano.sh/v1alpha1", "Job", "other"),
            ("networking.k8s.io/v1", "Ingress", "other"), ("example.com/v1", "Pod", "other"),
        ])
    func others(apiVersion: String, kind: String, expected: String) throws {
        let manifest = try #require(
            try reviewed("apiVersion: \(apiVersion)\nkind: \(kind)\nmetadata: {name: x, labels: {l: v}}\n").first)
        #expect(manifest.name == "x" && manifest.kind == kind && manifest.apiVersion == apiVersion)
        switch manifest.object {
        case .object(let object):
            #expect(expected == "object")
            #expect(object.kind == kind && object.metadata.labels == ["l": "v"])
        case .namespace(let metadata):
            #expect(expected == "namespace")
            #expect(metadata.name == "x" && metadata.labels == ["l": "v"])
        case .other: #expect(expected == "other")
        case .workload: Issue.record("\(kind) is no workload")
        }
    }

    @Test("an object of another kind is not looked at")
    func otherIsNotRead() throws {
        let text = "apiVersion: example.com/v1\nkind: Thing\nspec: {anything: [1, {}]}\n"
        #expect(try reviewed(text).first?.name == "")
    }

    @Test(
        "a version that is not served is refused in kubectl's words, with the one that is",
        arguments: [
            ("extensions/v1beta1", "Deployment", "apps/v1"), ("apps/v1beta1", "StatefulSet", "apps/v1"),
            ("apps/v1beta2", "DaemonSet", "apps/v1"), ("batch/v1beta1", "CronJob", "batch/v1"),
            ("v1", "Deployment", "apps/v1"), ("apps/v1", "Job", "batch/v1"), ("apps/v1", "Pod", "v1"),
            ("batch/v1", "Namespace", "v1"), ("v2", "ConfigMap", "v1"),
        ])
    func versions(apiVersion: String, kind: String, served: String) throws {
        let text = "kind: \(kind)\napiVersion: \(apiVersion)\nmetadata: {name: x, namespace: ns}\nspec: {unknown: 1}\n"
        let expected =
            "f.yaml:2:13: resource mapping not found for name: \"x\" namespace: \"ns\" from \"f.yaml\": no matches for "
            + "kind \"\(kind)\" in version \"\(apiVersion)\"; write apiVersion: \(served)"
        #expect(try problems(text) == [expected])
    }

    @Test(
        "unknown fields and wrong types, with their place",
        arguments: [
            (
                "Deployment", "spec: {replica: 1}",
                ["f.yaml:4:8: spec: strategy decoding", "unknown field \"spec.replica\"; did you mean \"replicas\"?"]
            ),
            (
                "Deployment", "spec: {replicas: '1'}",
                ["f.yaml:4:18: spec.replicas: cannot unmarshal string into type int32; write 1 without quotes"]
            ),
            (
                "Deployment", "spec: {strategy: RollingUpdate}",
                [
                    "f.yaml:4:18: spec.strategy: cannot unmarshal string into type v1.DeploymentStrategy; "
                        + "write a mapping"
                ]
            ),
            (
                "Deployment", "spec: {template: {spec: [{name: a}]}}",
                ["spec.template.spec: cannot unmarshal array into type v1.PodSpec"]
            ),
            (
                "Deployment", "spec: {hostUsers: false}",
                ["unknown field \"spec.hostUsers\"; \"hostUsers\" belongs in the template's spec"]
            ),
            (
                "Deployment", "spec: {runAsNonRoot: false}",
                [
                    "\"runAsNonRoot\" belongs in a container's securityContext or the template's spec.securityContext"
                ]
            ),
            (
                "StatefulSet", "spec: {volumeClaimTemplates: [{spec: {size: 1}}]}",
                [
                    "spec.volumeClaimTemplates[0].spec: strict",
                    "unknown field \"spec.volumeClaimTemplates[0].spec.size\"",
                ]
            ),
            (
                "DaemonSet", "spec: {updateStrategy: {rollingUpdate: {partition: 1}}}",
                ["unknown field \"spec.updateStrategy.rollingUpdate.partition\""]
            ),
        ])
    func fields(kind: String, fields: String, expected: [String]) throws {
        let text = "apiVersion: apps/v1\nkind: \(kind)\nmetadata: {name: x}\n\(fields)\n"
        let found = try problems(text)
        try #require(found.count == 1)
        for part in expected.map({ $0.replacing("strategy decoding", with: "strict decoding error") }) {
            #expect(found[0].contains(part), "\(found[0])")
        }
    }

    @Test("a type's every field is known")
    func everyField() throws {
        #expect(
            try reviewed(
                """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: x}
                spec:
                  parallelism: 1
                  completions: 1
                  activeDeadlineSeconds: 9000000000
                  podFailurePolicy: {rules: [{action: Count, onExitCodes: {containerName: c, operator: In, values: [1]}, onPodConditions: [{type: t, status: 'True'}]}]}
                  successPolicy: {rules: [{succeededIndexes: '0', succeededCount: 1}]}
                  backoffLimit: 1
                  backoffLimitPerIndex: 1
                  maxFailedIndexes: 1
                  selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b]}]}
                  manualSelector: true
                  ttlSecondsAfterFinished: 1
                  completionMode: Indexed
                  suspend: true
                  podReplacementPolicy: Failed
                  managedBy: a/b
                  \(template)
                status:
                  conditions: [{type: t, status: s, lastProbeTime: null, lastTransitionTime: null, reason: r, message: m}]
                  startTime: 2026-01-01T00:00:00Z
                  uncountedTerminatedPods: {succeeded: [a], failed: [b]}
                """
            ).count == 1)
    }

    @Test("a key that is there twice is refused")
    func duplicates() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 1\n  replicas: 2\n"
        #expect(throws: ManifestError.self) { try decodeForReview(Array(text.utf8), file: "f.yaml") }
    }

    @Test("the server's message names the version without its group")
    func serverMessage() throws {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replica: 1}\n"
        let result = try #require(try decodeForReview(Array(text.utf8), file: "f.yaml").first)
        guard case .failure(let error) = result else { throw NotOneWorkload() }
        #expect(
            error.serverMessage
                == "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: "
                + "unknown field \"spec.replica\"")
        #expect(error.name == "x")
    }

    @Test(
        "the items of lists are objects, with what the list says for them",
        arguments: [
            "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: b}}\n",
            "kind: DaemonSetList\napiVersion: apps/v1\nmetadata: {resourceVersion: '1'}\nitems:\n- {metadata: {name: a}}\n- {metadata: {name: b}}\n",
        ])
    func lists(text: String) throws {
        let manifests = try reviewed(text)
        #expect(manifests.map(\.name) == ["a", "b"])
        #expect(manifests.map(\.prefix.description) == ["items[0]", "items[1]"])
        guard case .workload(let workload) = manifests[1].object else { throw NotOneWorkload() }
        #expect(workload.kind == .daemonSet && workload.metadata.name == "b")
        let items = try #require(text.split(separator: "\n").firstIndex { $0.hasPrefix("items") })
        #expect(manifests[1].position(of: "metadata")?.line == Int32(items + 3))
    }

    @Test("a list in a list is walked, and an object's error does not keep the others from being read")
    func nestedLists() throws {
        let text = """
            kind: List
            apiVersion: v1
            items:
            - kind: List
              apiVersion: v1
              items:
              - {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {x: 1}}
              - {apiVersion: v1, kind: Service, metadata: {name: b}}
            - just text
            - {kind: Pod}
            ---
            {apiVersion: batch/v1, kind: Job, metadata: {name: c}}
            """
        let results = try decodeForReview(Array(text.utf8), file: "f.yaml")
        #expect(results.count == 5)
        let told = results.map { result in
            switch result {
            case .success(let manifest): "\(manifest.prefix) \(manifest.name)"
            case .failure(let error): error.description
            }
        }
        #expect(told[0].hasPrefix("f.yaml:7:73: items[0].items[0].spec: strict decoding error: unknown field"))
        #expect(told[1] == "items[0].items[1] b")
        #expect(told[2].hasPrefix("f.yaml:9:3: items[1]: is a string, not a mapping"))
        #expect(told[3].hasPrefix("f.yaml:10:3: items[2]: Object 'apiVersion' is missing"))
        #expect(told[4] == " c")
    }

    @Test("a list has no other fields")
    func listFields() throws {
        #expect(
            try problems("kind: List\napiVersion: v1\nspec: {}\nitems: []\n") == [
                "f.yaml:3:1: strict decoding error: unknown field \"spec\"; "
                    + "a list has apiVersion, kind, metadata, items"
            ])
    }

    @Test("a file without objects is refused", arguments: ["", "---\n", "kind: List\napiVersion: v1\nitems: []\n"])
    func empty(text: String) {
        #expect(throws: ManifestError.self) { try decodeForReview(Array(text.utf8), file: "f.yaml") }
    }
}
