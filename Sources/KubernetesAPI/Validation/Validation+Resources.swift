// SPDX-License-Identifier: Apache-2.0

extension Validation {
    private static let standard: Set = ["cpu", "memory", "ephemeral-storage"]

    /// `resources` of a container or of the pod.
    ///
    /// - Parameters:
    ///   - resources: what is written there.
    ///   - claims: the names in `spec.resourceClaims`.
    ///   - isPodLevel: whether it is `spec.resources`.
    mutating func resources(_ resources: ResourceRequirements, claims: Set<String>, isPodLevel: Bool) {
        resourceList("limits", resources.limits, isPodLevel: isPodLevel)
        requests(resources, isPodLevel: isPodLevel)
        let names = Set((resources.limits ?? [:]).keys).union((resources.requests ?? [:]).keys)
        if names.contains(where: Self.isHugePages), !names.contains("cpu"), !names.contains("memory") {
            forbidden(nil, "HugePages require cpu or memory")
        }
        claimNames(resources.claims, claims: claims)
    }

    /// Names and amounts; all of `overhead` too.
    mutating func resourceList(_ field: String, _ list: [String: Quantity]?, isPodLevel: Bool) {
        within(field) { validation in
            for (name, amount) in validation.sorted(list) {
                validation.within(key: name) { $0.amount(amount.roundedToMilli, of: name, isPodLevel: isPodLevel) }
            }
        }
    }

    private mutating func requests(_ resources: ResourceRequirements, isPodLevel: Bool) {
        within("requests") { validation in
            for (name, amount) in validation.sorted(resources.requests) {
                let amount = amount.roundedToMilli
                validation.within(key: name) { $0.amount(amount, of: name, isPodLevel: isPodLevel) }
                validation.request(amount, of: name, limit: resources.limits?[name]?.roundedToMilli)
            }
        }
        // What may not be overcommitted needs a limit.
        for (name, _) in sorted(resources.requests) where !Self.mayBeOvercommitted(name) {
            if resources.limits?[name] == nil {
                required("limits", "Limit must be set for non overcommitable resources")
            }
        }
    }

    private mutating func request(_ amount: Quantity, of name: String, limit: Quantity?) {
        guard let limit else { return }
        if amount != limit, !Self.mayBeOvercommitted(name) {
            invalid(.string(amount.canonicalText), "must be equal to \(name) limit of \(limit.canonicalText)")
        } else if amount > limit {
            invalid(
                .string(amount.canonicalText), "must be less than or equal to \(name) limit of \(limit.canonicalText)")
        }
    }

    private mutating func amount(_ amount: Quantity, of name: String, isPodLevel: Bool) {
        resourceName(name, isPodLevel: isPodLevel)
        if amount.isNegative { invalid(.string(amount.canonicalText), "must be greater than or equal to 0") }
        if Self.isCounted(name), !amount.isWhole { invalid(.string(amount.canonicalText), "must be an integer") }
        if Self.isHugePages(name), let size = Quantity(ifValid: String(name.dropFirst("hugepages-".count))),
            !size.isZero,
            !amount.isMultiple(of: size)
        {
            invalid(
                .string(amount.canonicalText), "\(amount.canonicalText) is not positive integer multiple of \(name)")
        }
    }

    private mutating func resourceName(_ name: String, isPodLevel: Bool) {
        let problems = NameRules.qualifiedName(name)
        invalid(nil, name, each: problems)
        guard problems.isEmpty else { return }
        if isPodLevel {
            if !["cpu", "memory"].contains(name), !Self.isHugePages(name) {
                unsupported(nil, name, supported: ["cpu", "hugepages-", "memory"])
            }
        } else if !name.contains("/") {
            if !Self.standard.contains(name), !Self.isHugePages(name) {
                invalid(.string(name), "must be a standard resource for containers")
            }
        } else if !Self.isNative(name), !Self.isExtended(name) {
            invalid(.string(name), "doesn't follow extended resource name standard")
        }
    }

    private static func isHugePages(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
    private static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }
    private static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && NameRules.qualifiedName("requests.\(name)").isEmpty
    }
    private static func isCounted(_ name: String) -> Bool { isExtended(name) }
    private static func mayBeOvercommitted(_ name: String) -> Bool { isNative(name) && !isHugePages(name) }

    private mutating func claimNames(_ uses: [ResourceClaim]?, claims: Set<String>) {
        var seen: Set<String> = []
        each("claims", uses) { validation, use in
            guard !use.name.isEmpty else { return validation.required() }
            let request = use.request ?? ""
            if seen.contains(use.name) {
                validation.duplicate(nil, use.name)
            } else {
                if !request.isEmpty { validation.invalid("request", request, each: NameRules.label(request)) }
                let key = request.isEmpty ? use.name : "\(use.name)/\(request)"
                if seen.contains(key) {
                    validation.duplicate(nil, key)
                } else if request.isEmpty, seen.contains(where: { $0.hasPrefix("\(use.name)/") }) {
                    validation.duplicate(nil, use.name)
                }
                seen.insert(key)
            }
            guard !claims.contains(use.name) else { return }
            let known = claims.isEmpty ? " which is empty" : ": \(claims.sorted().joined(separator: ", "))"
            validation.notFound(nil, use.name, "must be one of the names in pod.spec.resourceClaims\(known)")
        }
    }

    mutating func resourceClaims(_ claims: [JSONValue]?) {
        var names: Set<String> = []
        each("resourceClaims", claims) { validation, claim in
            let name = claim["name"]?.stringValue ?? ""
            if name.isEmpty {
                validation.required("name")
            } else if !names.insert(name).inserted {
                validation.duplicate("name", name)
            } else {
                validation.invalid("name", name, each: NameRules.label(name))
            }
            let own = claim["resourceClaimName"]?.stringValue
            let template = claim["resourceClaimTemplateName"]?.stringValue
            let value = FieldError.Value.json(
                GoText.object([
                    ("Name", GoText.json(name)), ("ResourceClaimName", GoText.json(own)),
                    ("ResourceClaimTemplateName", GoText.json(template)),
                ]))
            if own != nil, template != nil {
                validation.invalid(
                    value, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
            }
            if own == nil, template == nil {
                validation.invalid(value, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
            }
            if let own { validation.invalid("resourceClaimName", own, each: NameRules.subdomain(own)) }
            if let template {
                validation.invalid("resourceClaimTemplateName", template, each: NameRules.subdomain(template))
            }
        }
    }

    mutating func podResources(_ spec: PodSpec, claims: Set<String>) {
        guard let resources = spec.resources else { return }
        within("resources") { validation in
            if resources.claims != nil {
                validation.forbidden("claims", "claims cannot be set for Resources at pod-level")
            }
            validation.resources(resources, claims: claims, isPodLevel: true)
            validation.containersFit(spec, resources)
        }
    }

    /// The containers' requests together, and each one's limit, are within the pod's.
    private mutating func containersFit(_ spec: PodSpec, _ resources: ResourceRequirements) {
        var total: [String: Quantity] = [:]
        for container in spec.containers + (spec.initContainers ?? []).filter({ $0.restartPolicy == "Always" }) {
            for (name, amount) in container.resources.requests ?? [:] {
                total[name] = (total[name] ?? Quantity(0)) + amount.roundedToMilli
            }
        }
        within("requests") { validation in
            for (name, amount) in validation.sorted(total) {
                let own = resources.requests?[name]?.roundedToMilli ?? Quantity(0)
                guard amount > own else { continue }
                let problem =
                    "must be greater than or equal to aggregate container requests of \(amount.canonicalText)"
                validation.within(key: name) { $0.invalid(.string(own.canonicalText), problem) }
            }
        }
        each("containers", spec.containers) { validation, container in
            for (name, limit) in validation.sorted(container.resources.limits) {
                guard let own = resources.limits?[name]?.roundedToMilli, limit.roundedToMilli > own else { continue }
                validation.within(key: name) {
                    $0.invalid(
                        "limits", .string(limit.roundedToMilli.canonicalText),
                        "must be less than or equal to pod limits of \(own.canonicalText)")
                }
            }
        }
    }

    mutating func resizePolicy(_ policies: [JSONValue]?, podRestartPolicy: String?) {
        var names: Set<String> = []
        within("resizePolicy") { validation in
            for (index, policy) in (policies ?? []).enumerated() {
                let name = policy["resourceName"]?.stringValue ?? ""
                let restart = policy["restartPolicy"]?.stringValue ?? ""
                if !names.insert(name).inserted { validation.within(index: index) { $0.duplicate(nil, name) } }
                validation.listChoice(name, of: ["cpu", "memory"])
                validation.listChoice(restart, of: ["NotRequired", "RestartContainer"])
                if podRestartPolicy == "Never", restart != "NotRequired" {
                    let problem = "must be 'NotRequired' when `restartPolicy` is 'Never'"
                    validation.invalid(.string(restart), problem)
                }
            }
        }
    }

    /// As ``choice(_:_:of:)``, but told about the list.
    private mutating func listChoice(_ value: String, of supported: [String]) {
        if value.isEmpty {
            required()
        } else if !supported.contains(value) {
            unsupported(nil, value, supported: supported)
        }
    }
}
