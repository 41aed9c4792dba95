// SPDX-License-Identifier: Apache-2.0

/// What the rules about a container need to know about its pod.
struct ContainerContext {
    let spec: PodSpec
    /// The volumes that have no error, by name.
    let volumes: [String: Volume]
    /// The names in `spec.resourceClaims`.
    let claims: Set<String>

    /// Whether the pod shares the host's user namespace, as it does unless it says otherwise.
    var hostUsers: Bool { spec.hostUsers ?? true }
}

extension Validation {
    mutating func containers(_ containers: [Container], _ context: ContainerContext) {
        guard !containers.isEmpty else { return required("containers") }
        var names: Set<String> = []
        each("containers", containers) { validation, container in
            validation.container(container, context)
            if !names.insert(container.name).inserted { validation.duplicate("name", container.name) }
            validation.health(container, context)
            validation.restartRules(container)
        }
        within("containers") { $0.hostPortsDoNotCollide(containers) }
    }

    mutating func initContainers(_ containers: [Container]?, _ context: ContainerContext) {
        var names = Set(context.spec.containers.map(\.name))
        each("initContainers", containers) { validation, container in
            validation.container(container, context)
            validation.restartRules(container)
            if !container.name.isEmpty, !names.insert(container.name).inserted {
                validation.duplicate("name", container.name)
            }
            if container.restartPolicy == "Always" {
                validation.health(container, context)
            } else {
                validation.hasNoHealth(container)
            }
        }
        within("initContainers") { validation in
            for container in containers ?? [] { validation.hostPortsDoNotCollide([container]) }
        }
    }

    mutating func ephemeralContainers(_ containers: [Container]?, _ context: ContainerContext) {
        let others = Set((context.spec.containers + (context.spec.initContainers ?? [])).map(\.name))
        var names = others
        each("ephemeralContainers", containers) { validation, container in
            validation.container(container, context)
            validation.imageHasNoPadding(container)
            if !names.insert(container.name).inserted { validation.duplicate("name", container.name) }
            if let target = container.targetContainerName, !target.isEmpty, !others.contains(target) {
                validation.notFound("targetContainerName", target)
            }
            validation.isPlainEnoughForDebugging(container)
        }
    }

    /// What holds for containers of every kind.
    private mutating func container(_ container: Container, _ context: ContainerContext) {
        if container.name.isEmpty {
            required("name")
        } else {
            invalid("name", container.name, each: NameRules.label(container.name))
        }
        if (container.image ?? "").isEmpty { required("image") }
        choice(
            "terminationMessagePolicy", container.terminationMessagePolicy ?? "", of: ["File", "FallbackToLogsOnError"])
        ports(container.ports)
        environment(container.env)
        environmentSources(container.envFrom)
        volumeMounts(container, context)
        volumeDevices(container, context)
        choice("imagePullPolicy", container.imagePullPolicy ?? "", of: ["Always", "IfNotPresent", "Never"])
        within("resources") { $0.resources(container.resources, claims: context.claims, isPodLevel: false) }
        resizePolicy(container.resizePolicy, podRestartPolicy: context.spec.restartPolicy)
        if let securityContext = container.securityContext {
            within("securityContext") { $0.securityContext(securityContext, hostUsers: context.hostUsers) }
        }
    }

    mutating func imageHasNoPadding(_ container: Container) {
        guard let image = container.image, let first = image.first, let last = image.last else { return }
        if first.isWhitespace || last.isWhitespace {
            invalid("image", .string(image), "must not have leading or trailing whitespace")
        }
    }

    /// Hooks and probes of a container that goes on running.
    private mutating func health(_ container: Container, _ context: ContainerContext) {
        let grace = context.spec.terminationGracePeriodSeconds
        if let lifecycle = container.lifecycle { self.lifecycle(lifecycle, grace: grace) }
        probe("livenessProbe", container.livenessProbe, grace: grace)
        probe("readinessProbe", container.readinessProbe, grace: grace)
        probe("startupProbe", container.startupProbe, grace: grace)
    }

    private mutating func hasNoHealth(_ container: Container) {
        let fields = [
            ("lifecycle", container.lifecycle != nil), ("livenessProbe", container.livenessProbe != nil),
            ("readinessProbe", container.readinessProbe != nil), ("startupProbe", container.startupProbe != nil),
        ]
        for (field, isSet) in fields where isSet {
            forbidden(field, "may not be set for init containers without restartPolicy=Always")
        }
    }

    /// `restartPolicy` and `restartPolicyRules` of the container itself.
    private mutating func restartRules(_ container: Container) {
        if let policy = container.restartPolicy {
            let supported = ["Always", "Never", "OnFailure"]
            if !supported.contains(policy) { unsupported("restartPolicy", policy, supported: supported) }
        }
        guard let rules = container.restartPolicyRules, !rules.isEmpty else { return }
        if container.restartPolicy == nil {
            required("restartPolicy", "must specify restartPolicy when restart rules are used")
        }
        each("restartPolicyRules", rules) { validation, rule in
            validation.choice("action", rule.action, of: ["Restart", "RestartAllContainers"])
            guard let codes = rule.exitCodes else {
                return validation.required("exitCodes", "must be specified")
            }
            validation.within("exitCodes") { validation in
                validation.choice("operator", codes.operator, of: ["In", "NotIn"])
                if (codes.values ?? []).isEmpty { validation.required("values", "must specify at least one exit code") }
            }
        }
    }

    private mutating func isPlainEnoughForDebugging(_ container: Container) {
        // In the order of the API's own type.
        let fields = [
            ("ports", !(container.ports ?? []).isEmpty), ("resources", container.resources != ResourceRequirements()),
            ("resizePolicy", !(container.resizePolicy ?? []).isEmpty),
            ("restartPolicy", container.restartPolicy != nil),
            ("livenessProbe", container.livenessProbe != nil), ("readinessProbe", container.readinessProbe != nil),
            ("startupProbe", container.startupProbe != nil), ("lifecycle", container.lifecycle != nil),
        ]
        for (field, isSet) in fields where isSet { forbidden(field, "cannot be set for an Ephemeral Container") }
        each("volumeMounts", container.volumeMounts) { validation, mount in
            if !(mount.subPath ?? "").isEmpty {
                validation.forbidden("subPath", "cannot be set for an Ephemeral Container")
            }
            if !(mount.subPathExpr ?? "").isEmpty {
                validation.forbidden("subPathExpr", "cannot be set for an Ephemeral Container")
            }
        }
    }
}
