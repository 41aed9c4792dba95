// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import LinuxKernel

/// Gives a claim its volume, by Kubernetes' rules: one that is there and fits, or a new folder of this machine.
///
/// A claim with no storage class, or with any named one that no volume fits, gets a new folder; `storageClassName: ""`
/// asks for a volume that is there. What binds on other machines only (node affinity) means nothing here.
package enum ClaimBinder {
    /// The class of the volumes that are made here.
    package static let defaultClass = "holdfast"

    /// A claim and its volume, each with the other's name and the status `Bound`: both are to be saved.
    package struct Binding: Hashable, Sendable {
        package let claim: PersistentVolumeClaim
        package let volume: PersistentVolume
        /// Whether the volume was made for the claim.
        package let isNew: Bool
    }

    /// Why a claim stays pending: an event's reason and message.
    package struct Unbound: Error, Hashable, Sendable, CustomStringConvertible {
        /// `FailedBinding`, `VolumeMismatch`, `ClaimLost`.
        package let reason: String
        package let message: String
        package var description: String { message }
    }

    /// Decides which volume a claim gets; nothing is made yet.
    ///
    /// `volumes` are all that there are; `storage` is the folder in which a new one gets its own, `pvc-UID`. A claim that is
    /// bound already is answered with its volume.
    package static func bind(
        _ claim: PersistentVolumeClaim, to volumes: [PersistentVolume], storage: String
    ) throws(Unbound) -> Binding {
        let mode = claim.spec.volumeMode ?? "Filesystem"
        guard mode == "Filesystem" else {
            throw Unbound(
                reason: "FailedBinding", message: "spec.volumeMode: \(mode) is not supported: only Filesystem is")
        }
        if let name = claim.spec.volumeName, !name.isEmpty {
            return binding(claim, try named(name, for: claim, among: volumes), isNew: false)
        }
        // A volume that names the claim goes before all others.
        let fitting = volumes.filter { misfit($0, claim) == nil && isFree($0, for: claim) }
        if let volume = fitting.min(by: {
            ($0.spec.claimRef == nil ? 1 : 0, size($0)) < ($1.spec.claimRef == nil ? 1 : 0, size($1))
        }) {
            return binding(claim, volume, isNew: false)
        }
        if claim.spec.storageClassName == "" {
            throw Unbound(
                reason: "FailedBinding",
                message: "no persistent volumes available for this claim and no storage class is set")
        }
        return binding(claim, new(for: claim, storage: storage), isNew: true)
    }

    /// Removes what a volume that was made here holds, once its claim is deleted; any other volume keeps its files.
    package static func remove(_ volume: PersistentVolume, storage: String) throws(SyscallError) {
        guard volume.spec.persistentVolumeReclaimPolicy == "Delete", let path = volume.spec.local?.path,
            path == folder(volume.metadata.name ?? "", in: storage)
        else { return }
        try File.removeTree(path)
    }

    /// The folder of a volume that is made here.
    static func folder(_ name: String, in storage: String) -> String { "\(storage)/\(name)" }
}

extension ClaimBinder {
    private static func named(
        _ name: String, for claim: PersistentVolumeClaim, among volumes: [PersistentVolume]
    ) throws(Unbound) -> PersistentVolume {
        guard let volume = volumes.first(where: { $0.metadata.name == name }) else {
            if claim.status?.phase == "Bound" {
                throw Unbound(
                    reason: "ClaimLost",
                    message: "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
            }
            throw Unbound(reason: "FailedBinding", message: "volume \"\(name)\" not found")
        }
        guard isFree(volume, for: claim) else {
            throw Unbound(
                reason: "FailedBinding", message: "volume \"\(name)\" already bound to a different claim.")
        }
        if claim.status?.phase != "Bound", let misfit = misfit(volume, claim) {
            throw Unbound(
                reason: "VolumeMismatch", message: "Cannot bind to requested volume \"\(name)\": \(misfit)")
        }
        return volume
    }

    private static func isFree(_ volume: PersistentVolume, for claim: PersistentVolumeClaim) -> Bool {
        guard let owner = volume.spec.claimRef else { return volume.metadata.deletionTimestamp == nil }
        guard owner.name == claim.metadata.name, owner.namespace == claim.metadata.namespace else { return false }
        // A volume that an earlier claim of this name had stays that claim's.
        return (owner.uid ?? "").isEmpty || owner.uid == claim.metadata.uid
    }

    /// Why a volume does not serve a claim, in the API's words.
    private static func misfit(_ volume: PersistentVolume, _ claim: PersistentVolumeClaim) -> String? {
        if let asked = claim.spec.resources.requests?["storage"], size(volume) < asked {
            return "requested PV is too small"
        }
        let name = volume.spec.storageClassName ?? ""
        // With no class asked for, a volume without one is taken only where one object names the other.
        let namesOther = claim.spec.volumeName == volume.metadata.name || volume.spec.claimRef != nil
        if name != claim.spec.storageClassName ?? (name.isEmpty && namesOther ? "" : defaultClass) {
            return "storageClassName does not match"
        }
        if (volume.spec.volumeMode ?? "Filesystem") != (claim.spec.volumeMode ?? "Filesystem") {
            return "incompatible volumeMode"
        }
        if !Set(claim.spec.accessModes ?? []).isSubset(of: volume.spec.accessModes ?? []) {
            return "incompatible accessMode"
        }
        if let selector = claim.spec.selector, !selector.matches(volume.metadata.labels ?? [:]) {
            return "selector does not match"
        }
        return nil
    }

    private static func size(_ volume: PersistentVolume) -> Quantity { volume.spec.capacity?["storage"] ?? Quantity(0) }

    private static func new(for claim: PersistentVolumeClaim, storage: String) -> PersistentVolume {
        let name = "pvc-\(claim.metadata.uid ?? "")"
        var spec = PersistentVolumeSpec()
        spec.capacity = claim.spec.resources.requests
        spec.accessModes = claim.spec.accessModes
        spec.persistentVolumeReclaimPolicy = "Delete"
        spec.storageClassName = claim.spec.storageClassName ?? defaultClass
        spec.volumeMode = "Filesystem"
        spec.local = LocalVolumeSource(path: folder(name, in: storage))
        return PersistentVolume(metadata: ObjectMeta(name: name), spec: spec)
    }

    private static func binding(_ claim: PersistentVolumeClaim, _ volume: PersistentVolume, isNew: Bool) -> Binding {
        var claim = claim
        var volume = volume
        claim.spec.volumeName = volume.metadata.name
        claim.status = PersistentVolumeClaimStatus(
            phase: "Bound", accessModes: volume.spec.accessModes, capacity: volume.spec.capacity)
        volume.spec.claimRef = ObjectReference(
            kind: "PersistentVolumeClaim", namespace: claim.metadata.namespace, name: claim.metadata.name,
            uid: claim.metadata.uid, apiVersion: "v1")
        volume.status = PersistentVolumeStatus(phase: "Bound")
        return Binding(claim: claim, volume: volume, isNew: isNew)
    }
}

extension LabelSelector {
    /// Whether these labels meet every condition; an operator that Kubernetes does not know is met by none.
    fileprivate func matches(_ labels: [String: String]) -> Bool {
        (matchLabels ?? [:]).allSatisfy { labels[$0.key] == $0.value }
            && (matchExpressions ?? []).allSatisfy { condition in
                let value = labels[condition.key]
                let values = condition.values ?? []
                return switch condition.operator {
                case "In": value.map(values.contains) ?? false
                case "NotIn": !(value.map(values.contains) ?? false)
                case "Exists": value != nil
                case "DoesNotExist": value == nil
                default: false
                }
            }
    }
}
