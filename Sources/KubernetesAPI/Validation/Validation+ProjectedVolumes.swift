// SPDX-License-Identifier: Apache-2.0

extension Validation {
    mutating func projectedSource(_ source: ProjectedVolumeSource) {
        mode("defaultMode", source.defaultMode)
        var paths: Set<String> = []
        for (index, projection) in (source.sources ?? []).enumerated() {
            self.projection(projection, index: index, paths: &paths)
        }
    }

    private mutating func projection(_ projection: VolumeProjection, index: Int, paths: inout Set<String>) {
        var count = 0
        if let secret = projection.secret {
            count += 1
            let items = secret.items
            projectedItems("secret", index, name: secret.name ?? "", items, paths: &paths)
        }
        if let configMap = projection.configMap {
            count += 1
            projectedItems("configMap", index, name: configMap.name ?? "", configMap.items, paths: &paths)
        }
        if let downwardAPI = projection.downwardAPI {
            count += 1
            for file in downwardAPI.items ?? [] {
                source(index) { $0.within("downwardAPI") { $0.downwardAPIFile(file) } }
                takePath(file.path, value: file.path, &paths)
            }
        }
        if let token = projection.serviceAccountToken {
            count += 1
            self.token(token, index)
        }
        if let bundle = projection.clusterTrustBundle {
            count += 1
            source(index) { $0.within("clusterTrustBundle") { $0.trustBundle(bundle) } }
            if !paths.insert(bundle.path).inserted { invalid(.string(bundle.path), "conflicting duplicate paths") }
        }
        if projection.podCertificate != nil { count += 1 }
        if count > 1 {
            source(index) { $0.forbidden(nil, "may not specify more than 1 volume type per source") }
        }
    }

    private mutating func source(_ index: Int, _ rules: (inout Self) -> Void) {
        within("sources") { $0.within(index: index, rules) }
    }

    private mutating func projectedItems(
        _ field: String, _ index: Int, name: String, _ items: [KeyToPath]?, paths: inout Set<String>
    ) {
        if name.isEmpty { source(index) { $0.within(field) { $0.required("name") } } }
        for (place, item) in (items ?? []).enumerated() {
            source(index) {
                $0.within(field) { $0.within("items") { $0.within(index: place) { $0.keyToPath(item) } } }
            }
            takePath(item.path, value: name, &paths)
        }
    }

    /// Two sources cannot make one file.
    ///
    /// The error's path is the volume's, and its value the source's name.
    private mutating func takePath(_ path: String, value: String, _ paths: inout Set<String>) {
        guard !path.isEmpty, !paths.insert(path).inserted else { return }
        invalid(.string(value), "conflicting duplicate paths")
    }

    private mutating func token(_ token: ServiceAccountTokenProjection, _ index: Int) {
        source(index) { validation in
            validation.within("serviceAccountToken") { validation in
                let seconds = token.expirationSeconds ?? 3600
                if seconds < 600 {
                    let problem = "may not specify a duration less than 10 minutes"
                    validation.invalid("expirationSeconds", .int(seconds), problem)
                }
                if seconds > 1 << 32 {
                    let problem = "may not specify a duration larger than 2^32 seconds"
                    validation.invalid("expirationSeconds", .int(seconds), problem)
                }
            }
        }
        if token.path.isEmpty { required("path") } else { localPath("path", token.path) }
    }

    private mutating func trustBundle(_ bundle: ClusterTrustBundleProjection) {
        switch (bundle.name, bundle.signerName) {
        case (.some, .some):
            invalid(
                .json(
                    GoText.object([
                        ("Name", GoText.json(bundle.name)), ("SignerName", GoText.json(bundle.signerName)),
                        ("LabelSelector", nil), ("Optional", GoText.json(bundle.optional)),
                        ("Path", GoText.json(bundle.path)),
                    ])), "only one of name and signerName may be used")
        case (.some(let name), nil):
            if name.isEmpty { required("name", "must be a valid object name") }
            if bundle.labelSelector != nil {
                invalid("labelSelector", .json("{}"), "labelSelector must be unset if name is specified")
            }
        case (nil, .some(let signer)):
            if signer.isEmpty { required("signerName", "must be a valid signer name") }
        case (nil, nil): required(nil, "either name or signerName must be specified")
        }
        if bundle.path.isEmpty { required("path") }
        localPath("path", bundle.path)
    }
}
