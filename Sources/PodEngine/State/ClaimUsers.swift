// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import Volumes

/// Which pods mount which claims: one empty file each, `objects/claim-users/NS_CLAIM/POD_FOLDER`.
///
/// So that neither a start nor a deletion reads all pods. A file whose pod has gone counts for nothing, and is removed
/// when it is met.
struct ClaimUsers: Sendable {
    let root: StateRoot

    private func folder(_ claim: ObjectName) -> String {
        "\(root.objects)/claim-users/\(claim.namespace)_\(claim.name)"
    }
    private func entry(_ place: PodPlace) -> String { String(place.folder.dropFirst(root.pods.utf8.count + 1)) }

    /// The claims that a pod's volumes name.
    static func claims(of pod: JSONValue, in namespace: String) -> [ObjectName] {
        (pod.at("spec", "volumes")?.elements ?? []).compactMap { volume in
            volume.at("persistentVolumeClaim", "claimName")?.stringValue.map {
                ObjectName(namespace: namespace, name: $0)
            }
        }.filter(\.isSafe) + ephemeralClaims(of: pod, in: namespace)
    }

    /// Those that are made for the pod, and go with it.
    static func ephemeralClaims(of pod: JSONValue, in namespace: String) -> [ObjectName] {
        guard let name = pod.at("metadata", "name")?.stringValue else { return [] }
        return (pod.at("spec", "volumes")?.elements ?? []).compactMap { volume in
            guard volume["ephemeral"] != nil, let own = volume["name"]?.stringValue else { return nil }
            return ObjectName(namespace: namespace, name: Pod.claimName(pod: name, ephemeralVolume: own))
        }.filter(\.isSafe)
    }

    static func claims(of pod: Pod) -> [ObjectName] {
        (pod.spec.volumes ?? []).compactMap { volume in
            let name = volume.persistentVolumeClaim?.claimName
            let own = volume.ephemeral == nil ? nil : pod.claimName(ofEphemeral: volume)
            return (name ?? own).map { ObjectName(namespace: pod.metadata.namespace ?? "", name: $0) }
        }.filter(\.isSafe)
    }

    func add(_ place: PodPlace, to claims: [ObjectName]) throws(EngineError) {
        for claim in claims {
            try doing("cannot note that pod \(place.name.name) uses claim \(claim.name)") { () throws(SyscallError) in
                try File.makeFolders(folder(claim), mode: 0o700)
                _ = try File.open("\(folder(claim))/\(entry(place))", [.writeOnly, .create, .noFollow], mode: 0o600)
            }
        }
    }

    func remove(_ place: PodPlace, from claims: [ObjectName]) throws(EngineError) {
        for claim in claims { try remove(entry(place), claim) }
    }

    private func remove(_ entry: String, _ claim: ObjectName) throws(EngineError) {
        try doing("cannot note that claim \(claim.name) is not used any more") { () throws(SyscallError) in
            _ = try unlessMissing { () throws(SyscallError) in try File.remove("\(folder(claim))/\(entry)") }
            do throws(SyscallError) { try File.removeFolder(folder(claim)) } catch
                where error.errno == .notEmpty || error.errno == .noEntry
            {
                // Others use it, or it is gone.
            }
        }
    }

    /// The pods that mount a claim.
    func users(of claim: ObjectName) throws(EngineError) -> [PodPlace] {
        let entries = try doing("cannot tell who uses claim \(claim.name)") { () throws(SyscallError) in
            try unlessMissing { () throws(SyscallError) in try File.names(in: folder(claim)) } ?? []
        }
        var users: [PodPlace] = []
        for entry in entries.sorted() {
            guard let place = PodPlace(entry: entry, root: root) else { continue }
            let isThere = try doing("cannot look at pod \(place.name.name)") { () throws(SyscallError) in
                try File.exists(place.object)
            }
            if isThere { users.append(place) } else { try remove(entry, claim) }
        }
        return users
    }
}
