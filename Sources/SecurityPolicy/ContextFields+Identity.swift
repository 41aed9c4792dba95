// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// Who a container runs as.
extension ContextFields {
    /// `runAsUser`, when anybody wrote it.
    func runAsUser() throws(Refusal) -> Decided<UInt32>? {
        try id(written(\.runAsUser, \.runAsUser, "runAsUser"))
    }

    private func id(_ value: Decided<Int64>?) throws(Refusal) -> Decided<UInt32>? {
        guard let value else { return nil }
        return Decided(try Self.id(value.value, field: value.origin.manifestField ?? path), from: value.origin)
    }

    private static func id(_ value: Int64, field: String) throws(Refusal) -> UInt32 {
        guard UserID.range.contains(value) else {
            throw Refusal(.containerConfig, field: field, message: "\(field): \(value) \(UserID.rangeMessage)")
        }
        return UInt32(value)
    }

    /// The kubelet's check, in its order and its words; the gid plays no part in it.
    ///
    /// Source: kubelet, `verifyRunAsNonRoot`.
    func verifyRunAsNonRoot(
        _ runAsNonRoot: Decided<Bool>, user: Decided<UInt32>?, image: ImageIdentity
    ) throws(Refusal) {
        guard runAsNonRoot.value else { return }
        let whose = "(pod: \"\(pod.kubeletName)\", container: \(container.container.name))"
        func refuse(_ message: String, _ origin: Origin) -> Refusal {
            Refusal(.containerConfig, field: origin.manifestField ?? path, message: "\(message) \(whose)")
        }
        if let user {
            if user.value == 0 { throw refuse("container's runAsUser breaks non-root policy", user.origin) }
            return
        }
        guard image.isKnown else { return }
        switch image.declaredUser {
        case .unset, .number(0):
            throw refuse("container has runAsNonRoot and image will run as root", runAsNonRoot.origin)
        case .number: return
        case .outOfRange(let text):
            throw refuse(
                "container has runAsNonRoot and image has an invalid user id (\(text)). (Must be 1-(2147483647)): "
                    + UserID.rangeMessage, runAsNonRoot.origin)
        case .name(let name):
            throw refuse(
                "container has runAsNonRoot and image has non-numeric user (\(name)), cannot verify user is non-root",
                runAsNonRoot.origin)
        }
    }

    /// The user: its id, its name and its entry in the image's `/etc/passwd`, where it has them.
    struct User {
        var uid: Decided<UInt32>
        var entry: UserDatabase.User?
        var name: String? { entry?.name }
    }

    /// The group half of the image's USER plays no part: the kubelet hands on what stands before the colon.
    func user(_ runAsUser: Decided<UInt32>?, image: ImageIdentity) throws(Refusal) -> User {
        if let runAsUser { return User(uid: runAsUser, entry: image.database.user(uid: runAsUser.value)) }
        let field = "\(container.path).image"
        let origin = Origin.image(field: "config.User")
        let quoted = "\"\(image.user)\""
        if image.user.count(where: { $0 == ":" }) > 1 {
            throw Refusal(.container, field: field, message: "invalid USER value \(quoted)")
        }
        switch image.declaredUser {
        case .unset:
            return User(
                uid: Decided(0, from: image.isKnown ? .kubernetes : .unknownImage),
                entry: image.database.user(uid: 0))
        case .number(let uid):
            return User(uid: Decided(uid, from: origin), entry: image.database.user(uid: uid))
        case .outOfRange:
            throw Refusal(.container, field: field, message: "invalid USER value \(quoted): uid out of range")
        case .name(let name):
            guard let entry = image.database.user(named: name) else {
                throw Refusal(
                    .container, field: field,
                    message: "image USER \(quoted) is not in the image's /etc/passwd: no users found")
            }
            return User(uid: Decided(entry.uid, from: .imagePasswd), entry: entry)
        }
    }

    func gid(of entry: UserDatabase.User?, image: ImageIdentity) throws(Refusal) -> Decided<UInt32> {
        if let gid = try id(written(\.runAsGroup, \.runAsGroup, "runAsGroup")) { return gid }
        if let entry { return Decided(entry.gid, from: .imagePasswd) }
        return Decided(0, from: image.isKnown ? .kubernetes : .unknownImage)
    }

    func groupsPolicy() throws(Refusal) -> Decided<EffectiveSecurityContext.GroupsPolicy> {
        guard let written = podContext?.supplementalGroupsPolicy else { return Decided(.merge, from: .kubernetes) }
        let origin = ofPod("supplementalGroupsPolicy")
        guard let policy = EffectiveSecurityContext.GroupsPolicy(rawValue: written) else {
            throw Refusal(
                .containerConfig, field: origin.manifestField ?? path,
                message: "unsupported supplementalGroupsPolicy: \(written)")
        }
        return Decided(policy, from: origin)
    }

    /// All groups beside the effective one, sorted; of two that name the same id the first counts.
    func groups(
        gid: Decided<UInt32>, userName: String?, policy: EffectiveSecurityContext.GroupsPolicy, database: UserDatabase
    ) throws(Refusal) -> [Decided<UInt32>] {
        var groups = [gid]
        func add(_ value: UInt32, _ origin: Origin) {
            if !groups.contains(where: { $0.value == value }) { groups.append(Decided(value, from: origin)) }
        }
        if let fsGroup = podContext?.fsGroup {
            add(try Self.id(fsGroup, field: "\(Self.podPath).fsGroup"), ofPod("fsGroup"))
        }
        for (index, group) in (podContext?.supplementalGroups ?? []).enumerated() {
            let name = "supplementalGroups[\(index)]"
            add(try Self.id(group, field: "\(Self.podPath).\(name)"), ofPod(name))
        }
        if policy == .merge, let userName {
            for group in database.groups(of: userName) { add(group.gid, .imageGroup) }
        }
        return groups.sorted { $0.value < $1.value }
    }
}
