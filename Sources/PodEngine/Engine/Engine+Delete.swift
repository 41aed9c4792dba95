// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel

extension Engine {
    /// What is to be deleted.
    package struct Target: Hashable, Sendable {
        package let resource: Resource
        package let name: ObjectName
        package init(_ resource: Resource, _ name: ObjectName) {
            self.resource = resource
            self.name = name
        }
    }

    /// The objects that files name.
    package func targets(in files: [ManifestFile], namespace: String?) throws(EngineError) -> [Target] {
        try objects(of: files, namespace: namespace, warned: { (_) throws(EngineError) in }).map {
            Target($0.resource, $0.name)
        }
    }

    /// How many pods are ended at a time: each needs a few descriptors.
    private static let atATime = 200

    /// Stops pods and removes them and other objects, the pods first and all at once.
    ///
    /// The grace period is in seconds; nil: each pod's own. Each that is gone is told, and each that could not be removed is told to
    /// `failed`, and does not keep the others.
    package func delete(
        _ targets: [Target], gracePeriod: Int64?, told: (Target) throws(EngineError) -> Void,
        failed: (EngineError) throws(EngineError) -> Void
    ) throws(EngineError) {
        var left = targets.filter { $0.resource == .pod }[...]
        while !left.isEmpty {
            try deletePods(Array(left.prefix(Self.atATime)), gracePeriod: gracePeriod, told: told, failed: failed)
            left = left.dropFirst(Self.atATime)
        }
        // Claims before the volumes that they are bound to, whatever the order in the file.
        let others = targets.filter { $0.resource != .pod }
        let isClaim = { (target: Target) in target.resource == .claim }
        for target in others.filter(isClaim) + others.filter({ !isClaim($0) }) {
            do {
                try remove(target)
                try told(target)
            } catch { try failed(error) }
        }
    }

    private func deletePods(
        _ targets: [Target], gracePeriod: Int64?, told: (Target) throws(EngineError) -> Void,
        failed: (EngineError) throws(EngineError) -> Void
    ) throws(EngineError) {
        var begun: [(Target, PodDeletion)] = []
        for target in targets {
            do throws(EngineError) {
                guard let deletion = try PodDeletion.begin(target.name, gracePeriod: gracePeriod, in: root) else {
                    throw .notFound(.pod, name: target.name.name)
                }
                begun.append((target, deletion))
            } catch { try failed(error) }
        }
        for (target, deletion) in begun {
            do {
                try deletion.finish()
                try told(target)
            } catch { try failed(error) }
        }
    }

    /// Ends what runs of a pod, at once unless there is a grace period, and removes it; the caller holds its name's lock.
    func remove(_ place: PodPlace, gracePeriod: Int64 = 0) throws(EngineError) {
        try PodDeletion(place, gracePeriod: gracePeriod, in: root).finishLocked()
    }

    private func remove(_ target: Target) throws(EngineError) {
        let (resource, name) = (target.resource, target.name)
        try NameLock.holding(resource, name, in: root) { () throws(EngineError) in
            guard try objects.read(resource, name) != nil else { throw .notFound(resource, name: name.name) }
            switch resource {
            case .claim:
                let users = try ClaimUsers(root: root).users(of: name).map { "\"\($0.name.name)\"" }
                guard users.isEmpty else {
                    throw .failed(
                        "persistentvolumeclaim \"\(name.name)\" is in use by pod \(users.joined(separator: ", ")) "
                            + "(kubernetes.io/pvc-protection): delete the pod first")
                }
                try ClaimBinding(root: root).remove(name)
            case .volume:
                if let claim = try ClaimBinding(root: root).claim(on: name) {
                    throw .failed(
                        "persistentvolume \"\(name.name)\" is bound to claim \"\(claim.name)\" in namespace "
                            + "\"\(claim.namespace)\" (kubernetes.io/pv-protection): delete the claim first")
                }
                try objects.remove(resource, name)
            case .configMap, .secret:
                try objects.remove(resource, name)
                // Files of an optional object go with it; others stay, and an event says so.
                try refreshPods(with: resource, name)
            case .pod, .event: throw .failed("\(resource.rawValue) are not deleted so")
            }
        }
    }

    /// What programs get that the engine starts.
    static let environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
}
