// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import PodEngine

/// Objects as kubectl's commands name them: `pod web db`, `pod/web pvc/data`.
enum ObjectArguments {
    /// The kind, and the names; no names: all of the kind.
    static func parse(_ words: [String], verb: String) throws -> [(resource: Resource, name: String?)] {
        guard let first = words.first else {
            throw ValidationError("you must name what to \(verb): \(kinds)")
        }
        if words.contains(where: { $0.contains("/") }) {
            return try words.map { word in
                let parts = word.split(separator: "/", omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[1].isEmpty else {
                    throw ValidationError("\"\(word)\" is not KIND/NAME, and cannot stand beside others that are")
                }
                return (try kind(String(parts[0])), String(parts[1]))
            }
        }
        let resources = try kinds(first)
        guard words.count > 1 else { return resources.map { ($0, nil) } }
        return resources.flatMap { resource in words.dropFirst().map { (resource, $0) } }
    }

    /// `pods,pvc`; `all` is what runs.
    private static func kinds(_ word: String) throws -> [Resource] {
        var found: [Resource] = []
        for part in word.split(separator: ",", omittingEmptySubsequences: false) {
            let resource = part == "all" ? .pod : try kind(String(part))
            if !found.contains(resource) { found.append(resource) }
        }
        return found
    }

    /// The name of a pod, written `web` or `pod/web`.
    static func podName(_ word: String) throws -> String {
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 1 { return word }
        guard parts.count == 2, try kind(String(parts[0])) == .pod, !parts[1].isEmpty else {
            throw ValidationError("\"\(word)\" does not name a pod: write NAME or pod/NAME")
        }
        return String(parts[1])
    }

    /// The kind with this name.
    private static func kind(_ word: String) throws -> Resource {
        guard let resource = Resource(named: word) else {
            throw EngineError.failed("the server doesn't have a resource type \"\(word)\": \(kinds)")
        }
        return resource
    }

    private static let kinds = "pods, pvc, pv, configmaps, secrets or events"
}
