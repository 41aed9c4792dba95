// SPDX-License-Identifier: Apache-2.0

/// What the API server takes, but warns about: the `Warning` headers of its answer.
struct Warnings {
    private(set) var texts: [String] = []
    /// What stands before the fields of a pod: nothing, or a template's path and a dot.
    private let prefix: String

    /// Of a pod that it takes; with its defaults.
    static func texts(_ pod: Pod) -> [String] {
        var warnings = Self(prefix: "")
        warnings.pod(pod)
        return warnings.texts
    }

    /// Of a workload that it takes; with its defaults.
    static func texts(_ workload: Workload) -> [String] {
        var warnings = Self(prefix: "\(workload.templatePath).")
        let template = workload.template
        warnings.name(workload)
        warnings.completions(workload)
        warnings.pod(Pod(metadata: template.metadata, spec: template.spec))
        if case .statefulSet(let spec) = workload.spec { warnings.statefulSet(spec) }
        return warnings.texts
    }

    private init(prefix: String) { self.prefix = prefix }

    private mutating func name(_ workload: Workload) {
        switch workload.kind {
        case .statefulSet, .daemonSet, .podTemplate: return
        case .deployment, .replicaSet, .replicationController, .job, .cronJob:
            let problems = NameRules.label(workload.metadata.finalName)
            guard !problems.isEmpty else { return }
            texts.append(
                "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS "
                    + "label is recommended: [\(problems.joined(separator: " "))]")
        }
    }

    private mutating func completions(_ workload: Workload) {
        let (path, spec): (String, JobSpec)
        switch workload.spec {
        case .job(let own): (path, spec) = ("spec", own)
        case .cronJob(let own): (path, spec) = ("spec.jobTemplate.spec", own.jobTemplate.spec)
        default: return
        }
        guard spec.isIndexed, spec.completions ?? 0 > 100_000, spec.parallelism ?? 0 > 10_000 else { return }
        texts.append(
            "\(path): In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, "
                + "Kubernetes might not be able to track completedIndexes when a big number of indexes fail")
    }

    private mutating func statefulSet(_ spec: StatefulSetSpec) {
        for (index, claim) in (spec.volumeClaimTemplates ?? []).enumerated() {
            let path = "spec.volumeClaimTemplates[\(index)].resources.requests"
            if let text = Self.fraction("storage", claim.spec.resources.requests) {
                texts.append("\(path)[storage]: \(text)")
            }
        }
        if let limit = spec.revisionHistoryLimit, limit < 0 {
            texts.append(
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is "
                    + "recommended")
        }
    }

    private mutating func pod(_ pod: Pod) {
        nodeLabels(pod.spec)
        topology(pod.spec)
        annotations(pod.metadata)
        volumes(pod.spec)
        duplicates(pod.spec)
        fractions("spec.overhead", pod.spec.overhead)
        seccompAnnotation(pod)
        for (path, container) in pod.spec.containersWithPaths {
            seccompAnnotation(pod.metadata, container)
            appArmorAnnotation(pod, container)
            fractions("\(path).resources.limits", container.resources.limits)
            fractions("\(path).resources.requests", container.resources.requests)
            environment(path, container)
        }
        ports(pod.spec)
        if let seconds = pod.spec.terminationGracePeriodSeconds, seconds < 0 {
            add(
                "spec.terminationGracePeriodSeconds",
                "must be >= 0; negative values are invalid and will be treated as 1")
        }
        podAffinity(pod.spec)
    }

    private mutating func add(_ field: String, _ text: String) { texts.append("\(prefix)\(field): \(text)") }

    private static let labels = [
        "beta.kubernetes.io/arch": #"deprecated since v1.14; use "kubernetes.io/arch" instead"#,
        "beta.kubernetes.io/os": #"deprecated since v1.14; use "kubernetes.io/os" instead"#,
        "beta.kubernetes.io/instance-type": #"deprecated since v1.17; use "node.kubernetes.io/instance-type" instead"#,
        "failure-domain.beta.kubernetes.io/region":
            #"deprecated since v1.17; use "topology.kubernetes.io/region" instead"#,
        "failure-domain.beta.kubernetes.io/zone": #"deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#,
    ]

    private mutating func nodeLabels(_ spec: PodSpec) {
        for key in (spec.nodeSelector ?? [:]).keys.sorted() {
            if let text = Self.labels[key] { add("spec.nodeSelector[\(key)]", text) }
        }
    }

    private mutating func topology(_ spec: PodSpec) {
        for (index, constraint) in (spec.topologySpreadConstraints ?? []).enumerated() {
            let path = "spec.topologySpreadConstraints[\(index)]"
            if let key = constraint["topologyKey"]?.stringValue, let text = Self.labels[key] {
                add("\(path).topologyKey", "\(key) is \(text)")
            }
            if constraint["labelSelector"]?.objectValue == nil {
                add("\(path).labelSelector", "a null labelSelector results in matching no pod")
            }
        }
    }

    private mutating func annotations(_ metadata: ObjectMeta) {
        let deprecated = [
            (
                "scheduler.alpha.kubernetes.io/critical-pod",
                #"non-functional in v1.16+; use the "priorityClassName" field instead"#
            ),
            ("security.alpha.kubernetes.io/sysctls", #"non-functional in v1.11+; use the "sysctls" field instead"#),
            (
                "security.alpha.kubernetes.io/unsafe-sysctls",
                #"non-functional in v1.11+; use the "sysctls" field instead"#
            ),
        ]
        for (key, text) in deprecated where metadata.annotations?[key] != nil {
            add("metadata.annotations[\(key)]", text)
        }
    }

    private mutating func volumes(_ spec: PodSpec) {
        for (index, volume) in (spec.volumes ?? []).enumerated() {
            let path = "spec.volumes[\(index)]"
            let deprecated: [(String, JSONValue?, String)] = [
                ("photonPersistentDisk", volume.photonPersistentDisk, "deprecated in v1.11, non-functional in v1.16+"),
                ("gitRepo", volume.gitRepo, "deprecated in v1.11, and disabled by default in v1.33+"),
                ("scaleIO", volume.scaleIO, "deprecated in v1.16, non-functional in v1.22+"),
                ("flocker", volume.flocker, "deprecated in v1.22, non-functional in v1.25+"),
                ("storageOS", volume.storageos, "deprecated in v1.22, non-functional in v1.25+"),
                ("quobyte", volume.quobyte, "deprecated in v1.22, non-functional in v1.25+"),
                ("glusterfs", volume.glusterfs, "deprecated in v1.25, non-functional in v1.26+"),
                ("cephfs", volume.cephfs, "deprecated in v1.28, non-functional in v1.31+"),
                ("rbd", volume.rbd, "deprecated in v1.28, non-functional in v1.31+"),
            ]
            for (field, source, text) in deprecated where source != nil { add("\(path).\(field)", text) }
            if let claim = volume.ephemeral?.volumeClaimTemplate?.spec {
                fraction(
                    "\(path).ephemeral.volumeClaimTemplate.spec.resources.requests", "storage", claim.resources.requests
                )
            }
        }
    }

    private mutating func duplicates(_ spec: PodSpec) {
        var addresses: Set<String> = []
        for (index, alias) in (spec.hostAliases ?? []).enumerated() where !addresses.insert(alias.ip).inserted {
            add("spec.hostAliases[\(index)].ip", "duplicate ip \(GoText.quoted(alias.ip))")
        }
        var names: Set<String> = []
        let secrets = (spec.imagePullSecrets ?? []).map { $0.name ?? "" }
        for (index, name) in secrets.enumerated() where !names.insert(name).inserted {
            add("spec.imagePullSecrets[\(index)].name", "duplicate name \(GoText.quoted(name))")
        }
        for (index, name) in secrets.enumerated() where name.isEmpty {
            add("spec.imagePullSecrets[\(index)].name", "invalid empty name \"\"")
        }
    }

    private mutating func fractions(_ path: String, _ list: [String: Quantity]?) {
        fraction(path, "memory", list)
        fraction(path, "ephemeral-storage", list)
    }

    private mutating func fraction(_ path: String, _ name: String, _ list: [String: Quantity]?) {
        if let text = Self.fraction(name, list) { add("\(path)[\(name)]", text) }
    }

    private static func fraction(_ name: String, _ list: [String: Quantity]?) -> String? {
        guard let amount = list?[name]?.roundedToMilli, !amount.isWhole else { return nil }
        return "fractional byte value \(GoText.quoted(amount.canonicalText)) is invalid, must be an integer"
    }

    private mutating func seccompAnnotation(_ pod: Pod) {
        guard pod.spec.securityContext?.seccompProfile == nil else { return }
        seccompAnnotation(SeccompAnnotation.pod, pod.metadata)
    }

    private mutating func seccompAnnotation(_ metadata: ObjectMeta, _ container: Container) {
        guard container.securityContext?.seccompProfile == nil else { return }
        seccompAnnotation(SeccompAnnotation.containerPrefix + container.name, metadata)
    }

    private mutating func seccompAnnotation(_ key: String, _ metadata: ObjectMeta) {
        guard metadata.annotations?[key] != nil else { return }
        add("metadata.annotations[\(key)]", #"non-functional in v1.27+; use the "seccompProfile" field instead"#)
    }

    /// Of a template only: a pod's is told when it becomes the field.
    private mutating func appArmorAnnotation(_ pod: Pod, _ container: Container) {
        guard !prefix.isEmpty, pod.spec.securityContext?.appArmorProfile == nil,
            container.securityContext?.appArmorProfile == nil
        else { return }
        let key = AppArmorAnnotation.prefix + container.name
        guard pod.metadata.annotations?[key] != nil else { return }
        add(
            "metadata.annotations[\(key)]",
            #"deprecated since v1.30; use the "appArmorProfile" field instead"#)
    }

    private mutating func environment(_ path: String, _ container: Container) {
        var names: Set<String> = []
        for (index, variable) in (container.env ?? []).enumerated() where !names.insert(variable.name).inserted {
            let reference = "$(\(variable.name))"
            let value = variable.value ?? ""
            guard variable.valueFrom != nil || value == reference || !value.contains(reference) else { continue }
            let name = GoText.quoted(variable.name)
            add("\(path).env[\(index)]", "hides previous definition of \(name), which may be dropped when using apply")
        }
    }

    private mutating func ports(_ spec: PodSpec) {
        var known: [String: [(path: String, port: ContainerPort)]] = [:]
        for (path, container) in spec.containersWithPaths {
            for (index, port) in (container.ports ?? []).enumerated() {
                let place = "\(path).ports[\(index)]"
                let hostPort = port.hostPort ?? 0
                let hostIP = port.hostIP ?? ""
                if !hostIP.isEmpty, hostPort == 0 {
                    add(place, "hostIP set without hostPort: \(GoText.plain(port))")
                }
                let key = "\(port.containerPort)/\(port.protocol ?? "")"
                for other in known[key] ?? [] {
                    let otherPort = other.port.hostPort ?? 0
                    let otherIP = other.port.hostIP ?? ""
                    if hostIP == otherIP, hostPort == otherPort {
                        add(place, "duplicate port definition with \(prefix)\(other.path)")
                    } else if hostPort == 0 || otherPort == 0 {
                        add(place, "overlapping port definition with \(prefix)\(other.path)")
                    } else if hostPort == otherPort, hostIP.isEmpty != otherIP.isEmpty {
                        add(place, "dangerously ambiguous port definition with \(prefix)\(other.path)")
                    }
                }
                known[key, default: []].append((place, port))
            }
        }
    }

    private mutating func podAffinity(_ spec: PodSpec) {
        for field in ["podAffinity", "podAntiAffinity"] {
            guard let affinity = spec.affinity?[field] else { continue }
            let path = "spec.affinity.\(field)"
            let hard = "requiredDuringSchedulingIgnoredDuringExecution"
            let soft = "preferredDuringSchedulingIgnoredDuringExecution"
            let problem = "a null labelSelector results in matching no pod"
            for (index, term) in (affinity[hard]?.arrayValue ?? []).enumerated()
            where term["labelSelector"]?.objectValue == nil {
                add("\(path).\(hard)[\(index)].labelSelector", problem)
            }
            for (index, term) in (affinity[soft]?.arrayValue ?? []).enumerated()
            where term["podAffinityTerm"]?["labelSelector"]?.objectValue == nil {
                add("\(path).\(soft)[\(index)].podAffinityTerm.labelSelector", problem)
            }
        }
    }
}

extension PodSpec {
    /// All containers and where they stand, in the order in which the API server visits them.
    package var containersWithPaths: [(path: String, container: Container)] {
        (initContainers ?? []).enumerated().map { ("spec.initContainers[\($0.offset)]", $0.element) }
            + containers.enumerated().map { ("spec.containers[\($0.offset)]", $0.element) }
            + (ephemeralContainers ?? []).enumerated().map { ("spec.ephemeralContainers[\($0.offset)]", $0.element) }
    }
}

extension GoText {
    /// As `%+v` prints the server's internal type.
    fileprivate static func plain(_ port: ContainerPort) -> String {
        "{Name:\(port.name ?? "") HostPort:\(port.hostPort ?? 0) ContainerPort:\(port.containerPort) "
            + "Protocol:\(port.protocol ?? "") HostIP:\(port.hostIP ?? "")}"
    }
}
