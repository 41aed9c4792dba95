// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

extension Engine {
    /// What the API server answers at a path of its own, as far as this machine has it: how to verify service account
    /// tokens.
    ///
    /// Source: OpenID Connect Discovery 1.0; RFC 7517.
    package func raw(_ path: String) throws(EngineError) -> JSONValue {
        switch path {
        case "/openid/v1/jwks":
            let key = try SigningKey.of(root)
            return [
                "keys": [
                    [
                        "alg": "ES256", "crv": "P-256", "kid": .string(key.identifier), "kty": "EC", "use": "sig",
                        "x": .string(key.publicKey.x), "y": .string(key.publicKey.y),
                    ]
                ]
            ]
        case "/.well-known/openid-configuration":
            return [
                "id_token_signing_alg_values_supported": ["ES256"], "issuer": .string(ServiceAccountToken.issuer),
                "jwks_uri": .string(ServiceAccountToken.issuer + "/openid/v1/jwks"),
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
            ]
        default:
            throw .failed("\(path) is not here: /openid/v1/jwks and /.well-known/openid-configuration are")
        }
    }
}
