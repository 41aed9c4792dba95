// SPDX-License-Identifier: Apache-2.0
import Foundation
import KubernetesAPI
import SecurityPolicy
import Testing

/// The recorded answers of a real API server: see Tests/Conformance/README.md.
@Suite("The API server's verdicts on the Pod Security Standards")
struct RecordedPodSecurityTests {
    struct Answer: Decodable {
        var code: Int
        var message: String?
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Conformance/podsecurity")

    static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (files ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test("there are as many cases as were recorded")
    func complete() { #expect(Self.names.count >= 32) }

    @Test("each recorded pod has the recorded verdict at both levels", arguments: names)
    func verdict(name: String) throws {
        let manifest = try Data(contentsOf: Self.folder.appending(path: "\(name).yaml"))
        let file = try Data(contentsOf: Self.folder.appending(path: "\(name).json"))
        let answers = try JSONDecoder().decode([String: Answer].self, from: file)
        #expect(answers.keys.sorted() == ["baseline", "restricted"])
        let decoded = try #require(try decodeManifests(Array(manifest), file: "\(name).yaml").first)
        let review = decoded.object.reviewed()
        #expect(review.message == nil)
        guard case .pod(let pod) = review.object else {
            Issue.record("no pod")
            return
        }
        for (level, answer) in answers {
            let policy = PodSecurityPolicy(try PodSecurityLevel(level))
            let verdict = policy.evaluate(pod.metadata, pod.spec)
            #expect(verdict.isAllowed == (answer.code == 201))
            #expect(verdict.forbidden(name: pod.metadata.name ?? "", policy: policy) == answer.message)
        }
    }
}
