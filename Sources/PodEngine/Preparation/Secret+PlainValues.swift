// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import KubernetesAPI

extension Secret {
    /// The values as text, as a variable holds them: `data` decoded, and `stringData` over it.
    func plainValues() throws(PreparationError) -> [String: String] {
        var values: [String: String] = [:]
        for (key, text) in data ?? [:] {
            guard let bytes = Data(base64Encoded: text) else {
                throw PreparationError("secret \"\(metadata.name ?? "")\": data[\(key)] is not base64")
            }
            values[key] = String(decoding: bytes, as: UTF8.self)
        }
        for (key, text) in stringData ?? [:] { values[key] = text }
        return values
    }
}
