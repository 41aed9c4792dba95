// SPDX-License-Identifier: Apache-2.0

/// An object of a kind that has a template for pods.
///
/// It is looked at; nothing here runs it.
package struct Workload: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case deployment = "Deployment"
        case replicaSet = "ReplicaSet"
        case statefulSet = "StatefulSet"
        case daemonSet = "DaemonSet"
        case job = "Job"
        case cronJob = "CronJob"
        case replicationController = "ReplicationController"
        case podTemplate = "PodTemplate"
    }
    package enum Spec: Hashable, Sendable {
        case deployment(DeploymentSpec)
        case replicaSet(ReplicaSetSpec)
        case statefulSet(StatefulSetSpec)
        case daemonSet(DaemonSetSpec)
        case job(JobSpec)
        case cronJob(CronJobSpec)
        case replicationController(ReplicationControllerSpec)
        /// The field is `template`, not `spec`.
        case podTemplate(PodTemplateSpec)
    }
    package var metadata: ObjectMeta
    package var spec: Spec

    package init(metadata: ObjectMeta = ObjectMeta(), spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }
}

/// What a pod that a controller creates looks like.
package struct PodTemplateSpec: Codable, Hashable, Sendable {
    package var metadata = ObjectMeta()
    package var spec = PodSpec()

    package init(metadata: ObjectMeta = ObjectMeta(), spec: PodSpec = PodSpec()) {
        self.metadata = metadata
        self.spec = spec
    }
}

extension Workload.Kind {
    /// `""` for the core group.
    package var group: String {
        switch self {
        case .deployment, .replicaSet, .statefulSet, .daemonSet: "apps"
        case .job, .cronJob: "batch"
        case .replicationController, .podTemplate: ""
        }
    }

    package var apiVersion: String { group.isEmpty ? "v1" : "\(group)/v1" }

    /// As the server's messages name it: `Deployment.apps`.
    package var qualifiedName: String { group.isEmpty ? rawValue : "\(rawValue).\(group)" }

    /// Where the template stands in the object: `spec.template`, for example.
    package var templatePath: FieldPath {
        switch self {
        case .cronJob: FieldPath([.field("spec"), .field("jobTemplate"), .field("spec"), .field("template")])
        case .podTemplate: FieldPath([.field("template")])
        default: FieldPath([.field("spec"), .field("template")])
        }
    }
}

extension Workload {
    package var kind: Kind {
        switch spec {
        case .deployment: .deployment
        case .replicaSet: .replicaSet
        case .statefulSet: .statefulSet
        case .daemonSet: .daemonSet
        case .job: .job
        case .cronJob: .cronJob
        case .replicationController: .replicationController
        case .podTemplate: .podTemplate
        }
    }

    package var templatePath: FieldPath { kind.templatePath }

    package var template: PodTemplateSpec {
        switch spec {
        case .deployment(let spec): spec.template
        case .replicaSet(let spec): spec.template
        case .statefulSet(let spec): spec.template
        case .daemonSet(let spec): spec.template
        case .job(let spec): spec.template
        case .cronJob(let spec): spec.jobTemplate.spec.template
        case .replicationController(let spec): spec.template ?? PodTemplateSpec()
        case .podTemplate(let template): template
        }
    }

    /// The template as the pod that the controller would create, in the workload's namespace and under its name.
    ///
    /// It has the defaults of a pod. A StatefulSet's claims are among its volumes, as those of the first pod.
    package var pod: Pod {
        let template = template
        var metadata = ObjectMeta(name: metadata.finalName, namespace: metadata.namespace)
        metadata.labels = template.metadata.labels
        metadata.annotations = template.metadata.annotations
        metadata.finalizers = template.metadata.finalizers
        var pod = Pod(metadata: metadata, spec: template.spec)
        if case .statefulSet(let spec) = spec {
            let first = "\(metadata.name ?? "")-\(spec.ordinals?.start ?? 0)"
            pod.spec.volumes = spec.volumes { "\($0)-\(first)" }
            pod.spec.subdomain = spec.serviceName
            pod.spec.hostname = nil
        }
        pod.applyDefaults()
        return pod
    }
}

extension Workload: Codable {
    private enum Key: String, CodingKey { case apiVersion, kind, metadata, spec, template }

    package init(from decoder: any Decoder) throws {
        try self.init(from: decoder, kind: decoder.container(keyedBy: Key.self).decode(String.self, forKey: .kind))
    }

    /// As an item of a list may be written, which has no `kind` of its own.
    init(node: SourceNode, kind: String) throws {
        try self.init(from: SourceNodeDecoder(node: node, field: ""), kind: kind)
    }

    private init(from decoder: any Decoder, kind name: String) throws {
        guard let kind = Kind(rawValue: name) else {
            throw FieldMismatch(field: "kind", expected: "a kind with a pod template", found: name)
        }
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        func spec<T: Decodable>(_ type: T.Type) throws -> T { try container.decode(type, forKey: .spec) }
        self.spec =
            switch kind {
            case .deployment: .deployment(try spec(DeploymentSpec.self))
            case .replicaSet: .replicaSet(try spec(ReplicaSetSpec.self))
            case .statefulSet: .statefulSet(try spec(StatefulSetSpec.self))
            case .daemonSet: .daemonSet(try spec(DaemonSetSpec.self))
            case .job: .job(try spec(JobSpec.self))
            case .cronJob: .cronJob(try spec(CronJobSpec.self))
            case .replicationController: .replicationController(try spec(ReplicationControllerSpec.self))
            case .podTemplate: .podTemplate(try container.decode(PodTemplateSpec.self, forKey: .template))
            }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind.apiVersion, forKey: .apiVersion)
        try container.encode(kind.rawValue, forKey: .kind)
        try container.encode(metadata, forKey: .metadata)
        switch spec {
        case .deployment(let spec): try container.encode(spec, forKey: .spec)
        case .replicaSet(let spec): try container.encode(spec, forKey: .spec)
        case .statefulSet(let spec): try container.encode(spec, forKey: .spec)
        case .daemonSet(let spec): try container.encode(spec, forKey: .spec)
        case .job(let spec): try container.encode(spec, forKey: .spec)
        case .cronJob(let spec): try container.encode(spec, forKey: .spec)
        case .replicationController(let spec): try container.encode(spec, forKey: .spec)
        case .podTemplate(let template): try container.encode(template, forKey: .template)
        }
    }
}
