// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// What to do about a field that a type does not have: the field that was probably meant, or where it belongs.
    func suggestion(for name: String, in place: Int) -> String {
        let known = types[place].fields.keys
        let nearest =
            known.map { (name: $0, distance: Self.distance(name.lowercased(), $0.lowercased())) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        if let nearest, nearest.distance <= max(1, name.count / 4) { return "did you mean \"\(nearest.name)\"?" }
        let owners = homes.filter { types[self.place($0.type)].fields[name] != nil }.map(\.words)
        guard owners.isEmpty else { return "\"\(name)\" belongs in \(owners.joined(separator: " or "))" }
        return known.count <= 12
            ? "remove it; the fields here are \(known.sorted().joined(separator: ", "))"
            : "remove it, or correct its name"
    }

    /// The types whose fields are most often written in the wrong place.
    private var homes: [(type: String, words: String)] {
        [
            ("SecurityContext", "a container's securityContext"),
            ("PodSecurityContext", "\(podSpecification).securityContext"),
            ("Container", "a container"), ("PodSpec", podSpecification), ("ObjectMeta", "metadata"),
            ("VolumeMount", "a container's volumeMounts"),
            ("Capabilities", "a container's securityContext.capabilities"),
            ("SeccompProfile", "seccompProfile"), ("ResourceRequirements", "resources"), ("Probe", "a probe"),
        ]
    }

    private func place(_ name: String) -> Int {
        guard case .object(let place) = type(named: name) else { return 0 }
        return place
    }

    /// How many characters have to be added, removed, replaced or swapped with their neighbour (optimal string alignment).
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(64))
        let right = Array(right.utf8.prefix(64))
        var before: [Int] = []
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            before = last
            last = current
        }
        return last[right.count]
    }
}
