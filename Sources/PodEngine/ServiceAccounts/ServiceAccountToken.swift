// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// A token of a pod's service account, a signed JSON Web Token with the claims that the API server's have.
///
/// Source: RFC 7519; KEP-1205 (bound tokens), KEP-4193 (node).
package struct ServiceAccountToken {
    /// As a cluster that kubeadm made has it; also the audience where none is asked for.
    static let issuer = "https://kubernetes.default.svc.cluster.local"

    let pod: Pod
    let nodeName: String
    let projection: ServiceAccountTokenProjection

    package init(pod: Pod, nodeName: String, projection: ServiceAccountTokenProjection) {
        self.pod = pod
        self.nodeName = nodeName
        self.projection = projection
    }

    private var namespace: String { pod.metadata.namespace ?? "" }
    private var account: String {
        pod.spec.serviceAccountName.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
    }
    /// Seconds.
    private var lifetime: Int64 { projection.expirationSeconds ?? 3600 }
    private var audience: String { projection.audience.flatMap { $0.isEmpty ? nil : $0 } ?? Self.issuer }

    /// A new one; `now` is in seconds since the epoch.
    package func signed(with key: SigningKey, now: Int64) throws(EngineError) -> String {
        let header: JSONValue = ["alg": "ES256", "kid": .string(key.identifier)]
        let claims: JSONValue = [
            "aud": [.string(audience)], "exp": .int(now + lifetime), "iat": .int(now), "iss": .string(Self.issuer),
            "jti": .string(NewObject.uid()),
            "kubernetes.io": [
                "namespace": .string(namespace),
                "node": ["name": .string(nodeName), "uid": .string(key.uid(of: "node/\(nodeName)"))],
                "pod": ["name": .string(pod.metadata.name ?? ""), "uid": .string(pod.metadata.uid ?? "")],
                "serviceaccount": [
                    "name": .string(account), "uid": .string(key.uid(of: "serviceaccount/\(namespace)/\(account)")),
                ],
            ],
            "nbf": .int(now), "sub": .string("system:serviceaccount:\(namespace):\(account)"),
        ]
        let text = [header, claims].map { Base64URL.encode(Array($0.compactText.utf8)) }.joined(separator: ".")
        return text + "." + Base64URL.encode(try key.sign(Array(text.utf8)))
    }

    /// Whether a token that the pod has already serves on: it says the same, and its renewal is not due.
    ///
    /// Source: the kubelet renews when 80% of the lifetime or 24 hours have passed.
    package func isServed(by token: String, of key: SigningKey, now: Int64) -> Bool {
        let parts = token.split(separator: ".").map { Base64URL.decode(String($0)) }
        guard parts.count == 3, let head = parts[0], let body = parts[1],
            let header = try? JSONValue(parsing: head), let claims = try? JSONValue(parsing: body),
            header["kid"]?.stringValue == key.identifier, claims["aud"]?.elements.first?.stringValue == audience,
            claims.at("kubernetes.io", "pod", "uid")?.stringValue == pod.metadata.uid,
            let start = claims["iat"]?.intValue, let end = claims["exp"]?.intValue, end - start == lifetime
        else { return false }
        return now < start + Self.renewal(ofLifetime: lifetime)
    }

    /// Seconds after which a token is renewed.
    static func renewal(ofLifetime lifetime: Int64) -> Int64 { min(lifetime / 5 * 4, 24 * 3600) }
}
