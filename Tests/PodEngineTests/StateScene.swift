// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import FoundationEssentials
import KubernetesAPI
import LinuxKernel
import Testing

@testable import PodEngine

/// A state root of its own for one test; all of it is removed after.
final class StateScene {
    let folder: String
    let root: StateRoot
    let engine: Engine

    init() throws {
        folder = "/tmp/holdfast-state-" + UUID().uuidString
        try File.makeFolder(folder, mode: 0o700)
        root = StateRoot(folder: folder)
        engine = Engine(root: root)
    }

    deinit {
        do { try File.removeTree(folder) } catch { Issue.record(error) }
    }

    /// A pod of one container, as it stands on disk before anybody starts it.
    @discardableResult
    func store(_ name: String, uid: String = "42", _ change: (inout Pod) -> Void = { _ in }) throws -> PodPlace {
        var container = Container(name: "app")
        container.image = "test/image:1"
        container.command = ["true"]
        var metadata = ObjectMeta(name: name, namespace: "shop")
        metadata.uid = uid
        metadata.creationTimestamp = "2026-11-24T23:20:10Z"
        var pod = Pod(metadata: metadata, spec: PodSpec(containers: [container]))
        var status = KubernetesAPI.PodStatus()
        status.phase = "Pending"
        status.qosClass = "BestEffort"
        pod.status = status
        change(&pod)
        let place = PodPlace(name: ObjectName(namespace: "shop", name: name), uid: uid, root: root)
        try PodStore(root: root).write(place, pod)
        return place
    }

    /// Writes what a shim says; `shim` is a process of this machine and when it started.
    func say(
        _ status: SandboxStatus, of place: PodPlace, ended: Bool = false
    ) throws {
        try File.makeFolders(place.runFolder)
        try JSONFile.write(status, to: place.liveStatus)
        if ended { try JSONFile.write(status, to: place.lastStatus) }
    }

    /// A status whose shim is this very process, and so alive.
    static func alive() throws -> SandboxStatus {
        SandboxStatus(
            shim: Process.id, shimStart: try Process.startTime(of: Process.id), startTime: 1_795_562_410_000_000_000)
    }

    /// A status whose shim has never been.
    static func dead() -> SandboxStatus {
        SandboxStatus(shim: 2, shimStart: 1, startTime: 1_795_562_410_000_000_000)
    }

    func pod(_ name: String) throws -> JSONValue { try engine.get(.pod, ObjectName(namespace: "shop", name: name)) }

    /// Takes manifests that start nothing: objects beside pods.
    @discardableResult
    func apply(_ text: String) throws -> [String] {
        var lines: [String] = []
        var failure: EngineError?
        _ = try engine.apply(
            [ManifestFile(name: "test.yaml", bytes: Array(text.utf8))], namespace: "shop",
            warned: { (_) throws(EngineError) in }, told: { (object) throws(EngineError) in lines.append(object.line) },
            failed: { (error) throws(EngineError) in failure = error })
        if let failure { throw failure }
        return lines
    }

    func delete(_ resource: Resource, _ name: String) throws {
        try engine.delete(
            [Engine.Target(resource, ObjectName(namespace: resource.isNamespaced ? "shop" : "", name: name))],
            gracePeriod: 0, told: { (_) throws(EngineError) in }, failed: { (error) throws(EngineError) in throw error }
        )
    }
}
