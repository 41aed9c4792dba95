// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes

/// What a container asks of its capabilities: `securityContext.capabilities`.
package struct CapabilityRequest: Hashable, Sendable {
    package let add: CapabilitySet
    package let addsAll: Bool
    package let drop: CapabilitySet
    package let dropsAll: Bool

    /// Reads names in any case, with or without `CAP_`; the field is the path of `capabilities` in the manifest.
    ///
    /// A name that is empty or unknown is a ``Refusal``, in either list: a runtime that passes over a name in `drop`
    /// leaves the capability granted.
    package init(add: [String], drop: [String], field: String) throws(Refusal) {
        (self.add, addsAll) = try Self.parse(add, field: "\(field).add")
        (self.drop, dropsAll) = try Self.parse(drop, field: "\(field).drop")
    }

    private static func parse(_ names: [String], field: String) throws(Refusal) -> (CapabilitySet, Bool) {
        var set: CapabilitySet = []
        var all = false
        for name in names {
            if CapabilitySet.canonical(name) == "ALL" {
                all = true
                continue
            }
            do { set.formUnion(try CapabilitySet(named: name)) } catch {
                throw Refusal(.container, field: field, message: "\(field): \(error)")
            }
        }
        return (set, all)
    }

    /// The final set: the defaults, ALL of `add`, ALL of `drop`, then the names of `add` and last those of `drop`.
    ///
    /// Defaults are what a container has that says nothing; ALL and the defaults mean no more than what is available,
    /// which is what this machine can grant.
    package func resolve(defaults: CapabilitySet, available: CapabilitySet) -> CapabilitySet {
        var set = addsAll ? available : defaults.intersection(available)
        if dropsAll { set = [] }
        return set.union(add).subtracting(drop)
    }
}

/// The five sets of a container's first process, as `/proc/PID/status` shows them when its program runs.
package struct CapabilitySets: Hashable, Sendable {
    package let inheritable: CapabilitySet
    package let permitted: CapabilitySet
    package let effective: CapabilitySet
    package let bounding: CapabilitySet
    package let ambient: CapabilitySet

    init(
        inheritable: CapabilitySet, permitted: CapabilitySet, effective: CapabilitySet, bounding: CapabilitySet,
        ambient: CapabilitySet
    ) {
        self.inheritable = inheritable
        self.permitted = permitted
        self.effective = effective
        self.bounding = bounding
        self.ambient = ambient
    }

    /// After execve(2) of a program without file capabilities; a user other than root has the bounding set alone.
    ///
    /// With `isAmbient` the set is raised in the ambient set too, and so survives for such a user.
    package init(granted: CapabilitySet, uid: UInt32, isAmbient: Bool) {
        let held = uid == 0 || isAmbient ? granted : []
        inheritable = isAmbient ? granted : []
        permitted = held
        effective = held
        bounding = granted
        ambient = isAmbient ? granted : []
    }
}
