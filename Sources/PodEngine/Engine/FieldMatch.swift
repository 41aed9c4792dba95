// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// Which fields an object must have: `status.phase!=Running,metadata.name=web`.
///
/// Source: kubectl's `--field-selector`; here any field can be asked for.
package struct FieldMatch: Sendable {
    private let requirements: [(path: JSONPath, value: String, isWanted: Bool)]

    /// Every object matches.
    package init() { requirements = [] }

    package init(_ text: String) throws(EngineError) {
        var requirements: [(path: JSONPath, value: String, isWanted: Bool)] = []
        for part in text.split(separator: ",") {
            guard let sign = part.firstRange(of: "!=") ?? part.firstRange(of: "==") ?? part.firstRange(of: "=") else {
                throw .failed("\"\(part)\" is no field selector: FIELD=VALUE or FIELD!=VALUE, separated by commas")
            }
            requirements.append(
                (
                    try JSONPath(relaxed: String(part[..<sign.lowerBound])), String(part[sign.upperBound...]),
                    part[sign] != "!="
                ))
        }
        self.requirements = requirements
    }

    package func holds(for object: JSONValue) -> Bool {
        requirements.allSatisfy { requirement in
            let found = requirement.path.findings(in: object).first.map(JSONPath.text) ?? ""
            return (found == requirement.value) == requirement.isWanted
        }
    }
}
