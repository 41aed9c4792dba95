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

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance/validation")

    static let cases: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test("there are as many cases as were recorded")
    func complete() { #expect(Self.cases.count >= 97) }

    @Test("each recorded manifest has the recorded verdict", arguments: cases)
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
}
