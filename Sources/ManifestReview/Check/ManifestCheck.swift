// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
package import SecurityPolicy

/// What `check` is asked for.
package struct ManifestCheck: Sendable {
    /// The level that every pod must meet; nil: all levels are told, and none must be met.
    package var level: PodSecurityLevel?
    package var version: PodSecurityVersion = .latest
    /// Ids that are allowed everywhere.
    package var allowed: Set<String> = []
    /// Of objects that name none.
    package var namespace = "default"
    package var node: Node
    /// The image with a reference, where it is here.
    package var image: @Sendable (String) throws -> ImageFacts?

    package init(node: Node, image: @escaping @Sendable (String) throws -> ImageFacts? = { _ in nil }) {
        self.node = node
        self.image = image
    }

    /// Whether comments and options may name this id.
    package static func isKnown(_ id: String) -> Bool {
        FindingRule.byID[id] != nil || id == "server-warning" || id == "pod-security"
            || PodSecurityPolicy.checkIDs.contains { "pod-security/\($0)" == id }
    }

    /// Looks at all objects of a file.
    package func review(_ bytes: [UInt8], file: String) throws -> FileReview {
        var run = FileCheck(check: self, file: file, bytes: bytes)
        try run.review()
        return run.result
    }
}

/// One file's way through all rules.
struct FileCheck {
    let check: ManifestCheck
    let file: String
    let bytes: [UInt8]
    private let text: SourceText
    private var pods: [PodReview] = []
    private var problems: [Problem] = []
    private var others: [String: Int] = [:]
    private var hasUnknownImage = false
    private var namespaces: [String: PodSecurityNamespacePolicy] = [:]

    init(check: ManifestCheck, file: String, bytes: [UInt8]) {
        self.check = check
        self.file = file
        self.bytes = bytes
        text = SourceText(bytes)
    }

    var result: FileReview { FileReview(file: file, pods: pods, problems: problems, others: others, text: text) }

    mutating func review() throws {
        let results: [Result<ReviewedManifest, ManifestError>]
        do { results = try decodeForReview(bytes, file: file) } catch {
            refuse(error)
            return
        }
        var comments = try comments(results)
        for case .success(let manifest) in results {
            if case .namespace(let metadata) = manifest.object, let labels = metadata.labels,
                labels.keys.contains(where: { $0.hasPrefix(PodSecurityNamespacePolicy.prefix) })
            {
                namespaces[manifest.name] = PodSecurityNamespacePolicy(labels: labels)
            }
        }
        for result in results {
            switch result {
            case .failure(let error): refuse(error)
            case .success(let manifest): try review(manifest, &comments)
            }
        }
        judge(comments)
        keepSafeChanges(results)
        sort()
    }

    private func comments(_ results: [Result<ReviewedManifest, ManifestError>]) throws -> AllowComments {
        guard CommentMark.occurs(in: bytes) else { return AllowComments() }
        let marks = try CommentMark.find(in: text, values: Self.sources(results)) { bytes throws(ManifestError) in
            Self.sources(try decodeForReview(bytes, file: file))
        }
        return AllowComments(text, marks: marks, knownIDs: ManifestCheck.isKnown)
    }

    private static func sources(_ results: [Result<ReviewedManifest, ManifestError>]) -> [SourceNode] {
        results.compactMap { result in
            if case .success(let manifest) = result { manifest.source } else { nil }
        }
    }

    /// Takes back the changes of what aliases refer to, unless all that refer to it ask for the same.
    private mutating func keepSafeChanges(_ results: [Result<ReviewedManifest, ManifestError>]) {
        guard bytes.contains(UInt8(ascii: "*")), problems.contains(where: { $0.change != nil }) else { return }
        let sources = Self.sources(results)
        // Of an object that cannot be read nobody knows what it refers to.
        let uses = sources.count == results.count ? TextChange.uses(in: sources) : [:]
        struct Request: Hashable {
            let pod: Int?
            let path: String
        }
        var requests: [TextChange: Set<Request>] = [:]
        for problem in problems {
            guard let change = problem.change, problem.allowance == nil else { continue }
            requests[change, default: []].insert(Request(pod: problem.pod, path: problem.path))
        }
        for index in problems.indices {
            guard let change = problems[index].change else { continue }
            if uses[change.subject] != requests[change]?.count { problems[index].change = nil }
        }
    }

    private mutating func refuse(_ error: ManifestError) {
        pods.append(
            PodReview(
                file: file, position: error.problems.first?.position, apiVersion: error.apiVersion ?? "",
                kind: error.kind ?? "", name: error.name ?? "", namespace: check.namespace, isValid: false,
                message: error.serverMessage))
        for found in error.problems {
            var problem = Problem(
                .decoding, .error, file: file, position: found.position, path: found.path, message: found.problem,
                remedy: found.remedy)
            problem.pod = pods.count - 1
            problems.append(problem)
        }
    }

    private mutating func review(_ manifest: ReviewedManifest, _ comments: inout AllowComments) throws {
        let first = problems.count
        switch manifest.object {
        case .other: others[manifest.kind, default: 0] += 1
        case .namespace(let metadata): reviewNamespace(manifest, metadata)
        case .object(let object):
            var object = object
            if object.isNamespaced, object.metadata.namespace?.isEmpty != false {
                object.metadata.namespace = check.namespace
            }
            let review = object.reviewed(namespace: check.namespace)
            var subject: Subject?
            if case .pod(let pod) = review.object { subject = Subject(manifest: manifest, pod: pod, path: nil) }
            try add(
                manifest, subject, errors: review.errors, warnings: review.warnings, message: review.message,
                namespace: review.object.metadata.namespace ?? "")
        case .workload(let workload):
            let review = workload.reviewed(namespace: check.namespace)
            try add(
                manifest, Subject(manifest: manifest, pod: workload.pod, path: workload.templatePath.description),
                errors: review.errors, warnings: review.warnings, message: review.message,
                namespace: manifest.namespace ?? check.namespace)
        }
        allow(manifest, from: first, &comments)
    }

    /// A pod, or a template as the pod that it makes.
    private struct Subject {
        let manifest: ReviewedManifest
        let pod: Pod
        /// Of the template in the object: `spec.template`.
        let path: String?

        func place(_ field: String) -> String { path.map { "\($0).\(field)" } ?? field }

        /// Where the manifest has the field: in the pod a StatefulSet's claims stand before the template's volumes.
        func written(_ field: String) -> String {
            guard case .workload(let workload) = manifest.object else { return place(field) }
            return workload.writtenPath(of: FieldPath(parsing: place(field))).description
        }
    }

    private mutating func add(
        _ manifest: ReviewedManifest, _ subject: Subject?, errors: [FieldError], warnings: [String], message: String?,
        namespace: String
    ) throws {
        let isOther = subject == nil && errors.isEmpty
        if isOther {
            others[manifest.kind, default: 0] += 1
        } else {
            append(manifest, namespace: namespace, message: message, warnings: warnings)
        }
        let pod = isOther ? nil : pods.count - 1
        // The server tells an error once, however often it finds it.
        var told: Set<FieldError> = []
        for error in errors where told.insert(error).inserted {
            problem(manifest, pod, .validation, .error, error.field.description, error.description)
        }
        for warning in warnings {
            problem(manifest, pod, .serverWarning, .warning, Self.field(of: warning), warning)
        }
        guard let subject, errors.isEmpty else { return }
        podSecurity(subject, namespace: namespace)
        try findings(subject)
    }

    /// What a warning names before its first `: `.
    private static func field(of warning: String) -> String {
        guard let end = warning.firstRange(of: ": ") else { return "" }
        let field = warning[..<end.lowerBound]
        return field.contains(" ") ? "" : String(field)
    }

    private mutating func append(_ manifest: ReviewedManifest, namespace: String, message: String?, warnings: [String])
    {
        var review = PodReview(
            file: file, position: manifest.source.position, apiVersion: manifest.apiVersion, kind: manifest.kind,
            name: manifest.name, namespace: namespace, isValid: message == nil, message: message)
        review.warnings = warnings
        pods.append(review)
    }

    private mutating func problem(
        _ manifest: ReviewedManifest, _ pod: Int?, _ source: Problem.Source, _ severity: Problem.Severity,
        _ path: String, _ message: String, remedy: String? = nil, edit: ManifestEdit? = nil
    ) {
        let prefix = manifest.prefix.description
        var problem = Problem(
            source, severity, file: file, position: manifest.nearestPosition(of: FieldPath(parsing: path)),
            path: [prefix, path].filter { !$0.isEmpty }.joined(separator: "."), message: message, remedy: remedy,
            change: edit.flatMap { TextChange($0, manifest.source, text) })
        problem.pod = pod
        problems.append(problem)
    }

    // MARK: Pod Security

    private mutating func podSecurity(_ subject: Subject, namespace: String) {
        let name = subject.manifest.name
        var verdicts: [(policy: PodSecurityPolicy, verdict: PodSecurityVerdict)] = []
        func verdict(_ policy: PodSecurityPolicy) -> PodSecurityVerdict {
            if let known = verdicts.first(where: { $0.policy == policy }) { return known.verdict }
            let verdict = policy.evaluate(subject.pod.metadata, subject.pod.spec)
            verdicts.append((policy, verdict))
            return verdict
        }
        for level in [PodSecurityLevel.baseline, .restricted] {
            let policy = PodSecurityPolicy(level, check.version)
            let verdict = verdict(policy)
            pods[pods.count - 1].podSecurity.append(
                PodReview.Verdict(
                    policy: policy, isAllowed: verdict.isAllowed,
                    message: subject.path == nil
                        ? verdict.forbidden(name: name, policy: policy) : verdict.warning(policy: policy)))
        }
        if let level = check.level {
            let policy = PodSecurityPolicy(level, check.version)
            tell(verdict(policy), of: subject, .error, policy, "")
        }
        if let labels = namespaces[namespace] {
            tell(labels, of: subject, " (namespace \"\(namespace)\"", verdict)
        } else if check.level == nil, let unmet = verdicts.first(where: { !$0.verdict.isAllowed }) {
            // The lowest level that it does not meet: what a higher one asks for comes after that.
            tell(unmet.verdict, of: subject, .note, unmet.policy, "")
        }
    }

    /// What the namespace's labels do with it; what refuses a pod is not warned of as well, as the admission plugin has it.
    ///
    /// A template is taken whatever the labels say: its pods are refused, and nobody is told. Here it is an error too.
    private mutating func tell(
        _ labels: PodSecurityNamespacePolicy, of subject: Subject, _ whose: String,
        _ verdict: (PodSecurityPolicy) -> PodSecurityVerdict
    ) {
        let isRefused = !verdict(labels.enforce).isAllowed
        if isRefused {
            tell(verdict(labels.enforce), of: subject, .error, labels.enforce, "\(whose) enforces it)")
        } else {
            tell(verdict(labels.warn), of: subject, .warning, labels.warn, "\(whose) warns of it)")
        }
        guard labels.audit != (isRefused ? labels.enforce : labels.warn) else { return }
        tell(verdict(labels.audit), of: subject, .note, labels.audit, "\(whose) audits it)")
    }

    /// One problem a check, in the admission plugin's words; a template is taken, and its pods are not.
    private mutating func tell(
        _ verdict: PodSecurityVerdict, of subject: Subject, _ severity: Problem.Severity, _ policy: PodSecurityPolicy,
        _ whose: String
    ) {
        let verb =
            severity != .error ? "would violate" : subject.path == nil ? "violates" : "its pods are forbidden: violates"
        for violation in verdict.violations {
            let detail = violation.detail.isEmpty ? violation.reason : "\(violation.reason) (\(violation.detail))"
            problem(
                subject.manifest, pods.count - 1, .podSecurity(check: violation.checkID), severity,
                subject.place(violation.fields.first?.description ?? "spec"),
                "\(verb) PodSecurity \"\(policy)\": \(detail)\(whose)")
        }
    }

    private mutating func reviewNamespace(_ manifest: ReviewedManifest, _ metadata: ObjectMeta) {
        for error in PodSecurityNamespacePolicy(labels: metadata.labels ?? [:]).errors {
            problem(manifest, nil, .validation, .error, "metadata.labels[\(error.label)]", error.description)
        }
        others[manifest.kind, default: 0] += 1
    }

    // MARK: findings

    private mutating func findings(_ subject: Subject) throws {
        var images: [String: ImageFacts] = [:]
        for container in subject.pod.podContainers + subject.pod.ephemeralContainers {
            guard let reference = container.container.image, images[reference] == nil else { continue }
            images[reference] = try check.image(reference)
            if images[reference] == nil { hasUnknownImage = true }
        }
        for (rule, finding) in try FindingScope(pod: subject.pod, node: check.node, images: images).findings() {
            problem(
                subject.manifest, pods.count - 1, .finding(rule: rule.id), rule.severity, subject.place(finding.path),
                finding.message,
                remedy: finding.remedy ?? rule.remedy, edit: finding.edit?.map(subject.written))
        }
    }

    // MARK: what is allowed

    private mutating func allow(_ manifest: ReviewedManifest, from first: Int, _ comments: inout AllowComments) {
        guard !check.allowed.isEmpty || !comments.isEmpty else { return }
        for index in problems[first...].indices where problems[index].canBeAllowed {
            let id = problems[index].id
            if !comments.isEmpty {
                let path = FieldPath(parsing: String(problems[index].path.dropFirst(manifest.prefix.description.count)))
                let lines = manifest.source.lines(to: path) + manifest.around.reversed().map { Int($0.line) }
                problems[index].allowance = comments.reason(for: id, on: lines).map { .comment(reason: $0) }
            }
            if problems[index].allowance == nil, check.allowed.contains(where: { AllowComments.covers($0, id) }) {
                problems[index].allowance = .option
            }
        }
    }

    /// Tells of comments that are wrong, or that nothing needed.
    private mutating func judge(_ comments: AllowComments) {
        for mistake in comments.mistakes {
            problems.append(
                Problem(
                    .allowance, .warning, file: file, position: Position(line: mistake.line, column: mistake.column),
                    path: "", message: mistake.message, remedy: mistake.remedy))
        }
        for (comment, ids) in comments.unused {
            let ids = ids.filter(wouldBeFound)
            guard !ids.isEmpty else { continue }
            problems.append(
                Problem(
                    .allowance, .note, file: file, position: Position(line: comment.line, column: comment.column),
                    path: "", message: "allows \(ids.joined(separator: ", ")), which is not found here",
                    remedy: "remove it from the comment"))
        }
    }

    /// Whether this check looks for it at all, so that what is not found is not there.
    private func wouldBeFound(_ id: String) -> Bool {
        // Of what the server refuses nothing else is looked at.
        guard pods.allSatisfy(\.isValid) else { return false }
        if id == "pod-security" || id.hasPrefix("pod-security/") { return check.level == .restricted }
        return FindingRule.byID[id]?.needsImage != true || !hasUnknownImage
    }

    /// By line; what stands at one place stays in the order in which it was found, and so do the server's errors.
    private mutating func sort() {
        problems = problems.enumerated().sorted { left, right in
            let (first, second) = (left.element.position?.line ?? 0, right.element.position?.line ?? 0)
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }
}

extension SourceNode {
    /// The lines on which the field at a path and the fields around it begin, the innermost first.
    func lines(to path: FieldPath) -> [Int] {
        var lines: [Int] = [Int(position.line)]
        for count in 1..<(path.elements.count + 1) {
            let field = FieldPath(Array(path.elements[..<count]))
            guard let position = self.position(of: field) else { break }
            if lines.last != Int(position.line) { lines.append(Int(position.line)) }
        }
        return lines.reversed()
    }
}

extension ManifestEdit {
    /// The same edit where the paths are others.
    fileprivate func map(_ place: (String) -> String) -> Self {
        switch self {
        case .replace(let path, let text): .replace(path: place(path), text: text)
        case .insert(let path, let key, let text): .insert(path: place(path), key: key, text: text)
        }
    }
}
