// SPDX-License-Identifier: Apache-2.0

/// What a Deployment is asked to keep running.
package struct DeploymentSpec: Codable, Hashable, Sendable {
    package var replicas: Int32?
    package var selector: LabelSelector?
    package var template = PodTemplateSpec()
    package var strategy = UpdateStrategy()
    /// Seconds.
    package var minReadySeconds: Int32 = 0
    package var revisionHistoryLimit: Int32?
    package var paused: Bool?
    /// Seconds.
    package var progressDeadlineSeconds: Int32?
}

/// What a ReplicaSet is asked to keep running.
package struct ReplicaSetSpec: Codable, Hashable, Sendable {
    package var replicas: Int32?
    /// Seconds.
    package var minReadySeconds: Int32 = 0
    package var selector: LabelSelector?
    package var template = PodTemplateSpec()
}

/// What a ReplicationController is asked to keep running.
package struct ReplicationControllerSpec: Codable, Hashable, Sendable {
    package var replicas: Int32?
    /// Seconds.
    package var minReadySeconds: Int32 = 0
    package var selector: [String: String]?
    package var template: PodTemplateSpec?
}

/// What a DaemonSet is asked to keep running on each node.
package struct DaemonSetSpec: Codable, Hashable, Sendable {
    package var selector: LabelSelector?
    package var template = PodTemplateSpec()
    package var updateStrategy = UpdateStrategy()
    /// Seconds.
    package var minReadySeconds: Int32 = 0
    package var revisionHistoryLimit: Int32?
}

/// How pods give way to those of a new template, for Deployments and DaemonSets.
package struct UpdateStrategy: Codable, Hashable, Sendable {
    /// `RollingUpdate`; else `Recreate` for a Deployment, `OnDelete` for a DaemonSet.
    package var type: String?
    package var rollingUpdate: RollingUpdate?

    /// How many pods may be missing, and how many too many, meanwhile: a number or a percentage.
    package struct RollingUpdate: Codable, Hashable, Sendable {
        package var maxUnavailable: IntOrString?
        package var maxSurge: IntOrString?
    }
}
