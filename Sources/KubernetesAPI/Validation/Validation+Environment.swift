// SPDX-License-Identifier: Apache-2.0

extension Validation {
    private static let environmentFields = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]
    private static let resourceFields = [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
        "requests.memory",
    ]

    mutating func environment(_ variables: [EnvVar]?) {
        each("env", variables) { validation, variable in
            if variable.name.isEmpty {
                validation.required("name")
            } else {
                validation.invalid("name", variable.name, each: NameRules.environmentName(variable.name))
            }
            guard let source = variable.valueFrom else { return }
            validation.within("valueFrom") { $0.environmentSource(source, value: variable.value ?? "") }
        }
    }

    private mutating func environmentSource(_ source: EnvVarSource, value: String) {
        var count = 0
        if let reference = source.fieldRef {
            count += 1
            within("fieldRef") { $0.podField(reference, of: Self.environmentFields) }
        }
        if let reference = source.resourceFieldRef {
            count += 1
            within("resourceFieldRef") { $0.resourceField(reference, needsContainer: false) }
        }
        if let reference = source.configMapKeyRef {
            count += 1
            within("configMapKeyRef") { $0.dataKey(reference) }
        }
        if let reference = source.secretKeyRef {
            count += 1
            within("secretKeyRef") { $0.dataKey(reference) }
        }
        if let reference = source.fileKeyRef {
            count += 1
            within("fileKeyRef") { $0.environmentFile(reference) }
        }
        if count == 0 {
            let sources = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            invalid(.string(""), "must specify one of: \(sources)")
        } else if !value.isEmpty {
            invalid(.string(""), "may not be specified when `value` is not empty")
        } else if count > 1 {
            invalid(.string(""), "may not have more than one field specified at a time")
        }
    }

    private mutating func dataKey(_ reference: KeySelector) {
        let name = reference.name ?? ""
        invalid("name", name, each: NameRules.subdomain(name))
        if reference.key.isEmpty {
            required("key")
        } else {
            invalid("key", reference.key, each: NameRules.dataKey(reference.key))
        }
    }

    private mutating func environmentFile(_ reference: FileKeySelector) {
        if reference.key.isEmpty {
            required("key")
        } else {
            invalid("key", reference.key, each: NameRules.environmentName(reference.key))
        }
        if reference.volumeName.isEmpty { required("volumeName") }
        if reference.path.isEmpty { required("path") } else { localPath("path", reference.path) }
    }

    /// A reference to a field of the pod, as variables and downward API volumes make it.
    mutating func podField(_ reference: ObjectFieldSelector, of supported: [String]) {
        guard !(reference.apiVersion ?? "").isEmpty else { return required("apiVersion") }
        guard !reference.fieldPath.isEmpty else { return required("fieldPath") }
        if reference.fieldPath.hasSuffix("']"), let bracket = reference.fieldPath.firstRange(of: "['") {
            let field = String(reference.fieldPath[..<bracket.lowerBound])
            let key = String(reference.fieldPath[bracket.upperBound...].dropLast(2))
            switch field {
            case "metadata.annotations": invalid(nil, key.lowercased(), each: NameRules.qualifiedName(key.lowercased()))
            case "metadata.labels": invalid(nil, key, each: NameRules.qualifiedName(key))
            default: invalid(.string(field), "does not support subscript")
            }
            return
        }
        guard Self.podFields.contains(reference.fieldPath) else {
            let problem = "error converting fieldPath: field label not supported: \(reference.fieldPath)"
            return invalid("fieldPath", .string(reference.fieldPath), problem)
        }
        if !supported.contains(reference.fieldPath) {
            unsupported("fieldPath", reference.fieldPath, supported: supported)
        }
    }

    /// The fields of a pod that a selector of fields knows at all.
    private static let podFields: Set = [
        "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
        "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "spec.hostNetwork",
        "status.phase", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
        "status.nominatedNodeName",
    ]

    /// A reference to a container's request or limit.
    mutating func resourceField(_ reference: ResourceFieldSelector, needsContainer: Bool) {
        let resource = reference.resource
        let isHugePages = resource.hasPrefix("requests.hugepages-") || resource.hasPrefix("limits.hugepages-")
        if needsContainer, (reference.containerName ?? "").isEmpty {
            required("containerName")
        } else if resource.isEmpty {
            required("resource")
        } else if !Self.resourceFields.contains(resource), !isHugePages {
            unsupported("resource", resource, supported: Self.resourceFields)
        }
        guard let divisor = reference.divisor, !divisor.isZero else { return }
        divisorFits(divisor, resource, isHugePages: isHugePages)
    }

    private mutating func divisorFits(_ divisor: Quantity, _ resource: String, isHugePages: Bool) {
        let byteUnits = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]
        let (units, list, name): ([String], String, String)
        switch resource.drop(while: { $0 != "." }).dropFirst() {
        case "cpu": (units, list, name) = (["1m", "1"], "1m and 1", "cpu")
        case "memory": (units, list, name) = (byteUnits, byteUnits.joined(separator: ", "), "memory")
        case "ephemeral-storage":
            (units, list, name) = (byteUnits, byteUnits.joined(separator: ", "), "local ephemeral storage")
        default:
            guard isHugePages else { return }
            (units, list, name) = (byteUnits, byteUnits.joined(separator: ", "), "hugepages")
        }
        guard !units.contains(divisor.text) else { return }
        invalid(
            "divisor", .string(resource), "only divisor's values \(list) are supported with the \(name) resource")
    }

    mutating func environmentSources(_ sources: [EnvFromSource]?) {
        within("envFrom") { validation in
            for (index, source) in (sources ?? []).enumerated() {
                validation.within(index: index) { $0.environmentSource(source) }
                // These two are told about the list, not about its element.
                switch (source.configMapRef, source.secretRef) {
                case (nil, nil):
                    validation.invalid(.string(""), "must specify one of: `configMapRef` or `secretRef`")
                case (.some, .some):
                    validation.invalid(.string(""), "may not have more than one field specified at a time")
                default: break
                }
            }
        }
    }

    private mutating func environmentSource(_ source: EnvFromSource) {
        if let prefix = source.prefix, !prefix.isEmpty {
            invalid("prefix", prefix, each: NameRules.environmentName(prefix))
        }
        for (field, reference) in [("configMapRef", source.configMapRef), ("secretRef", source.secretRef)] {
            guard let reference else { continue }
            let name = reference.name ?? ""
            within(field) { validation in
                if name.isEmpty {
                    validation.required("name")
                } else {
                    validation.invalid("name", name, each: NameRules.subdomain(name))
                }
            }
        }
    }
}
