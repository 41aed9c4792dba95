// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

private let podTemplate = "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}"
private let jobTemplate =
    "{metadata: {labels: {a: b}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"
private let subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    + "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
private let label =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
private let percentage =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    + "validation is '[0-9]+%')"
private let mismatch = "`selector` does not match template `labels`"
private let uid = "00000000-0000-0000-0000-000000000000"

/// The server's answer to a workload named `x` whose fields are those of a valid one, but for these.
private func review(_ kind: Workload.Kind, name: String = "x", _ changes: [String: String]) throws -> WorkloadReview {
    var fields: [String: String] = [:]
    switch kind {
    case .deployment, .replicaSet, .statefulSet, .daemonSet:
        fields = ["selector": "{matchLabels: {a: b}}", "template": podTemplate]
    case .job: fields = ["template": jobTemplate]
    case .cronJob: fields = ["schedule": "'* * * * *'", "jobTemplate": "{spec: {template: \(jobTemplate)}}"]
    case .replicationController: fields = ["template": podTemplate]
    case .podTemplate: fields = [:]
    }
    fields.merge(changes) { _, new in new }
    let lines = fields.filter { !$0.value.isEmpty }.map { "  \($0.key): \($0.value)\n" }.sorted().joined()
    let text = "apiVersion: \(kind.apiVersion)\nkind: \(kind.rawValue)\nmetadata: {name: \(name)}\n"
    return try workload(
        text + (kind == .podTemplate ? "template: \(changes["template"] ?? podTemplate)" : "spec:\n\(lines)")
    )
    .reviewed()
}

@Suite("Workloads are validated")
struct WorkloadValidationTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let kind: Workload.Kind
        let fields: [String: String]
        /// `FIELD: …`, one a line that the server tells.
        let errors: [String]
        init(_ kind: Workload.Kind, _ fields: [String: String], _ errors: String...) {
            self.kind = kind
            self.fields = fields
            self.errors = errors
        }
        var testDescription: String { "\(kind) \(fields)" }
    }

    @Test("a valid one is taken without a warning", arguments: Workload.Kind.allCases)
    func valid(kind: Workload.Kind) throws {
        let review = try review(kind, [:])
        #expect(review.message == nil)
        #expect(review.isValid && review.warnings.isEmpty)
        #expect(review.workload.metadata.namespace == "default")
    }

    @Test(
        "the message names kind and group",
        arguments: [
            (.deployment, "Deployment.apps"), (.replicaSet, "ReplicaSet.apps"), (.daemonSet, "DaemonSet.apps"),
            (.job, "Job.batch"), (.cronJob, "CronJob.batch"), (.replicationController, "ReplicationController"),
            (.podTemplate, "PodTemplate"),
        ] as [(Workload.Kind, String)])
    func message(kind: Workload.Kind, name: String) throws {
        #expect(
            try review(kind, name: "X", [:]).message?.hasPrefix(
                "\(name) \"X\" is invalid: metadata.name: Invalid value: \"X\": \(subdomain)") == true)
    }

    @Test("a stateful set's name is a label, as are those of its pods")
    func statefulSetName() throws {
        #expect(
            try review(.statefulSet, name: "a.b", [:]).message
                == "StatefulSet.apps \"a.b\" is invalid: metadata.name: Invalid value: \"a.b\": must not contain dots")
        #expect(
            try review(.statefulSet, name: "A_", [:]).errors.map(\.description)
                == ["metadata.name: Invalid value: \"A_\": \(label)"])
    }

    private static let selectors: [Case] = [
        Case(
            .deployment, ["selector": ""], "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
        Case(
            .deployment, ["selector": "{}"],
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment"),
        Case(
            .deployment, ["selector": "{matchLabels: {a: c}}"],
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
        Case(
            .deployment,
            ["selector": "{matchLabels: {a: b}}", "template": "{spec: {containers: [{name: c, image: i}]}}"],
            "spec.template.metadata.labels: Invalid value: null: \(mismatch)"),
        Case(
            .deployment, ["selector": "{matchExpressions: [{key: a, operator: Is, values: [b]}]}"],
            "spec.selector.matchExpressions[0].operator: Invalid value: \"Is\": not a valid selector operator",
            "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Is\",\"values\":[\"b\"]}]}: "
                + "invalid label selector"),
        Case(
            .deployment,
            [
                "selector":
                    "{matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: d, operator: DoesNotExist}]}"
            ]),
        Case(
            .deployment, ["selector": "{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}"],
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
        Case(
            .replicaSet, ["selector": "{}"],
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment"),
        Case(
            .replicaSet, ["selector": ""], "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
        Case(
            .statefulSet, ["selector": "{}"],
            "spec.selector: Invalid value: {}: empty selector is invalid for statefulset"),
        Case(
            .statefulSet, ["selector": "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}"],
            "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or "
                + "'DoesNotExist'",
            "spec.selector: Invalid value: {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\",\"values\":"
                + "[\"b\"]}]}"),
        Case(
            .daemonSet, ["selector": ""], "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
        Case(
            .daemonSet, ["selector": "{}"], "spec.selector: Invalid value: {}: empty selector is invalid for daemonset"),
        Case(
            .replicationController, ["selector": "{a: c}"],
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
        Case(
            .replicationController, ["template": "{spec: {containers: [{name: c, image: i}]}}"],
            "spec.selector: Required value"),
        Case(
            .replicationController, ["template": ""], "spec.selector: Required value", "spec.template: Required value"),
    ]

    private static let pods: [Case] = [
        Case(
            .deployment,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {restartPolicy: Never, activeDeadlineSeconds: 5, containers: [{name: c, image: i}]}}"
            ],
            "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"),
        Case(
            .daemonSet,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {restartPolicy: OnFailure, activeDeadlineSeconds: 5, containers: [{name: c, image: i}]}}"
            ],
            "spec.template.spec.restartPolicy: Unsupported value: \"OnFailure\": supported values: \"Always\"",
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported"),
        Case(
            .statefulSet,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {activeDeadlineSeconds: 5, containers: [{name: c, image: i}]}}"
            ],
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported"
        ),
        Case(
            .replicationController,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {activeDeadlineSeconds: 5, containers: [{name: c, image: i}]}}"
            ],
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not "
                + "Supported"),
        Case(
            .deployment, ["template": "{metadata: {labels: {a: b}}, spec: {containers: []}}"],
            "spec.template.spec.containers: Required value"),
        Case(
            .deployment,
            ["template": "{metadata: {labels: {a: b, c: ' '}}, spec: {containers: [{name: c, image: i}]}}"],
            "spec.template.labels: Invalid value: \" \": a valid label must be an empty string or consist of alphanumeric "
                + "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  "
                + "or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        ),
        Case(
            .deployment,
            [
                "template":
                    "{metadata: {labels: {a: b}, annotations: {seccomp.security.alpha.kubernetes.io/pod: bad, container.apparmor.security.beta.kubernetes.io/other: unconfined}}, spec: {containers: [{name: c, image: i}]}}"
            ],
            "spec.template.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: \"bad\": must be a valid "
                + "seccomp profile",
            "spec.template.annotations[container.apparmor.security.beta.kubernetes.io/other]: Invalid value: \"other\": "
                + "container not found"),
        Case(
            .deployment,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}], ephemeralContainers: [{name: e, image: i, terminationMessagePolicy: File, imagePullPolicy: Always}]}}"
            ],
            "spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template"),
        Case(
            .cronJob,
            [
                "jobTemplate":
                    "{spec: {template: {spec: {restartPolicy: Never, containers: [{name: C, image: i, securityContext: {runAsUser: -1}}]}}}}"
            ],
            "spec.jobTemplate.spec.template.spec.containers[0].name: Invalid value: \"C\": \(label)",
            "spec.jobTemplate.spec.template.spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be "
                + "between 0 and 2147483647, inclusive"),
        Case(
            .podTemplate,
            ["template": "{spec: {restartPolicy: Never, activeDeadlineSeconds: 0, containers: [{name: c, image: i}]}}"],
            "template.spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"),
        // What only a pod is asked.
        Case(.podTemplate, ["template": "{spec: {containers: [{name: c, image: ' i'}]}}"]),
        Case(
            .deployment,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}"
            ]),
        Case(
            .deployment,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {hostNetwork: true, containers: [{name: c, image: i, ports: [{containerPort: 80, hostPort: 81}]}]}}"
            ],
            "spec.template.spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when "
                + "`hostNetwork` is true"),
    ]

    private static let deployments: [Case] = [
        Case(
            .deployment, ["replicas": "-1", "minReadySeconds": "-1", "revisionHistoryLimit": "-1"],
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            .deployment, ["minReadySeconds": "600"],
            "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"),
        Case(
            .deployment, ["progressDeadlineSeconds": "-1"],
            "spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.progressDeadlineSeconds: Invalid value: -1: must be greater than minReadySeconds"),
        Case(
            .deployment, ["strategy": "{type: Recreate, rollingUpdate: {maxSurge: 1}}"],
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"),
        Case(
            .deployment, ["strategy": "{type: Blue}"],
            "spec.strategy: Unsupported value: {\"Type\":\"Blue\",\"RollingUpdate\":null}: supported values: "
                + "\"Recreate\", \"RollingUpdate\""),
        Case(
            .deployment, ["strategy": "{rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}"],
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"),
        Case(
            .deployment, ["strategy": "{rollingUpdate: {maxSurge: 1.5%, maxUnavailable: 101%}}"],
            "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"1.5%\": \(percentage)",
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"),
        Case(
            .deployment, ["strategy": "{rollingUpdate: {maxSurge: -1}}"],
            "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            .replicaSet, ["replicas": "-1", "minReadySeconds": "-1"],
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            .replicationController, ["replicas": "-1", "minReadySeconds": "-1"],
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            .daemonSet, ["minReadySeconds": "-1", "revisionHistoryLimit": "-1"],
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            .daemonSet, ["updateStrategy": "{rollingUpdate: {maxSurge: 1}}"],
            "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"
        ),
        Case(
            .daemonSet, ["updateStrategy": "{rollingUpdate: {maxUnavailable: 0}}"],
            "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"),
        Case(
            .daemonSet, ["updateStrategy": "{rollingUpdate: {maxUnavailable: 0, maxSurge: 101%}}"],
            "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: \"101%\": must not be greater than 100%"),
        Case(
            .daemonSet, ["updateStrategy": "{type: Recreate, rollingUpdate: {maxSurge: 1}}"],
            "spec.updateStrategy: Unsupported value: {\"Type\":\"Recreate\",\"RollingUpdate\":{\"MaxUnavailable\":0,"
                + "\"MaxSurge\":1}}: supported values: \"RollingUpdate\", \"OnDelete\""),
        Case(.daemonSet, ["updateStrategy": "{type: OnDelete}"]),
    ]

    private static let statefulSets: [Case] = [
        Case(
            .statefulSet, ["podManagementPolicy": "Fast", "updateStrategy": "{type: Recreate}"],
            "spec.podManagementPolicy: Invalid value: \"Fast\": must be 'OrderedReady' or 'Parallel'",
            "spec.updateStrategy: Invalid value: {\"Type\":\"Recreate\",\"RollingUpdate\":null}: must be 'RollingUpdate' or "
                + "'OnDelete'"),
        Case(
            .statefulSet, ["updateStrategy": "{type: OnDelete, rollingUpdate: {partition: 1}}"],
            "spec.updateStrategy.rollingUpdate: Invalid value: {\"Partition\":1,\"MaxUnavailable\":null}: only allowed for "
                + "updateStrategy 'RollingUpdate'"),
        Case(
            .statefulSet, ["updateStrategy": "{rollingUpdate: {partition: -1, maxUnavailable: 0}}"],
            "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
            "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0"),
        Case(
            .statefulSet, ["persistentVolumeClaimRetentionPolicy": "{whenDeleted: Keep}"],
            "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"Keep\": supported values: "
                + "\"Retain\", \"Delete\""),
        Case(
            .statefulSet, ["replicas": "-1", "minReadySeconds": "-1", "ordinals": "{start: -1}", "serviceName": "A"],
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0",
            "spec.serviceName: Invalid value: \"A\": \(label)"),
        Case(
            .statefulSet, ["volumeClaimTemplates": "[{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce]}}]"],
            "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value"),
        Case(
            .statefulSet,
            [
                "volumeClaimTemplates":
                    "[{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]",
                "template":
                    "{metadata: {labels: {a: b}}, spec: {subdomain: A, hostname: B, containers: [{name: c, image: i, volumeMounts: [{name: d, mountPath: /d}]}]}}",
            ]),
        Case(
            .statefulSet,
            [
                "template":
                    "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i, volumeMounts: [{name: d, mountPath: /d}]}]}}"
            ],
            "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"d\""),
    ]

    private static let jobs: [Case] = [
        Case(
            .job,
            [
                "parallelism": "-1", "completions": "-1", "activeDeadlineSeconds": "-1", "backoffLimit": "-1",
                "ttlSecondsAfterFinished": "-1",
            ],
            "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
            "spec.completions: Invalid value: -1: must be greater than or equal to 0",
            "spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
            "spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            .job, ["template": "{spec: {containers: [{name: c, image: i}]}}"],
            "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""),
        Case(
            .job, ["template": "{spec: {restartPolicy: Maybe, containers: [{name: c, image: i}]}}"],
            "spec.template.spec.restartPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"OnFailure\", "
                + "\"Never\"",
            "spec.template.spec.restartPolicy: Unsupported value: \"Maybe\": supported values: \"OnFailure\", \"Never\""
        ),
        Case(
            .job, ["backoffLimitPerIndex": "1", "maxFailedIndexes": "2"],
            "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
            "spec.maxFailedIndexes: Invalid value: 2: requires indexed completion mode"),
        Case(
            .job, ["completionMode": "Indexed", "parallelism": "100001", "maxFailedIndexes": "1"],
            "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
            "spec.completions: Required value: when completion mode is Indexed",
            "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed"
        ),
        Case(
            .job,
            [
                "completionMode": "Indexed", "completions": "100001", "parallelism": "10001",
                "backoffLimitPerIndex": "1",
            ],
            "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
            "spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 "
                + "and used with backoff limit per index"),
        Case(
            .job,
            ["completionMode": "Indexed", "completions": "1", "maxFailedIndexes": "2", "backoffLimitPerIndex": "1"],
            "spec.maxFailedIndexes: Invalid value: 2: must be less than or equal to completions"),
        Case(
            .job, ["completionMode": "Some"],
            "spec.completionMode: Unsupported value: \"Some\": supported values: \"NonIndexed\", \"Indexed\""),
        Case(
            .job, ["managedBy": "me"],
            "spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as \"acme.io/foo\")"),
        Case(
            .job, ["managedBy": "A/b c"], "spec.managedBy: Invalid value: \"A\": \(subdomain)",
            "spec.managedBy: Invalid value: \"b c\": Invalid path (regex used for validation is "
                + "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"),
        Case(
            .job, ["managedBy": "a/\(String(repeating: "b", count: 62))"],
            "spec.managedBy: Too long: may not be more than 63 bytes"),
        Case(
            .job, ["podReplacementPolicy": "Never"],
            "spec.podReplacementPolicy: Unsupported value: \"Never\": supported values: \"Failed\", \"TerminatingOrFailed\""
        ),
        Case(
            .job,
            [
                "podReplacementPolicy": "TerminatingOrFailed",
                "podFailurePolicy": "{rules: [{action: Count, onPodConditions: [{type: T}]}]}",
                "template": "{spec: {restartPolicy: OnFailure, containers: [{name: c, image: i}]}}",
            ],
            "spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: \"Failed\"",
            "spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is supported when "
                + "podFailurePolicy is specified"),
        Case(
            .job,
            [
                "podFailurePolicy":
                    "{rules: [{action: FailIndex, onExitCodes: {containerName: d, operator: In, values: [2, 0, 2]}}, {action: ''}, {action: Go, onExitCodes: {operator: '', values: []}, onPodConditions: [{type: T, status: Odd}]}]}"
            ],
            "spec.podFailurePolicy.rules[0].action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set",
            "spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: \"d\": must be one of the container or "
                + "initContainer names in the pod template",
            "spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
            "spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 2",
            "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,0,2]: must be ordered",
            "spec.podFailurePolicy.rules[1].action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" "
                + "\"Ignore\"]",
            "spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
            "spec.podFailurePolicy.rules[2].action: Unsupported value: \"Go\": supported values: \"Count\", \"FailIndex\", "
                + "\"FailJob\", \"Ignore\"",
            "spec.podFailurePolicy.rules[2].onExitCodes.operator: Required value: valid values: [\"In\" \"NotIn\"]",
            "spec.podFailurePolicy.rules[2].onExitCodes.values: Invalid value: []: at least one value is required",
            "spec.podFailurePolicy.rules[2].onPodConditions[0].status: Unsupported value: \"Odd\": supported values: "
                + "\"False\", \"True\", \"Unknown\"",
            "spec.podFailurePolicy.rules[2]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"
        ),
        Case(
            .job,
            [
                "podFailurePolicy":
                    "{rules: [\(Array(repeating: "{action: Count, onPodConditions: [{type: T}]}", count: 21).joined(separator: ", "))]}"
            ],
            "spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items"),
        Case(
            .job, ["successPolicy": "{rules: [{succeededIndexes: '0'}]}"],
            "spec.successPolicy: Invalid value: {\"Rules\":[{\"SucceededIndexes\":\"0\",\"SucceededCount\":null}]}: requires "
                + "indexed completion mode"),
        Case(
            .job, ["completionMode": "Indexed", "completions": "5", "successPolicy": "{}"],
            "spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is "
                + "specified"),
        Case(
            .job,
            [
                "completionMode": "Indexed", "completions": "5",
                "successPolicy":
                    "{rules: [{}, {succeededIndexes: '0-2,4', succeededCount: 5}, {succeededIndexes: '3,1'}, {succeededIndexes: 5}, {succeededIndexes: 1-2-3}, {succeededIndexes: a}, {succeededCount: 6}]}"
                    .replacing("succeededIndexes: 5}", with: "succeededIndexes: '5'}"),
            ],
            "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified",
            "spec.successPolicy.rules[1].succeededCount: Invalid value: 5: must be less than or equal to 4 (the number of "
                + "indexes in the specified succeededIndexes field)",
            "spec.successPolicy.rules[2].succeededIndexes: Invalid value: \"3,1\": error parsing succeededIndexes: "
                + "non-increasing order, previous: 3, current: 1",
            "spec.successPolicy.rules[3].succeededIndexes: Invalid value: \"5\": error parsing succeededIndexes: too large "
                + "index: \"5\"",
            "spec.successPolicy.rules[4].succeededIndexes: Invalid value: \"1-2-3\": error parsing succeededIndexes: the "
                + "fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated "
                + "by '-'",
            "spec.successPolicy.rules[5].succeededIndexes: Invalid value: \"a\": error parsing succeededIndexes: cannot "
                + "convert string to integer for index: \"a\"",
            "spec.successPolicy.rules[6].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of "
                + "specified completions)"),
        Case(
            .job, ["selector": "{matchLabels: {a: b}}"],
            "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"batch.kubernetes.io/controller-uid\":\"\(uid)\"}}: "
                + "`selector` not auto-generated"),
        Case(
            .job, ["manualSelector": "true"], "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
        Case(.job, ["manualSelector": "true", "selector": "{matchLabels: {a: b}}"]),
        Case(
            .job, ["manualSelector": "true", "selector": "{matchLabels: {a: c}}"],
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: \(mismatch)"),
    ]

    private static let cronJobs: [Case] = [
        Case(.cronJob, ["schedule": "''"], "spec.schedule: Required value"),
        Case(
            .cronJob, ["schedule": "'* * * *'"],
            "spec.schedule: Invalid value: \"* * * *\": expected exactly 5 fields, found 4: [* * * *]"),
        Case(
            .cronJob, ["schedule": "TZ=UTC 0 0 * * *"],
            "spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field "
                + "instead"),
        Case(
            .cronJob,
            [
                "startingDeadlineSeconds": "-1", "concurrencyPolicy": "Wait", "successfulJobsHistoryLimit": "-1",
                "failedJobsHistoryLimit": "-2",
            ],
            "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
            "spec.concurrencyPolicy: Unsupported value: \"Wait\": supported values: \"Allow\", \"Forbid\", \"Replace\"",
            "spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
            "spec.failedJobsHistoryLimit: Invalid value: -2: must be greater than or equal to 0"),
        Case(
            .cronJob, ["timeZone": "''"],
            "spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string"),
        Case(
            .cronJob, ["timeZone": "Local"],
            "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as defined in "
                + "https://www.iana.org/time-zones"),
        Case(
            .cronJob, ["timeZone": "Mars/Base"],
            "spec.timeZone: Invalid value: \"Mars/Base\": unknown time zone Mars/Base"),
        Case(.cronJob, ["timeZone": "../UTC"], "spec.timeZone: Invalid value: \"../UTC\": unknown time zone ../UTC"),
        Case(.cronJob, ["timeZone": "America/Argentina/Buenos_Aires"]),
        Case(.cronJob, ["timeZone": "Etc/GMT+5"]), Case(.cronJob, ["timeZone": "UTC"]),
        Case(
            .cronJob,
            [
                "jobTemplate":
                    "{spec: {selector: {matchLabels: {a: b}}, manualSelector: true, template: \(jobTemplate)}}"
            ],
            "spec.jobTemplate.spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` will be auto-generated",
            "spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\""),
        Case(
            .cronJob, ["jobTemplate": "{spec: {template: {spec: {containers: [{name: c, image: i}]}}}}"],
            "spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""),
        Case(
            .cronJob,
            [
                "jobTemplate":
                    "{spec: {podFailurePolicy: {rules: [{action: Count, onPodConditions: [{type: T}]}]}, template: \(jobTemplate)}}"
            ],
            "spec.jobTemplate.spec.podFailurePolicy.rules[0].onPodConditions[0].status: Required value: valid values: "
                + "[\"False\" \"True\" \"Unknown\"]"),
    ]

    @Test("each rule's refusal", arguments: selectors + pods + deployments + statefulSets + jobs + cronJobs)
    func rules(_ test: Case) throws {
        let review = try review(test.kind, test.fields)
        #expect(review.errors.map(\.description) == test.errors)
    }

    @Test("names that leave no room for what a controller appends")
    func longNames() throws {
        let name = String(repeating: "a", count: 53)
        #expect(
            try review(.cronJob, name: name, [:]).errors.map(\.description)
                == ["metadata.name: Invalid value: \"\(name)\": must be no more than 52 characters"])
        let long = String(repeating: "a", count: 62)
        #expect(
            try review(.job, name: long, ["completionMode": "Indexed", "completions": "2"]).errors.map(\.description)
                == [
                    "metadata.name: Invalid value: \"\(long)\": will not able to create pod with invalid DNS label: \(long)-1"
                ])
        let longest = String(repeating: "a", count: 64)
        #expect(
            try review(.job, name: longest, [:]).message
                == "Job.batch \"\(longest)\" is invalid: spec.template.labels: Invalid value: \"\(longest)\": must be no more "
                + "than 63 characters")
    }

    @Test(
        "a name that the server makes is a name", arguments: [Workload.Kind.deployment, .job, .cronJob, .statefulSet])
    func generatedNames(kind: Workload.Kind) throws {
        var workload = try review(kind, [:]).workload
        workload.metadata.name = nil
        workload.metadata.generateName = "x-"
        if case .job(var spec) = workload.spec {
            spec.template.metadata.labels = nil
            spec.selector = nil
            workload.spec = .job(spec)
        }
        #expect(workload.reviewed().errors.isEmpty && workload.reviewed().warnings.isEmpty)
        #expect(workload.pod.metadata.name == "x-xxxxx")
        workload.metadata.generateName = nil
        #expect(
            workload.reviewed().errors.first?.description
                == "metadata.name: Required value: name or generateName is required")
    }

    @Test("a namespace's name is a label, and it lives in none")
    func namespaces() {
        #expect(validateNamespace(ObjectMeta(name: "a")).isEmpty)
        #expect(
            validateNamespace(ObjectMeta(name: "a.b", namespace: "c")).map(\.description) == [
                "metadata.name: Invalid value: \"a.b\": must not contain dots",
                "metadata.namespace: Forbidden: not allowed on this type",
            ])
    }

    @Test("a job that another one's labels were left in")
    func foreignLabels() throws {
        let template =
            "{metadata: {labels: {job-name: other}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}"
        let errors = try review(.job, ["template": template]).errors.map(\.description)
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix("spec.template.metadata.labels[job-name]: Invalid value: {") == true)
        #expect(errors.first?.hasSuffix("\"job-name\":\"other\"}: must be 'x'") == true)
    }

    @Test(
        "warnings stand at the template",
        arguments: [
            (
                .deployment, "x",
                [
                    "template":
                        "{metadata: {labels: {a: b}}, spec: {nodeSelector: {beta.kubernetes.io/os: linux}, containers: [{name: c, image: i, env: [{name: E, value: a}, {name: E, value: b}], ports: [{containerPort: 1}, {containerPort: 1}]}]}}"
                ],
                [
                    "spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "
                        + "\"kubernetes.io/os\" instead",
                    "spec.template.spec.containers[0].env[1]: hides previous definition of \"E\", which may be dropped when "
                        + "using apply",
                    "spec.template.spec.containers[0].ports[1]: duplicate port definition with "
                        + "spec.template.spec.containers[0].ports[0]",
                ]
            ),
            (
                .daemonSet, "a.b",
                [
                    "template":
                        "{metadata: {labels: {a: b}, annotations: {container.apparmor.security.beta.kubernetes.io/c: unconfined}}, spec: {containers: [{name: c, image: i}]}}"
                ],
                [
                    "spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since "
                        + "v1.30; use the \"appArmorProfile\" field instead"
                ]
            ),
            (
                .cronJob, "x",
                [
                    "jobTemplate":
                        "{spec: {template: {spec: {restartPolicy: Never, terminationGracePeriodSeconds: -1, containers: [{name: c, image: i}]}}}}"
                ],
                [
                    "spec.jobTemplate.spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are "
                        + "invalid and will be treated as 1"
                ]
            ),
            (
                .deployment, "a.b", [:],
                [
                    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS "
                        + "label is recommended: [must not contain dots]"
                ]
            ),
            (
                .job, "x", ["completionMode": "Indexed", "completions": "100001", "parallelism": "10001"],
                [
                    "spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, "
                        + "Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
                ]
            ),
            (
                .statefulSet, "x",
                [
                    "revisionHistoryLimit": "-1",
                    "volumeClaimTemplates":
                        "[{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 500m}}}}]",
                ],
                [
                    "spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value \"500m\" is invalid, must "
                        + "be an integer",
                    "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
                ]
            ),
            (
                .podTemplate, "x",
                ["template": "{spec: {containers: [{name: c, image: i, resources: {limits: {memory: 500m}}}]}}"],
                [
                    "template.spec.containers[0].resources.limits[memory]: fractional byte value \"500m\" is invalid, must be "
                        + "an integer"
                ]
            ),
        ] as [(Workload.Kind, String, [String: String], [String])])
    func warnings(kind: Workload.Kind, name: String, fields: [String: String], expected: [String]) throws {
        let review = try review(kind, name: name, fields)
        #expect(review.message == nil)
        #expect(review.warnings == expected)
    }

    @Test("what the server fills in")
    func defaults() throws {
        guard case .deployment(let deployment) = try review(.deployment, [:]).workload.spec,
            case .job(let job) = try review(.job, [:]).workload.spec,
            case .replicationController(let controller) = try review(.replicationController, [:]).workload.spec
        else { throw NotOneWorkload() }
        #expect(deployment.replicas == 1 && deployment.progressDeadlineSeconds == 600)
        #expect(deployment.strategy.rollingUpdate?.maxSurge == .string("25%"))
        #expect(deployment.template.spec.restartPolicy == "Always")
        #expect(deployment.template.spec.enableServiceLinks == nil)
        #expect(job.completions == 1 && job.backoffLimit == 6 && job.podReplacementPolicy == "TerminatingOrFailed")
        #expect(job.template.metadata.labels?["job-name"] == "x")
        #expect(controller.selector == ["a": "b"])
    }

    @Test("an error's place in the manifest is found though the server's path is another one")
    func positions() throws {
        let text = """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: x}
            spec:
              ordinals: {start: -1}
              selector: {matchLabels: {a: b}}
              template:
                metadata:
                  labels:
                    a: b
                    c: ' '
                spec:
                  containers: [{name: c, image: i}]
                  volumes:
                  - name: data
                    emptyDir: {}
                  - name: B
                    emptyDir: {}
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
              - metadata: {name: C}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """
        let manifest = try reviewed(text)[0]
        let errors = try workload(text).reviewed().errors
        let places = errors.map { "\($0.field) \(manifest.nearestPosition(of: $0.field).line)" }
        #expect(
            places == [
                "spec.ordinals.start 5", "spec.template.labels 9", "spec.template.spec.volumes[1].name 22",
                "spec.template.spec.volumes[2].name 17", "spec.template.labels 9",
            ])
    }
}
