// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// Objects as `get` prints them without `-o json|yaml|name`.
package enum ObjectTable {
    /// What a table has beside a row an object.
    package struct Extras: Sendable {
        /// The first row.
        package var heading = true
        /// A last column LABELS.
        package var labels = false
        /// `pod/web` for `web`: several kinds stand together.
        package var kinds = false
        package init() {}
    }

    /// The table; with a first column NAMESPACE, as `-A` shows it, when asked to.
    package static func text(
        _ resource: Resource, _ objects: [JSONValue], wide: Bool, withNamespace: Bool, now: Timestamp,
        _ extras: Extras = Extras()
    ) -> String {
        let namespaced = withNamespace && resource.isNamespaced
        let heading =
            (namespaced ? ["NAMESPACE"] : []) + heading(resource, wide: wide) + (extras.labels ? ["LABELS"] : [])
        var table = Table(extras.heading ? heading : nil)
        let nameColumn = Self.heading(resource, wide: wide).firstIndex(of: "NAME")
        for object in objects {
            let namespace = object.at("metadata", "namespace")?.stringValue ?? ""
            var cells = row(resource, object, wide: wide, now: now)
            if extras.kinds, let nameColumn { cells[nameColumn] = "\(resource.singular)/\(cells[nameColumn])" }
            table.add((namespaced ? [namespace] : []) + cells + (extras.labels ? [labels(object)] : []))
        }
        return table.text
    }

    /// `-o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName`.
    package static func text(_ objects: [JSONValue], columns: [(name: String, path: JSONPath)], heading: Bool) -> String
    {
        var table = Table(heading ? columns.map(\.name) : nil)
        for object in objects {
            table.add(
                columns.map { column in
                    let found = column.path.findings(in: object)
                    return found.isEmpty ? "<none>" : found.map(JSONPath.text).joined(separator: ",")
                })
        }
        return table.text
    }

    private static func labels(_ object: JSONValue) -> String {
        let labels = object.at("metadata", "labels")?.objectValue ?? [:]
        guard !labels.isEmpty else { return "<none>" }
        return labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.stringValue ?? "")" }.joined(
            separator: ",")
    }

    private static func heading(_ resource: Resource, wide: Bool) -> [String] {
        switch resource {
        case .pod: wide ? PodRow.wideHeading : PodRow.heading
        case .claim:
            ["NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE"]
                + (wide ? ["VOLUMEMODE"] : [])
        case .volume:
            [
                "NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS",
                "VOLUMEATTRIBUTESCLASS", "REASON", "AGE",
            ] + (wide ? ["VOLUMEMODE"] : [])
        case .configMap: ["NAME", "DATA", "AGE"]
        case .secret: ["NAME", "TYPE", "DATA", "AGE"]
        case .event:
            wide
                ? [
                    "LAST SEEN", "TYPE", "REASON", "OBJECT", "SUBOBJECT", "SOURCE", "MESSAGE", "FIRST SEEN", "COUNT",
                    "NAME",
                ] : ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
        }
    }

    private static func row(_ resource: Resource, _ object: JSONValue, wide: Bool, now: Timestamp) -> [String] {
        let name = object.at("metadata", "name")?.stringValue ?? ""
        let age = object.age(at: now)
        switch resource {
        case .pod: return PodRow(pod: object, now: now).cells(wide: wide)
        case .claim:
            return [
                name, object.at("status", "phase")?.stringValue ?? "Pending",
                object.at("spec", "volumeName")?.stringValue ?? "",
                object.at("status", "capacity", "storage")?.stringValue ?? "",
                accessModes(object.at("status", "accessModes")),
                object.at("spec", "storageClassName")?.stringValue ?? "", "<unset>", age,
            ] + (wide ? [object.at("spec", "volumeMode")?.stringValue ?? "Filesystem"] : [])
        case .volume:
            let claim = object.at("spec", "claimRef")
            return [
                name, object.at("spec", "capacity", "storage")?.stringValue ?? "",
                accessModes(object.at("spec", "accessModes")),
                object.at("spec", "persistentVolumeReclaimPolicy")?.stringValue ?? "Retain",
                object.at("status", "phase")?.stringValue ?? "Available",
                claim.map { "\($0["namespace"]?.stringValue ?? "")/\($0["name"]?.stringValue ?? "")" } ?? "",
                object.at("spec", "storageClassName")?.stringValue ?? "", "<unset>", "", age,
            ] + (wide ? [object.at("spec", "volumeMode")?.stringValue ?? "Filesystem"] : [])
        case .configMap: return [name, String(dataCount(object)), age]
        case .secret: return [name, object["type"]?.stringValue ?? "Opaque", String(dataCount(object)), age]
        case .event: return eventRow(object, wide: wide, now: now)
        }
    }

    private static func dataCount(_ object: JSONValue) -> Int {
        (object["data"]?.members.count ?? 0) + (object["binaryData"]?.members.count ?? 0)
    }

    /// `RWO,ROX`: in this order, each once.
    static func accessModes(_ modes: JSONValue?) -> String {
        let names = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        let given = Set(modes?.elements.compactMap(\.stringValue) ?? [])
        return names.filter { given.contains($0.0) }.map(\.1).joined(separator: ",")
    }

    private static func eventRow(_ event: JSONValue, wide: Bool, now: Timestamp) -> [String] {
        func age(_ key: String) -> String {
            event[key]?.stringValue.flatMap(Timestamp.init(rfc3339:))?.age(at: now) ?? "<unknown>"
        }
        let object = event["involvedObject"] ?? .null
        let path = "\((object["kind"]?.stringValue ?? "").lowercased())/\(object["name"]?.stringValue ?? "")"
        let message = event["message"]?.stringValue ?? ""
        let row = [age("lastTimestamp"), event["type"]?.stringValue ?? "", event["reason"]?.stringValue ?? "", path]
        guard wide else { return row + [message] }
        return row + [
            object["fieldPath"]?.stringValue ?? "", event.at("source", "component")?.stringValue ?? "", message,
            age("firstTimestamp"), String(event["count"]?.intValue ?? 1),
            event.at("metadata", "name")?.stringValue ?? "",
        ]
    }
}
