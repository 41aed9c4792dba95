// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import KubernetesAPI

/// Rules about who a container runs as.
extension FindingRule {
    static let identityRules: [Self] = [
        nonRootRefused, nonRootNamedUser, nonRootOverridden, imageUserUnknown, imageGroupIgnored, imageGroupsMerged,
        primaryGroupRoot, rootGroupAdded, groupWithoutUser, podFieldOverridden, unmappedID, userUnknownToImage,
    ]

    private static let nonRootRefused = Self(
        "non-root-refused", .error, "runAsNonRoot on a container that would run as root.",
        reason: """
            The kubelet compares the user that the container would have with runAsNonRoot just before it creates the \
            container, and leaves it waiting with CreateContainerConfigError. The API server does not see it, since the \
            container's runAsUser wins over the pod's and the image's USER is not known to it.
            """,
        remedy: "Set runAsUser to a number above 0."
    ) { scope in
        scope.each { container in
            guard container.isToRunAsNonRoot, let refusal = container.refusal, refusal.reason == .containerConfig else {
                return []
            }
            if container.runAsUser == 0 {
                return [Finding(refusal.field, "container \"\(container.name)\" is to run as uid 0 and as non-root")]
            }
            guard container.runAsUser == nil, let image = container.image else { return [] }
            switch image.identity.declaredUser {
            case .unset, .number(0):
                let user = image.identity.user.isEmpty ? "sets no USER" : "sets USER \(image.identity.user)"
                return [
                    Finding(
                        refusal.field, "image \(image.reference) \(user): it runs as root, and runAsNonRoot refuses it")
                ]
            case .outOfRange(let text):
                return [Finding(refusal.field, "image \(image.reference) sets USER \(text), which is no user id")]
            case .number, .name: return []
            }
        }
    }

    private static let nonRootNamedUser = Self(
        "non-root-named-user", .error, "runAsNonRoot with an image whose USER is a name.",
        reason: """
            The kubelet does not look into the image's /etc/passwd: a USER that is no number could be root under another \
            name, so runAsNonRoot refuses the container with CreateContainerConfigError.
            """,
        remedy: "Set runAsUser to the number that the image's /etc/passwd has for the name.", needsImage: true
    ) { scope in
        scope.each { container in
            guard container.isToRunAsNonRoot, container.runAsUser == nil, let refusal = container.refusal,
                let image = container.image, case .name(let name) = image.identity.declaredUser
            else { return [] }
            guard let user = image.identity.database.user(named: name) else {
                return [
                    Finding(
                        refusal.field, "image \(image.reference) sets USER \(name), which its /etc/passwd does not have"
                    )
                ]
            }
            // The pod's own context is for all of its containers, whose images may have other users.
            let context =
                container.context != nil ? container.path : scope.containers.count == 1 ? ContextFields.podPath : nil
            return [
                Finding(
                    refusal.field,
                    "image \(image.reference) sets USER \(name): the kubelet cannot verify that it is not root",
                    remedy: user.uid == 0
                        ? "\(name) is uid 0: set runAsUser to another user's number" : "set runAsUser: \(user.uid)",
                    edit: user.uid == 0
                        ? nil : context.map { .insert(path: $0, key: "runAsUser", text: "\(user.uid)") })
            ]
        }
    }

    private static let nonRootOverridden = Self(
        "non-root-overridden", .warning, "A container that turns the pod's runAsNonRoot off.",
        reason: """
            The container's value replaces the pod's: with runAsNonRoot: false it may run as root in a pod that says \
            runAsNonRoot: true.
            """,
        remedy: "Remove the container's runAsNonRoot, or say it of the other containers instead of the pod."
    ) { scope in
        guard scope.pod.spec.securityContext?.runAsNonRoot == true else { return [] }
        return scope.each { container in
            guard container.context?.runAsNonRoot == false, container.nonRootUser == nil else { return [] }
            return [
                Finding(
                    "\(container.path).runAsNonRoot", "container \"\(container.name)\" may run as root, against the pod"
                )
            ]
        }
    }

    private static let imageUserUnknown = Self(
        "image-user-unknown", .error, "An image whose USER is no user.",
        reason: """
            The runtime looks the name up in the image's /etc/passwd when it creates the container, and fails with \
            CreateContainerError: no users found. So does a number above 2147483647, or a second colon: invalid USER value.
            """,
        remedy: "Set runAsUser, or add the user to the image.", needsImage: true
    ) { scope in
        scope.each { container in
            guard container.image != nil, let refusal = container.refusal, refusal.reason == .container,
                refusal.field == "\(container.place.path).image"
            else { return [] }
            return [Finding(refusal.field, refusal.message)]
        }
    }

    private static let imageGroupIgnored = Self(
        "image-group-ignored", .warning, "An image's USER names a group that Kubernetes does not use.",
        reason: """
            Of USER 1000:2000 the kubelet hands on what stands before the colon. The primary group is the one that the \
            image's /etc/passwd has for the user, or else 0, root's. podman and Docker use the group.
            """,
        remedy: "Set runAsGroup.", needsImage: true
    ) { scope in
        scope.each { container in
            guard let image = container.image, let effective = container.effective, image.identity.user.contains(":"),
                effective.gid.origin.manifestField == nil, effective.uid.origin.manifestField == nil
            else { return [] }
            let group = image.identity.user.drop { $0 != ":" }.dropFirst()
            guard !group.isEmpty else { return [] }
            let known = UInt32(group) ?? image.identity.database.groups.first { $0.name == group }?.gid
            guard known != effective.gid.value else { return [] }
            return [
                Finding(
                    "\(container.place.path).image",
                    "image \(image.reference) sets USER \(image.identity.user): the group \(group) is not used, the primary "
                        + "group is \(effective.gid.value)")
            ]
        }
    }

    private static let imageGroupsMerged = Self(
        "image-groups-merged", .note, "Groups that the image's /etc/group adds.",
        reason: """
            With supplementalGroupsPolicy Merge, which is the default, the process also gets each group of the image's \
            /etc/group that lists its user. Whoever builds the image decides about access to volumes by that.
            """,
        remedy: "Set supplementalGroupsPolicy: Strict, and list the groups that are needed.", needsImage: true
    ) { scope in
        scope.each { container in
            // Root needs no group for what it may do.
            guard let effective = container.effective, let image = container.image, container.nonRootUser != nil else {
                return []
            }
            let merged = effective.supplementalGroups.filter { $0.origin == .imageGroup }.map { String($0.value) }
            guard !merged.isEmpty else { return [] }
            return [
                Finding(
                    "\(container.place.path).image",
                    "/etc/group of \(image.reference) adds \(merged.count == 1 ? "group" : "groups") "
                        + merged.joined(separator: ", "))
            ]
        }
    }

    private static let primaryGroupRoot = Self(
        "primary-group-root", .note, "A user with root's group.",
        reason: """
            Where runAsUser is set and runAsGroup is not, the primary group is the one that the image's /etc/passwd has for \
            that user, and 0 where it has none. What the process makes belongs to root's group, and what that group may \
            read or write is open to it.
            """,
        remedy: "Set runAsGroup too."
    ) { scope in
        scope.each { container in
            guard let effective = container.effective, let uid = container.nonRootUser,
                effective.uid.origin.manifestField != nil, effective.gid.value == 0,
                effective.gid.origin.manifestField == nil
            else { return [] }
            let group =
                effective.gid.origin == .unknownImage ? "unless the image's /etc/passwd names another" : "root's"
            return [
                Finding(
                    effective.uid.origin.manifestField ?? container.path,
                    "container \"\(container.name)\" runs as uid \(uid) with primary group 0, \(group)")
            ]
        }
    }

    private static let rootGroupAdded = Self(
        "root-group-added", .note, "Root's group, given to a user other than root.",
        reason: """
            A process in group 0 may read, and often write, what images and nodes keep for root's group: in many images \
            /etc/passwd and the folders that are made for arbitrary users. runAsNonRoot does not look at groups.
            """,
        remedy: "Use a group of the pod's own."
    ) { scope in
        guard let context = scope.pod.spec.securityContext, scope.containers.contains(where: { $0.nonRootUser != nil })
        else { return [] }
        let path = ContextFields.podPath
        let fields =
            [("\(path).fsGroup", context.fsGroup)]
            + (context.supplementalGroups ?? []).enumerated().map { ("\(path).supplementalGroups[\($0)]", $1) }
        return fields.filter { $0.1 == 0 }.map { Finding($0.0, "every process of the pod is in group 0, root's") }
    }

    private static let groupWithoutUser = Self(
        "group-without-user", .error, "The pod's runAsGroup without its runAsUser.",
        reason: """
            The sandbox runs as the pod says, and CRI takes no group without a user: containerd refuses the sandbox, and the \
            pod stays in ContainerCreating.
            """,
        remedy: "Set the pod's runAsUser too, or runAsGroup on the containers."
    ) { scope in
        guard let context = scope.pod.spec.securityContext, let group = context.runAsGroup, context.runAsUser == nil
        else { return [] }
        return [
            Finding(
                "\(ContextFields.podPath).runAsGroup", "the sandbox is refused: group \(group) is given without a user")
        ]
    }

    private static let podFieldOverridden = Self(
        "pod-field-overridden", .note, "A field of the pod that every container overrides.",
        reason: """
            A container's value replaces the pod's. Where each container has another one of its own, the pod's counts for \
            none of them: for the sandbox alone, and for containers that are added later.
            """,
        remedy: "Remove the field from the pod, or from the containers that are to follow it."
    ) { scope in
        guard let pod = scope.pod.spec.securityContext, !scope.containers.isEmpty else { return [] }
        let contexts = scope.containers.map(\.context)
        func overridden<Value: Equatable>(
            _ name: String, _ value: Value?, _ own: (SecurityContext) -> Value?
        ) -> Finding? {
            // The same value twice does no harm: templates write both.
            guard let value, contexts.allSatisfy({ $0.flatMap(own).map { $0 != value } ?? false }) else { return nil }
            return Finding("\(ContextFields.podPath).\(name)", "no container follows it: each has another \(name)")
        }
        let found: [Finding?] = [
            overridden("runAsUser", pod.runAsUser) { $0.runAsUser },
            overridden("runAsGroup", pod.runAsUser == nil ? nil : pod.runAsGroup) { $0.runAsGroup },
            overridden("seccompProfile", pod.seccompProfile) { $0.seccompProfile },
            overridden("appArmorProfile", pod.appArmorProfile) { $0.appArmorProfile },
            overridden("seLinuxOptions", pod.seLinuxOptions) { $0.seLinuxOptions },
        ]
        return found.compactMap { $0 }
    }

    private static let unmappedID = Self(
        "id-not-mapped", .error, "An id that the pod's user namespace does not have.",
        reason: """
            With hostUsers: false a pod has the ids 0 to 65535, unless the kubelet's userNamespaces.idsPerPod gives it more. \
            The kernel refuses to become any other, and the container or the sandbox does not start.
            """,
        remedy: "Use ids below 65536, or hostUsers: true."
    ) { scope in
        guard scope.pod.spec.hostUsers == false else { return [] }
        var ids: [(String, Int64?)] = []
        if let pod = scope.pod.spec.securityContext {
            let path = ContextFields.podPath
            ids = [
                ("\(path).runAsUser", pod.runAsUser), ("\(path).runAsGroup", pod.runAsGroup),
                ("\(path).fsGroup", pod.fsGroup),
            ]
            ids += (pod.supplementalGroups ?? []).enumerated().map { ("\(path).supplementalGroups[\($0)]", $1) }
        }
        for container in scope.containers {
            ids.append(("\(container.path).runAsUser", container.context?.runAsUser))
            ids.append(("\(container.path).runAsGroup", container.context?.runAsGroup))
        }
        for container in scope.containers {
            guard let effective = container.effective else { continue }
            // Those of the image; what is written stands above.
            for id in [effective.uid, effective.gid] where id.origin.manifestField == nil {
                ids.append(("\(container.place.path).image", Int64(id.value)))
            }
        }
        return ids.compactMap { path, id in
            guard let id, id >= Int64(IDMapping.podSize), UserID.range.contains(id) else { return nil }
            return Finding(path, "\(id) is not mapped: the pod's user namespace has ids below \(IDMapping.podSize)")
        }
    }

    private static let userUnknownToImage = Self(
        "user-without-entry", .note, "A user that the image's /etc/passwd does not have.",
        reason: """
            The process runs with the number alone: HOME is / unless the image or the manifest sets it, and programs that \
            look up their own user (ssh, git, postgres, some Java and Python libraries) fail. CRI-O adds an entry, \
            containerd does not.
            """,
        remedy: "Use a user of the image, set HOME, or add an entry to the image.", needsImage: true
    ) { scope in
        scope.each { container in
            guard let image = container.image, let uid = container.uid, uid.value != 0,
                image.identity.database.user(uid: uid.value) == nil
            else { return [] }
            return [
                Finding(
                    uid.origin.manifestField ?? "\(container.place.path).image",
                    "uid \(uid.value) has no entry in /etc/passwd of \(image.reference)")
            ]
        }
    }
}
