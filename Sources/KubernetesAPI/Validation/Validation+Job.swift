// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// The most completions of an indexed Job whose failed indexes need no limit of their own.
    private static let manyCompletions: Int32 = 100_000
    /// The most failed indexes, and pods at a time, of an indexed Job.
    private static let mostIndexes: Int32 = 100_000
    /// The same for an indexed Job with more than ``manyCompletions``.
    private static let mostIndexesOfMany: Int32 = 10_000

    mutating func job(_ spec: JobSpec, _ metadata: ObjectMeta) {
        let name = metadata.finalName
        generatedSelector(spec, name: name)
        within("spec") { validation in
            validation.jobSpec(spec)
            guard let selector = spec.selector else {
                validation.required("selector")
                return validation.within("template") { $0.mismatch(spec.template.metadata.labels) }
            }
            let before = validation.errors.count
            validation.labelSelector("selector", selector)
            if validation.errors.count == before, !selector.matches(spec.template.metadata.labels ?? [:]) {
                validation.within("template") { $0.mismatch(spec.template.metadata.labels) }
            }
        }
        if spec.isIndexed, let completions = spec.completions, completions > 0 {
            let last = "\(name)-\(completions - 1)"
            if !NameRules.label(last).isEmpty {
                within("metadata") {
                    $0.invalid(
                        "name", .string(name), "will not able to create pod with invalid DNS label: \(last)")
                }
            }
        }
    }

    /// The selector and labels that the server made, unless the manifest has others already.
    private mutating func generatedSelector(_ spec: JobSpec, name: String) {
        guard spec.manualSelector != true, let selector = spec.selector else { return }
        let expected = [
            ("controller-uid", JobSpec.uid), ("job-name", name), ("batch.kubernetes.io/controller-uid", JobSpec.uid),
            ("batch.kubernetes.io/job-name", name),
        ]
        within("spec") { validation in
            let labels = spec.template.metadata.labels
            validation.within("template") {
                $0.within("metadata") {
                    $0.within("labels") { validation in
                        for (key, value) in expected where labels?[key] != value {
                            validation.within(key: key) {
                                $0.invalid(.json(GoText.json(labels) ?? "null"), "must be '\(value)'")
                            }
                        }
                    }
                }
            }
            var probe = Self()
            probe.labelSelector("selector", selector)
            if probe.errors.isEmpty, !selector.matches(Dictionary(expected) { $1 }) {
                validation.invalid("selector", .json(GoText.json(selector)), "`selector` not auto-generated")
            }
        }
    }

    /// The rules that a Job and the Jobs of a CronJob share, where the path is the specification.
    mutating func jobSpec(_ spec: JobSpec) {
        nonnegative("parallelism", spec.parallelism)
        nonnegative("completions", spec.completions)
        nonnegative("activeDeadlineSeconds", spec.activeDeadlineSeconds)
        nonnegative("backoffLimit", spec.backoffLimit)
        nonnegative("ttlSecondsAfterFinished", spec.ttlSecondsAfterFinished)
        nonnegative("backoffLimitPerIndex", spec.backoffLimitPerIndex)
        nonnegative("maxFailedIndexes", spec.maxFailedIndexes)
        if spec.maxFailedIndexes != nil, spec.backoffLimitPerIndex == nil {
            required("backoffLimitPerIndex", "when maxFailedIndexes is specified")
        }
        if let name = spec.managedBy { managedBy(name) }
        completionMode(spec)
        if let policy = spec.podFailurePolicy { within("podFailurePolicy") { $0.podFailurePolicy(policy, spec) } }
        successPolicy(spec)
        let replacements = spec.podFailurePolicy == nil ? ["Failed", "TerminatingOrFailed"] : ["Failed"]
        policy("podReplacementPolicy", spec.podReplacementPolicy, of: replacements)
        within("template") { validation in
            validation.podTemplate(spec.template)
            validation.within("spec") { $0.jobRestartPolicy(spec) }
        }
    }

    private mutating func jobRestartPolicy(_ spec: JobSpec) {
        let policy = spec.template.spec.restartPolicy ?? ""
        switch policy {
        case "", "Always": required("restartPolicy", "valid values: \"OnFailure\", \"Never\"")
        case "OnFailure", "Never":
            if spec.podFailurePolicy != nil, policy != "Never" {
                invalid(
                    "restartPolicy", .string(policy), "only \"Never\" is supported when podFailurePolicy is specified")
            }
        default: unsupported("restartPolicy", policy, supported: ["OnFailure", "Never"])
        }
    }

    private mutating func managedBy(_ name: String) {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if name.isEmpty {
            required("managedBy")
        } else if parts.count != 2 || parts[0].isEmpty || parts[1].isEmpty {
            invalid("managedBy", .string(name), "must be a domain-prefixed path (such as \"acme.io/foo\")")
        } else {
            invalid("managedBy", String(parts[0]), each: NameRules.subdomain(String(parts[0])))
            invalid("managedBy", String(parts[1]), each: NameRules.path(String(parts[1])))
        }
        if name.utf8.count > 63 { tooLong("managedBy", bytes: 63) }
    }

    private mutating func completionMode(_ spec: JobSpec) {
        if let mode = spec.completionMode, !["NonIndexed", "Indexed"].contains(mode) {
            unsupported("completionMode", mode, supported: ["NonIndexed", "Indexed"])
        }
        if spec.isIndexed { indexedCompletion(spec) }
        guard spec.completionMode == nil || spec.completionMode == "NonIndexed" else { return }
        for (field, number) in [
            ("backoffLimitPerIndex", spec.backoffLimitPerIndex), ("maxFailedIndexes", spec.maxFailedIndexes),
        ] {
            if let number { invalid(field, .int(Int64(number)), "requires indexed completion mode") }
        }
    }

    private mutating func indexedCompletion(_ spec: JobSpec) {
        func atMost(_ limit: Int32, _ field: String, _ number: Int32?, _ condition: String = "") {
            guard let number, number > limit else { return }
            invalid(field, .int(Int64(number)), "must be less than or equal to \(limit)\(condition)")
        }
        if spec.completions == nil { required("completions", "when completion mode is Indexed") }
        atMost(Self.mostIndexes, "parallelism", spec.parallelism, " when completion mode is Indexed")
        if let completions = spec.completions, let failed = spec.maxFailedIndexes, failed > completions {
            invalid("maxFailedIndexes", .int(Int64(failed)), "must be less than or equal to completions")
        }
        atMost(Self.mostIndexes, "maxFailedIndexes", spec.maxFailedIndexes)
        guard let completions = spec.completions, completions > Self.manyCompletions, spec.backoffLimitPerIndex != nil
        else { return }
        if spec.maxFailedIndexes == nil {
            required("maxFailedIndexes", "must be specified when completions is above \(Self.manyCompletions)")
        }
        let condition = " when completions are above \(Self.manyCompletions) and used with backoff limit per index"
        atMost(Self.mostIndexesOfMany, "parallelism", spec.parallelism, condition)
        atMost(Self.mostIndexesOfMany, "maxFailedIndexes", spec.maxFailedIndexes, condition)
    }

    private mutating func podFailurePolicy(_ policy: PodFailurePolicy, _ spec: JobSpec) {
        tooMany("rules", policy.rules.count, most: 20)
        let containers = Set((spec.template.spec.containers + (spec.template.spec.initContainers ?? [])).map(\.name))
        each("rules", policy.rules) { validation, rule in
            let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
            switch rule.action {
            case "": validation.required("action", Self.validValues(actions))
            case "FailIndex":
                if spec.backoffLimitPerIndex == nil {
                    validation.invalid(
                        "action", .string(rule.action), "requires the backoffLimitPerIndex to be set")
                }
            default: validation.choice("action", rule.action, of: actions)
            }
            let conditions = rule.onPodConditions ?? []
            if let codes = rule.onExitCodes { validation.within("onExitCodes") { $0.exitCodes(codes, containers) } }
            validation.podConditions(conditions)
            if rule.onExitCodes != nil, !conditions.isEmpty {
                validation.invalid("specifying both OnExitCodes and OnPodConditions is not supported")
            }
            if rule.onExitCodes == nil, conditions.isEmpty {
                validation.invalid("specifying one of OnExitCodes and OnPodConditions is required")
            }
        }
    }

    private static func validValues(_ values: [String]) -> String {
        "valid values: [\(values.map { GoText.quoted($0) }.joined(separator: " "))]"
    }

    private mutating func podConditions(_ conditions: [PodFailurePolicy.PodCondition]) {
        tooMany("onPodConditions", conditions.count, most: 20)
        each("onPodConditions", conditions) { validation, condition in
            validation.invalid("type", condition.type, each: NameRules.qualifiedName(condition.type))
            let statuses = ["False", "True", "Unknown"]
            let status = condition.status ?? ""
            if status.isEmpty {
                validation.required("status", Self.validValues(statuses))
            } else {
                validation.choice("status", status, of: statuses)
            }
        }
    }

    private mutating func exitCodes(_ codes: PodFailurePolicy.ExitCodes, _ containers: Set<String>) {
        let operators = ["In", "NotIn"]
        if codes.operator.isEmpty {
            required("operator", Self.validValues(operators))
        } else {
            choice("operator", codes.operator, of: operators)
        }
        if let name = codes.containerName, !containers.contains(name) {
            let problem = "must be one of the container or initContainer names in the pod template"
            invalid("containerName", .string(name), problem)
        }
        let values = codes.values ?? []
        let list = FieldError.Value.json(
            codes.values.map { "[\($0.map { String($0) }.joined(separator: ","))]" } ?? "null")
        if values.isEmpty { invalid("values", list, "at least one value is required") }
        tooMany("values", values.count, most: 255)
        var seen: Set<Int32> = []
        each("values", values) { validation, code in
            if codes.operator == "In", code == 0 {
                validation.invalid(.int(0), "must not be 0 for the In operator")
            }
            if !seen.insert(code).inserted { validation.duplicate(Int64(code)) }
        }
        if zip(values, values.dropFirst()).contains(where: { $0 > $1 }) { invalid("values", list, "must be ordered") }
    }

    private mutating func successPolicy(_ spec: JobSpec) {
        guard let policy = spec.successPolicy else { return }
        guard spec.isIndexed else {
            return invalid("successPolicy", .json(GoText.json(policy)), "requires indexed completion mode")
        }
        let rules = policy.rules ?? []
        within("successPolicy") { validation in
            if rules.isEmpty {
                let problem = "at least one rules must be specified when the successPolicy is specified"
                validation.required("rules", problem)
            }
            validation.tooMany("rules", rules.count, most: 20)
            validation.each("rules", rules) { $0.successRule($1, completions: spec.completions ?? 0) }
        }
    }

    private mutating func successRule(_ rule: SuccessPolicy.Rule, completions: Int32) {
        if rule.succeededCount == nil, rule.succeededIndexes == nil {
            required(nil, "at least one of succeededCount or succeededIndexes must be specified")
        }
        var total: Int32 = 0
        if let indexes = rule.succeededIndexes {
            if indexes.utf8.count > 64 << 10 { tooLong("succeededIndexes", bytes: 64 << 10) }
            do throws(IndexIntervals.Problem) {
                total = try IndexIntervals.count(indexes, completions: completions)
            } catch {
                invalid("succeededIndexes", .string(indexes), "error parsing succeededIndexes: \(error.text)")
            }
        }
        guard let count = rule.succeededCount else { return }
        nonnegative("succeededCount", count)
        if count > completions {
            let problem = "must be less than or equal to \(completions) (the number of specified completions)"
            invalid("succeededCount", .int(Int64(count)), problem)
        }
        if rule.succeededIndexes != nil, count > total {
            let problem =
                "must be less than or equal to \(total) (the number of indexes in the specified succeededIndexes field)"
            invalid("succeededCount", .int(Int64(count)), problem)
        }
    }
}

extension GoText {
    /// As the server's own type prints it, which has no tags.
    fileprivate static func json(_ policy: SuccessPolicy) -> String {
        let rules = policy.rules.map { rules in
            let texts = rules.map { rule in
                object([
                    ("SucceededIndexes", json(rule.succeededIndexes)),
                    ("SucceededCount", json(rule.succeededCount.map { Int64($0) })),
                ])
            }
            return "[\(texts.joined(separator: ","))]"
        }
        return object([("Rules", rules)])
    }
}
