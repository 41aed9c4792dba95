// SPDX-License-Identifier: Apache-2.0

extension Workload {
    /// Fills in what the API server fills in before it validates.
    ///
    /// Nothing that is written is changed.
    ///
    /// - Parameter namespace: the namespace of an object that names none.
    mutating func applyDefaults(namespace: String) {
        metadata.applyDefaults(namespace: namespace)
        switch spec {
        case .deployment(var spec):
            spec.applyDefaults()
            self.spec = .deployment(spec)
        case .replicaSet(var spec):
            spec.replicas = spec.replicas ?? 1
            spec.template.spec.applyTemplateDefaults()
            self.spec = .replicaSet(spec)
        case .statefulSet(var spec):
            spec.applyDefaults()
            self.spec = .statefulSet(spec)
        case .daemonSet(var spec):
            spec.applyDefaults()
            self.spec = .daemonSet(spec)
        case .job(var spec):
            spec.applyDefaults()
            inheritLabels(of: spec.template)
            if spec.manualSelector == false { spec.generateSelector(name: metadata.finalName) }
            self.spec = .job(spec)
        case .cronJob(var spec):
            spec.applyDefaults()
            self.spec = .cronJob(spec)
        case .replicationController(var spec):
            spec.applyDefaults()
            if let template = spec.template { inheritLabels(of: template) }
            self.spec = .replicationController(spec)
        case .podTemplate(var template):
            template.spec.applyTemplateDefaults()
            self.spec = .podTemplate(template)
        }
    }

    private mutating func inheritLabels(of template: PodTemplateSpec) {
        if (metadata.labels ?? [:]).isEmpty, let labels = template.metadata.labels { metadata.labels = labels }
    }
}

extension DeploymentSpec {
    fileprivate mutating func applyDefaults() {
        replicas = replicas ?? 1
        strategy.applyDefaults(unavailable: .string("25%"), surge: .string("25%"))
        revisionHistoryLimit = revisionHistoryLimit ?? 10
        progressDeadlineSeconds = progressDeadlineSeconds ?? 600
        template.spec.applyTemplateDefaults()
    }
}

extension UpdateStrategy {
    fileprivate mutating func applyDefaults(unavailable: IntOrString, surge: IntOrString) {
        if (type ?? "").isEmpty { type = "RollingUpdate" }
        guard type == "RollingUpdate" else { return }
        var update = rollingUpdate ?? RollingUpdate()
        update.maxUnavailable = update.maxUnavailable ?? unavailable
        update.maxSurge = update.maxSurge ?? surge
        rollingUpdate = update
    }
}

extension DaemonSetSpec {
    fileprivate mutating func applyDefaults() {
        updateStrategy.applyDefaults(unavailable: .int(1), surge: .int(0))
        revisionHistoryLimit = revisionHistoryLimit ?? 10
        template.spec.applyTemplateDefaults()
    }
}

extension ReplicationControllerSpec {
    fileprivate mutating func applyDefaults() {
        replicas = replicas ?? 1
        if (selector ?? [:]).isEmpty, let labels = template?.metadata.labels { selector = labels }
        template?.spec.applyTemplateDefaults()
    }
}

extension StatefulSetSpec {
    fileprivate mutating func applyDefaults() {
        if (podManagementPolicy ?? "").isEmpty { podManagementPolicy = "OrderedReady" }
        if (updateStrategy.type ?? "").isEmpty {
            updateStrategy.type = "RollingUpdate"
            updateStrategy.rollingUpdate = updateStrategy.rollingUpdate ?? RollingUpdate()
        }
        if updateStrategy.type == "RollingUpdate", var update = updateStrategy.rollingUpdate {
            update.partition = update.partition ?? 0
            update.maxUnavailable = update.maxUnavailable ?? .int(1)
            updateStrategy.rollingUpdate = update
        }
        var policy = persistentVolumeClaimRetentionPolicy ?? RetentionPolicy()
        if (policy.whenDeleted ?? "").isEmpty { policy.whenDeleted = "Retain" }
        if (policy.whenScaled ?? "").isEmpty { policy.whenScaled = "Retain" }
        persistentVolumeClaimRetentionPolicy = policy
        replicas = replicas ?? 1
        revisionHistoryLimit = revisionHistoryLimit ?? 10
        volumeClaimTemplates = volumeClaimTemplates?.map { claim in
            var claim = claim
            claim.spec.volumeMode = claim.spec.volumeMode ?? "Filesystem"
            return claim
        }
        template.spec.applyTemplateDefaults()
    }
}

extension JobSpec {
    fileprivate mutating func applyDefaults() {
        if completions == nil, parallelism == nil { completions = 1 }
        parallelism = parallelism ?? 1
        backoffLimit = backoffLimit ?? (backoffLimitPerIndex == nil ? 6 : .max)
        completionMode = completionMode ?? "NonIndexed"
        suspend = suspend ?? false
        podReplacementPolicy = podReplacementPolicy ?? (podFailurePolicy == nil ? "TerminatingOrFailed" : "Failed")
        manualSelector = manualSelector ?? false
        podFailurePolicy?.applyDefaults()
        template.spec.applyTemplateDefaults()
    }

    /// The uid of a Job that is only looked at: the server makes one for each that it creates, whatever is written.
    static let uid = "00000000-0000-0000-0000-000000000000"

    /// Gives the pods labels that no other Job's have, and selects by them.
    fileprivate mutating func generateSelector(name: String) {
        let generated = [
            "job-name": name, "batch.kubernetes.io/job-name": name, "controller-uid": Self.uid,
            "batch.kubernetes.io/controller-uid": Self.uid,
        ]
        template.metadata.labels = generated.merging(template.metadata.labels ?? [:]) { _, own in own }
        var own = selector ?? LabelSelector()
        own.matchLabels = ["batch.kubernetes.io/controller-uid": Self.uid].merging(own.matchLabels ?? [:]) { $1 }
        selector = own
    }
}

extension PodFailurePolicy {
    fileprivate mutating func applyDefaults() {
        for rule in rules.indices {
            for place in (rules[rule].onPodConditions ?? []).indices
            where (rules[rule].onPodConditions?[place].status ?? "").isEmpty {
                rules[rule].onPodConditions?[place].status = "True"
            }
        }
    }
}

extension CronJobSpec {
    /// The Job's own defaults come when it is created.
    fileprivate mutating func applyDefaults() {
        if (concurrencyPolicy ?? "").isEmpty { concurrencyPolicy = "Allow" }
        suspend = suspend ?? false
        successfulJobsHistoryLimit = successfulJobsHistoryLimit ?? 3
        failedJobsHistoryLimit = failedJobsHistoryLimit ?? 1
        jobTemplate.spec.template.spec.applyTemplateDefaults()
    }
}
