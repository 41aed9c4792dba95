// SPDX-License-Identifier: Apache-2.0

/// What the API server refuses about a pod that is created; nothing if it takes it.
///
/// The pod has its defaults (``Pod/applyDefaults(namespace:)``): the server fills them in before it validates.
package func validate(_ pod: Pod) -> [FieldError] {
    var validation = Validation()
    validation.pod(pod)
    return validation.errors
}

/// What the API server refuses about ephemeral containers that are added to a pod; nothing if it takes them.
package func validateEphemeralContainers(of pod: Pod) -> [FieldError] {
    var validation = Validation()
    validation.within("spec") { validation in
        let claims = (pod.spec.resourceClaims ?? []).compactMap { $0["name"]?.stringValue }.filter { !$0.isEmpty }
        // The pod's volumes were seen when it was created.
        let volumes = Dictionary((pod.spec.volumes ?? []).map { ($0.name, $0) }) { first, _ in first }
        validation.ephemeralContainers(
            pod.spec.ephemeralContainers,
            ContainerContext(spec: pod.spec, volumes: volumes, claims: Set(claims)))
    }
    return validation.errors
}

extension Validation {
    fileprivate mutating func pod(_ pod: Pod) {
        metadata(pod.metadata, isNamespaced: true, name: NameRules.subdomain)
        within("metadata") { $0.within("annotations") { $0.annotations(of: pod) } }
        within("spec") { validation in
            validation.spec(pod)
            validation.tokensNeedServiceAccount(pod.spec)
            validation.each("containers", pod.spec.containers) { $0.imageHasNoPadding($1) }
            validation.each("initContainers", pod.spec.initContainers) { $0.imageHasNoPadding($1) }
            if !(pod.spec.ephemeralContainers ?? []).isEmpty {
                validation.forbidden("ephemeralContainers", "cannot be set on create")
            }
            if !(pod.spec.nodeName ?? "").isEmpty, !(pod.spec.schedulingGates ?? []).isEmpty {
                validation.forbidden("nodeName", "cannot be set until all schedulingGates have been cleared")
            }
            validation.seccompAnnotationsMatch(pod)
            validation.appArmorAnnotationsMatch(pod)
        }
    }

    /// The annotations that mean something to the server.
    mutating func annotations(of pod: Pod) {
        let annotations = pod.metadata.annotations ?? [:]
        let mirror = "kubernetes.io/config.mirror"
        if let value = annotations[mirror], (pod.spec.nodeName ?? "").isEmpty {
            within(key: mirror) {
                $0.invalid(.string(value), "must set spec.nodeName if mirror pod annotation is set")
            }
        }
        let cost = "controller.kubernetes.io/pod-deletion-cost"
        if let value = annotations[cost], Int32(value) == nil || value.hasPrefix("+") {
            within(key: cost) { $0.invalid(.string(value), "must be a 32bit integer") }
        }
        seccompAnnotations(annotations)
        appArmorAnnotations(annotations, pod.spec)
    }

    /// The rules of a pod's specification, in the server's order.
    ///
    /// The pods of a template get some of their defaults only later.
    mutating func spec(_ pod: Pod, isTemplate: Bool = false) {
        let spec = pod.spec
        if spec.terminationGracePeriodSeconds == nil { required("terminationGracePeriodSeconds") }
        let volumes = volumes(spec.volumes, podName: pod.metadata.name ?? "")
        let claims = Set((spec.resourceClaims ?? []).compactMap { $0["name"]?.stringValue }.filter { !$0.isEmpty })
        resourceClaims(spec.resourceClaims)
        let context = ContainerContext(spec: spec, volumes: volumes, claims: claims)
        containers(spec.containers, context)
        initContainers(spec.initContainers, context)
        ephemeralContainers(spec.ephemeralContainers, context)
        podResources(spec, claims: claims)
        hostPortsMatch(spec, isTemplate: isTemplate)
        restartPolicy(spec.restartPolicy)
        dnsPolicy(spec.dnsPolicy)
        labels("nodeSelector", spec.nodeSelector)
        podSecurityContext(spec)
        affinity(spec.affinity)
        dnsConfig(spec.dnsConfig, policy: spec.dnsPolicy)
        each("readinessGates", spec.readinessGates) { validation, gate in
            validation.invalid("conditionType", gate.conditionType, each: NameRules.qualifiedName(gate.conditionType))
        }
        schedulingGates(spec.schedulingGates)
        topologySpreadConstraints(spec.topologySpreadConstraints)
        hostProcess(spec)
        userNamespace(spec)
        names(spec)
        operatingSystem(spec)
    }

    private mutating func restartPolicy(_ policy: String?) {
        let known = ["Always", "OnFailure", "Never"]
        choice("restartPolicy", policy ?? "", of: known)
    }

    private mutating func dnsPolicy(_ policy: String?) {
        choice("dnsPolicy", policy ?? "", of: ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
    }

    /// A field that must have one of these values.
    mutating func choice(_ field: String, _ value: String, of supported: [String]) {
        if value.isEmpty {
            required(field)
        } else if !supported.contains(value) {
            unsupported(field, value, supported: supported)
        }
    }

    private mutating func tokensNeedServiceAccount(_ spec: PodSpec) {
        guard (spec.serviceAccountName ?? "").isEmpty else { return }
        each("volumes", spec.volumes) { validation, volume in
            validation.within("projected") {
                $0.each("sources", volume.projected?.sources) { validation, source in
                    guard source.serviceAccountToken != nil else { return }
                    validation.forbidden(
                        "serviceAccountToken", "must not be specified when serviceAccountName is not set")
                }
            }
        }
    }

    /// The fields that are names, numbers or addresses and depend on nothing else.
    private mutating func names(_ spec: PodSpec) {
        func subdomain(_ field: String, _ name: String?) {
            guard let name, !name.isEmpty else { return }
            invalid(field, name, each: NameRules.subdomain(name))
        }
        func label(_ field: String, _ name: String?) {
            guard let name, !name.isEmpty else { return }
            invalid(field, name, each: NameRules.label(name))
        }
        subdomain("serviceAccountName", spec.serviceAccountName)
        subdomain("nodeName", spec.nodeName)
        if let seconds = spec.activeDeadlineSeconds, !(1...Int64(Int32.max)).contains(seconds) {
            invalid("activeDeadlineSeconds", .int(seconds), "must be between 1 and 2147483647, inclusive")
        }
        label("hostname", spec.hostname)
        label("subdomain", spec.subdomain)
        tolerations(spec.tolerations)
        each("hostAliases", spec.hostAliases) { validation, alias in
            validation.address("ip", alias.ip)
            validation.each("hostnames", alias.hostnames) { $0.invalid($1, each: NameRules.subdomain($1)) }
        }
        if let name = spec.hostnameOverride {
            invalid("hostnameOverride", name, each: NameRules.subdomain(name))
            if name.utf8.count > 64 { tooLong("hostnameOverride", bytes: 64) }
        }
        subdomain("priorityClassName", spec.priorityClassName)
        if let name = spec.runtimeClassName { invalid("runtimeClassName", name, each: NameRules.subdomain(name)) }
        if let policy = spec.preemptionPolicy {
            choice("preemptionPolicy", policy, of: ["PreemptLowerPriority", "Never"])
        }
        if let overhead = spec.overhead {
            within("overhead") { validation in
                validation.resourceList("limits", overhead, isPodLevel: false)
            }
        }
    }

    private mutating func dnsConfig(_ config: PodDNSConfig?, policy: String?) {
        within("dnsConfig") { validation in
            if policy == "None" {
                guard let config else {
                    return validation.required(nil, "must provide `dnsConfig` when `dnsPolicy` is None")
                }
                guard !(config.nameservers ?? []).isEmpty else {
                    return validation.required(
                        "nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
                }
            }
            guard let config else { return }
            validation.nameservers(config.nameservers ?? [])
            validation.searchDomains(config.searches ?? [])
            validation.each("options", config.options) { validation, option in
                if (option.name ?? "").isEmpty { validation.required(nil, "must not be empty") }
            }
        }
    }

    private mutating func nameservers(_ servers: [String]) {
        if servers.count > 3 {
            invalid("nameservers", .json(GoText.json(servers) ?? "null"), "must not have more than 3 nameservers")
        }
        each("nameservers", servers) { $0.address(nil, $1) }
    }

    /// The limits of libc's resolver.
    private mutating func searchDomains(_ domains: [String]) {
        let value = FieldError.Value.json(GoText.json(domains) ?? "null")
        if domains.count > 32 { invalid("searches", value, "must not have more than 32 search paths") }
        if domains.joined(separator: " ").utf8.count > 2048 {
            invalid(
                "searches", value, "must not have more than 2048 characters (including spaces) in the search list")
        }
        each("searches", domains) { validation, domain in
            guard domain != "." else { return }
            let name = domain.hasSuffix(".") ? String(domain.dropLast()) : domain
            validation.invalid(name, each: NameRules.searchDomain(name))
        }
    }

    mutating func address(_ field: String?, _ address: String) {
        if !IPAddressText.isValid(address) {
            invalid(field, .string(address), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
        }
    }
}
