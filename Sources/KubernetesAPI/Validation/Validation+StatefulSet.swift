// SPDX-License-Identifier: Apache-2.0

extension Validation {
    mutating func statefulSet(_ spec: StatefulSetSpec) {
        let management = spec.podManagementPolicy ?? ""
        if !["OrderedReady", "Parallel"].contains(management) {
            invalid("podManagementPolicy", .string(management), "must be 'OrderedReady' or 'Parallel'")
        }
        updateStrategy(spec.updateStrategy)
        if let policy = spec.persistentVolumeClaimRetentionPolicy {
            within("persistentVolumeClaimRetentionPolicy") { validation in
                for (field, value) in [("whenDeleted", policy.whenDeleted), ("whenScaled", policy.whenScaled)] {
                    validation.policy(field, value, of: ["Retain", "Delete"])
                }
            }
        }
        each("volumeClaimTemplates", spec.volumeClaimTemplates) { validation, claim in
            validation.within("spec") { $0.claimSpec(claim.spec) }
        }
        nonnegative("replicas", spec.replicas)
        nonnegative("minReadySeconds", spec.minReadySeconds)
        nonnegative("ordinals.start", spec.ordinals?.start)
        if let name = spec.serviceName, !name.isEmpty { invalid("serviceName", name, each: NameRules.label(name)) }
        statefulTemplate(spec)
    }

    private mutating func updateStrategy(_ strategy: StatefulSetSpec.UpdateStrategy) {
        switch strategy.type {
        case "OnDelete":
            guard let update = strategy.rollingUpdate else { return }
            within("updateStrategy") {
                $0.invalid(
                    "rollingUpdate", .json(GoText.json(update)), "only allowed for updateStrategy 'RollingUpdate'")
            }
        case "RollingUpdate":
            guard let update = strategy.rollingUpdate else { return }
            within("updateStrategy") { validation in
                validation.within("rollingUpdate") { $0.rollingUpdate(update) }
            }
        default:
            let value = GoText.object([
                ("Type", GoText.json(strategy.type ?? "")),
                ("RollingUpdate", strategy.rollingUpdate.map { GoText.json($0) }),
            ])
            invalid("updateStrategy", .json(value), "must be 'RollingUpdate' or 'OnDelete'")
        }
    }

    private mutating func rollingUpdate(_ update: StatefulSetSpec.RollingUpdate) {
        nonnegative("partition", update.partition)
        guard let maximum = update.maxUnavailable else { return }
        amount("maxUnavailable", maximum)
        if Optional(maximum).amount == 0 {
            invalid("maxUnavailable", .json(GoText.json(maximum) ?? "0"), "cannot be 0")
        }
        notMoreThanAll("maxUnavailable", maximum)
    }

    private mutating func statefulTemplate(_ spec: StatefulSetSpec) {
        if requiredSelector(spec.selector, of: "statefulset") {
            var template = spec.template
            // What the controller writes over is not looked at.
            template.spec.subdomain = nil
            template.spec.hostname = nil
            template.spec.volumes = spec.volumes { $0 }
            within("template") { validation in
                if spec.selector?.matches(template.metadata.labels ?? [:]) != true {
                    validation.mismatch(template.metadata.labels)
                }
                validation.podTemplate(template)
                validation.templateMetadata(template)
            }
        } else {
            invalid("selector", .json(spec.selector.map { GoText.json($0) } ?? "null"), "")
        }
        within("template") { $0.keepsRunning(spec.template.spec, kind: "StatefulSet") }
    }
}

extension GoText {
    fileprivate static func json(_ update: StatefulSetSpec.RollingUpdate) -> String {
        object([("Partition", String(update.partition ?? 0)), ("MaxUnavailable", json(update.maxUnavailable))])
    }
}
