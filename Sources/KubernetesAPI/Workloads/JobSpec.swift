// SPDX-License-Identifier: Apache-2.0

/// What a Job is asked to bring to an end.
package struct JobSpec: Codable, Hashable, Sendable {
    package var parallelism: Int32?
    package var completions: Int32?
    /// Seconds.
    package var activeDeadlineSeconds: Int64?
    package var podFailurePolicy: PodFailurePolicy?
    package var successPolicy: SuccessPolicy?
    package var backoffLimit: Int32?
    package var backoffLimitPerIndex: Int32?
    package var maxFailedIndexes: Int32?
    package var selector: LabelSelector?
    package var manualSelector: Bool?
    package var template = PodTemplateSpec()
    /// Seconds.
    package var ttlSecondsAfterFinished: Int32?
    /// `NonIndexed` or `Indexed`.
    package var completionMode: String?
    package var suspend: Bool?
    /// `TerminatingOrFailed` or `Failed`.
    package var podReplacementPolicy: String?
    package var managedBy: String?
}

extension JobSpec {
    var isIndexed: Bool { completionMode == "Indexed" }
}

/// What a pod's failure means for its Job: the first rule that fits decides.
package struct PodFailurePolicy: Codable, Hashable, Sendable {
    package var rules: [Rule] = []

    /// What is done about the failures that this describes.
    package struct Rule: Codable, Hashable, Sendable {
        /// `FailJob`, `FailIndex`, `Ignore` or `Count`.
        package var action = ""
        package var onExitCodes: ExitCodes?
        package var onPodConditions: [PodCondition]?
    }

    /// Failures by a container's exit code.
    package struct ExitCodes: Codable, Hashable, Sendable {
        package var containerName: String?
        /// `In` or `NotIn`.
        package var `operator` = ""
        package var values: [Int32]?
    }

    /// Failures by a condition of the pod.
    package struct PodCondition: Codable, Hashable, Sendable {
        package var type = ""
        package var status: String?
    }
}

/// When an indexed Job has done enough.
package struct SuccessPolicy: Codable, Hashable, Sendable {
    package var rules: [Rule]?

    /// Which indexes, or how many of them, are enough.
    package struct Rule: Codable, Hashable, Sendable {
        package var succeededIndexes: String?
        package var succeededCount: Int32?
    }
}

/// When a CronJob creates which Job.
package struct CronJobSpec: Codable, Hashable, Sendable {
    package var schedule = ""
    package var timeZone: String?
    /// Seconds.
    package var startingDeadlineSeconds: Int64?
    /// `Allow`, `Forbid` or `Replace`.
    package var concurrencyPolicy: String?
    package var suspend: Bool?
    package var jobTemplate = JobTemplateSpec()
    package var successfulJobsHistoryLimit: Int32?
    package var failedJobsHistoryLimit: Int32?
}

/// What the Jobs of a CronJob look like.
package struct JobTemplateSpec: Codable, Hashable, Sendable {
    package var metadata = ObjectMeta()
    package var spec = JobSpec()
}
