// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
import SecurityPolicy

extension JSONValue {
    /// `check -o sarif`: a log of the Static Analysis Results Interchange Format, version 2.1.0, with one run.
    ///
    /// Paths are relative where the command line's are; what is allowed is a suppressed result.
    package init(sarif reviews: [FileReview], version: String) {
        let problems = reviews.flatMap(\.problems)
        var ids: [String] = []
        var places: [String: Int] = [:]
        for problem in problems where places[problem.id] == nil {
            places[problem.id] = ids.count
            ids.append(problem.id)
        }
        self = [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                [
                    "tool": [
                        "driver": [
                            "name": "holdfast", "version": .string(version), "semanticVersion": .string(version),
                            "rules": .array(ids.map(Self.init(sarifRule:))),
                        ]
                    ],
                    "columnKind": "unicodeCodePoints",
                    "results": .array(problems.map { Self.init(sarifResult: $0, ruleIndex: places[$0.id] ?? -1) }),
                ]
            ],
        ]
    }

    private init(sarifRule id: String) {
        self = ["id": .string(id)]
        if let rule = FindingRule.byID[id] {
            self["shortDescription"] = ["text": .string(rule.title)]
            self["fullDescription"] = ["text": .string(rule.reason)]
            self["help"] = ["text": .string(rule.remedy)]
            self["defaultConfiguration"] = ["level": .string(rule.severity.rawValue)]
        } else {
            let text =
                switch id {
                case "decoding": "The file cannot be read as what it says it is."
                case "validation": "The API server refuses the object."
                case "server-warning": "The API server warns of the object."
                case "allowance": "A comment that allows something is wrong."
                default: "Pod Security Standards: \(id.split(separator: "/").last ?? "")."
                }
            self["shortDescription"] = ["text": .string(text)]
        }
    }

    private init(sarifResult problem: Problem, ruleIndex: Int) {
        var location: JSONValue = ["artifactLocation": ["uri": .string(Self.uri(problem.file))]]
        if let position = problem.position, position.line > 0 {
            location["region"] = [
                "startLine": .int(Int64(position.line)), "startColumn": .int(Int64(max(1, position.column))),
            ]
        }
        var place: JSONValue = ["physicalLocation": location]
        if !problem.path.isEmpty {
            place["logicalLocations"] = [["fullyQualifiedName": .string(problem.path), "kind": "member"]]
        }
        let text = problem.message + (problem.remedy.map { "; \($0)" } ?? "")
        self = [
            "ruleId": .string(problem.id), "ruleIndex": .int(Int64(ruleIndex)),
            "level": .string(problem.severity.rawValue), "message": ["text": .string(text)], "locations": [place],
        ]
        // SARIF 2.1.0, 3.27.23: all results of a run have it, or none; an empty list says that nothing is suppressed.
        self["suppressions"] = .array(problem.allowance.map { [Self.init(sarifSuppression: $0)] } ?? [])
    }

    private init(sarifSuppression allowance: Problem.Allowance) {
        self =
            switch allowance {
            case .comment(let reason): ["kind": "inSource", "justification": .string(reason)]
            case .option: ["kind": "external", "justification": .string(allowance.reason)]
            }
    }

    /// A path as a relative or absolute reference by RFC 3986.
    private static func uri(_ path: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        var text = path.hasPrefix("/") ? "file://" : ""
        for byte in path.utf8 {
            if plain.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }
}
