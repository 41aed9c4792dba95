// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy

@testable import ManifestReview

/// Manifests to check, and what is said of them.
enum CheckScene {
    /// A pod that nothing is found in, but that Pod Security's level restricted is asked for: `fields` go to its container.
    static func pod(_ name: String = "web", fields: String = "", spec: String = "") -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: \(name)
        spec:
          securityContext:
            runAsNonRoot: true
            runAsUser: 1000
            runAsGroup: 1000
            seccompProfile: {type: RuntimeDefault}
        \(indented(spec, 2))  containers:
          - name: main
            image: registry.example/web:1
            securityContext:
              allowPrivilegeEscalation: false
        \(indented(fields, 6))      capabilities:
                drop: [ALL]

        """
    }

    /// A pod with these capabilities, one a line.
    static func pod(adding capabilities: String) -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers:
          - name: main
            image: registry.example/web:1
            securityContext:
              capabilities:
                add:
        \(indented(capabilities, 8))
        """
    }

    static func indented(_ text: String, _ count: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.isEmpty }
            .map { String(repeating: " ", count: count) + $0 + "\n" }.joined()
    }

    static func check(_ adjust: (inout ManifestCheck) throws -> Void = { _ in }) rethrows -> ManifestCheck {
        var check = ManifestCheck(node: .reference())
        try adjust(&check)
        return check
    }

    static func review(
        _ text: String, file: String = "pod.yaml", _ adjust: (inout ManifestCheck) throws -> Void = { _ in }
    ) throws -> FileReview {
        try check(adjust).review(Array(text.utf8), file: file)
    }

    /// An image that sets USER app, which is uid 4711.
    static func image(_ reference: String, uid: Int = 4711) -> ImageFacts {
        let database = UserDatabase(passwd: "app:x:\(uid):\(uid)::/:/bin/sh\n".utf8, group: "app:x:\(uid):\n".utf8)
        return ImageFacts(
            reference: reference, identity: ImageIdentity(user: "app", database: database), files: NoFiles())
    }

    private struct NoFiles: ImageFiles {
        func file(_ path: String) throws -> FileFacts? { nil }
        func start(of path: String, count: Int) throws -> [UInt8]? { nil }
        func names(in folder: String) throws -> [String]? { nil }
    }
}

extension FileReview {
    func problems(_ id: String) -> [Problem] { problems.filter { $0.id == id } }

    /// What comments say wrongly, or in vain: `LINE:COLUMN MESSAGE`.
    var aboutComments: [String] {
        problems("allowance").map { "\($0.position?.description ?? "-") \($0.message)" }
    }

    var fixedText: String? { fix.map { String(decoding: $0.bytes, as: UTF8.self) } }
}
