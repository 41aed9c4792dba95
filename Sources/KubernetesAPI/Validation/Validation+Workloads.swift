// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// The rules of a workload with its defaults, in the server's order.
    mutating func workload(_ workload: Workload) {
        let isStatefulSet = workload.kind == .statefulSet
        metadata(workload.metadata, isNamespaced: true) {
            isStatefulSet ? NameRules.label($0) : NameRules.subdomain($0)
        }
        switch workload.spec {
        case .deployment(let spec): within("spec") { $0.deployment(spec) }
        case .replicaSet(let spec): within("spec") { $0.replicaSet(spec) }
        case .statefulSet(let spec): within("spec") { $0.statefulSet(spec) }
        case .daemonSet(let spec): within("spec") { $0.daemonSet(spec) }
        case .job(let spec): job(spec, workload.metadata)
        case .cronJob(let spec): cronJob(spec, workload.metadata)
        case .replicationController(let spec): within("spec") { $0.replicationController(spec) }
        case .podTemplate(let template): within("template") { $0.podTemplate(template) }
        }
    }

    mutating func nonnegative(_ field: String?, _ number: Int64?) {
        if let number, number < 0 { invalid(field, .int(number), "must be greater than or equal to 0") }
    }
    mutating func nonnegative(_ field: String?, _ number: Int32?) { nonnegative(field, number.map { Int64($0) }) }

    /// The template at the path, as every kind has it.
    mutating func podTemplate(_ template: PodTemplateSpec) {
        templateMetadata(template)
        let pod = Pod(metadata: template.nameless, spec: template.spec)
        within("spec") { validation in
            validation.spec(pod, isTemplate: true)
            validation.seccompAnnotationsMatch(pod)
            validation.appArmorAnnotationsMatch(pod)
            if !(pod.spec.ephemeralContainers ?? []).isEmpty {
                validation.forbidden("ephemeralContainers", "ephemeral containers not allowed in pod template")
            }
        }
    }

    /// The server's paths have no `metadata` here.
    mutating func templateMetadata(_ template: PodTemplateSpec) {
        labels("labels", template.metadata.labels)
        annotations(template.metadata.annotations)
        within("annotations") { $0.annotations(of: Pod(metadata: template.nameless, spec: template.spec)) }
    }

    /// What the pods of a controller that keeps them running may not say, in `spec` of the template at the path.
    mutating func keepsRunning(_ spec: PodSpec, kind: String) {
        within("spec") { validation in
            if spec.restartPolicy != "Always" {
                validation.unsupported("restartPolicy", spec.restartPolicy ?? "", supported: ["Always"])
            }
            if spec.activeDeadlineSeconds != nil {
                validation.forbidden(
                    "activeDeadlineSeconds", "activeDeadlineSeconds in \(kind) is not Supported")
            }
        }
    }

    mutating func mismatch(_ labels: [String: String]?) {
        within("metadata") {
            $0.invalid(
                "labels", .json(GoText.json(labels) ?? "null"), "`selector` does not match template `labels`")
        }
    }

    /// The rules of a selector that must be there; false if it has an error, so that nothing can be compared with it.
    mutating func requiredSelector(_ selector: LabelSelector?, of kind: String) -> Bool {
        guard let selector else {
            required("selector")
            return true
        }
        let before = errors.count
        labelSelector("selector", selector)
        let isValid = errors.count == before
        if selector.isEmpty {
            invalid("selector", .json(GoText.json(selector)), "empty selector is invalid for \(kind)")
        }
        return isValid
    }

    private mutating func deployment(_ spec: DeploymentSpec) {
        nonnegative("replicas", spec.replicas)
        replicaTemplate(spec.template, spec.selector)
        within("strategy") { $0.deploymentStrategy(spec.strategy) }
        nonnegative("minReadySeconds", spec.minReadySeconds)
        nonnegative("revisionHistoryLimit", spec.revisionHistoryLimit)
        nonnegative("progressDeadlineSeconds", spec.progressDeadlineSeconds)
        if let deadline = spec.progressDeadlineSeconds, deadline <= spec.minReadySeconds {
            invalid("progressDeadlineSeconds", .int(Int64(deadline)), "must be greater than minReadySeconds")
        }
    }

    private mutating func replicaSet(_ spec: ReplicaSetSpec) {
        nonnegative("replicas", spec.replicas)
        nonnegative("minReadySeconds", spec.minReadySeconds)
        replicaTemplate(spec.template, spec.selector)
    }

    /// Selector and template of a Deployment or ReplicaSet; the server's words are the same for both.
    private mutating func replicaTemplate(_ template: PodTemplateSpec, _ selector: LabelSelector?) {
        guard requiredSelector(selector, of: "deployment") else {
            return invalid("selector", .json(selector.map { GoText.json($0) } ?? "null"), "invalid label selector")
        }
        within("template") { validation in
            if selector?.matches(template.metadata.labels ?? [:]) != true {
                validation.mismatch(template.metadata.labels)
            }
            validation.podTemplate(template)
            validation.keepsRunning(template.spec, kind: "ReplicaSet")
        }
    }

    private mutating func replicationController(_ spec: ReplicationControllerSpec) {
        nonnegative("minReadySeconds", spec.minReadySeconds)
        let selector = spec.selector ?? [:]
        if selector.isEmpty { required("selector") }
        nonnegative("replicas", spec.replicas)
        guard let template = spec.template else { return required("template") }
        within("template") { validation in
            let labels = template.metadata.labels
            if !selector.allSatisfy({ labels?[$0.key] == $0.value }) { validation.mismatch(labels) }
            validation.podTemplate(template)
            validation.keepsRunning(template.spec, kind: "ReplicationController")
        }
    }

    private mutating func daemonSet(_ spec: DaemonSetSpec) {
        let before = errors.count
        labelSelector("selector", spec.selector)
        let labels = spec.template.metadata.labels
        if errors.count == before, spec.selector?.matches(labels ?? [:]) != true {
            within("template") { $0.mismatch(labels) }
        }
        if let selector = spec.selector, selector.isEmpty {
            invalid("selector", .json(GoText.json(selector)), "empty selector is invalid for daemonset")
        }
        within("template") { validation in
            validation.podTemplate(spec.template)
            validation.keepsRunning(spec.template.spec, kind: "DaemonSet")
        }
        nonnegative("minReadySeconds", spec.minReadySeconds)
        daemonSetStrategy(spec.updateStrategy)
        nonnegative("revisionHistoryLimit", spec.revisionHistoryLimit)
    }

    private mutating func deploymentStrategy(_ strategy: UpdateStrategy) {
        switch strategy.type {
        case "Recreate":
            if strategy.rollingUpdate != nil {
                forbidden("rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
            }
        case "RollingUpdate":
            guard let update = strategy.rollingUpdate else { return }
            within("rollingUpdate") { validation in
                validation.amount("maxUnavailable", update.maxUnavailable)
                validation.amount("maxSurge", update.maxSurge)
                if update.maxUnavailable.amount == 0, update.maxSurge.amount == 0 {
                    validation.invalid(
                        "maxUnavailable", .json(GoText.json(update.maxUnavailable) ?? "0"),
                        "may not be 0 when `maxSurge` is 0")
                }
                validation.notMoreThanAll("maxUnavailable", update.maxUnavailable)
            }
        default: unsupported(nil, json: GoText.json(strategy), supported: ["Recreate", "RollingUpdate"])
        }
    }

    private mutating func daemonSetStrategy(_ strategy: UpdateStrategy) {
        switch strategy.type {
        case "OnDelete": return
        case "RollingUpdate":
            guard let update = strategy.rollingUpdate else { return }
            within("updateStrategy") { validation in
                validation.within("rollingUpdate") { $0.daemonSetUpdate(update) }
            }
        default:
            unsupported("updateStrategy", json: GoText.json(strategy), supported: ["RollingUpdate", "OnDelete"])
        }
    }

    private mutating func daemonSetUpdate(_ update: UpdateStrategy.RollingUpdate) {
        amount("maxUnavailable", update.maxUnavailable)
        amount("maxSurge", update.maxSurge)
        notMoreThanAll("maxUnavailable", update.maxUnavailable)
        notMoreThanAll("maxSurge", update.maxSurge)
        switch (update.maxUnavailable.amount != 0, update.maxSurge.amount != 0) {
        case (true, true):
            invalid(
                "maxSurge", .json(GoText.json(update.maxSurge) ?? "0"), "may not be set when maxUnavailable is non-zero"
            )
        case (false, false): required("maxUnavailable", "cannot be 0 when maxSurge is 0")
        default: return
        }
    }

    /// A number that is not negative, or a percentage.
    mutating func amount(_ field: String, _ value: IntOrString?) {
        switch value {
        case .int(let number): nonnegative(field, number)
        case .string(let text) where !IntOrString.isPercentage(text):
            invalid(
                field, .json(GoText.json(text) ?? "null"),
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
                    + "used for validation is '[0-9]+%')")
        default: return
        }
    }

    mutating func notMoreThanAll(_ field: String, _ value: IntOrString?) {
        guard case .string(let text) = value, IntOrString.isPercentage(text), value.amount > 100 else { return }
        invalid(field, .json(GoText.json(text) ?? "null"), "must not be greater than 100%")
    }
}

extension PodTemplateSpec {
    /// The metadata without a name: a template's volumes have no claims yet that it would be a part of.
    fileprivate var nameless: ObjectMeta {
        var metadata = metadata
        metadata.name = nil
        return metadata
    }
}

extension IntOrString {
    /// Digits and a percent sign.
    fileprivate static func isPercentage(_ text: String) -> Bool {
        let digits = text.utf8.dropLast()
        return text.utf8.last == UInt8(ascii: "%") && !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) }
    }
}

extension IntOrString? {
    /// The number, or that of the percentage; 0 for what is neither.
    var amount: Int {
        switch self {
        case .int(let number): Int(number)
        case .string(let text): GoText.integer(IntOrString.isPercentage(text) ? String(text.dropLast()) : text) ?? 0
        case nil: 0
        }
    }
}

extension GoText {
    /// As the server's own type prints it, which has no tags.
    fileprivate static func json(_ strategy: UpdateStrategy) -> String {
        let update = strategy.rollingUpdate.map { update in
            object([
                ("MaxUnavailable", json(update.maxUnavailable) ?? "0"), ("MaxSurge", json(update.maxSurge) ?? "0"),
            ])
        }
        return object([("Type", json(strategy.type ?? "")), ("RollingUpdate", update)])
    }
}
