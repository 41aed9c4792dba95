// SPDX-License-Identifier: Apache-2.0

/// Fields that decide the node. One machine does nothing with them, but what is wrong in them is wrong here too.
extension Validation {
    mutating func schedulingGates(_ gates: [JSONValue]?) {
        var names: Set<String> = []
        each("schedulingGates", gates) { validation, gate in
            let name = gate["name"]?.stringValue ?? ""
            validation.invalid(nil, name, each: NameRules.qualifiedName(name))
            if !names.insert(name).inserted { validation.duplicate(nil, name) }
        }
    }

    mutating func tolerations(_ tolerations: [JSONValue]?) {
        each("tolerations", tolerations) { validation, toleration in
            let key = toleration["key"]?.stringValue ?? ""
            let operation = toleration["operator"]?.stringValue ?? ""
            let value = toleration["value"]?.stringValue ?? ""
            let effect = toleration["effect"]?.stringValue ?? ""
            if !key.isEmpty { validation.invalid("key", key, each: NameRules.qualifiedName(key)) }
            if key.isEmpty, operation != "Exists" {
                let problem =
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\""
                validation.invalid("operator", .string(operation), problem)
            }
            if toleration["tolerationSeconds"]?.intValue != nil, effect != "NoExecute" {
                let problem = "effect must be 'NoExecute' when `tolerationSeconds` is set"
                validation.invalid("effect", .string(effect), problem)
            }
            validation.tolerationValue(operation, value)
            let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
            if !effect.isEmpty, !effects.contains(effect) {
                validation.unsupported("effect", effect, supported: effects)
            }
        }
    }

    private mutating func tolerationValue(_ operation: String, _ value: String) {
        switch operation {
        case "", "Equal":
            let problems = NameRules.labelValue(value)
            if !problems.isEmpty { invalid("operator", .string(value), problems.joined(separator: ";")) }
        case "Exists":
            if !value.isEmpty {
                invalid("operator", .string(value), "value must be empty when `operator` is 'Exists'")
            }
        default: unsupported("operator", operation, supported: ["Equal", "Exists"])
        }
    }

    mutating func topologySpreadConstraints(_ constraints: [JSONValue]?) {
        var seen: Set<String> = []
        each("topologySpreadConstraints", constraints) { validation, constraint in
            let skew = constraint["maxSkew"]?.intValue ?? 0
            if skew <= 0 { validation.invalid("maxSkew", .int(skew), "must be greater than zero") }
            let key = constraint["topologyKey"]?.stringValue ?? ""
            if key.isEmpty {
                validation.required("topologyKey", "can not be empty")
            } else {
                validation.invalid("topologyKey", key, each: NameRules.qualifiedName(key))
            }
            let action = constraint["whenUnsatisfiable"]?.stringValue ?? ""
            let actions = ["DoNotSchedule", "ScheduleAnyway"]
            if !actions.contains(action) {
                validation.unsupported("whenUnsatisfiable", action, supported: actions)
            }
            if !seen.insert("\(key)/\(action)").inserted {
                let pair = "{\(key), \(action)}"
                validation.duplicate("{topologyKey, whenUnsatisfiable}", pair)
            }
            if let domains = constraint["minDomains"]?.intValue {
                if domains <= 0 { validation.invalid("minDomains", .int(domains), "must be greater than zero") }
                if action != "DoNotSchedule" {
                    let problem =
                        "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)"
                    validation.invalid("minDomains", .int(domains), problem)
                }
            }
            for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                validation.policy(field, constraint[field]?.stringValue, of: ["Honor", "Ignore"])
            }
        }
    }

    mutating func affinity(_ affinity: JSONValue?) {
        guard let affinity else { return }
        within("affinity") { validation in
            if let node = affinity["nodeAffinity"] { validation.within("nodeAffinity") { $0.nodeAffinity(node) } }
            for field in ["podAffinity", "podAntiAffinity"] {
                if let pods = affinity[field] { validation.within(field) { $0.podAffinity(pods) } }
            }
        }
    }

    private static let hard = "requiredDuringSchedulingIgnoredDuringExecution"
    private static let soft = "preferredDuringSchedulingIgnoredDuringExecution"

    private mutating func nodeAffinity(_ affinity: JSONValue) {
        if let required = affinity[Self.hard], required != .null {
            within(Self.hard) { validation in
                let terms = required["nodeSelectorTerms"]?.arrayValue ?? []
                if terms.isEmpty {
                    validation.required("nodeSelectorTerms", "must have at least one node selector term")
                }
                validation.each("nodeSelectorTerms", terms) { $0.nodeSelectorTerm($1, checksValues: true) }
            }
        }
        each(Self.soft, affinity[Self.soft]?.arrayValue) { validation, term in
            validation.weight(term)
            if let preference = term["preference"] {
                validation.within("preference") { $0.nodeSelectorTerm(preference, checksValues: false) }
            }
        }
    }

    private mutating func weight(_ term: JSONValue) {
        let weight = term["weight"]?.intValue ?? 0
        if !(1...100).contains(weight) { invalid("weight", .int(weight), "must be in the range 1-100") }
    }

    private mutating func nodeSelectorTerm(_ term: JSONValue, checksValues: Bool) {
        each("matchExpressions", term["matchExpressions"]?.arrayValue) { validation, requirement in
            let values = requirement["values"]?.arrayValue?.compactMap(\.stringValue) ?? []
            validation.selectorOperator(requirement["operator"]?.stringValue ?? "", values)
            let key = requirement["key"]?.stringValue ?? ""
            validation.invalid("key", key, each: NameRules.qualifiedName(key))
            guard checksValues else { return }
            validation.each("values", values) { $0.invalid(nil, $1, each: NameRules.labelValue($1)) }
        }
        each("matchFields", term["matchFields"]?.arrayValue) { validation, requirement in
            let values = requirement["values"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let operation = requirement["operator"]?.stringValue ?? ""
            if !["In", "NotIn"].contains(operation) {
                validation.invalid("operator", .string(operation), "not a valid selector operator")
            } else if values.count != 1 {
                let problem = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
                validation.required("values", problem)
            }
            let key = requirement["key"]?.stringValue ?? ""
            if key != "metadata.name" {
                validation.invalid("key", .string(key), "not a valid field selector key")
            } else {
                validation.each("values", values) { $0.invalid(nil, $1, each: NameRules.subdomain($1)) }
            }
        }
    }

    private mutating func selectorOperator(_ operation: String, _ values: [String]) {
        switch operation {
        case "In", "NotIn":
            if values.isEmpty { required("values", "must be specified when `operator` is 'In' or 'NotIn'") }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                forbidden("values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case "Gt", "Lt":
            if values.count != 1 {
                required("values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
            }
        default: invalid("operator", .string(operation), "not a valid selector operator")
        }
    }

    private mutating func podAffinity(_ affinity: JSONValue) {
        each(Self.hard, affinity[Self.hard]?.arrayValue) { $0.podAffinityTerm($1) }
        each(Self.soft, affinity[Self.soft]?.arrayValue) { validation, term in
            validation.weight(term)
            validation.within("podAffinityTerm") { $0.podAffinityTerm(term["podAffinityTerm"] ?? .null) }
        }
    }

    private mutating func podAffinityTerm(_ term: JSONValue) {
        for name in term["namespaces"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
            invalid("namespace", name, each: NameRules.label(name))
        }
        let key = term["topologyKey"]?.stringValue ?? ""
        if key.isEmpty { required("topologyKey", "can not be empty") }
        invalid("topologyKey", key, each: NameRules.qualifiedName(key))
    }

    /// A selector of labels.
    mutating func labelSelector(_ field: String, _ selector: LabelSelector?) {
        guard let selector else { return }
        within(field) { validation in
            validation.labels("matchLabels", selector.matchLabels)
            validation.each("matchExpressions", selector.matchExpressions) { validation, requirement in
                let values = requirement.values ?? []
                switch requirement.operator {
                case "In", "NotIn", "Exists", "DoesNotExist":
                    validation.selectorOperator(requirement.operator, values)
                default:
                    let operation = FieldError.Value.string(requirement.operator)
                    validation.invalid("operator", operation, "not a valid selector operator")
                }
                validation.invalid("key", requirement.key, each: NameRules.qualifiedName(requirement.key))
                validation.each("values", values) { $0.invalid(nil, $1, each: NameRules.labelValue($1)) }
            }
        }
    }
}
