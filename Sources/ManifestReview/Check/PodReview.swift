// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import SecurityPolicy

/// What is said of one object of a file: a pod, or a kind with a pod template.
package struct PodReview: Sendable {
    package let file: String
    /// Where the object begins.
    package let position: Position?
    package let apiVersion: String
    package let kind: String
    package let name: String
    package let namespace: String
    /// Whether the API server takes it.
    package var isValid: Bool
    /// The server's whole message, if not.
    package var message: String?
    /// The server's `Warning` headers.
    package var warnings: [String] = []
    /// Of valid pods and templates.
    package var podSecurity: [Verdict] = []

    package struct Verdict: Sendable {
        package let policy: PodSecurityPolicy
        package let isAllowed: Bool
        /// As the admission plugin says it.
        package let message: String?
    }
}

/// What is said of one file.
package struct FileReview: Sendable {
    package let file: String
    package let pods: [PodReview]
    /// In the order of the file; errors of the server in its own order.
    package let problems: [Problem]
    /// Objects without a pod, by kind: they are not looked at.
    package let others: [String: Int]
    package let text: SourceText
}
