// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
package import ManifestReview
import OCISpec
package import SecurityPolicy

/// Says what the pods of a manifest mean on a node, before anything runs.
package struct Explainer: Sendable {
    package var node: Node
    /// Of objects that name none.
    package var namespace = "default"
    /// The image with a reference, where it is here.
    package var image: @Sendable (String) throws -> ImageFacts?
    /// Where the files of pods lie.
    let storage: String

    package init(node: Node, storage: StateRoot, image: @escaping @Sendable (String) throws -> ImageFacts?) {
        self.node = node
        self.storage = storage.pods
        self.image = image
    }

    /// Every pod and template of a file.
    ///
    /// - Throws: ``EngineError`` for a file, or an object of it, that cannot be read.
    package func explain(_ file: ManifestFile) throws -> [PodExplanation] {
        let results: [Result<ReviewedManifest, ManifestError>]
        do { results = try decodeForReview(file.bytes, file: file.name) } catch {
            throw EngineError.failed(error.description)
        }
        var explanations: [PodExplanation] = []
        for result in results {
            let manifest: ReviewedManifest
            do { manifest = try result.get() } catch { throw EngineError.failed(error.description) }
            switch manifest.object {
            case .object(.pod(let pod)):
                var object = pod
                if object.metadata.namespace?.isEmpty != false { object.metadata.namespace = namespace }
                let review = KubernetesObject.pod(object).reviewed(namespace: namespace)
                guard case .pod(let reviewed) = review.object else { fatalError("a review makes a pod another kind") }
                // What a cluster shows of a running pod has them; only creating it with them is refused.
                let onCreate = FieldPath(parsing: "spec.ephemeralContainers")
                let isValid = review.errors.allSatisfy { $0.kind == .forbidden && $0.field == onCreate }
                explanations.append(
                    try explain(manifest, reviewed, template: nil, invalid: isValid ? nil : review.message))
            case .workload(let workload):
                let review = workload.reviewed(namespace: namespace)
                explanations.append(
                    try explain(
                        manifest, workload.pod, template: workload.templatePath.description, invalid: review.message))
            case .object, .namespace, .other: continue
            }
        }
        return explanations
    }

    private func explain(
        _ manifest: ReviewedManifest, _ pod: Pod, template: String?, invalid: String?
    ) throws -> PodExplanation {
        var explanation = PodExplanation(
            file: manifest.file, position: manifest.source.position, kind: manifest.kind, name: manifest.name,
            namespace: pod.metadata.namespace ?? namespace,
            node: node.defaults.name + (node.seccompDefault ? ", seccompDefault" : ""))
        if let invalid {
            explanation.refusal = invalid
            return explanation
        }
        let places = ManifestPlaces(manifest: manifest, template: template)
        explanation.refusal =
            node.admit(pod).map { "Pod was rejected: \($0.message) (\($0.reason))" } ?? node.sandboxRefusal(pod)
        let volumes = VolumePrediction(pod: pod, places: places)
        explanation.volumes = try (pod.spec.volumes ?? []).enumerated().map { try volumes.row($1, index: $0) }
        let rows = Dictionary(explanation.volumes.map { ($0.name, $0) }) { first, _ in first }
        var images: [String: ImageFacts] = [:]
        for container in pod.podContainers + pod.ephemeralContainers {
            guard let reference = container.container.image, images[reference] == nil else { continue }
            images[reference] = try image(reference)
        }
        let scope = FindingScope(pod: pod, node: node, images: images)
        let findings = try scope.findings()
        for container in scope.containers {
            var part = ContainerExplanation(
                name: container.place.container.name, kind: container.place.kind.words,
                image: container.place.container.image ?? "", isImageHere: container.image != nil,
                position: places.position(of: container.place.path))
            part.findings = findings.filter { $0.finding.path.hasPrefix("\(container.place.path).") }.map {
                places.problem($0.rule, $0.finding)
            }
            switch container.decided {
            case .failure(let refusal): part.refusal = "\(refusal.reason.rawValue): \(refusal.message)"
            case .success(let context):
                part.fields = ContextFieldRows(context: context, container: container, places: places).rows
                part.kernel = try KernelForecast(
                    pod: pod, container: container, context: context, node: node, volumes: rows,
                    storage: storage
                ).prediction()
            }
            explanation.containers.append(part)
        }
        if case .success(let context)? = scope.containers.first?.decided {
            explanation.fields = PodFieldRows(pod: pod, context: context, places: places).rows
        }
        return explanation
    }
}

extension PodContainer.Kind {
    var words: String {
        switch self {
        case .`init`: "init container"
        case .sidecar: "sidecar"
        case .main: "container"
        case .ephemeral: "ephemeral container"
        }
    }
}

/// Where a pod's fields are written, also when they are those of a template.
struct ManifestPlaces {
    let manifest: ReviewedManifest
    /// `spec.template`, or nil for a pod.
    let template: String?

    func path(_ field: String) -> String { template.map { "\($0).\(field)" } ?? field }

    /// Nil for a field that the manifest does not have.
    func position(of field: String) -> Position? { manifest.source.position(of: FieldPath(parsing: path(field))) }

    func source(_ origin: Origin) -> PodExplanation.Source {
        switch origin {
        case .container(let field): PodExplanation.Source(.container, field: path(field), position: position(of: field))
        case .pod(let field): PodExplanation.Source(.pod, field: path(field), position: position(of: field))
        case .image(let field): PodExplanation.Source(.image, field: field)
        case .imagePasswd: PodExplanation.Source(.imagePasswd)
        case .imageGroup: PodExplanation.Source(.imageGroup)
        case .unknownImage: PodExplanation.Source(.unknown)
        case .node: PodExplanation.Source(.node)
        case .kubernetes: PodExplanation.Source(.kubernetes)
        }
    }

    func problem(_ rule: FindingRule, _ finding: Finding) -> Problem {
        let path = path(finding.path)
        return Problem(
            .finding(rule: rule.id), rule.severity, file: manifest.file,
            position: manifest.nearestPosition(of: FieldPath(parsing: path)),
            path: path, message: finding.message, remedy: finding.remedy ?? rule.remedy)
    }
}
