// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// What Kubernetes 1.36 adds to ``core`` with the kinds that have a pod template, and Namespace.
    ///
    /// A table of its own, so that a command that runs pods does not read it.
    static let workloads = Schema(
        extending: core, podSpecification: "the template's spec",
        table: """
            Deployment: apiVersion string, kind string, metadata ObjectMeta, spec DeploymentSpec, status \
            DeploymentStatus
            ReplicaSet: apiVersion string, kind string, metadata ObjectMeta, spec ReplicaSetSpec, status \
            ReplicaSetStatus
            StatefulSet: apiVersion string, kind string, metadata ObjectMeta, spec StatefulSetSpec, status \
            StatefulSetStatus
            DaemonSet: apiVersion string, kind string, metadata ObjectMeta, spec DaemonSetSpec, status \
            DaemonSetStatus
            Job: apiVersion string, kind string, metadata ObjectMeta, spec JobSpec, status JobStatus
            CronJob: apiVersion string, kind string, metadata ObjectMeta, spec CronJobSpec, status CronJobStatus
            ReplicationController: apiVersion string, kind string, metadata ObjectMeta, spec \
            ReplicationControllerSpec, status ReplicationControllerStatus
            PodTemplate: apiVersion string, kind string, metadata ObjectMeta, template PodTemplateSpec
            Namespace: apiVersion string, kind string, metadata ObjectMeta, spec NamespaceSpec, status \
            NamespaceStatus
            DeploymentSpec: minReadySeconds int32, paused bool, progressDeadlineSeconds int32, replicas int32, \
            revisionHistoryLimit int32, selector LabelSelector, strategy DeploymentStrategy, template \
            PodTemplateSpec
            DeploymentStatus: availableReplicas int32, collisionCount int32, conditions [DeploymentCondition], \
            observedGeneration int64, readyReplicas int32, replicas int32, terminatingReplicas int32, \
            unavailableReplicas int32, updatedReplicas int32
            ReplicaSetSpec: minReadySeconds int32, replicas int32, selector LabelSelector, template PodTemplateSpec
            ReplicaSetStatus: availableReplicas int32, conditions [ReplicaSetCondition], fullyLabeledReplicas int32, \
            observedGeneration int64, readyReplicas int32, replicas int32, terminatingReplicas int32
            StatefulSetSpec: minReadySeconds int32, ordinals StatefulSetOrdinals, \
            persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy, \
            podManagementPolicy string, replicas int32, revisionHistoryLimit int32, selector LabelSelector, \
            serviceName string, template PodTemplateSpec, updateStrategy StatefulSetUpdateStrategy, \
            volumeClaimTemplates [PersistentVolumeClaim]
            StatefulSetStatus: availableReplicas int32, collisionCount int32, conditions [StatefulSetCondition], \
            currentReplicas int32, currentRevision string, observedGeneration int64, readyReplicas int32, replicas \
            int32, updateRevision string, updatedReplicas int32
            DaemonSetSpec: minReadySeconds int32, revisionHistoryLimit int32, selector LabelSelector, template \
            PodTemplateSpec, updateStrategy DaemonSetUpdateStrategy
            DaemonSetStatus: collisionCount int32, conditions [DaemonSetCondition], currentNumberScheduled int32, \
            desiredNumberScheduled int32, numberAvailable int32, numberMisscheduled int32, numberReady int32, \
            numberUnavailable int32, observedGeneration int64, updatedNumberScheduled int32
            JobSpec: activeDeadlineSeconds int64, backoffLimit int32, backoffLimitPerIndex int32, completionMode \
            string, completions int32, managedBy string, manualSelector bool, maxFailedIndexes int32, parallelism \
            int32, podFailurePolicy PodFailurePolicy, podReplacementPolicy string, selector LabelSelector, \
            successPolicy SuccessPolicy, suspend bool, template PodTemplateSpec, ttlSecondsAfterFinished int32
            JobStatus: active int32, completedIndexes string, completionTime time, conditions [JobCondition], failed \
            int32, failedIndexes string, ready int32, startTime time, succeeded int32, terminating int32, \
            uncountedTerminatedPods UncountedTerminatedPods
            CronJobSpec: concurrencyPolicy string, failedJobsHistoryLimit int32, jobTemplate JobTemplateSpec, \
            schedule string, startingDeadlineSeconds int64, successfulJobsHistoryLimit int32, suspend bool, timeZone \
            string
            CronJobStatus: active [ObjectReference], lastScheduleTime time, lastSuccessfulTime time
            ReplicationControllerSpec: minReadySeconds int32, replicas int32, selector {string}, template \
            PodTemplateSpec
            ReplicationControllerStatus: availableReplicas int32, conditions [ReplicationControllerCondition], \
            fullyLabeledReplicas int32, observedGeneration int64, readyReplicas int32, replicas int32
            PodTemplateSpec: metadata ObjectMeta, spec PodSpec
            NamespaceSpec: finalizers [string]
            NamespaceStatus: conditions [NamespaceCondition], phase string
            DeploymentStrategy: rollingUpdate RollingUpdateDeployment, type string
            DeploymentCondition: lastTransitionTime time, lastUpdateTime time, message string, reason string, status \
            string, type string
            ReplicaSetCondition: lastTransitionTime time, message string, reason string, status string, type string
            StatefulSetOrdinals: start int32
            StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted string, whenScaled string
            StatefulSetUpdateStrategy: rollingUpdate RollingUpdateStatefulSetStrategy, type string
            StatefulSetCondition: lastTransitionTime time, message string, reason string, status string, type string
            DaemonSetUpdateStrategy: rollingUpdate RollingUpdateDaemonSet, type string
            DaemonSetCondition: lastTransitionTime time, message string, reason string, status string, type string
            PodFailurePolicy: rules [PodFailurePolicyRule]
            SuccessPolicy: rules [SuccessPolicyRule]
            JobCondition: lastProbeTime time, lastTransitionTime time, message string, reason string, status string, \
            type string
            UncountedTerminatedPods: failed [string], succeeded [string]
            JobTemplateSpec: metadata ObjectMeta, spec JobSpec
            ReplicationControllerCondition: lastTransitionTime time, message string, reason string, status string, \
            type string
            NamespaceCondition: lastTransitionTime time, message string, reason string, status string, type string
            RollingUpdateDeployment: maxSurge intOrString, maxUnavailable intOrString
            RollingUpdateStatefulSetStrategy: maxUnavailable intOrString, partition int32
            RollingUpdateDaemonSet: maxSurge intOrString, maxUnavailable intOrString
            PodFailurePolicyRule: action string, onExitCodes PodFailurePolicyOnExitCodesRequirement, onPodConditions \
            [PodFailurePolicyOnPodConditionsPattern]
            SuccessPolicyRule: succeededCount int32, succeededIndexes string
            PodFailurePolicyOnExitCodesRequirement: containerName string, operator string, values [int32]
            PodFailurePolicyOnPodConditionsPattern: status string, type string
            """)
}
