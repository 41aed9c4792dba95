// SPDX-License-Identifier: Apache-2.0
import Foundation
import KubernetesAPI
import Testing

/// The recorded answers of a real API server: see Tests/Conformance/README.md.
@Suite("The API server's verdicts")
struct ServerVerdictTests {
    struct Verdict: Decodable {
        var code: Int
        var message: String?
        var warnings: [String]?
    }

    static let cases = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance")
    static let folder = cases.appending(path: "validation")

    static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test("there are as many cases as were recorded")
    func complete() { #expect(Self.names.count >= 97) }

    @Test("each recorded manifest has the recorded verdict", arguments: names)
    func verdict(name: String) throws {
        let manifest = try Data(contentsOf: Self.folder.appending(path: "\(name).yaml"))
        let answer = try Data(contentsOf: Self.folder.appending(path: "\(name).json"))
        let expected = try JSONDecoder().decode(Verdict.self, from: answer)
        let results = try decodeEachManifest(Array(manifest), file: "\(name).yaml")
        switch try #require(results.first) {
        case .failure(let error):
            // The words of the server's JSON decoder are Go's; that it refuses is what counts.
            #expect(expected.code == 400)
            #expect(!error.serverMessage.isEmpty)
            if let message = expected.message, message.contains("strict decoding error") {
                #expect(error.serverMessage == message)
            }
        case .success(let manifest):
            let review = manifest.object.reviewed()
            #expect(review.message == (expected.code == 422 ? expected.message : nil))
            #expect(expected.code != 400)
            #expect(review.warnings == expected.warnings ?? [])
        }
    }

    /// What a real node ran, and what a real admission judged: the API server took all of it.
    static let accepted: [String] = ["run", "podsecurity"].flatMap { kind in
        let files = try? FileManager.default.contentsOfDirectory(atPath: cases.appending(path: kind).path)
        return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { "\(kind)/\($0)" }.sorted()
    }

    @Test("what the server took is taken, and written and read back as it was", arguments: accepted)
    func taken(path: String) throws {
        let file = Self.cases.appending(path: path)
        for manifest in try decodeManifests(Array(Data(contentsOf: file)), file: path) {
            #expect(manifest.object.reviewed().message == nil)
            #expect(try decodeManifests(Array(manifest.tree.yamlText.utf8), file: path)[0].tree == manifest.tree)
            #expect(try decodeManifests(Array(manifest.tree.prettyText.utf8), file: path)[0].tree == manifest.tree)
            guard case .pod(let pod) = manifest.object else { continue }
            #expect(try Pod(json: JSONValue(encoding: pod)) == pod)
        }
    }

    @Test("there are as many of those as were recorded")
    func takenComplete() { #expect(Self.accepted.count >= 135) }
}
