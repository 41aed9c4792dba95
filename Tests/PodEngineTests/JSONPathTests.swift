// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import PodEngine
import Testing

@Suite("Templates of kubectl's jsonpath")
struct JSONPathTests {
    static let list: JSONValue = [
        "kind": "List",
        "items": [
            [
                "metadata": ["name": "web", "labels": ["app.io/name": "shop"]],
                "status": [
                    "phase": "Running", "containerStatuses": [["name": "a", "restartCount": 2, "ready": true]],
                ],
            ],
            [
                "metadata": ["name": "job"],
                "status": [
                    "phase": "Failed", "containerStatuses": [["name": "b", "restartCount": 10, "ready": false]],
                ],
            ],
        ],
    ]

    @Test(
        "what a template finds is printed as kubectl prints it",
        arguments: [
            ("kind is {.kind}", "kind is List"), ("{['kind']}{\"\\n\"}", "List\n"),
            ("{.items[*].metadata.name}", "web job"),
            ("{.items[0].metadata.name}", "web"), ("{.items[-1].metadata.name}", "job"),
            ("{.items[0,1].status.phase}", "Running Failed"),
            ("{.items[:1].status.phase}", "Running"), ("{.items[-1:].status.phase}", "Failed"),
            ("{.items[0:2:2].status.phase}", "Running"),
            ("{..name}", "web a job b"), ("{.items[*]['metadata.name','status.phase']}", "web job Running Failed"),
            ("{.items[0].metadata.labels.app\\.io/name}", "shop"),
            ("{.items[0].metadata.labels['app\\.io/name']}", "shop"),
            ("{.items[?(@.metadata.name==\"job\")].status.phase}", "Failed"),
            ("{.items[?(@.metadata.labels)].metadata.name}", "web"),
            ("{.items[?(@.status.phase!='Running')].metadata.name}", "job"),
            ("{.items[*].status.containerStatuses[?(@.restartCount>5)].name}", "b"),
            ("{.items[*].status.containerStatuses[?(@.ready==true)].name}", "a"),
            ("{range .items[*]}{.metadata.name}={.status.phase};{end}", "web=Running;job=Failed;"),
            (
                "{range .items[*]}{.metadata.name}:{range .status.containerStatuses[*]}{.name}{end} {end}",
                "web:a job:b "
            ),
            ("{range .items[*]}{$.kind}{end}", "ListList"), ("{@.kind}", "List"), ("{.nothing.at.all}", ""), ("", ""),
            ("{.items[0].metadata.labels}", "{\"app.io/name\":\"shop\"}"),
            ("{.items[0].status.containerStatuses[0].restartCount}", "2"),
            ("{.items[9].metadata}", ""),
        ])
    func text(template: String, expected: String) throws {
        #expect(try JSONPath(template: template).text(of: Self.list) == expected)
    }

    @Test(
        "what is no template is one error that shows it",
        arguments: [
            "{.kind", "{range .items[*]}{.kind}", "{end}", "{.items[}", "{.items[x]}", "{.items[?(@.a==]}",
            "{.items[::0]}", "{\"open}", "{!}",
        ])
    func refused(template: String) throws {
        let error = #expect(throws: EngineError.self) { try JSONPath(template: template) }
        #expect(error?.description.contains("error parsing jsonpath \(template): ") == true)
    }

    @Test(
        "a path alone needs neither braces nor its first dot",
        arguments: ["kind", ".kind", "{.kind}", "$.kind", "['kind']"])
    func relaxed(path: String) throws {
        #expect(try JSONPath(relaxed: path).findings(in: Self.list) == ["List"])
    }

    @Test(
        "fields are compared by their text",
        arguments: [
            ("status.phase=Running", ["web"]), ("status.phase!=Running", ["job"]),
            ("metadata.name==job,status.phase=Failed", ["job"]),
            ("spec.nodeName=", ["web", "job"]), ("metadata.name=none", []),
        ])
    func fields(text: String, expected: [String]) throws {
        let match = try FieldMatch(text)
        let found = Self.list["items"]?.arrayValue?.filter(match.holds) ?? []
        #expect(found.map { $0.at("metadata", "name")?.stringValue ?? "" } == expected)
        #expect(throws: EngineError.self) { try FieldMatch("status.phase") }
    }

    @Test(
        "labels are compared one by one, and as members of a set",
        arguments: [
            ("app in (shop,bank)", true), ("app in (bank)", false), ("app notin (bank), tier", true),
            ("none in (a)", false),
            ("none notin (a)", true), ("tier in ( back , front ),app=shop", true), ("app in ()", false),
        ])
    func labels(text: String, expected: Bool) throws {
        #expect(try LabelMatch(text).holds(for: ["app": "shop", "tier": "back"]) == expected)
        #expect(throws: EngineError.self) { try LabelMatch("app in (a") }
        #expect(throws: EngineError.self) { try LabelMatch("app within (a)") }
    }
}
