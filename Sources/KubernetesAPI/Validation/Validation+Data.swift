// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// What the API server refuses about a config map that is created; nothing if it takes it.
package func validate(_ map: ConfigMap) -> [FieldError] {
    var validation = Validation()
    validation.metadata(map.metadata, isNamespaced: true, name: NameRules.subdomain)
    validation.data(of: map)
    return validation.errors
}

/// What the API server refuses about a secret that is created; nothing if it takes it.
///
/// The secret has its defaults: `stringData` is part of `data` by then.
package func validate(_ secret: Secret) -> [FieldError] {
    var validation = Validation()
    validation.metadata(secret.metadata, isNamespaced: true, name: NameRules.subdomain)
    validation.data(of: secret)
    return validation.errors
}

extension Validation {
    /// The most that a config map or secret holds, in bytes.
    private static let largestData = 1 << 20

    fileprivate mutating func data(of map: ConfigMap) {
        var size = 0
        for (key, value) in sorted(map.data) {
            dataKey("data", key)
            if map.binaryData?[key] != nil {
                within("data") {
                    $0.within(key: key) { $0.invalid(.string(key), "duplicate of key present in binaryData") }
                }
            }
            size += value.utf8.count
        }
        for (key, value) in sorted(map.binaryData) {
            dataKey("binaryData", key)
            size += Data(base64Encoded: value)?.count ?? 0
        }
        if size > Self.largestData { tooLong("", bytes: Self.largestData) }
    }

    private mutating func dataKey(_ field: String, _ key: String) {
        let problems = NameRules.dataKey(key)
        guard !problems.isEmpty else { return }
        within(field) { $0.within(key: key) { $0.invalid(nil, key, each: problems) } }
    }

    fileprivate mutating func data(of secret: Secret) {
        var size = 0
        for (key, value) in sorted(secret.data) {
            dataKey("data", key)
            size += Data(base64Encoded: value)?.count ?? 0
        }
        if size > Self.largestData { tooLong("data", bytes: Self.largestData) }
        requiredKeys(of: secret)
    }

    /// What the well-known types of secrets must have.
    private mutating func requiredKeys(of secret: Secret) {
        func need(_ key: String) {
            guard secret.data?[key] == nil else { return }
            within("data") { $0.within(key: key) { $0.required() } }
        }
        switch secret.type {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            guard (secret.metadata.annotations?[key] ?? "").isEmpty else { return }
            within("metadata") { $0.within("annotations") { $0.within(key: key) { $0.required() } } }
        case "kubernetes.io/dockercfg": need(".dockercfg")
        case "kubernetes.io/dockerconfigjson": need(".dockerconfigjson")
        case "kubernetes.io/basic-auth":
            guard secret.data?["username"] == nil, secret.data?["password"] == nil else { return }
            need("username")
            need("password")
        case "kubernetes.io/ssh-auth": need("ssh-privatekey")
        case "kubernetes.io/tls":
            need("tls.crt")
            need("tls.key")
        default: break
        }
    }
}
