// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes

/// Rules about `capabilities.add` and `capabilities.drop`.
extension FindingRule {
    static let capabilityRules: [Self] = [
        capabilityUnused, capabilityPrefix, capabilityUnknown, capabilityCase, capabilityAddedAndDropped,
        capabilityDroppedInVain, capabilityOfTheMachine,
    ]

    private static let capabilityUnused = Self(
        "capability-unused", .warning, "An added capability that the container's user cannot use.",
        reason: """
            Kubernetes adds capabilities to the bounding, permitted and effective set, never to the ambient set. When the \
            runtime leaves uid 0, the kernel clears the permitted and effective sets: a user other than root keeps the \
            bounding set alone, and the program holds nothing. A field for ambient capabilities was proposed (KEP-2763) and \
            does not exist.
            """,
        remedy: """
            Listen on a port of 1024 or above, or rely on net.ipv4.ip_unprivileged_port_start where it is about low ports; \
            give the program file capabilities in the image (setcap), with allowPrivilegeEscalation not false; or run as \
            root with all other capabilities dropped.
            """
    ) { scope in
        try scope.each { container in
            let added = container.names(\.add)
            guard !added.isEmpty, let uid = container.nonRootUser, !container.isPrivileged,
                container.effective?.capabilitySets.effective.isEmpty == true
            else { return [] }
            let dropped = Set(container.names(\.drop).map { CapabilitySet.canonical($0.name) })
            let gained = try container.execution()?.sets.permitted ?? []
            return added.filter { entry in
                let name = CapabilitySet.canonical(entry.name)
                guard entry.isKnown, !dropped.contains(name) else { return false }
                guard name != "ALL" else { return gained.isEmpty }
                return (try? CapabilitySet(named: name)).map(gained.isDisjoint) ?? false
            }.map {
                Finding(
                    $0.path,
                    "\($0.name) is added and never effective: the container runs as uid \(uid), which holds no capability"
                )
            }
        }
    }

    private static let capabilityPrefix = Self(
        "capability-prefix", .warning, "A capability name with CAP_, which containerd does not know.",
        reason: """
            containerd puts CAP_ before each name: CAP_NET_RAW becomes CAP_CAP_NET_RAW, and runc passes over it with a \
            warning in its log. In add the capability is missing; in drop it stays granted. The API server takes the name, \
            and Pod Security compares names without CAP_. CRI-O and Holdfast read both spellings.
            """,
        remedy: "Write the name without CAP_."
    ) { scope in
        scope.each { container in
            guard container.context?.capabilities != nil, !container.isPrivileged else { return [] }
            let (added, dropped) = (container.names(\.add), container.names(\.drop))
            func has(_ names: [ContainerScope.CapabilityName], _ name: String) -> Bool {
                names.contains { $0.name.uppercased() == name }
            }
            // What containerd makes of the lists: names with the prefix are none.
            let startsEmpty = has(dropped, "ALL")
            func isGranted(_ plain: String) -> Bool {
                guard plain != "ALL", let capability = try? CapabilitySet(named: plain) else { return !startsEmpty }
                let held = has(added, "ALL") || !NodeDefaults.containerd.capabilities.isDisjoint(with: capability)
                return (held && !startsEmpty || has(added, plain)) && !has(dropped, plain)
            }
            func finding(_ name: ContainerScope.CapabilityName, _ effect: (String) -> String) -> Finding? {
                guard name.name.uppercased().hasPrefix("CAP_"), name.isKnown else { return nil }
                let plain = CapabilitySet.canonical(name.name)
                return Finding(
                    name.path, "containerd reads \(name.name) as CAP_\(name.name.uppercased()): \(effect(plain))",
                    remedy: "write \(plain)", edit: .replace(path: name.path, text: plain))
            }
            return added.compactMap { name in
                finding(name) { $0 == "ALL" || !isGranted($0) ? "\($0) is not added" : "it changes nothing" }
            }
                + dropped.compactMap { name in
                    finding(name) {
                        !isGranted($0)
                            ? "it changes nothing" : $0 == "ALL" ? "nothing is dropped" : "\($0) stays granted"
                    }
                }
        }
    }

    private static let capabilityUnknown = Self(
        "capability-unknown", .error, "A capability name that no kernel has.",
        reason: """
            Nothing checks the name before the container starts. containerd and runc pass over it without an error, so that \
            a name misspelt in drop leaves the capability granted; CRI-O refuses it in add; Holdfast refuses it in both.
            """,
        remedy: "Write a name of capabilities(7), without CAP_, or ALL."
    ) { scope in
        scope.each { container in
            (container.names(\.add) + container.names(\.drop)).filter { !$0.isKnown }.map {
                Finding($0.path, "\"\($0.name)\" is no capability", remedy: nearest($0.name).map { "write \($0)" })
            }
        }
    }

    /// The known name that differs least, if it differs by two letters or fewer.
    private static func nearest(_ name: String) -> String? {
        let wrong = Array(CapabilitySet.canonical(name).utf8)
        guard wrong.count < 40 else { return nil }
        let candidates = (CapabilitySet.names + ["ALL"]).map { ($0, distance(wrong, Array($0.utf8))) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= 2, best.1 < wrong.count else { return nil }
        return best.0
    }

    /// How many letters to change, add or take away.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let above = row[column + 1]
                row[column + 1] = min(above + 1, row[column] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }

    private static let capabilityCase = Self(
        "capability-case", .warning, "A capability name that is not in capitals.",
        reason: """
            Runtimes read capability names in any case; Pod Security compares them letter by letter. A pod that drops "all" \
            runs with nothing and is still refused by the level restricted, and an added "chown" by the level baseline.
            """,
        remedy: "Write the name in capitals."
    ) { scope in
        scope.each { container in
            guard container.context?.capabilities != nil, !container.isPrivileged else { return [] }
            return (container.names(\.add) + container.names(\.drop)).filter {
                $0.isKnown && !$0.name.uppercased().hasPrefix("CAP_") && $0.name != $0.name.uppercased()
            }.map { name in
                let capitals = name.name.uppercased()
                return Finding(
                    name.path, "Pod Security does not take \"\(name.name)\" for \(capitals)",
                    remedy: "write \(capitals)", edit: .replace(path: name.path, text: capitals))
            }
        }
    }

    private static let capabilityAddedAndDropped = Self(
        "capability-added-and-dropped", .warning, "A capability that is both added and dropped.",
        reason: """
            Names in drop are taken away last: a capability that stands in both lists is not granted. Only drop: [ALL] \
            leaves what is added by name, and wins over add: [ALL]. podman refuses such lists.
            """,
        remedy: "Remove the name from one of the lists."
    ) { scope in
        scope.each { container in
            guard !container.isPrivileged else { return [] }
            let dropped = Set(container.names(\.drop).map { CapabilitySet.canonical($0.name) })
            guard !dropped.isEmpty else { return [] }
            return container.names(\.add).filter { dropped.contains(CapabilitySet.canonical($0.name)) }.map {
                let all = CapabilitySet.canonical($0.name) == "ALL"
                return Finding(
                    $0.path,
                    all
                        ? "ALL is added and dropped: the container has nothing but what is added by name"
                        : "\($0.name) is added and dropped: the container does not have it")
            }
        }
    }

    private static let capabilityDroppedInVain = Self(
        "capability-dropped-in-vain", .note, "A dropped capability that the container never had.",
        reason: """
            A container starts from the runtime's default set, 14 capabilities under containerd and 9 under CRI-O, and not \
            from all of root's. Dropping another one changes nothing.
            """,
        remedy: "Drop ALL and add back what is needed, which also holds for another runtime's defaults."
    ) { scope in
        scope.each { container in
            let dropped = container.names(\.drop)
            guard !dropped.isEmpty, !container.isPrivileged else { return [] }
            let added = container.names(\.add).map { CapabilitySet.canonical($0.name) }
            let held = scope.node.defaults.capabilities
            // Beside ALL a name says the same once more, and hides nothing.
            guard !added.contains("ALL"), !dropped.contains(where: { CapabilitySet.canonical($0.name) == "ALL" }) else {
                return []
            }
            return dropped.filter { entry in
                let name = CapabilitySet.canonical(entry.name)
                guard !added.contains(name), let capability = try? CapabilitySet(named: name) else {
                    return false
                }
                return held.isDisjoint(with: capability)
            }.map {
                Finding($0.path, "\($0.name) is not among \(scope.node.defaults.name)'s default capabilities")
            }
        }
    }
}

extension FindingRule {
    /// What the kernel grants to the first user namespace alone, whatever a process of another one holds.
    ///
    /// Source: user_namespaces(7), "Capabilities"; the calls of capable() in the kernel.
    private static let ofTheMachine: CapabilitySet = [.sysModule, .sysRawIO, .sysTime, CapabilitySet(number: 27)]

    private static let capabilityOfTheMachine = Self(
        "capability-of-the-machine", .warning, "An added capability that means nothing in a user namespace.",
        reason: """
            With hostUsers: false a capability counts for what the pod's user namespace owns. Loading kernel modules \
            (SYS_MODULE), setting the clock (SYS_TIME), I/O ports (SYS_RAWIO) and making devices (MKNOD) belong to the \
            machine: the kernel refuses them with "operation not permitted", though the capability is shown as held.
            """,
        remedy: "Remove the capability, or the user namespace."
    ) { scope in
        guard scope.pod.spec.hostUsers == false else { return [] }
        return scope.each { container in
            guard !container.isPrivileged else { return [] }
            return container.names(\.add).filter { entry in
                (try? CapabilitySet(named: entry.name)).map { !$0.isDisjoint(with: ofTheMachine) } ?? false
            }.map {
                Finding($0.path, "\($0.name) is held in the pod's user namespace, where nothing can be done with it")
            }
        }
    }
}

extension ContainerScope {
    struct CapabilityName {
        let name: String
        let path: String
        /// Whether it is ALL or names a capability.
        var isKnown: Bool { CapabilitySet.isKnown(name) }
    }

    /// The names of one list, as written.
    func names(_ list: KeyPath<Capabilities, [String]?>) -> [CapabilityName] {
        guard let capabilities = context?.capabilities else { return [] }
        let field = list == \.add ? "add" : "drop"
        return (capabilities[keyPath: list] ?? []).enumerated().map {
            CapabilityName(name: $1, path: "\(path).capabilities.\(field)[\($0)]")
        }
    }
}
