// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import PodEngine
import Testing

@Suite("Service account tokens")
struct ServiceAccountTokenTests {
    private static func token(
        uid: String = "42", audience: String? = nil, lifetime: Int64 = 600
    ) -> ServiceAccountToken {
        var metadata = ObjectMeta(name: "web", namespace: "shop")
        metadata.uid = uid
        return ServiceAccountToken(
            pod: Pod(metadata: metadata, spec: PodSpec(containers: [])), nodeName: "node",
            projection: ServiceAccountTokenProjection(audience: audience, expirationSeconds: lifetime, path: "token"))
    }

    @Test(
        "a token serves until 80% of its lifetime or a day have passed",
        arguments: [(600, 479, true), (600, 480, false), (1_000_000, 86_399, true), (1_000_000, 86_400, false)])
    func due(lifetime: Int64, age: Int64, serves: Bool) throws {
        let key = SigningKey.new()
        let token = Self.token(lifetime: lifetime)
        let text = try token.signed(with: key, now: 1000)
        #expect(token.isServed(by: text, of: key, now: 1000 + age) == serves)
    }

    @Test("a token of another pod, audience, lifetime or key, or what is none, does not serve")
    func others() throws {
        let key = SigningKey.new()
        let token = Self.token()
        let others = [
            try Self.token(uid: "43").signed(with: key, now: 1000),
            try Self.token(audience: "vault").signed(with: key, now: 1000),
            try Self.token(lifetime: 700).signed(with: key, now: 1000), try token.signed(with: .new(), now: 1000),
            "", "a.b", "a.b.c", "!.!.!",
        ]
        for other in others { #expect(!token.isServed(by: other, of: key, now: 1000), "\(other)") }
    }
}
