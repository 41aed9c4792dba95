// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel
import SecurityPolicy
import Testing

@testable import PodEngine

@Suite("Claims, volumes, config maps and secrets")
struct ObjectTests {
    private static func claim(_ storage: String = "1Gi", mode: String = "ReadWriteOnce") -> String {
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data}
        spec: {accessModes: [\(mode)], resources: {requests: {storage: \(storage)}}}
        """
    }

    @Test("a claim is created once, bound to a new volume, and its storage goes with it")
    func claims() throws {
        let scene = try StateScene()
        #expect(try scene.apply(Self.claim()) == ["persistentvolumeclaim/data created"])
        #expect(try scene.apply(Self.claim()) == ["persistentvolumeclaim/data unchanged"])
        let claim = try scene.engine.get(.claim, ObjectName(namespace: "shop", name: "data"))
        let uid = try #require(claim.at("metadata", "uid")?.stringValue)
        #expect(claim.at("status", "phase") == "Bound")
        #expect(claim.at("spec", "volumeName") == .string("pvc-\(uid)"))
        #expect(claim.at("spec", "storageClassName") == "holdfast")
        let storage = "\(scene.root.volumes)/pvc-\(uid)"
        try File.makeFolders(storage + "/files")
        #expect(throws: EngineError.self) { try scene.delete(.volume, "pvc-\(uid)") }
        try scene.delete(.claim, "data")
        #expect(try !File.exists(storage))
        #expect(try scene.engine.list(.claim, namespace: nil) == [])
        #expect(try scene.engine.list(.volume, namespace: nil) == [])
    }

    @Test("a claim may grow, and nothing else of it may change")
    func immutable() throws {
        let scene = try StateScene()
        try scene.apply(Self.claim())
        #expect(try scene.apply(Self.claim("2Gi")) == ["persistentvolumeclaim/data configured"])
        let error = #expect(throws: EngineError.self) { try scene.apply(Self.claim(mode: "ReadOnlyMany")) }
        #expect(error?.description.contains("spec is immutable after creation") == true)
        #expect(error?.description.contains("spec.accessModes[0]") == true)
    }

    @Test("a claim that a pod mounts is not deleted, and the error names the pod")
    func inUse() throws {
        let scene = try StateScene()
        try scene.apply(Self.claim())
        let claim = ObjectName(namespace: "shop", name: "data")
        let place = try scene.store("web") { pod in
            var volume = Volume(name: "d")
            volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource(claimName: "data")
            pod.spec.volumes = [volume]
        }
        try ClaimUsers(root: scene.root).add(place, to: [claim])
        let error = #expect(throws: EngineError.self) { try scene.delete(.claim, "data") }
        #expect(
            error?.description
                == "error: persistentvolumeclaim \"data\" is in use by pod \"web\" (kubernetes.io/pvc-protection): delete the pod first"
        )
        try scene.delete(.pod, "web")
        try scene.delete(.claim, "data")
        #expect(try File.names(in: scene.root.objects + "/claim-users") == [])
    }

    @Test("a mark of a pod that is gone keeps no claim")
    func staleUser() throws {
        let scene = try StateScene()
        try scene.apply(Self.claim())
        let gone = PodPlace(name: ObjectName(namespace: "shop", name: "gone"), uid: "9", root: scene.root)
        try ClaimUsers(root: scene.root).add(gone, to: [ObjectName(namespace: "shop", name: "data")])
        try scene.delete(.claim, "data")
    }

    @Test("a claim waits for a volume that fits, gets it when it comes, and releases it when it goes")
    func staticVolume() throws {
        let scene = try StateScene()
        let claim = Self.claim().replacing(
            "spec: {", with: "spec: {storageClassName: slow, selector: {matchLabels: {a: b}}, "
        )
        .replacing("storageClassName: slow", with: "storageClassName: \"\"")
        try scene.apply(claim)
        func phase() throws -> JSONValue? {
            try scene.engine.get(.claim, ObjectName(namespace: "shop", name: "data")).at("status", "phase")
        }
        #expect(try phase() == "Pending")
        let volume = """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: disk, labels: {a: b}}
            spec: {capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /tmp/disk}}
            """
        #expect(try scene.apply(volume) == ["persistentvolume/disk created"])
        #expect(try phase() == "Bound")
        #expect(try scene.apply(volume) == ["persistentvolume/disk unchanged"])
        try scene.delete(.claim, "data")
        let disk = try scene.engine.get(.volume, ObjectName(namespace: "", name: "disk"))
        #expect(disk.at("status", "phase") == "Released")
        try scene.delete(.volume, "disk")
    }

    @Test("config maps and secrets change, unless they are immutable")
    func data() throws {
        let scene = try StateScene()
        func map(_ value: String, _ rest: String = "") -> String {
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: \(value)}\n\(rest)"
        }
        #expect(try scene.apply(map("a")) == ["configmap/m created"])
        #expect(try scene.apply(map("a")) == ["configmap/m unchanged"])
        #expect(try scene.apply(map("b", "immutable: true")) == ["configmap/m configured"])
        #expect(throws: EngineError.self) { try scene.apply(map("c", "immutable: true")) }
        #expect(
            try scene.engine.get(.configMap, ObjectName(namespace: "shop", name: "m")).at("data", "k") == "b")
        #expect(
            try scene.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: v}\n")
                == ["secret/s created"])
        #expect(
            try File.status(scene.root.objects + "/secrets/shop_s.json").permissions == 0o600)
        try scene.delete(.secret, "s")
        #expect(throws: EngineError.notFound(.secret, name: "s")) { try scene.delete(.secret, "s") }
    }

    @Test("a pod that is there keeps its spec; labels may change")
    func podUpdates() throws {
        let scene = try StateScene()
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {a: b}}
            spec: {containers: [{name: app, image: "test/image:1", command: [sleep]}]}
            """
        var object = try #require(try decodeManifests(Array(text.utf8), file: "x").first).object
        object.metadata.namespace = "shop"
        guard case .pod(let pod) = object.reviewed().object else { return }
        let place = try scene.store("web") { stored in
            let uid = stored.metadata.uid
            stored = pod
            stored.metadata.uid = uid
        }
        try scene.say(try StateScene.alive(), of: place)
        #expect(try scene.apply(text) == ["pod/web unchanged"])
        #expect(try scene.apply(text.replacing("a: b", with: "a: c")) == ["pod/web configured"])
        let error = #expect(throws: EngineError.self) { try scene.apply(text.replacing("sleep", with: "nap")) }
        #expect(
            error?.description.contains("pod updates may not change fields other than `spec.containers[*].image`")
                == true)
        #expect(error?.description.contains("spec.containers[0].command[0] would be") == true)
    }

    @Test("nothing is taken when one object of several is wrong")
    func together() throws {
        let scene = try StateScene()
        #expect(throws: EngineError.self) {
            try scene.apply(Self.claim() + "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n")
        }
        #expect(try scene.engine.list(.claim, namespace: nil) == [])
    }

    @Test("an object of another namespace than the one asked for is refused")
    func namespaces() throws {
        let scene = try StateScene()
        let error = #expect(throws: EngineError.self) {
            try scene.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: other}\n")
        }
        #expect(error?.description.contains("You must pass '--namespace=other'") == true)
    }

    @Test(
        "a pod's quality of service",
        arguments: [
            ("{}", "BestEffort"), ("{requests: {cpu: 1}}", "Burstable"),
            ("{limits: {cpu: 1, memory: 1Gi}}", "Guaranteed"),
            ("{limits: {cpu: 1000m, memory: 1Gi}, requests: {cpu: 1, memory: 1024Mi}}", "Guaranteed"),
            ("{limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 1}}", "Burstable"),
            ("{limits: {memory: 1Gi}}", "Burstable"),
            ("{limits: {ephemeral-storage: 1Gi}}", "BestEffort"),
        ])
    func quality(resources: String, expected: String) throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec: {containers: [{name: app, image: i, resources: \(resources)}]}
            """
        guard case .pod(let pod)? = try decodeManifests(Array(text.utf8), file: "x").first?.object else { return }
        #expect(pod.qualityOfService.rawValue == expected)
    }

    @Test(
        "what wait takes",
        arguments: [
            ("condition=Ready", WaitCondition.condition(type: "Ready", status: "true")),
            ("condition=Ready=False", .condition(type: "Ready", status: "False")), ("delete", .delete),
            ("jsonpath={.status.phase}=Running", .phase("Running")),
            ("jsonpath='{.status.phase}'=Running", .phase("Running")),
        ])
    func conditions(text: String, condition: WaitCondition) throws { #expect(try WaitCondition(text) == condition) }

    @Test("waiting ends when the condition is met, when time is over, and at once when it is met already")
    func waits() throws {
        let scene = try StateScene()
        let name = ObjectName(namespace: "shop", name: "web")
        let place = try scene.store("web")
        try scene.say(try StateScene.alive(), of: place)
        #expect(try scene.engine.wait(name, for: .phase("Pending"), timeout: .zero) == .met)
        #expect(
            try scene.engine.wait(name, for: .condition(type: "ready", status: "true"), timeout: .milliseconds(30))
                == .timedOut)
        #expect(throws: EngineError.notFound(.pod, name: "no")) {
            try scene.engine.wait(ObjectName(namespace: "shop", name: "no"), for: .phase("Running"), timeout: .zero)
        }
        #expect(
            try scene.engine.wait(ObjectName(namespace: "shop", name: "no"), for: .delete, timeout: .zero) == .absent)
    }
}
