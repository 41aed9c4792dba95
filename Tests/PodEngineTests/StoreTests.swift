// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel
import Testing

@testable import PodEngine

@Suite("The state on disk, and what killed commands leave of it")
struct StoreTests {
    private let web = ObjectName(namespace: "shop", name: "web")

    @Test("a folder without pod.json is no pod, and the next change of its name removes it")
    func halfMade() throws {
        let scene = try StateScene()
        let store = PodStore(root: scene.root)
        let half = scene.root.podFolder(namespace: "shop", name: "web", uid: "1")
        try File.makeFolders(half + "/containers/app")
        try File.makeFolders(scene.root.runFolder(uid: "1"))
        #expect(try store.find(web) == nil)
        #expect(try store.places() == [])
        #expect(try scene.engine.list(.pod, namespace: nil) == [])
        try store.sweep(web)
        #expect(try !File.exists(half))
        #expect(try !File.exists(scene.root.runFolder(uid: "1")))
    }

    @Test("a folder whose removal was cut off is swept, and one whose removal goes on is left to who removes it")
    func removal() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        let left = scene.root.pods + "/.removing_7"
        let busy = scene.root.pods + "/.removing_8"
        for folder in [left, busy] { try File.makeFolders(folder + "/volumes/x") }
        try NameLock.holding(.pod, ObjectName(namespace: "", name: "8"), in: scene.root) { () throws(EngineError) in
            try PodStore(root: scene.root).sweep(ObjectName(namespace: "shop", name: "other"))
        }
        #expect(try !File.exists(left))
        #expect(try File.exists(busy))
        #expect(try PodStore(root: scene.root).find(web) == place)
    }

    @Test("one pod is found without reading any other")
    func findsOne() throws {
        let scene = try StateScene()
        try scene.store("web", uid: "1")
        try scene.store("web2", uid: "2")
        let broken = try scene.store("broken", uid: "3")
        try File.replace(broken.object, with: Array("{".utf8))
        #expect(try scene.pod("web").at("metadata", "uid") == "1")
        let error = #expect(throws: EngineError.self) { try scene.pod("broken") }
        #expect(error?.description.contains("holdfast delete pod broken") == true)
        // Deleting it is what the error says, and works.
        try scene.delete(.pod, "broken")
        #expect(try scene.engine.list(.pod, namespace: "shop").count == 2)
    }

    @Test("names that lead out of the state are nobody's", arguments: ["..", ".", "../../etc", "a/b", "", "A", "a_b"])
    func unsafeNames(name: String) throws {
        let scene = try StateScene()
        try scene.store("web")
        for resource in [Resource.pod, .claim, .configMap] {
            #expect(throws: EngineError.notFound(resource, name: name)) {
                try scene.engine.get(resource, ObjectName(namespace: "shop", name: name))
            }
            #expect(throws: EngineError.self) { try scene.delete(resource, name) }
        }
        #expect(throws: EngineError.notFound(.pod, name: "web")) {
            try scene.engine.get(.pod, ObjectName(namespace: "../shop", name: "web"))
        }
    }

    @Test("a lock keeps others out until its holder is done, and leaves one file behind for all names")
    func locks() throws {
        let scene = try StateScene()
        try NameLock.holding(.pod, web, in: scene.root) { () throws(EngineError) in
            #expect(try NameLock.isHeld(.pod, web, in: scene.root))
            #expect(try !NameLock.isHeld(.pod, web, .deletion, in: scene.root))
            #expect(try !NameLock.isHeld(.claim, web, in: scene.root))
            #expect(try !NameLock.isHeld(.pod, ObjectName(namespace: "shop", name: "we"), in: scene.root))
        }
        #expect(try !NameLock.isHeld(.pod, web, in: scene.root))
        #expect(try File.names(in: scene.root.live) == ["locks"])
        #expect(try File.status(scene.root.locks).size == 0)
    }

    @Test("events that say the same are one, and a line that was cut off is left out")
    func events() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        for time in [1, 3, 2] as [Int64] {
            try PodEvents.append(
                PodEvent(time: time * 1_000_000_000, severity: .warning, reason: "BackOff", message: "again"), to: place
            )
        }
        try PodEvents.append(
            PodEvent(
                time: 9_000_000_000, severity: .normal, reason: "Started", message: "Started container app",
                container: "app"), to: place)
        let file = try File.open(place.events, [.writeOnly, .append])
        try File.write(Array("{\"time\": 10".utf8), to: file.raw, subject: "events")
        let items = try scene.engine.list(.event, namespace: "shop")
        #expect(items.map { $0["reason"] } == ["BackOff", "Started"])
        #expect(items[0]["count"] == 3)
        #expect(items[0]["firstTimestamp"] == "1970-01-01T00:00:01Z")
        #expect(items[0]["type"] == "Warning")
        #expect(items[1].at("involvedObject", "fieldPath") == "spec.containers{app}")
        #expect(items[1].at("involvedObject", "uid") == "42")
        #expect(try scene.engine.list(.event, namespace: "other") == [])
    }

    @Test("deletion of a pod that nobody looks after removes all of it, and needs nothing of it to be readable")
    func deletion() throws {
        let scene = try StateScene()
        let place = try scene.store("web")
        try scene.say(StateScene.dead(), of: place)
        for path in [place.plan, place.events, place.deletion, place.liveStatus] {
            try File.replace(path, with: Array("nonsense".utf8))
        }
        try scene.delete(.pod, "web")
        #expect(try File.names(in: scene.root.pods) == [])
        #expect(try !File.exists(place.runFolder))
        #expect(throws: EngineError.notFound(.pod, name: "web")) { try scene.delete(.pod, "web") }
    }
}
