// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import ImageStore
import KubernetesAPI
import LinuxKernel
import LinuxTypes

/// The images of this machine.
extension Engine {
    private var images: ImageStore { ImageStore(folder: root.images) }

    /// Takes in the images that a path holds, and returns their names.
    ///
    /// `name` is what a single image is to be called; `progress` is told what is being done, a line at a time.
    package func importImages(
        path: String, name: String?, progress: @escaping (String) -> Void
    ) throws(EngineError) -> [String] {
        var last = ""
        return try imaging { () throws(ImageError) in
            try images.importImages(path: path, name: name) { Self.tell($0, &last, progress) }
        }.map(\.reference.description)
    }

    /// Gets an image from its registry, and returns its full name.
    package func pullImage(_ reference: String, progress: @escaping (String) -> Void) throws(EngineError) -> String {
        var last = ""
        return try imaging { () throws(ImageError) in
            try images.pull(try ImageReference(reference)) { Self.tell($0, &last, progress) }
        }.reference.description
    }

    private static func tell(_ progress: ImageProgress, _ last: inout String, _ tell: (String) -> Void) {
        let line = "\(progress.phase) \(progress.subject)"
        if line != last { tell(line) }
        last = line
    }

    /// All images as a table.
    package func imageTable() throws(EngineError) -> String {
        let all = try imaging { () throws(ImageError) in try images.list() }
        let now = Timestamp(nanoseconds: Clock.realtime)
        var table = Table(["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"])
        for image in all {
            let tag =
                switch image.reference.version {
                case .tag(let tag): tag
                case .digest(let digest): digest.description
                }
            let created = image.created.flatMap(Timestamp.init(rfc3339:))
            table.add([
                image.reference.repository, tag, String(image.configDigest.hex.prefix(12)),
                created.map { $0.seconds > 0 ? "\($0.age(at: now)) ago" : "<unknown>" } ?? "<unknown>",
                Self.size(image.size.count),
            ])
        }
        return table.text
    }

    /// The names of all images, sorted.
    package func imageNames() throws(EngineError) -> [String] {
        try imaging { () throws(ImageError) in try images.list() }.map(\.reference.description)
    }

    /// `4.26MB`: three digits, in powers of a thousand.
    static func size(_ bytes: Int64) -> String {
        var (value, unit) = (bytes * 1000, 0)
        while value >= 1_000_000, unit < 4 {
            value /= 1000
            unit += 1
        }
        let (whole, rest) = (value / 1000, value % 1000)
        let decimals = whole >= 100 || unit == 0 ? 0 : whole >= 10 ? 1 : 2
        let digits = String(1000 + rest).dropFirst().prefix(decimals)
        return "\(whole)\(digits.isEmpty ? "" : ".\(digits)")\(["B", "kB", "MB", "GB", "TB"][unit])"
    }

    /// Removes an image that no pod runs, and returns its full name.
    package func removeImage(_ reference: String) throws(EngineError) -> String {
        let used = try usedLayers()
        return try imaging { () throws(ImageError) in
            let reference = try ImageReference(reference)
            try images.remove(reference, used: used)
            return reference.description
        }
    }

    /// The layers below the containers of all pods that have a supervisor, or are about to.
    private func usedLayers() throws(EngineError) -> Set<Digest> {
        var used: Set<Digest> = []
        for place in try pods.places() {
            guard let record = try PodRecord(reading: place, in: root) else { continue }
            switch record.life {
            case .supervised, .starting: break
            case .rejected, .ended, .abandoned: continue
            }
            let plan = try PodRecord.readJSON(SandboxPlan.self, place.plan)
            for layers in (plan?.containers ?? []).map(\.layers) + (plan?.imageVolumes ?? []).map(\.layers) {
                used.formUnion(
                    layers.compactMap { $0.split(separator: "/").last.flatMap { Digest(hex: String($0)) } })
            }
        }
        return used
    }

    private func imaging<Value>(_ work: () throws(ImageError) -> Value) throws(EngineError) -> Value {
        do { return try work() } catch { throw .failed(error.description) }
    }
}
